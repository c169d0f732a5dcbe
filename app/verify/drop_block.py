"""DropBlock: squares, and a factor that makes up for what they took."""

from typing import Any, Final

import numpy as np

from app.core.arrays import BoolArray, FloatArray
from app.core.noise import widened
from app.verify import law
from app.verify.case import Case, Outcome
from app.verify.chance.check import Check, Detectable, certain
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values import scale
from app.verify.values.grid import Seen
from app.verify.values.printed import SAMPLE
from app.verify.values.reading import Reading, read
from app.verify.values.rules import Rule

_EPSILON: Final = 1e-6
"""What torchvision adds to the number of kept elements."""


def drop_block(case: Case) -> Outcome:
    """What is dropped lies in dropped squares, and the factor makes up for it."""
    readings = [_read(case.flat, y[None], case.dtype) for y in case.y]
    reading = _merged([one for one, _ in readings])
    wrong = [(one.rule, right[0]) for one, right in readings if one.rule is not None and one.rule not in right]
    accepted = [] if wrong else [rule for _, right in readings for rule in right]
    checks, found = scale.checks(case, reading, accepted), scale.findings(case, reading)
    if wrong:
        found.append(_scaled(*wrong[0]))
    check = _inside(case, reading)
    if check.statistic:
        found.append(_strays(case, check))
    seen = Seen(reading.rule, 0, 0)
    return law.by_seed(case, Outcome([*checks, check], found, seen, case.noise_shape), reading)


def _scaled(seen: Rule, right: Rule) -> Finding:
    code: FindingCode = "missing_scale" if seen == Rule(1.0) else "wrong_scale"
    said = f"what was kept is {seen.scale:.8g} times the input, expected size/kept = {right.scale:.8g} times"
    return finding(code, said, expected=right.scale, seen=seen.scale)


def _inside(case: Case, reading: Reading) -> Check:
    """Every dropped element lies in a square of which all may have been dropped.

    Statistic: how many do not. Chance has no part. Power: one is enough.
    """
    side, shape = case.layer.block_size or 1, case.x.shape
    stray = strays(reading.dropped.reshape(len(case.y), *shape), reading.known.reshape(shape), side)
    one = Detectable("a single element", None, 1)
    return certain("noise_shape", f"what is dropped lies in squares of {side} x {side}", stray, one)


def _strays(case: Case, check: Check) -> Finding:
    side = case.layer.block_size
    said = f"{check.statistic:.0f} elements were dropped outside of squares of {side} x {side}, expected none"
    return finding("wrong_noise_shape", said, expected=0, seen=check.statistic)


def _read(x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> tuple[Reading, list[Rule]]:
    """An input (n,) and one of its outputs (1, n), read; and the rules that are right for so many kept elements.

    Zeros of the input may have been kept or not; the factor says how many were.
    """
    zeros = int(np.count_nonzero(x == 0))
    least = x.size - zeros - int(np.count_nonzero((y[0] == 0) & (x != 0)))
    right = _rules(x.size, _kept(x, y[0], least, least + zeros))
    return read(x, y, [*right, Rule(1.0)], dtype), right


def _rules(size: int, kept: int) -> list[Rule]:
    return [Rule(size / kept), Rule(size / (kept + _EPSILON))] if kept else [Rule(None)]


def _kept(x: FloatArray, y: FloatArray, least: int, most: int) -> int:
    """How many were kept, between the two, by the middle factor of what is not 0."""
    told = np.flatnonzero((y != 0) & (x != 0) & np.isfinite(x) & np.isfinite(y))[:SAMPLE]
    factor = float(np.median(y[told].astype(np.float64) / x[told].astype(np.float64))) if told.size else 0.0
    return round(min(most, max(least, x.size / factor))) if factor > 0 else most


def strays(dropped: BoolArray, known: BoolArray, side: int) -> int:
    """How many elements (…, H, W) were dropped that lie in no square of that side of which all may have been."""
    kept, rows, columns = ~dropped & known, dropped.ndim - 2, dropped.ndim - 1
    hit = widened(widened(kept, side, axis=rows), side, axis=columns)  # squares by their last element, some cut off
    corners = ~hit[..., side - 1 : kept.shape[rows], side - 1 : kept.shape[columns]]
    covered = widened(widened(corners, side, axis=rows), side, axis=columns)
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
