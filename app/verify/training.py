"""Training: decisions are held against the mask law where a seed is claimed, else against chance."""

from app.verify.case import CERTAIN, REPRODUCED, Outcome
from app.verify.chance.check import CheckResult, explain, run
from app.verify.chance.error_rate import holm
from app.verify.chance.evidence import Evidence
from app.verify.chance.independence import explanations, failed, rate_is_explained
from app.verify.chance.rate import off
from app.verify.chance.structure import structure
from app.verify.chance.tails import sample_size, shows
from app.verify.checks import CHECKS
from app.verify.findings import Finding
from app.verify.law import Seeded, too_few
from app.verify.look import Look
from app.verify.values import grid


def trained(look: Look) -> Outcome:
    """What came of a layer in training."""
    case = look.case
    p = case.layer.p
    if case.draw and 0 < p < 1 and "mask" in case.layer.row.parameters:
        seeded = Seeded(case=case, reading=look.elements.reading)
        [result] = run((CHECKS.seed,), seeded)
        if not result.statistic and not look.elements.decisions.mixed(case.noise_shape):
            return _by_law(look, result)
        return _with_seed(seeded, result, _by_chance(look))
    return _by_certainty(look) if p in (0, 1) else _by_chance(look)


def _by_certainty(look: Look) -> Outcome:
    """At p = 0 nothing is dropped, at p = 1 everything."""
    elements = look.elements
    checks = run(CHECKS.sure, elements)
    wrong_rate = any(check.statistic for check in checks)
    found = look.said(grid.codes(elements.layer, elements.rule_and_rate, wrong_rate), elements.decisions)
    return look.outcome(checks, found, noise_shape=look.case.noise_shape, shown=CERTAIN)


def _by_law(look: Look, result: CheckResult) -> Outcome:
    """All decisions are the law's: nothing is left to chance but how many there are."""
    case = look.case
    decisions = look.elements.decisions.over(case.noise_shape)
    found = look.said(grid.codes(case.layer, look.elements.shows(decisions), False), decisions)
    lacking = too_few(decisions.count, case.layer.p)
    outcome = look.outcome([result], found, decisions, noise_shape=case.noise_shape, lacking=lacking, shown=REPRODUCED)
    return outcome._replace(reproduced=True)


def _with_seed(seeded: Seeded, result: CheckResult, outcome: Outcome) -> Outcome:
    """What chance tells, and what the seed says beside, unless it is told already that p and keep are swapped."""
    outcome = outcome._replace(checks=[*outcome.checks, result], reproduced=not result.statistic)
    swapped = any(one.code == "keep_drop_swapped" for one in outcome.findings)
    if swapped and result.statistic and seeded.misreading and seeded.misreading.swaps:
        return outcome
    found = explain([result], seeded, seeded.case.level, outcome.findings)
    return outcome._replace(findings=[*outcome.findings, *found])


def _by_chance(look: Look) -> Outcome:
    """Structure first, for decisions that are the same again tell nothing new; then all that is left."""
    case, elements = look.case, look.elements.decisions
    structured = structure(CHECKS.structure, Evidence(case=case, decisions=elements, noise_shape=case.x.shape))
    seen, decisions = structured.seen, structured.seen.decisions
    checks = [*structured.results, *(run(CHECKS.independence, seen) if decisions.count else [])]
    rejected = _unexplained(holm([*look.checks, *checks], CHECKS.family), structured.findings)
    wrong = failed(rejected, "drops in all")
    if wrong and rate_is_explained(seen, rejected):
        wrong = None
    codes = grid.codes(case.layer, look.elements.shows(decisions), wrong is not None)
    found = look.said(codes, decisions, wrong.p_value if wrong else 0.0)
    found += [*structured.findings, *explanations(seen, rejected)]
    return look.outcome(checks, found, decisions, noise_shape=seen.noise_shape, lacking=_lacking(seen))


def _unexplained(rejected: list[CheckResult], found: list[Finding]) -> list[CheckResult]:
    """The results whose failure is explained by nothing that was found."""
    codes = {one.code for one in found}
    return [one for one in rejected if not codes.intersection(one.check.explained_by)]


def _lacking(seen: Evidence) -> str:
    """Why the data would not have shown another rate."""
    count, p, away = seen.decisions.count, seen.p, off(seen.p)
    if shows(count, p, away, seen.level):
        return ""
    needed = sample_size(p, away, seen.level)
    return f"{count} decisions would not show a rate off by {away:.3g}; about {needed} would"
