"""Variants whose noise has a part in what they make of elements: what is certain of them, and what the seed says."""

from dataclasses import dataclass
from math import prod
from typing import Final

from app.core.layer import Layer
from app.verify.case import REPRODUCED, Case, Outcome
from app.verify.chance.check import explain, run
from app.verify.checks import CHECKS
from app.verify.law import Seeded, too_few
from app.verify.table import Own
from app.verify.values.grid import RuleAndRate


def examine_own(case: Case) -> Outcome:
    """What the outputs of such a variant show; of one that has no checks, only a seed can tell."""
    own = CHECKS.own.get(case.layer.variant, _NOTHING)
    observed = own.observe(case)
    checks = run(own.checks, observed)
    found = explain(checks, observed, case.level, [])
    outcome = Outcome(checks, found, observed.rule_and_rate, case.noise_shape)
    if case.draw is None:
        lacking = f"of {case.layer.variant} only what is certain is checked, not its rate; claim a seed for that"
        return outcome._replace(lacking=lacking)
    return _by_seed(Seeded(case=case, reading=observed.reading), outcome)


def _by_seed(seeded: Seeded, outcome: Outcome) -> Outcome:
    """The outcome, with what the law makes of the seed."""
    case = seeded.case
    [result] = run((CHECKS.seed,), seeded)
    found = explain([result], seeded, case.level, outcome.findings)
    lacking = "" if result.detectable.smallest else "no element of the input tells"
    if seeded.reading is not None:
        lacking = lacking or too_few(len(case.y) * prod(case.noise_shape), case.layer.rate(case.x.shape))
    return outcome._replace(
        checks=[*outcome.checks, result],
        findings=[*outcome.findings, *found],
        lacking=lacking,
        shown=REPRODUCED,
        reproduced=not result.statistic,
    )


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A case of a variant that no checks are registered for: nothing of it is certain."""

    case: Case
    reading: None = None

    @property
    def layer(self) -> Layer:
        return self.case.layer

    @property
    def rule_and_rate(self) -> RuleAndRate:
        return RuleAndRate(None, 0, 0)


_NOTHING: Final = Own[_Unseen](observe=_Unseen, checks=())
