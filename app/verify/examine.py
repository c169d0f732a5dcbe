"""The ways of looking at a case: by what is certain, by the mask law, by chance."""

from dataclasses import dataclass
from math import prod
from typing import Final

from app.core.layer import Layer
from app.verify.case import Case, Outcome
from app.verify.chance.check import CheckResult, explain, run
from app.verify.chance.decisions import Decisions
from app.verify.chance.error_rate import holm
from app.verify.chance.evidence import Evidence
from app.verify.chance.independence import explanations, failed, rate_is_explained
from app.verify.chance.rate import off
from app.verify.chance.structure import structure
from app.verify.chance.tails import sample_size, shows
from app.verify.checks import CHECKS
from app.verify.findings import Finding, FindingCode
from app.verify.law import Seeded, too_few
from app.verify.table import Own
from app.verify.values import grid
from app.verify.values.elements import Elements, scale_shows, unreadable
from app.verify.values.grid import Seen
from app.verify.values.reading import Reading, classify
from app.verify.values.rules import expected, mistaken
from app.verify.values.words import affine, said_of

_CERTAIN: Final = "every element is what it has to be; nothing was left to chance"
_REPRODUCED: Final = "every element and every decision is what it has to be; nothing was left to chance"


def examine(case: Case) -> tuple[Outcome, Reading | None]:
    """What the outputs show, but for gradients; and how they were read, if all by one rule."""
    layer = case.layer
    if layer.factors() is None:
        return _by_what_is_its_own(case), None
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
    look = _Look(elements, checks, found)
    return _trained(look) if case.layer.training else _evaluated(look)


@dataclass(frozen=True, slots=True)
class _Look:
    """Elements that were read, what was checked of their values, and found."""

    elements: Elements
    checks: list[CheckResult]
    findings: list[Finding]

    @property
    def case(self) -> Case:
        return self.elements.case

    def outcome(
        self,
        checks: list[CheckResult],
        findings: list[Finding],
        decisions: Decisions | None = None,
        *,
        noise_shape: tuple[int, ...] | None = None,
        lacking: str = "",
        shown: str | None = None,
    ) -> Outcome:
        """What came of it, once the decisions are looked at too."""
        hidden = "" if scale_shows(self.elements) else f"the scale does not show in {self.case.dtype.name}"
        outcome = Outcome(
            [*self.checks, *checks],
            [*self.findings, *findings],
            self.elements.shows(decisions or self.elements.decisions),
            noise_shape,
            self.elements.uninformative or lacking or hidden,
        )
        return outcome if shown is None else outcome._replace(shown=shown)

    def said(self, codes: list[FindingCode], decisions: Decisions, p_value: float = 0.0) -> list[Finding]:
        """What is wrong with rate and scale, in words."""
        return [said_of(code, self.case, self.elements.shows(decisions), p_value) for code in codes]


def _evaluated(look: _Look) -> Outcome:
    """In evaluation nothing is dropped, and everything times one factor."""
    elements = look.elements
    codes = grid.codes_in_evaluation(elements.layer, elements.seen)
    found = look.said(codes, elements.decisions)
    return look.outcome(run((CHECKS.evaluation,), elements), found, shown=_CERTAIN)


def _trained(look: _Look) -> Outcome:
    case = look.case
    p = case.layer.p
    if case.draw and 0 < p < 1 and "mask" in case.layer.row.parameters:
        seeded = Seeded(case=case, reading=look.elements.reading)
        [result] = run((CHECKS.seed,), seeded)
        if not result.statistic and not look.elements.decisions.mixed(case.noise_shape):
            return _by_law(look, result)
        return _with_seed(seeded, result, _by_chance(look))
    return _by_certainty(look) if p in (0, 1) else _by_chance(look)


# In training, by what is certain


def _by_certainty(look: _Look) -> Outcome:
    """At p = 0 nothing is dropped, at p = 1 everything."""
    elements = look.elements
    checks = run(CHECKS.sure, elements)
    wrong_rate = any(check.statistic for check in checks)
    found = look.said(grid.codes(elements.layer, elements.seen, wrong_rate), elements.decisions)
    return look.outcome(checks, found, noise_shape=look.case.noise_shape, shown=_CERTAIN)


def _by_what_is_its_own(case: Case) -> Outcome:
    """What is certain of a variant whose noise has a part in what it makes of elements, and what the seed says."""
    own = CHECKS.own.get(case.layer.variant, _NOTHING)
    observed = own.observe(case)
    checks = run(own.checks, observed)
    found = explain(checks, observed, case.level, [])
    outcome = Outcome(checks, found, observed.seen, case.noise_shape)
    if case.draw is None:
        lacking = f"of {case.layer.variant} only what is certain is checked, not its rate; claim a seed for that"
        return outcome._replace(lacking=lacking)
    return _by_seed(Seeded(case=case, reading=observed.reading), outcome)


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A case of a variant that no checks are registered for: nothing of it is certain."""

    case: Case
    reading: None = None

    @property
    def layer(self) -> Layer:
        return self.case.layer

    @property
    def seen(self) -> Seen:
        return Seen(None, 0, 0)


_NOTHING: Final = Own[_Unseen](observe=_Unseen, checks=())


# In training, by the mask law


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
        shown=_REPRODUCED,
        reproduced=not result.statistic,
    )


def _by_law(look: _Look, result: CheckResult) -> Outcome:
    """All decisions are the law's: nothing is left to chance but how many there are."""
    case = look.case
    decisions = look.elements.decisions.over(case.noise_shape)
    found = look.said(grid.codes(case.layer, look.elements.shows(decisions), False), decisions)
    lacking = too_few(decisions.count, case.layer.p)
    outcome = look.outcome([result], found, decisions, noise_shape=case.noise_shape, lacking=lacking, shown=_REPRODUCED)
    return outcome._replace(reproduced=True)


def _with_seed(seeded: Seeded, result: CheckResult, outcome: Outcome) -> Outcome:
    """What chance tells, and what the seed says beside, unless it is told already that p and keep are swapped."""
    outcome = outcome._replace(checks=[*outcome.checks, result], reproduced=not result.statistic)
    swapped = any(one.code == "keep_drop_swapped" for one in outcome.findings)
    if swapped and result.statistic and seeded.misreading and seeded.misreading.swaps:
        return outcome
    found = explain([result], seeded, seeded.case.level, outcome.findings)
    return outcome._replace(findings=[*outcome.findings, *found])


# In training, by chance


def _by_chance(look: _Look) -> Outcome:
    """Structure first, for decisions that are the same again tell nothing new; then all that is left."""
    case, elements = look.case, look.elements.decisions
    known = structure(CHECKS.structure, Evidence(case=case, decisions=elements, noise_shape=case.x.shape))
    seen, decisions = known.seen, known.seen.decisions
    checks = [*known.results, *(run(CHECKS.independence, seen) if decisions.count else [])]
    rejected = _unexplained(holm([*look.checks, *checks], CHECKS.family), known.findings)
    wrong = failed(rejected, "rate")
    if wrong and rate_is_explained(seen, rejected):
        wrong = None
    codes = grid.codes(case.layer, look.elements.shows(decisions), wrong is not None)
    found = look.said(codes, decisions, wrong.p_value if wrong else 0.0)
    found += [*known.findings, *explanations(seen, rejected)]
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
