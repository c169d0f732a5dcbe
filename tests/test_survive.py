"""`make survive`, in short: what it measures is what is promised, by counts and bounds that no busy machine changes."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.survive import bombs
from tests.service import ROOT

pytestmark = pytest.mark.exhaustive


def measured(*arguments: str, server: str = "ours") -> list[list[str]]:
    """The rows of the tables that it prints for a server, this service if no other, in seconds."""
    command = [sys.executable, "-m", "benchmarks.survive", "--servers", server, "--seconds", "2", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return [cells(line) for line in done.stdout.splitlines() if re.match(r"\| (?!server|clients|gzip|---)", line)]


def cells(line: str) -> list[str]:
    """The cells of a row."""
    return [cell.strip() for cell in line.split("|")[1:-1]]


def columns(rows: Sequence[Sequence[str]], *numbers: int) -> list[tuple[str, ...]]:
    """Some columns of a table."""
    return [tuple(row[number] for number in numbers) for row in rows]


def test_a_flood_is_refused(tmp_path: Path) -> None:
    """Row 11: nothing is lost or late under ten times the load, what cannot be done is refused, and the curve drawn."""
    picture = tmp_path / "goodput.svg"
    rows = measured("--only", "flood", "--loads", "0.5", "10", "--svg", str(picture))
    ours = [row for row in rows if row[0] == "ours"]
    assert [row[1] for row in ours] == ["0.5 ×", "10 ×"]
    assert float(ours[1][6].replace(",", "")) > 0
    assert columns(ours, 8) == [("0.0",)] * 2
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_the_floor_refuses() -> None:
    """A server that does no more than refuse is flooded with experiments, and asked nothing else."""
    [row] = measured("--only", "flood", "slow", "hangups", "stops", "--loads", "10", server="bare refusals")
    assert row[0] == "bare refusals"
    assert float(row[3].replace(",", "")) > 0
    assert float(row[6].replace(",", "")) > 0


def test_slow_clients_are_gone() -> None:
    """Row 10: of each kind, none is left after its deadline."""
    rows = measured("--only", "slow", "--clients", "50")
    assert columns(rows, 3) == [("0",)] * 5


def test_bombs_stay_within_their_memory() -> None:
    """Row 7: bodies that inflate a thousand times are refused within the memory that is there."""
    exploded = bombs.explode()
    assert exploded.statuses.keys() <= {413, 503}
    assert exploded.memory < bombs.BUDGET


def test_stops_lose_nothing() -> None:
    """Row 12: of requests over kept connections, none is lost."""
    assert columns(measured("--only", "stops", "--rounds", "3"), 3) == [("0",)]


def test_nothing_is_done_for_the_gone() -> None:
    """What was not begun for a client that hung up is not done: of ten long calls, two at most."""
    [(one, wasted)] = columns(measured("--only", "hangups"), 1, 2)
    assert seconds(wasted) <= 3 * seconds(one)


def seconds(text: str) -> float:
    """A time as it is printed."""
    number, unit = text.replace(",", "").split()
    return float(number) / (1000 if unit == "ms" else 1)
