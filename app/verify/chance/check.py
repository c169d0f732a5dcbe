"""A check: a law, what was counted, how likely that is by chance, and what the data could have shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf, log
from typing import Final, NamedTuple

FALSE_ALARMS: Final = 1e-6
"""The probability that any check at all finds fault with a correct layer."""
FAMILY: Final = 17
"""Checks that there are together, those of gradients among them."""
LEVEL: Final = log(FALSE_ALARMS / FAMILY)
"""Log of the p-value that is rejected whatever else was checked."""


class Detectable(NamedTuple):
    """What a check could have shown in these data, with probability 0.9.

    message : in words; smallest : the least effect, in the check's own unit, None if none; enough : how many decisions
    (or elements) show what `pass` asks for, None where no number would.
    """

    message: str
    smallest: float | None = None
    enough: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that was run.

    name, law : what it is called, and what holds for a correct layer. statistic : what was seen; place : where, where
    that is a place.
    log_p : the logarithm of its p-value, with all that was tried within it; 0 or -inf where chance has no part.
    """

    name: str
    law: str
    statistic: float | None
    log_p: float
    detectable: Detectable
    place: str = ""

    @property
    def p_value(self) -> float:
        """The probability of what was seen, or more, under the law; or a bound above it."""
        return exp(self.log_p)


def certain(name: str, law: str, faults: int, detectable: Detectable) -> Check:
    """A check in which chance has no part: one fault is enough."""
    log_p = -inf if faults else 0.0
    return Check(name=name, law=law, statistic=float(faults), log_p=log_p, detectable=detectable)


def holm(checks: Iterable[Check]) -> dict[str, Check]:
    """The checks that are rejected, by name, in a family whose rate of false alarms is `FALSE_ALARMS`.

    The family are all checks that there are: what is not run here may be run of the gradients.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
    """
    ranked = sorted(checks, key=lambda check: check.log_p)
    rejected: dict[str, Check] = {}
    for place, check in enumerate(ranked):
        if check.log_p > log(FALSE_ALARMS / (FAMILY - place)):
            break
        rejected[check.name] = check
    return rejected
