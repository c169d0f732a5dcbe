"""The ways of looking at a case: by what is certain, by the mask law, by chance."""

from collections.abc import Callable
from typing import Final, NamedTuple

from app.core.arrays import Shape
from app.verify import law
from app.verify.case import Case, Outcome
from app.verify.chance import chance, counts
from app.verify.chance.check import LEVEL, Check, Detectable, certain, holm
from app.verify.chance.decisions import Decisions
from app.verify.chance.structure import structure
from app.verify.chance.tails import sample_size, shows
from app.verify.drop_block import drop_block
from app.verify.findings import Finding, FindingCode
from app.verify.gaussian import gaussian
from app.verify.values import grid, scale
from app.verify.values.grid import Seen
from app.verify.values.reading import Reading, read
from app.verify.values.rules import Rule, expected, mistaken


def examine(case: Case) -> tuple[Outcome, Reading | None]:
    """What the outputs show, but for gradients; and how they were read, if all by one rule."""
    layer = case.layer
    if layer.factors() is None:
        return _CERTAIN_ONLY[layer.variant](case), None
    drops = layer.training and layer.p > 0
    reading = read(case.flat, case.y, [expected(layer), *mistaken(layer)], case.dtype, drops=drops)
    return _read(case, reading), reading


def _read(case: Case, reading: Reading) -> Outcome:
    checks, found = scale.checks(case, reading, [expected(case.layer)]), scale.findings(case, reading)
    rule = reading.rule
    if scale.unreadable(case, reading):
        return Outcome(checks, found)
    if rule is not None and rule.affine and not case.layer.row.shifts:
        return Outcome(checks, [scale.line(case, rule)])
    look = _Look(case, reading, Decisions.of(reading.dropped, reading.known, case.x.shape), checks, found)
    return _trained(look) if case.layer.training else _evaluated(look)


class _Look(NamedTuple):
    """A case whose elements are read: which were dropped, what was checked of their values, and found."""

    case: Case
    reading: Reading
    elements: Decisions
    checks: list[Check]
    findings: list[Finding]

    @property
    def p(self) -> float:
        return self.case.layer.p

    @property
    def uninformative(self) -> str:
        """Why nothing would be seen, if that is so."""
        return "" if self.elements.count else "no element of the input tells"

    def certain(self, name: str, rule: str, wrong: int) -> Check:
        """A check of all elements in which chance has no part."""
        return certain(name, rule, wrong, Detectable(self.uninformative or "a single element", None, 1))

    def codes(self, decisions: Decisions, *, wrong_rate: bool, p_value: float = 0.0) -> list[Finding]:
        """What is wrong with rate and scale."""
        seen = self.seen(decisions)
        return [scale.found(code, self.case, seen, p_value) for code in grid.codes(self.case.layer, seen, wrong_rate)]

    def seen(self, decisions: Decisions) -> Seen:
        """What decisions show."""
        return Seen(self.reading.rule, decisions.drops, decisions.count)

    def outcome(
        self, decisions: Decisions, noise_shape: Shape | None, checks: list[Check], found: list[Finding], lacking: str
    ) -> Outcome:
        """What came of it, once the decisions are looked at too."""
        hidden = "" if scale.visible(self.case, self.reading) else f"the scale does not show in {self.case.dtype.name}"
        return Outcome(
            [*self.checks, *checks],
            [*self.findings, *found],
            self.seen(decisions),
            noise_shape,
            self.uninformative or lacking or hidden,
        )


# Evaluation


def _evaluated(look: _Look) -> Outcome:
    """In evaluation nothing is dropped, and everything times one factor."""
    case, elements = look.case, look.elements
    check = look.certain("evaluation", "in evaluation nothing is dropped", elements.drops)
    code: FindingCode | None = None
    if elements.drops:
        code = "dropout_in_evaluation"
    elif look.reading.rule not in (None, expected(case.layer)):
        code = "missing_scale" if look.reading.rule == Rule(1.0) else "scaled_in_evaluation"
    found = [scale.found(code, case, look.seen(elements), 0.0)] if code else []
    return look.outcome(elements, None, [check], found, "")._replace(shown=_CERTAIN)


# Training


def _trained(look: _Look) -> Outcome:
    case = look.case
    drawn = 0 < look.p < 1 and "mask" in case.layer.row.parameters
    held = law.seed(look.reading, case) if case.draw and drawn else None
    if held and not held.statistic and not look.elements.mixed(case.noise_shape):
        return _by_law(look, held)
    outcome = _by_certainty(look) if look.p in (0, 1) else _by_chance(look)
    return _not_reproduced(look, outcome, held) if held else outcome


def _by_law(look: _Look, held: Check) -> Outcome:
    """All decisions are the law's: nothing is left to chance but how many there are."""
    decisions = look.elements.over(look.case.noise_shape)
    found = look.codes(decisions, wrong_rate=False)
    return look.outcome(decisions, look.case.noise_shape, [held], found, law.few(decisions.count, look.p))._replace(
        shown=law.CERTAIN
    )


def _by_certainty(look: _Look) -> Outcome:
    """At p = 0 nothing is dropped, at p = 1 everything."""
    elements = look.elements
    wrong = elements.drops if look.p == 0 else elements.count - elements.drops
    check = look.certain("rate", f"at p = {look.p:g} {'nothing' if look.p == 0 else 'everything'} is dropped", wrong)
    found = look.codes(elements, wrong_rate=bool(wrong))
    return look.outcome(elements, look.case.noise_shape, [check], found, "")._replace(shown=_CERTAIN)


_CERTAIN: Final = "every element is what it has to be; nothing was left to chance"


def _by_chance(look: _Look) -> Outcome:
    """Structure first, for decisions that are the same again tell nothing new; then all that is left."""
    p = counts.clamped(look.p)
    found = structure(look.elements, look.case.noise_shape, p)
    decisions = found.decisions
    checks = [*found.checks, *chance.checks(decisions, p, look.case.x, found.noise_shape)]
    rejected = {name: one for name, one in holm([*look.checks, *checks]).items() if name not in found.explained}
    wrong_rate = "rate" in rejected and not chance.explained(decisions, p, rejected)
    told = look.codes(decisions, wrong_rate=wrong_rate, p_value=rejected["rate"].p_value if wrong_rate else 0.0)
    told += [*found.findings, *chance.findings(decisions, p, rejected)]
    return look.outcome(decisions, found.noise_shape, checks, told, _lacking(decisions, p))


def _lacking(decisions: Decisions, p: float) -> str:
    off = counts.off(p)
    if shows(decisions.count, p, off, LEVEL):
        return ""
    return (
        f"{decisions.count} decisions would not show a rate off by {off:.3g}; about {sample_size(p, off, LEVEL)} would"
    )


def _not_reproduced(look: _Look, outcome: Outcome, held: Check) -> Outcome:
    """The same, with what the seed says of it, unless it is told already that p and keep are swapped."""
    case = look.case
    assert case.draw is not None
    outcome.checks.append(held)
    slip = law.misreading(look.reading, case) if held.statistic else None
    swapped = any(one.code == "keep_drop_swapped" for one in outcome.findings)
    if not held.statistic or (slip and slip.swaps and swapped):
        return outcome
    missing = law.missed(held, f" ({slip.words})" if slip else "")
    return outcome._replace(findings=[*outcome.findings, missing])


_CERTAIN_ONLY: Final[dict[str, Callable[[Case], Outcome]]] = {"gaussian_dropout": gaussian, "drop_block2d": drop_block}
"""Layers of which only what is certain is checked."""
