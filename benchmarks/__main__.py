"""`python -m benchmarks [--quick]`: tables and a picture; exit status 1 if a target is missed."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from itertools import chain
from math import prod
from pathlib import Path
from typing import Final

from benchmarks import contest, core, curves, experiment, health, http, quote, results, rooms, targets
from benchmarks.arrays import Shape
from benchmarks.bound import Bound
from benchmarks.contest import Figure
from benchmarks.way import WAYS

_ROOT: Final = Path(__file__).resolve().parents[1]
_PAGES: Final = (_ROOT / "README.md", _ROOT / "docs" / "performance.md")
_SHAPES: Final[Sequence[Shape]] = ((5, 4), (100, 100), (1000, 1000), (10_000, 1000))


def main() -> int:
    """Measure, and show."""
    parser = ArgumentParser(prog="benchmarks", description="How fast it is, beside what one would use instead.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 10 million in JSON, no files written")
    quick = parser.parse_args().quick
    rounds = 5 if quick else 15
    figures = list(chain.from_iterable(_contest(shape, rounds, quick) for shape in _SHAPES))
    walked = rooms.walk()
    counted = Bound("5 × 4 JSON, calls of Python functions", "calls", rooms.calls(walked), rooms.MOST)
    alone = [row for room in (http, health, core, experiment) for row in room.compare(rounds)]
    rows = [*targets.compare(figures), counted, *alone]
    told = results.told(rows, figures, walked)
    sys.stdout.write(told)
    if not quick:
        _kept(told, figures)
    return int(any(row.missed for row in rows))


def _contest(shape: Shape, rounds: int, quick: bool) -> list[Figure]:
    """Every way at one size: more rounds where they take little, fewer where they take minutes."""
    sys.stderr.write(f"{shape[0]:,} × {shape[1]:,} …\n")
    size = prod(shape)
    if size >= 10**7:
        ways = [way for way in WAYS if not (quick and way.is_text)]
        return contest.at(shape, max(3, rounds // 5), ways)
    return contest.at(shape, rounds if size >= 10**6 else 4 * rounds)


def _kept(told: str, figures: Sequence[Figure]) -> None:
    """Results and picture are left beside this module; pages quote them."""
    folder = Path(__file__).parent
    (folder / "results.md").write_text(told)
    (folder / "results.svg").write_text(curves.drawn(figures))
    for page in _PAGES:
        page.write_text(quote.quoted(page.read_text(), told))


if __name__ == "__main__":
    sys.exit(main())
