"""Two measured side by side.

Speeds of a shared machine come and go, so only neighbours in time are compared: each round measures both, and has a
ratio of its own. The median of those is what counts.
"""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import NamedTuple

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
    """What was measured, round by round: ours, theirs. Without a target it is for information."""

    name: str
    unit: str
    figures: Sequence[Sequence[float]]
    target: Target | None = None

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """Ours to theirs, a ratio a round."""
        return [ours / theirs for ours, theirs in zip(*self.figures, strict=True)]

    @property
    def missed(self) -> bool:
        return self.target is not None and not self.target.met(self.ratio)

    def cells(self) -> tuple[str, ...]:
        """The comparison as a row of the table."""
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return (
            self.name,
            *(f"{median(figures):,.0f} {self.unit}" for figures in self.figures),
            f"{self.ratio:.2f}",
            f"{low:.2f} … {high:.2f}",
            "" if self.target is None else str(self.target),
            "" if self.target is None else "MISSED" if self.missed else "ok",
        )


HEADINGS = ("", "ours", "theirs", "ratio", "quartiles", "target", "")


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
