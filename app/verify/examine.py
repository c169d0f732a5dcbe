"""The ways of looking at a case: by what is certain, by the mask law, by chance."""

from app.verify.case import CERTAIN, Case, Outcome
from app.verify.chance.check import explain, run
from app.verify.checks import CHECKS
from app.verify.look import Look
from app.verify.own import examine_own
from app.verify.training import trained
from app.verify.values import grid
from app.verify.values.elements import Elements, unreadable
from app.verify.values.reading import Reading, classify
from app.verify.values.rules import expected, mistaken
from app.verify.values.words import affine


def examine(case: Case) -> tuple[Outcome, Reading | None]:
    """What the outputs show, but for gradients; and how they were read, if all by one rule."""
    layer = case.layer
    if layer.factors() is None:
        return examine_own(case), None
    drops = layer.training and layer.p > 0
    rules = [expected(layer), *mistaken(layer)]
    reading = classify(case.flat, case.y, rules, case.dtype, drops=drops)
    return _by_rule(Elements(case=case, reading=reading, right=rules[:1])), reading


def _by_rule(elements: Elements) -> Outcome:
    """What there is to see where one rule makes outputs of inputs."""
    case, rule = elements.case, elements.reading.rule
    checks = run(CHECKS.values, elements)
    found = explain(checks, elements, case.level, [])
    if unreadable(elements):
        return Outcome(checks, found)
    if rule is not None and rule.affine and not case.layer.row.shifts:
        return Outcome(checks, [affine(case, rule)])
    look = Look(elements, checks, found)
    return trained(look) if case.layer.training else _evaluated(look)


def _evaluated(look: Look) -> Outcome:
    """In evaluation nothing is dropped, and everything times one factor."""
    elements = look.elements
    codes = grid.codes_in_evaluation(elements.layer, elements.rule_and_rate)
    found = look.said(codes, elements.decisions)
    return look.outcome(run((CHECKS.evaluation,), elements), found, shown=CERTAIN)
