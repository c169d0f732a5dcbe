"""DropBlock: squares, and a factor that makes up for what they took."""

from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from app.core.arrays import BoolArray, FloatArray
from app.core.noise import widened
from app.core.verify.rules import Rule
from app.core.verify.values import Reading, read

_EPSILON: Final = 1e-6
"""What torchvision adds to the number of kept elements."""


def read_block(x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> tuple[Reading, list[Rule]]:
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
    """How many were kept, between the two, by the factor of the largest element."""
    place = int(np.argmax(np.abs(np.where(np.isfinite(y), y, 0))))
    if not x[place] or not y[place]:
        return most
    factor = float(y[place]) / float(x[place])
    return min(most, max(least, round(x.size / factor))) if factor > 0 else most


def strays(dropped: BoolArray, known: BoolArray, side: int) -> int:
    """How many elements (…, H, W) were dropped that lie in no square of that side of which all may have been."""
    may = dropped | ~known
    corners = np.asarray(sliding_window_view(may, (side, side), (-2, -1)).all((-2, -1)))
    covered = widened(widened(corners, side, axis=corners.ndim - 2), side, axis=corners.ndim - 1)
    return int(np.count_nonzero(dropped & ~covered))


def merged(readings: list[Reading]) -> Reading:
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
