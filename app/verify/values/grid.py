"""Rate and scale together: which mistake explains both.

rate seen | scale s               1                              another
p         |                       its own                        its own
1 - p     | keep_drop_swapped     and missing_scale              1/p: keep_drop_swapped; else and wrong_scale
0         | wrong_rate            identity_in_training           wrong_rate, and its own
another   | wrong_rate            both                           both
"""

from math import log
from typing import Final, NamedTuple

from app.core.layer import Layer
from app.verify.chance.tails import log_p_binomial
from app.verify.findings import FindingCode
from app.verify.values.rules import SCALES, Rule, expected, swapped

_FITS: Final = 1e-4
"""The p-value that the drops must have at 1 - p."""
_ODDS: Final = 1000
"""How much likelier 1 - p must make the drops, to be the explanation of a scale of 1/p."""


class RuleAndRate(NamedTuple):
    """What the outputs show: the rule of what is kept, None if nothing is or it follows none, and the decisions."""

    rule: Rule | None
    drops: int
    decisions: int

    @property
    def rate(self) -> float | None:
        """The share that dropped; None where nothing is known."""
        return self.drops / self.decisions if self.decisions else None


def codes(layer: Layer, seen: RuleAndRate, rate_rejected: bool) -> list[FindingCode]:
    """What is wrong with rate and scale; `rate_rejected` is whether the rate cannot be p."""
    own = own_code(layer, seen.rule)
    p = layer.p
    if seen.decisions and not seen.drops and seen.rule == Rule(1.0) and p > 0 and (rate_rejected or own):
        return ["identity_in_training"]
    if _swapped(layer, seen, rate_rejected):
        return ["keep_drop_swapped", *_beside_swapped(layer, seen.rule, own)]
    return [code for code, wrong in (("wrong_rate", rate_rejected), (own, True)) if code and wrong]


def codes_in_evaluation(layer: Layer, seen: RuleAndRate) -> list[FindingCode]:
    """The same in evaluation, where nothing is dropped, and everything is scaled by one factor."""
    if seen.drops:
        return ["dropout_in_evaluation"]
    if seen.rule in (None, expected(layer)):
        return []
    return ["missing_scale" if seen.rule == Rule(1.0) else "scaled_in_evaluation"]


def own_code(layer: Layer, rule: Rule | None) -> FindingCode | None:
    """The scale's own code; None if it is right, or nothing tells."""
    wanted = expected(layer)
    if rule is None or wanted.scale is None or rule == wanted:
        return None
    if layer.row.shifts and layer.training:
        return "wrong_affine"
    if layer.p in (0, 1):
        return "wrong_scale"
    return next((code for code, scale in SCALES.items() if rule == Rule(scale(layer.p))), "wrong_scale")


def _swapped(layer: Layer, seen: RuleAndRate, rate_rejected: bool) -> bool:
    """Whether the rate is 1 - p, or the scale is 1/p and the rate speaks for it."""
    p = layer.p
    if p == 0.5 or not seen.decisions:
        return False
    if p in (0, 1):
        return p == 0 and seen.drops == seen.decisions
    likelier = (2 * seen.drops - seen.decisions) * log((1 - p) / p) >= log(_ODDS)
    suspected = likelier if _inverse(layer, seen.rule) else rate_rejected
    return suspected and log_p_binomial(seen.drops, seen.decisions, 1 - p) > log(_FITS)


def _inverse(layer: Layer, rule: Rule | None) -> bool:
    """Whether the scale is that of a layer with p and keep swapped."""
    p = layer.p
    if rule is None or expected(layer) == Rule(1.0) or 1 - p == 1:
        return False
    return rule == swapped(layer)


def _beside_swapped(layer: Layer, rule: Rule | None, own: FindingCode | None) -> list[FindingCode]:
    if own is None or _inverse(layer, rule):
        return []
    return [own if own in ("missing_scale", "wrong_affine") else "wrong_scale"]
