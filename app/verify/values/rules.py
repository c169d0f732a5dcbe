"""What a layer makes of an element: the rule it should follow, those it might follow instead, and one that is found."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray
from app.core.factors import Factors, scaled
from app.core.layer import Layer
from app.verify.findings import FindingCode
from app.verify.values.floats import float_format, unit

_CLUSTER: Final = 8
"""Units in the last place between factors that are taken for one."""
_FITTED: Final = 64
"""Units in the last place for a line through two points, each of which is rounded."""
_NOTHING: Final = 1e-3
"""A shift that is less, beside the outputs, is rounding."""


class Rule(NamedTuple):
    """What is kept becomes scale · x + shift, what is dropped becomes `dropped`; a scale of None keeps nothing.

    units : units in the last place that results may be off by: an affine map is rounded more often than a factor.
    """

    scale: float | None
    shift: float = 0.0
    dropped: float = 0.0
    units: int = 2

    @property
    def affine(self) -> bool:
        """Whether it is more than a factor."""
        return bool(self.shift or self.dropped)

    def differs_by_rounding(self, other: "Rule", dtype: np.dtype[Any]) -> bool:
        """Whether both are factors that differ by rounding: by less than the type, or p in 1/(1-p), can tell apart."""
        if self.affine or other.affine or self.scale is None or other.scale is None:
            return False
        finest = max(2.0 ** -float_format(dtype).digits, 2.0**-52 * abs(other.scale))
        return abs(self.scale - other.scale) < abs(other.scale) * finest


SCALES: Final[dict[FindingCode, Callable[[float], float]]] = {
    "missing_scale": lambda _p: 1.0,
    "double_scale": lambda p: 1 / (1 - p) ** 2,
    "inverse_p_scale": lambda p: 1 / p,
    "inference_scale_in_training": lambda p: 1 - p,
}
"""What survivors are multiplied by mistake, by the name of the mistake; of two that are the same, the first."""


def expected(layer: Layer) -> Rule:
    """The rule of a layer: what it makes of elements that are kept, and of those that are dropped, if any may be."""
    factors = layer.factors()
    if factors is None:
        return Rule(None)
    return of(factors) if layer.training and layer.p > 0 else Rule(factors.scale)


def of(factors: Factors) -> Rule:
    """The rule that goes with factors."""
    return Rule(*factors, units=4 if factors.affine else 2)


def mistaken(layer: Layer) -> list[Rule]:
    """The rules that a layer follows by a usual mistake."""
    p = layer.p
    if 1 - p in (0, 1):
        return [Rule(1.0)]
    factors = [*(Rule(scale(p)) for scale in SCALES.values()), inverted(p)]
    if not layer.row.shifts:
        return factors
    return [swapped(layer), expected(layer)._replace(dropped=0.0), *factors]


def inverted(p: float) -> Rule:
    """The rule of a layer that scales in training, whatever is claimed."""
    return Rule(scaled(p, "inverted", True, float).scale)


def swapped(layer: Layer) -> Rule:
    """The rule of a layer that takes p for the probability of keeping."""
    if not layer.row.shifts:
        return Rule(SCALES["inverse_p_scale"](layer.p))
    return expected(replace(layer, p=1 - layer.p, training=True))


def fitted(x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> list[Rule]:
    """The factor that most outputs of a sample are of their inputs, which are not 0, and the likeliest affine map."""
    return [rule for rule in (_factor(x, y, dtype), _affine(x, y)) if rule is not None]


def _factor(x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> Rule | None:
    """The middle of the densest cluster of factors."""
    with np.errstate(over="ignore", invalid="ignore"):
        factors = np.sort(y / x)
    factors = factors[np.isfinite(factors) & (factors != 0)]
    if not factors.size:
        return None
    reach = factors + np.abs(factors) * (_CLUSTER * 2.0 ** -float_format(dtype).digits)
    counts = np.searchsorted(factors, reach, side="right") - np.arange(factors.size)
    first = int(np.argmax(counts))
    return Rule(float(factors[first + counts[first] // 2])) if counts[first] > 1 or y.size == 1 else None


def _affine(x: FloatArray, y: FloatArray) -> Rule | None:
    """The line through the outermost of what is left beside the commonest output, which is what is dropped."""
    values, places, counts = np.unique(y, return_inverse=True, return_counts=True)
    common = int(np.argmax(counts)) if values.size else -1
    rest = places != common
    if common < 0 or counts[common] < 2 or np.count_nonzero(rest) < 3 or np.ptp(x[~rest]) == 0:
        return None
    low, high = np.argmin(np.where(rest, x, np.inf)), np.argmax(np.where(rest, x, -np.inf))
    if x[low] == x[high]:
        return None
    scale = float((y[high] - y[low]) / (x[high] - x[low]))
    shift = float(y[low] - scale * x[low])
    affine = isfinite(shift) and abs(shift) > _NOTHING * abs(y[high] - y[low])
    return Rule(scale, shift, float(values[common]), _FITTED) if affine else None


def is_kept(
    x: FloatArray, y: FloatArray, rule: Rule, dtype: np.dtype[Any], slack: FloatArray | float = 0.0
) -> BoolArray:
    """Where float64 outputs are what is kept of float64 inputs, to `rule.units` units in the last place of the type.

    slack : how far they may be off besides, in numbers.
    """
    if rule.scale is None:
        return np.zeros(x.shape, bool)
    most = float_format(dtype).most
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = x * rule.scale
        wanted = scaled + rule.shift if rule.shift else scaled
        size = np.maximum(np.abs(wanted), np.abs(y))
        if rule.shift:  # terms may cancel out, and their errors stay
            size = np.maximum(size, np.maximum(np.abs(scaled), abs(rule.shift)))
        # beyond the type, infinity is right
        gap = np.abs(np.clip(wanted, -most, most) - np.clip(y, -most, most))
        return np.asarray(gap <= rule.units * unit(np.minimum(size, most), dtype) + slack)


def is_dropped(y: FloatArray, rule: Rule, dtype: np.dtype[Any], slack: FloatArray | float = 0.0) -> BoolArray:
    """Where outputs are what is dropped; another number than 0 may be off by the slack too."""
    if not rule.dropped:
        return np.asarray(y == 0)
    size = max(abs(rule.dropped), abs(rule.shift), abs(rule.dropped - rule.shift))  # of the terms it is the sum of
    return np.asarray(np.abs(y - rule.dropped) <= rule.units * unit(np.array(size), dtype) + slack)


def informative(x: FloatArray, rule: Rule, dtype: np.dtype[Any]) -> BoolArray:
    """Where float64 inputs tell kept from dropped: they are not 0, nor become the same by both, nor may vanish."""
    least = 2.0 ** float_format(dtype).least
    scaled = np.abs(x * (1.0 if rule.scale is None else rule.scale))
    clear = scaled >= least
    if rule.affine:
        apart = np.abs(x * (rule.scale or 1.0) + (rule.shift - rule.dropped))
        clear = apart > 4 * rule.units * unit(np.maximum(scaled, abs(rule.dropped)), dtype)
    return np.asarray(np.isfinite(x) & (np.abs(x) >= least) & clear)
