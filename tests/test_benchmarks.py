"""What `make bench` says can be trusted: the tables, the picture, and what no noise can change."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import quote, rooms
from benchmarks.bound import Bound
from benchmarks.comparison import Comparison, Target
from benchmarks.svg import Axis, Curve, Panel, picture
from benchmarks.table import table

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.md"
SVG = "{http://www.w3.org/2000/svg}"


def test_a_small_request_takes_few_calls() -> None:
    """From the first byte that is read to the last that is sent, a request of 5 × 4 calls 220 functions at most."""
    assert 0 < rooms.calls(rooms.walk()) <= rooms.MOST


def test_pages_quote_the_results() -> None:
    """Every table of the last run stands in a page, as it is: the short one in the README, the others in their own."""
    whole, short, *others = quote.tables(RESULTS.read_text())
    assert short in quote.tables((ROOT / "README.md").read_text())
    assert {whole, *others} <= set(quote.tables((ROOT / "docs" / "performance.md").read_text()))


def test_a_page_is_quoted_again() -> None:
    """A table with the headings of a new one is made that; others, and all around them, stay."""
    old, new, other = table(("a", "b"), [("1", "2")]), table(("a", "b"), [("3", "4,000")]), table(("c",), [("5",)])
    assert quote.quoted(f"Text.\n\n{old}\nMore.\n\n{other}", f"# Title\n\n{new}") == f"Text.\n\n{new}\nMore.\n\n{other}"


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Comparison("less", "ms", ([1, 2], [10, 20]), Target(0.1)), "ok"),
        (Comparison("less", "ms", ([1.1, 2.2], [10, 20]), Target(0.1)), "MISSED"),
        (Comparison("more", "/s", ([25, 50], [10, 20]), Target(2.5, at_least=True)), "ok"),
        (Comparison("more", "/s", ([24, 48], [10, 20]), Target(2.5, at_least=True)), "MISSED"),
        (Comparison("not there", "ms", (), Target(1), lacks="make it"), "NOT MEASURED: make it"),
        (Bound("a bound", "ms", 25, 25), "ok"),
        (Bound("a bound", "ms", 25.1, 25), "MISSED"),
    ],
)
def test_a_target_is_met_or_missed(row: Comparison | Bound, verdict: str) -> None:
    """A row says whether its target is met; what was not measured counts as missed."""
    assert row.cells()[-1] == verdict
    assert row.missed == (verdict != "ok")


def drawn() -> str:
    """A picture with a name that XML has to escape."""
    axes = Axis("size", (1, 10, 100), str), Axis("time", (1, 1000), str)
    curves = [Curve("ours & theirs", [(1, 1), (100, 1000)], 0), Curve("floor", [(1, 1), (100, 1000)], None)]
    return picture("A <title>", "In words.", *axes, [Panel("JSON", curves)])


@pytest.mark.parametrize("text", [drawn(), (ROOT / "benchmarks" / "results.svg").read_text()], ids=["made up", "last"])
def test_a_picture_is_told_in_words_too(text: str) -> None:
    """A screen reader has a title and a description, and no name stands over another."""
    root = ElementTree.fromstring(text)
    words = {part.get("id"): part.text for part in root if part.tag in (f"{SVG}title", f"{SVG}desc")}
    assert root.get("role") == "img"
    assert [bool(words[name]) for name in str(root.get("aria-labelledby")).split()] == [True, True]
    assert "prefers-color-scheme: dark" in str(root.findtext(f"{SVG}style"))
    places = sorted((float(str(name.get("x"))), float(str(name.get("y")))) for name in names(root))
    assert all(one[0] != next_[0] or next_[1] - one[1] > 15 for one, next_ in pairwise(places))


def names(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The names at the ends of the curves."""
    return [part for part in root.iter(f"{SVG}text") if str(part.get("class")).startswith("c")]


def test_equal_ratios_are_equal_lengths() -> None:
    """Both axes are logarithmic: ten times as far up is as far wherever it is."""
    axis = Axis("time", (0.01, 1, 10_000), str)
    assert [axis.share(value) for value in (0.01, 1, 100, 10_000)] == pytest.approx([0, 1 / 3, 2 / 3, 1])
