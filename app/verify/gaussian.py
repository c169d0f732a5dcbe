"""Gaussian dropout: normal noise, of which single elements tell little; with a seed every number is known."""

from collections.abc import Callable
from math import log, pi, sqrt
from typing import Final

import numpy as np

from app.core.arrays import BoolArray
from app.verify import law
from app.verify.case import Case, Outcome
from app.verify.chance.check import LEVEL, Check, Detectable, certain
from app.verify.chance.tails import log_sf
from app.verify.findings import Finding, finding
from app.verify.values.floats import float_format
from app.verify.values.grid import Seen
from app.verify.values.printed import ways

_LARGE: Final = 2.0**-4
"""Inputs from here on are looked at: a product of a smaller one may vanish."""
_DEVIATIONS: Final = 12
"""Of a normal number that no layer ever drew."""


def gaussian(case: Case) -> Outcome:
    """0 stays 0, nothing else becomes 0, and something changes."""
    large = np.isfinite(case.flat) & (np.abs(case.flat) >= _LARGE)
    half = _half(case)
    checks = [_zeros(case, half(0.0)), _dropped(case, large, half(0.0)), _noise(case, large, half)]
    drops, told = int(checks[1].statistic or 0), len(case.y) * int(np.count_nonzero(large))
    found = [_FINDINGS[check.name](check, told) for check in checks if check.log_p <= LEVEL]
    return law.by_seed(case, Outcome(checks, found, Seen(None, drops, told), case.noise_shape), None)


def _half(case: Case) -> Callable[[float], float]:
    """Half a unit of the last digit that a number is printed with; 0 where all digits are there."""
    digits = next(ways(case.flat, case.y), None)
    return lambda value: 0.0 if digits is None else float(digits.half(np.array(value)))


def _zeros(case: Case, half: float) -> Check:
    """What is 0 stays so, and what is a number stays one; a 0 that was printed may have been as much as half a digit.

    Statistic: how many do not. Chance has no part. Power: one is enough.
    """
    most = half * (2 + _DEVIATIONS * _deviation(case))
    wrong = ((np.abs(case.y) > most) & (case.flat == 0)) | (np.isnan(case.y) & np.isfinite(case.flat))
    one = Detectable("a single element", None, 1)
    return certain("survivors", "every output is its input times a number", int(np.count_nonzero(wrong)), one)


def _dropped(case: Case, large: BoolArray, half: float) -> Check:
    """Nothing becomes 0 but what is next to it: |x · (1 + σz)| < least/2 with a probability below least/(|x| σ √2π).

    least : the least number of the type, or one of the last digit, where numbers were printed.

    Statistic: how many do. The p-value is that of so many or more. Power: a layer that drops with a rate shows it in
    two or three drops, for the probability is below 10⁻⁶ in float16 and 10⁻³⁶ in the others.
    """
    digits, least, _ = float_format(case.dtype)
    told, drops = len(case.y) * int(np.count_nonzero(large)), int(np.count_nonzero((case.y == 0) & large))
    least_number = max(2.0 ** (least - digits), 2 * half)
    share = min(0.5, least_number / (_LARGE * _deviation(case) * sqrt(2 * pi)))
    law = "no element becomes 0"
    return _chance("dropped", law, drops, log_sf(drops - 1, told, share) if drops else 0.0)


def _noise(case: Case, large: BoolArray, half: Callable[[float], float]) -> Check:
    """Not everything stays as it is: an element does with a probability below 2^-digits/(σ √2π), or of those printed.

    Statistic: how many do. The p-value is that of all doing so, 1 if one does not. Power: the identity is found for
    certain from as many elements on as make that small enough.
    """
    told, same = len(case.y) * int(np.count_nonzero(large)), int(np.count_nonzero((case.y == case.flat) & large))
    finest = max(2.0 ** -float_format(case.dtype).digits, 2 * half(1.0), 2 * half(_LARGE) / _LARGE)
    share = finest / (_deviation(case) * sqrt(2 * pi))
    all_same = told and same == told and share < 1
    return _chance("noise", "not every element stays as it is", same, told * log(share) if all_same else 0.0)


def _deviation(case: Case) -> float:
    return sqrt(case.layer.p / (1 - case.layer.p))


def _chance(name: str, rule: str, seen: int, log_p: float) -> Check:
    return Check(name=name, law=rule, statistic=float(seen), log_p=log_p, detectable=Detectable("a few elements"))


def _changed(check: Check, _told: int) -> Finding:
    said = f"{check.statistic:.0f} outputs are not their inputs times a number, expected all to be"
    return finding("survivor_changed", said, expected=0, seen=check.statistic)


def _drops(check: Check, told: int) -> Finding:
    said = f"{check.statistic:.0f} of {told} elements became 0, expected none: gaussian dropout drops nothing"
    return finding("wrong_rate", said, expected=0, seen=(check.statistic or 0) / told, p_value=check.p_value)


def _same(check: Check, told: int) -> Finding:
    said = f"all {told} elements stayed as they were, expected noise"
    return finding("identity_in_training", said, expected=0, seen=check.statistic, p_value=check.p_value)


_Told = Callable[[Check, int], Finding]
_FINDINGS: Final[dict[str, _Told]] = {"survivors": _changed, "dropped": _drops, "noise": _same}
