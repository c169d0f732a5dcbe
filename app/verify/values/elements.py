"""Elements, as they were read, and the checks of what became of each: in none of them has chance a part."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np

from app.core.layer import Layer
from app.verify.case import Case
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.chance.decisions import Decisions
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values.floats import float_format
from app.verify.values.grid import RuleAndRate
from app.verify.values.printed import SAMPLE
from app.verify.values.reading import Reading
from app.verify.values.rules import Rule, expected, inverted, is_kept


@dataclass(frozen=True, kw_only=True)
class Elements:
    """A case whose elements were read. right : the rules of which any is right for what is kept."""

    case: Case
    reading: Reading
    right: list[Rule]

    @property
    def layer(self) -> Layer:
        """What the outputs are claimed to be those of."""
        return self.case.layer

    @cached_property
    def decisions(self) -> Decisions:
        """Those of the elements, each on its own."""
        return Decisions.of(self.reading.dropped, self.reading.known, self.case.x.shape)

    @property
    def rule_and_rate(self) -> RuleAndRate:
        """What they show of rule and rate."""
        return self.shows(self.decisions)

    @property
    def uninformative(self) -> str:
        """Why nothing would be seen, if that is so."""
        return "" if self.decisions.count else "no element of the input tells"

    def shows(self, decisions: Decisions) -> RuleAndRate:
        """What decisions show, beside the rule of what is kept."""
        return RuleAndRate(self.reading.rule, decisions.drops, decisions.count)


def survivors(seen: Elements) -> Measured:
    """What is kept is the input times one factor. The statistic is how many elements are not. One is enough."""
    return certain(seen.reading.changed, _one(seen))


def dropped(seen: Elements) -> Measured:
    """What is dropped is 0. The statistic is how many elements are nearly 0. One is enough."""
    return certain(seen.reading.residue, _one(seen))


def _one(seen: Elements) -> Detectable:
    shows = "a single element" if seen.decisions.count else "nothing: no element tells kept from dropped"
    return Detectable(shows, None, 1)


def scale(seen: Elements) -> Measured:
    """The factor is the layer's. The statistic is whether it is another: by more than two units in the last place."""
    rule = seen.reading.rule
    kept = seen.decisions.count - seen.decisions.drops
    finest = 2.0 ** (1 - float_format(seen.case.dtype).digits)
    words = f"a factor off by {finest:.2g} of itself" if kept else "nothing: no element was kept"
    wrong = bool(kept) and rule is not None and rule not in seen.right
    return certain(int(wrong), Detectable(words, finest, 1))


def drops(seen: Elements) -> Measured:
    """Nothing is dropped: in evaluation, and at p = 0. The statistic is how many elements are. One is enough."""
    return certain(seen.decisions.drops, _any(seen))


def keeps(seen: Elements) -> Measured:
    """Everything is dropped: at p = 1. The statistic is how many elements are not. One is enough."""
    return certain(seen.decisions.count - seen.decisions.drops, _any(seen))


def _any(seen: Elements) -> Detectable:
    return Detectable(seen.uninformative or "a single element", None, 1)


def residue(_result: CheckResult, seen: Elements) -> Finding:
    """What was dropped to something else: how many, and what."""
    wanted, strange = expected(seen.layer).dropped, seen.reading.strange or 0.0
    what = f"{strange:.3g} or the like" if isfinite(strange) else "NaN or infinity, as by 0·∞, 0/0 or x/0"
    said = f"{seen.reading.residue} elements were dropped to {what}, expected {wanted:.3g}"
    return finding("dropped_not_zero", said, expected=wanted, seen=strange)


def changed(_result: CheckResult, seen: Elements) -> Finding:
    """What is not the input times one factor: how many, and whether they were printed."""
    reading, wanted = seen.reading, expected(seen.layer)
    of = f"{reading.changed} of {seen.case.y.size} outputs are"
    to = f"to 2 units in the last place of {seen.case.dtype.name}"
    if reading.digits:
        said = f"{of} right to the {reading.digits} that they are printed with, expected {to}"
        return finding("survivor_changed", said, expected=wanted.scale, seen=str(reading.digits))
    if reading.rule:
        said = f"{of} not the input times the factor of the others, expected one for all, {to}"
        return finding("survivor_changed", said, expected=wanted.scale, seen=reading.strange)
    code: FindingCode = "wrong_affine" if wanted.affine else "survivor_changed"
    said = f"{of} the input times no common factor, expected one for all, {to}"
    return finding(code, said, expected=wanted.scale, seen=None)


def unreadable(seen: Elements) -> bool:
    """Whether so many elements follow no rule that the others mean nothing."""
    reading = seen.reading
    return reading.rule is None or (2 * reading.changed > seen.case.y.size and not reading.digits)


def scale_shows(seen: Elements) -> bool:
    """Whether something was kept that shows a missing scale or one where none belongs, and one applied twice."""
    wanted, p, reading = expected(seen.layer), seen.layer.p, seen.reading
    if wanted.scale is None or not 0 < p < 1 or not seen.layer.training:
        return bool(reading.known.any())
    kept = (~reading.dropped & reading.known).any(0)
    x = seen.case.flat[kept][:SAMPLE].astype(np.float64)
    others = [inverted(p)] if wanted.scale == 1 else [Rule(1.0), Rule(wanted.scale**2, wanted.shift)]
    y = x * wanted.scale + wanted.shift
    return bool(x.size) and not any(is_kept(x, y, other, seen.case.dtype).all() for other in others)
