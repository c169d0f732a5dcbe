"""The ways of looking at a case: by what is certain, by the mask law, by chance."""

from collections.abc import Callable
from math import log, log1p
from typing import Final

from app.core.verify import counts, grid, law, scale, statistics
from app.core.verify.blocks import squares
from app.core.verify.case import Case, Outcome
from app.core.verify.check import LEVEL, Check, Detectable, certain, holm
from app.core.verify.decisions import Decisions, of
from app.core.verify.findings import Finding, FindingCode
from app.core.verify.gaussian import gaussian
from app.core.verify.grid import Seen
from app.core.verify.rules import Rule, expected, mistaken
from app.core.verify.structure import structure
from app.core.verify.tails import SURE, enough, shows
from app.core.verify.values import Reading, read


def examine(case: Case) -> tuple[Outcome, Reading | None]:
    """What the outputs show, but for gradients; and how they were read, if all by one rule."""
    layer = case.layer
    if layer.training and 0 < layer.p < 1 and layer.variant in _CERTAIN_ONLY:
        return _CERTAIN_ONLY[layer.variant](case), None
    reading = read(case.flat, case.y, [expected(layer), *mistaken(layer)], case.dtype)
    return _read(case, reading), reading


def _read(case: Case, reading: Reading) -> Outcome:
    values = Outcome(scale.checks(case, reading, [expected(case.layer)]), scale.findings(case, reading))
    if scale.lost_too_much(case, reading):
        return values
    rule = reading.rule
    if rule is not None and rule.affine and not case.layer.row.shifts:
        return values._replace(findings=[scale.line(case, rule)])
    elements = of(reading.dropped, reading.known, case.x.shape)
    if not case.layer.training:
        return _evaluated(case, reading, values, elements)
    return _trained(case, reading, values, elements)


# Evaluation


def _evaluated(case: Case, reading: Reading, values: Outcome, elements: Decisions) -> Outcome:
    """In evaluation nothing is dropped, and everything times one factor."""
    seen = Seen(reading.rule, elements.drops, elements.count)
    told = Detectable("a single element" if elements.count else "nothing: the input is 0 everywhere", None, 1)
    check = certain("evaluation", "in evaluation nothing is dropped", elements.drops, told)
    found = []
    if elements.drops:
        found = [scale.told("dropout_in_evaluation", case, seen, 0.0)]
    elif grid.own_code(case.layer, reading.rule):
        code: FindingCode = "missing_scale" if reading.rule == Rule(1.0) else "scaled_in_evaluation"
        found = [scale.told(code, case, seen, 0.0)]
    return Outcome(
        [*values.checks, check],
        [*values.findings, *found],
        seen,
        None,
        "" if elements.count else "no element of the input tells",
        _CERTAIN,
    )


# Training


def _trained(case: Case, reading: Reading, values: Outcome, elements: Decisions) -> Outcome:
    if case.draw is not None:
        check = law.seed(reading, case.x, case.layer, case.draw)
        values.checks.append(check)
        if not check.statistic and not elements.mixed(case.noise_shape):
            return _by_law(case, reading, values, elements.over(case.noise_shape))
    found = (_by_certainty if case.layer.p in (0, 1) else _by_chance)(case, reading, values, elements)
    return found if case.draw is None or not check.statistic else _not_reproduced(case, reading, found, check)


def _by_law(case: Case, reading: Reading, values: Outcome, decisions: Decisions) -> Outcome:
    """All decisions are the law's: nothing is left to chance but how many there are."""
    seen = Seen(reading.rule, decisions.drops, decisions.count)
    found = [scale.told(code, case, seen, 0.0) for code in grid.codes(case.layer, seen, False)]
    p = case.layer.p
    off = counts.QUARTER * min(p, 1 - p)
    # a rate that is off changes each decision with that probability
    few = 0 < p < 1 and decisions.count * log1p(-off) > log(1 - SURE)
    lacking = f"{decisions.count} decisions would not show another rate" if few or not decisions.count else ""
    return _outcome(case, reading, values, found, seen, case.noise_shape, lacking)._replace(shown=law.CERTAIN)


def _by_certainty(case: Case, reading: Reading, values: Outcome, elements: Decisions) -> Outcome:
    """At p = 0 nothing is dropped, at p = 1 everything."""
    p = case.layer.p
    wrong = elements.drops if p == 0 else elements.count - elements.drops
    told = Detectable("a single element" if elements.count else "nothing: the input is 0 everywhere", None, 1)
    check = certain("rate", f"at p = {p:g} {'nothing' if p == 0 else 'everything'} is dropped", wrong, told)
    values.checks.append(check)
    seen = Seen(reading.rule, elements.drops, elements.count)
    found = [scale.told(code, case, seen, 0.0) for code in grid.codes(case.layer, seen, bool(wrong))]
    lacking = "" if elements.count else "no element of the input tells"
    return _outcome(case, reading, values, found, seen, case.noise_shape, lacking)._replace(shown=_CERTAIN)


_CERTAIN: Final = "every element is what it has to be; nothing was left to chance"


def _by_chance(case: Case, reading: Reading, values: Outcome, elements: Decisions) -> Outcome:
    p = case.layer.p
    shape = structure(elements, case.noise_shape, p)
    decisions = shape.decisions
    checks = [*values.checks, *shape.checks]
    checks += statistics.statistics(decisions, p, statistics.values_of(case.x, shape.noise_shape, decisions))
    rejected = {name: check for name, check in holm(checks).items() if name not in shape.explained}
    wrong_rate = "rate" in rejected and not statistics.explained(decisions, p, rejected)
    seen = Seen(reading.rule, decisions.drops, decisions.count)
    chance = rejected["rate"].p_value if wrong_rate else 0.0
    found = [scale.told(code, case, seen, chance) for code in grid.codes(case.layer, seen, wrong_rate)]
    found += [*shape.findings, *statistics.findings(decisions, p, rejected)]
    outcome = _outcome(case, reading, values, found, seen, shape.noise_shape, _lacking(decisions, p))
    return outcome._replace(checks=checks)


def _lacking(decisions: Decisions, p: float) -> str:
    off = counts.QUARTER * min(p, 1 - p)
    if shows(decisions.count, p, off, LEVEL):
        return ""
    return f"{decisions.count} decisions would not show a rate off by {off:.3g}; about {enough(p, off, LEVEL)} would"


def _outcome(
    case: Case,
    reading: Reading,
    values: Outcome,
    found: list[Finding],
    seen: Seen,
    noise_shape: tuple[int, ...],
    lacking: str,
) -> Outcome:
    unscaled = "" if scale.visible(case, reading) else f"no element that was kept shows the scale in {case.dtype.name}"
    return Outcome(values.checks, [*values.findings, *found], seen, noise_shape, lacking or unscaled)


def _not_reproduced(case: Case, reading: Reading, found: Outcome, check: Check) -> Outcome:
    """The same, with what the seed says of it, unless it is told already that p and keep are swapped."""
    assert case.draw is not None
    slip = law.misreading(reading, case.x, case.layer, case.draw)
    if slip and slip.swaps and any(one.code == "keep_drop_swapped" for one in found.findings):
        return found
    missing = law.missed(check, f" ({slip.words})" if slip else "")
    return found._replace(findings=[*found.findings, missing])


_CERTAIN_ONLY: Final[dict[str, Callable[[Case], Outcome]]] = {"gaussian_dropout": gaussian, "drop_block2d": squares}
"""Layers of which only what is certain is checked."""
