"""Two measured side by side.

Speeds of a shared machine come and go, so only neighbours in time are compared: each round measures both, and has a
ratio of its own. The median of those is what counts.
"""

from collections.abc import Callable, Iterable, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

Measure = Callable[[], float]


class Target(NamedTuple):
    """What the ratio ours/theirs has to be: at most the limit, or at least."""

    limit: float
    at_least: bool = False

    def met(self, ratio: float) -> bool:
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:.2f}"


class Comparison(NamedTuple):
    """What was measured, round by round: ours, theirs. Without a target it is for information.

    lacks : what would have to be done to measure it, where it could not be; it counts as missed.
    """

    name: str
    unit: str
    figures: Sequence[Sequence[float]]
    target: Target | None = None
    lacks: str = ""

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """Ours to theirs, a ratio a round."""
        return [ours / theirs for ours, theirs in zip(*self.figures, strict=True)]

    @property
    def missed(self) -> bool:
        return bool(self.lacks) or (self.target is not None and not self.target.met(self.ratio))

    def cells(self) -> tuple[str, ...]:
        """The comparison as a row of the table."""
        target = "" if self.target is None else str(self.target)
        return self.name, *([""] * 4 if self.lacks else self._figures()), target, self._verdict()

    def _figures(self) -> list[str]:
        low, _, high = map(_number, quantiles(self.ratios, n=4, method="inclusive"))
        medians = [f"{median(figures):,.0f} {self.unit}" for figures in self.figures]
        return [*medians, _number(self.ratio), f"{low} … {high}"]

    def _verdict(self) -> str:
        if self.lacks:
            return f"NOT MEASURED: {self.lacks}"
        return "MISSED" if self.missed else "" if self.target is None else "ok"


def _number(ratio: float) -> str:
    return f"{ratio:.{3 if ratio < 0.1 else 2}f}"


HEADINGS = ("", "ours", "theirs", "ratio", "quartiles", "target", "")


def table(comparisons: Iterable[Comparison]) -> str:
    """Comparisons below their headings."""
    rows = [HEADINGS, *(comparison.cells() for comparison in comparisons)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *figures = row
    aligned = (figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
    return "  ".join((name.ljust(widths[0]), *aligned)).rstrip() + "\n"


def interleaved(rounds: int, *measures: Measure) -> list[list[float]]:
    """What each measures, in as many rounds, there and back in turn, so that none always has the same predecessor."""
    for measure in measures:
        measure()  # the first time pays for memory, caches and imports
    figures: list[list[float]] = [[] for _ in measures]
    for number in range(rounds):
        order = list(range(len(measures)))
        for index in reversed(order) if number % 2 else order:
            figures[index].append(measures[index]())
    return figures


def timed(clock: Callable[[], float], work: Callable[[], Any]) -> Measure:
    """CPU time or wall time of some work, in ms."""

    def measure() -> float:
        started = clock()
        work()
        return (clock() - started) * 1e3

    return measure
