"""The family-wise error rate: how often any check at all may find fault with a correct layer."""

from collections.abc import Iterable
from math import log
from typing import Final

from app.verify.chance.check import CheckResult

FAMILYWISE_ERROR_RATE: Final = 1e-6
"""The probability that any check at all finds fault with a correct layer."""


def level(family: int) -> float:
    """Log of the p-value that is rejected in a family of so many checks, whatever else was checked (Bonferroni)."""
    return log(FAMILYWISE_ERROR_RATE / family)


def holm(results: Iterable[CheckResult], family: int) -> list[CheckResult]:
    """The results that are rejected, the clearest first, in a family of so many checks.

    The family are all checks that there are: what was not run here may be run of the gradients.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
    """
    rejected: list[CheckResult] = []
    for result in sorted(results, key=lambda one: one.log_p):
        if result.log_p > level(family - len(rejected)):
            break
        rejected.append(result)
    return rejected
