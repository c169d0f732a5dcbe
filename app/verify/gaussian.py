"""Gaussian dropout: normal noise, of which single elements tell little; with a seed every number is known."""

from dataclasses import dataclass
from functools import cached_property
from math import log, pi, sqrt
from typing import Final

import numpy as np

from app.core.arrays import BoolArray
from app.core.layer import Layer
from app.verify.case import Case
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.chance.tails import log_sf
from app.verify.findings import Finding, finding
from app.verify.values.floats import float_format
from app.verify.values.grid import RuleAndRate
from app.verify.values.printed import Digits, ways

_LARGE: Final = 2.0**-4
"""Inputs from here on are looked at: a product of a smaller one may vanish."""
_DEVIATIONS: Final = 12
"""Of a normal number that no layer ever drew."""


@dataclass(frozen=True, kw_only=True)
class Noisy:
    """A case whose outputs are inputs times normal numbers. digits : that it was printed with, None if with all."""

    case: Case
    digits: Digits | None
    reading: None = None

    @classmethod
    def of(cls, case: Case) -> "Noisy":
        """The case, once it is known how it was printed."""
        return cls(case=case, digits=next(ways(case.flat, case.y), None))

    @property
    def layer(self) -> Layer:
        """What the outputs are claimed to be those of."""
        return self.case.layer

    @property
    def deviation(self) -> float:
        """That of the factors."""
        return sqrt(self.layer.p / (1 - self.layer.p))

    @cached_property
    def large(self) -> BoolArray:
        """(n,) the inputs that no product makes vanish."""
        return np.isfinite(self.case.flat) & (np.abs(self.case.flat) >= _LARGE)

    @property
    def count(self) -> int:
        """How many outputs there are of those."""
        return len(self.case.y) * int(np.count_nonzero(self.large))

    @cached_property
    def drops(self) -> int:
        """How many of them became 0."""
        return int(np.count_nonzero((self.case.y == 0) & self.large))

    @property
    def rule_and_rate(self) -> RuleAndRate:
        """What they show: of gaussian dropout there is no rule."""
        return RuleAndRate(None, self.drops, self.count)

    def half(self, value: float) -> float:
        """Half a unit of the last digit that a number is printed with; 0 where all digits are there."""
        return 0.0 if self.digits is None else float(self.digits.half(np.array(value)))


def zeros(seen: Noisy) -> Measured:
    """What is 0 stays so, and what is a number stays one; a 0 that was printed may have been as much as half a digit.

    The statistic is how many do not. Chance has no part. Power: one is enough.
    """
    x, y = seen.case.flat, seen.case.y
    most = seen.half(0.0) * (2 + _DEVIATIONS * seen.deviation)
    wrong = ((np.abs(y) > most) & (x == 0)) | (np.isnan(y) & np.isfinite(x))
    return certain(int(np.count_nonzero(wrong)), Detectable("a single element", None, 1))


def dropped(seen: Noisy) -> Measured:
    """Nothing becomes 0 but what is next to it: |x · (1 + σz)| < least/2 with a probability below least/(|x| σ √2π).

    There `least` is the least number of the type, or one of the last digit where numbers were printed.

    The statistic is how many do. The p-value is that of so many or more. Power: a layer that drops with a rate shows it
    in two or three drops, for the probability is below 10⁻⁶ in float16 and 10⁻³⁶ in the others.
    """
    digits, exponent, _ = float_format(seen.case.dtype)
    least = max(2.0 ** (exponent - digits), 2 * seen.half(0.0))
    share = min(0.5, least / (_LARGE * seen.deviation * sqrt(2 * pi)))
    return _few(seen.drops, log_sf(seen.drops - 1, seen.count, share) if seen.drops else 0.0)


def noise(seen: Noisy) -> Measured:
    """Not everything stays as it is: an element does with a probability below 2^-digits/(σ √2π), or of those printed.

    The statistic is how many do. The p-value is that of all doing so, 1 if one does not. Power: the identity is found
    for certain from as many elements on as make that small enough.
    """
    same = int(np.count_nonzero((seen.case.y == seen.case.flat) & seen.large))
    finest = max(2.0 ** -float_format(seen.case.dtype).digits, 2 * seen.half(1.0), 2 * seen.half(_LARGE) / _LARGE)
    share = finest / (seen.deviation * sqrt(2 * pi))
    identity = seen.count and same == seen.count and share < 1
    return _few(same, seen.count * log(share) if identity else 0.0)


def _few(count: int, log_p: float) -> Measured:
    return Measured(float(count), log_p, Detectable("a few elements"))


def changed(result: CheckResult, _seen: Noisy) -> Finding:
    """How many outputs are not their inputs times a number."""
    said = f"{result.statistic:.0f} outputs are not their inputs times a number, expected all to be"
    return finding("survivor_changed", said, expected=0, seen=result.statistic)


def drops(result: CheckResult, seen: Noisy) -> Finding:
    """How many elements were dropped."""
    said = f"{seen.drops} of {seen.count} elements became 0, expected none: gaussian dropout drops nothing"
    return finding("wrong_rate", said, expected=0, seen=seen.drops / seen.count, p_value=result.p_value)


def same(result: CheckResult, seen: Noisy) -> Finding:
    """That nothing changed."""
    said = f"all {seen.count} elements stayed as they were, expected noise"
    return finding("identity_in_training", said, expected=0, seen=result.statistic, p_value=result.p_value)
