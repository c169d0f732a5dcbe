"""A check: a null hypothesis, what is measured to test it, and what that comes to."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from app.core.layer import Layer
from app.verify.chance.decisions import Decisions
from app.verify.findings import Finding, FindingCode

Subject = Literal["drops in all", "drops in groups", "values", "places", "other decisions"]
"""What a check of decisions is about: how many drop, or what a decision may depend on."""


class Detectable(NamedTuple):
    """What a check could have shown in these data, with probability 0.9.

    message : in words. smallest : the least effect, in the check's own unit, None if none. enough : how many decisions
    (or elements) show what `pass` asks for, None where no number would.
    """

    message: str
    smallest: float | None = None
    enough: int | None = None


class Measured(NamedTuple):
    """What a check measured.

    statistic : what was seen. log_p : the logarithm of its p-value, with all that was tried within it; 0 or -inf where
    chance has no part. place : where it was seen, where that is a place.
    """

    statistic: float | None
    log_p: float
    detectable: Detectable
    place: str = ""


def certain(faults: int, detectable: Detectable) -> Measured:
    """What is measured where chance has no part: one fault is enough."""
    return Measured(float(faults), -inf if faults else 0.0, detectable)


class HasLayer(Protocol):
    """What a check looks at: anything that knows the layer that is claimed."""

    @property
    def layer(self) -> Layer: ...


Observed = TypeVar("Observed", bound=HasLayer, contravariant=True)


def _always(_seen: HasLayer) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Check(Generic[Observed]):
    """A row of the table of checks.

    name : what replies call it. null_hypothesis : what holds for a correct layer, with the fields of `layer` in braces.
    applies : whether it can be run on what is seen. measure : how it is run; None where there is nothing to measure.
    codes : what its failure may mean. finding : the same in words; None where that takes more than this check, or where
        another says it.
    explained_by : findings that explain its failure, which then is not reported again.
    last_places : whether it compares numbers to their last places, so that it may fail because digits were lost.
    subject : of decisions that should be independent: what it is about, which decides between explanations.
    unaffected : the decisions that its failure says nothing of, so that they alone can tell the rate.
    left : of decisions that may be the same again: what is left of them, and what that means.
    """

    name: str
    null_hypothesis: str
    applies: Callable[[Observed], bool] = _always
    measure: Callable[[Observed], Measured | None]
    codes: tuple[FindingCode, ...]
    finding: Callable[["CheckResult", Observed], Finding | None] | None = None
    explained_by: tuple[FindingCode, ...] = ()
    last_places: bool = False
    subject: Subject | None = None
    unaffected: Callable[[Observed], Decisions] | None = None
    left: Callable[["CheckResult", Observed], tuple[Any, Finding | None]] | None = None

    def run(self, seen: Observed) -> "CheckResult | None":
        """What comes of it; None where it cannot be run."""
        measured = self.measure(seen) if self.applies(seen) else None
        if measured is None:
            return None
        words = self.null_hypothesis.format(layer=seen.layer)
        return CheckResult(check=self, null_hypothesis=words, **measured._asdict())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """A check that was run: its row, its null hypothesis for this layer, and what was measured."""

    check: Check[Any]
    null_hypothesis: str
    statistic: float | None
    log_p: float
    detectable: Detectable
    place: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.check.name

    @property
    def p_value(self) -> float:
        """The probability of what was seen, or more, under the null hypothesis; or a bound above it."""
        return exp(self.log_p)


def run(checks: tuple[Check[Observed], ...], seen: Observed) -> list[CheckResult]:
    """The results of those checks that apply."""
    results = (check.run(seen) for check in checks)
    return [result for result in results if result is not None]


def explain(results: list[CheckResult], seen: Any, level: float, found: list[Finding]) -> list[Finding]:
    """The findings of the checks that failed, but for what is explained by one that was found before."""
    new: list[Finding] = []
    for result in results:
        check, codes = result.check, {one.code for one in (*found, *new)}
        if result.log_p > level or check.finding is None or codes.intersection(check.explained_by):
            continue
        one = check.finding(result, seen)
        new += [] if one is None else [one]
    return new
