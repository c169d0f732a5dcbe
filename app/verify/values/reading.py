"""What became of each element: kept by a rule, dropped, or something else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from app.core.arrays import BoolArray, FloatArray, blocks
from app.verify.values.printed import SAMPLE, Digits, ways
from app.verify.values.rules import Rule, fitted, informative, is_dropped, is_kept

_SHARE: Final = 0.05
"""Share of a sample that must follow a rule for it to be one."""
_SMALL: Final = 1 / 8
"""Beside what is kept, less than this was to be dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Arrays, read.

    rule : what is kept follows it; None if there is none that it follows.
    known : (n,) the elements that tell kept from dropped; dropped : (K, n) those of K outputs that were dropped.
    residue, changed : how many were dropped to something else, and how many follow no rule; strange : one such output,
        which is NaN or infinite if numbers became that. digits : what they are printed with, where they follow the rule
        as far as those tell; else None.
    """

    rule: Rule | None
    known: BoolArray
    dropped: BoolArray
    residue: int = 0
    changed: int = 0
    strange: float | None = None
    digits: Digits | None = None


def classify(
    x: FloatArray, y: FloatArray, rules: Sequence[Rule], dtype: np.dtype[Any], *, drops: bool = True
) -> Reading:
    """Tell what became of an input (n,) in its outputs (K, n) by the first of the rules, or by one that fits better.

    The first is what the layer should do, the others what it might do instead; `drops` is whether it may drop at all.
    """
    known = _known(x, rules[0], dtype)
    kept, dropped = _sorted(x, y, rules[0], dtype)
    other = ~(kept | dropped)
    plain = None if other.any() else Reading(rule=rules[0], known=known, dropped=dropped & known)
    if plain and (drops or not plain.dropped.any()):
        return plain
    if printed := _printed(x, y, rules[0], dtype):
        return replace(printed, changed=int(np.count_nonzero(other)))
    if plain:
        return plain
    rule = _fitting(x, y, known, rules, dtype)
    if rule is None:
        kept[:] = False
    elif rule != rules[0]:
        known = known & _known(x, rule, dtype)
        kept, dropped = _sorted(x, y, rule, dtype)
    return _with_residue(x, y, rule, known, dropped, ~(kept | dropped), drops)


def _printed(x: FloatArray, y: FloatArray, rule: Rule, dtype: np.dtype[Any]) -> Reading | None:
    """The reading by a rule that all outputs follow, as far as the digits tell that they are printed with."""
    for digits in ways(x, y) if rule.scale is not None else ():
        kept, dropped = _sorted(x, y, rule, dtype, digits)
        if (kept | dropped).all():
            known = _known(x, rule, dtype, digits)
            return Reading(rule=rule, known=known, dropped=dropped & known, digits=digits)
    return None


def _known(x: FloatArray, rule: Rule, dtype: np.dtype[Any], digits: Digits | None = None) -> BoolArray:
    """Where an input tells kept from dropped, also in print."""
    known = np.empty(x.shape, bool)
    for at in blocks(0, x.size):
        before = x[at].astype(np.float64)
        known[at] = informative(before, rule, dtype)
        if digits is not None and rule.scale is not None:
            kept = before * rule.scale + rule.shift
            known[at] &= np.abs(kept - rule.dropped) > 2 * digits.slack(before, kept, rule.scale)
    return known


def _sorted(
    x: FloatArray, y: FloatArray, rule: Rule, dtype: np.dtype[Any], digits: Digits | None = None
) -> tuple[BoolArray, BoolArray]:
    """Which elements are what they should be if kept, and which if dropped; to so many digits, if they were printed."""
    kept, dropped = np.empty(y.shape, bool), np.empty(y.shape, bool)
    for call, at, before, after in pairs(x, y):
        slack = 0.0 if digits is None or rule.scale is None else digits.slack(before, after, rule.scale)
        kept[call, at] = is_kept(before, after, rule, dtype, slack) | _odd(before, after)
        dropped[call, at] = is_dropped(after, rule, dtype, slack)
    return kept, dropped


def _odd(x: FloatArray, y: FloatArray) -> BoolArray:
    """What is not finite and stays so: kept, or dropped by a product, as in PyTorch."""
    return np.asarray(~np.isfinite(x) & ~np.isfinite(y))


def pairs(x: FloatArray, y: FloatArray) -> Iterator[tuple[int, slice, FloatArray, FloatArray]]:
    """Blocks of an array, (n,) or (K, n), and of K others beside it, in float64: which of the K, and where."""
    rows = np.broadcast_to(x, y.shape)
    for call in range(y.shape[0]):
        for at in blocks(0, y.shape[1]):
            yield call, at, rows[call, at].astype(np.float64), y[call, at].astype(np.float64)


def _fitting(
    x: FloatArray, y: FloatArray, known: BoolArray, rules: Sequence[Rule], dtype: np.dtype[Any]
) -> Rule | None:
    """The rule that says most of a sample; of those that say the same, the first."""
    before, after = _sample(x, y, known, rules[0])
    chosen, most = None, max(_SHARE * after.size, 0.5)
    for rule in [*rules, *fitted(before, after, dtype)]:
        said = _said(before, after, rule, dtype)
        if said > most:
            chosen, most = rule, said
    return rules[0] if chosen is not None and chosen.differs_by_rounding(rules[0], dtype) else chosen


def _sample(x: FloatArray, y: FloatArray, known: BoolArray, rule: Rule) -> tuple[FloatArray, FloatArray]:
    """Some of what tells and is finite: all where dropping has a value, else what is not 0, nor next to it if anything
    is more.
    """
    if rule.affine:
        some = np.flatnonzero(np.broadcast_to(known, y.shape))
    else:
        small = Rule((rule.scale or 1.0) * _SMALL)
        large = np.empty(y.shape, bool)
        for call, at, before, after in pairs(x, y):
            large[call, at] = known[at] & ~_nearly(before, after, small)
        some = np.flatnonzero(large) if large.any() else np.flatnonzero((y != 0) & known)
    some = some[np.isfinite(y.reshape(-1)[some])]
    some = some[:: max(1, some.size // SAMPLE)]
    return x[some % x.size].astype(np.float64), y.reshape(-1)[some].astype(np.float64)


def _said(x: FloatArray, y: FloatArray, rule: Rule, dtype: np.dtype[Any]) -> int:
    """How many outputs a rule explains, those included that were nearly dropped; 0 if too few are kept by it."""
    kept = is_kept(x, y, rule, dtype)
    if np.count_nonzero(kept) <= _SHARE * x.size:
        return 0
    return int(np.count_nonzero(kept | is_dropped(y, rule, dtype) | _nearly(x, y, rule)))


def _nearly(x: FloatArray, y: FloatArray, rule: Rule) -> BoolArray:
    """Where an output is little beside what would be kept."""
    if rule.scale is None or rule.affine:
        return np.zeros(x.shape, bool)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.abs(y) <= np.abs(x * (rule.scale * _SMALL)))


def _lost(x: FloatArray, y: FloatArray, other: BoolArray) -> BoolArray:
    """Which of the others are numbers that became NaN or infinite: 0·∞, 0/0 or x/0 where something is dropped."""
    lost = np.empty_like(other)
    for call, at, before, after in pairs(x, y):
        lost[call, at] = other[call, at] & np.isfinite(before) & ~np.isfinite(after)
    return lost


def _with_residue(
    x: FloatArray,
    y: FloatArray,
    rule: Rule | None,
    known: BoolArray,
    dropped: BoolArray,
    other: BoolArray,
    drops: bool,
) -> Reading:
    """The reading, what was dropped to something else counted among the dropped."""
    lost = _lost(x, y, other) if drops else np.zeros_like(other)
    residue = other.copy() if rule and _one_value(x, y, rule, other & ~lost) else lost.copy()
    for call, at, before, after in pairs(x, y):
        residue[call, at] |= other[call, at] & _nearly(before, after, rule or Rule(None))
    dropped |= residue
    few, many = int(np.count_nonzero(residue)), int(np.count_nonzero(other))
    strange = y.reshape(-1)[np.argmax(lost if lost.any() else residue if few else other)]
    return Reading(
        rule=rule,
        known=known,
        dropped=dropped & known,
        residue=few,
        changed=many - few,
        strange=float(strange) if many else None,
    )


def _one_value(x: FloatArray, y: FloatArray, rule: Rule, other: BoolArray) -> bool:
    """Whether those became one value, whatever they were."""
    after, before = y[other], np.broadcast_to(x, y.shape)[other]
    return bool(not rule.affine and after.size > 1 and np.ptp(after) == 0 and np.ptp(before) > 0)
