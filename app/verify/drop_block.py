"""DropBlock: squares, and a factor that makes up for what they took."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.core.arrays import BoolArray, FloatArray
from app.core.noise import dilate
from app.verify.case import Case
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values import elements
from app.verify.values.elements import Elements
from app.verify.values.grid import RuleAndRate
from app.verify.values.printed import SAMPLE
from app.verify.values.reading import Reading, classify
from app.verify.values.rules import Rule

_EPSILON: Final = 1e-6
"""What torchvision adds to the number of kept elements."""


@dataclass(frozen=True, kw_only=True)
class Blocks(Elements):
    """A case whose outputs were read one by one. wrong : of each whose factor is wrong, it, and the right one."""

    wrong: list[tuple[Rule, Rule]]

    @classmethod
    def of(cls, case: Case) -> "Blocks":
        """The case, read: each output has a factor of its own, which goes with how many elements it kept."""
        each = [_read(case.flat, y[None], case.dtype) for y in case.y]
        wrong = [(one.rule, right[0]) for one, right in each if one.rule is not None and one.rule not in right]
        accepted = [] if wrong else [rule for _, right in each for rule in right]
        return cls(case=case, reading=_merged([one for one, _ in each]), right=accepted, wrong=wrong)

    @property
    def rule_and_rate(self) -> RuleAndRate:
        """What they show: elements are no decisions."""
        return RuleAndRate(self.reading.rule, 0, 0)


def scale(seen: Blocks) -> Measured:
    """The factor of each output makes up for what was dropped. The statistic is whether one does not."""
    return certain(int(bool(seen.wrong)), elements.scale(seen).detectable)


def other_scale(_result: CheckResult, seen: Blocks) -> Finding:
    """Which factor does not make up for what was dropped."""
    rule, right = seen.wrong[0]
    code: FindingCode = "missing_scale" if rule == Rule(1.0) else "wrong_scale"
    said = f"what was kept is {rule.scale:.8g} times the input, expected size/kept = {right.scale:.8g} times"
    return finding(code, said, expected=right.scale, seen=rule.scale)


def squares(seen: Blocks) -> Measured:
    """Every dropped element lies in a square of which all may have been dropped.

    The statistic is how many do not. Chance has no part. Power: one is enough.
    """
    shape, reading = seen.case.x.shape, seen.reading
    dropped, known = reading.dropped.reshape(len(seen.case.y), *shape), reading.known.reshape(shape)
    return certain(_strays(dropped, known, seen.layer.block_size or 1), Detectable("a single element", None, 1))


def strays(result: CheckResult, seen: Blocks) -> Finding:
    """How many elements were dropped in no square."""
    side = seen.layer.block_size
    said = f"{result.statistic:.0f} elements were dropped outside of squares of {side} x {side}, expected none"
    return finding("wrong_noise_shape", said, expected=0, seen=result.statistic)


def _read(x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> tuple[Reading, list[Rule]]:
    """An input (n,) and one of its outputs (1, n), read; and the rules that are right for so many kept elements.

    Zeros of the input may have been kept or not; the factor says how many were.
    """
    zeros = int(np.count_nonzero(x == 0))
    least = x.size - zeros - int(np.count_nonzero((y[0] == 0) & (x != 0)))
    right = _rules(x.size, _kept(x, y[0], least, least + zeros))
    return classify(x, y, [*right, Rule(1.0)], dtype), right


def _rules(size: int, kept: int) -> list[Rule]:
    return [Rule(size / kept), Rule(size / (kept + _EPSILON))] if kept else [Rule(None)]


def _kept(x: FloatArray, y: FloatArray, least: int, most: int) -> int:
    """How many were kept, between the two, by the middle factor of what is not 0."""
    some = np.flatnonzero((y != 0) & (x != 0) & np.isfinite(x) & np.isfinite(y))[:SAMPLE]
    factor = float(np.median(y[some].astype(np.float64) / x[some].astype(np.float64))) if some.size else 0.0
    return round(min(most, max(least, x.size / factor))) if factor > 0 else most


def _strays(dropped: BoolArray, known: BoolArray, side: int) -> int:
    """How many elements (…, H, W) were dropped that lie in no square of that side of which all may have been."""
    kept, rows, columns = ~dropped & known, dropped.ndim - 2, dropped.ndim - 1
    hit = dilate(dilate(kept, side, axis=rows), side, axis=columns)  # squares by their last element, some cut off
    corners = ~hit[..., side - 1 : kept.shape[rows], side - 1 : kept.shape[columns]]
    covered = dilate(dilate(corners, side, axis=rows), side, axis=columns)
    return int(np.count_nonzero(dropped & ~covered))


def _merged(readings: list[Reading]) -> Reading:
    """The readings of single outputs as one; the rule is the first one's."""
    first = readings[0]
    return Reading(
        rule=first.rule,
        known=np.logical_and.reduce([one.known for one in readings]),
        dropped=np.concatenate([one.dropped for one in readings]),
        residue=sum(one.residue for one in readings),
        changed=sum(one.changed for one in readings),
        strange=next((one.strange for one in readings if one.strange is not None), None),
    )
