"""Printed numbers: how many digits arrays are written with, and how far that may put a number off."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from app.core.arrays import FloatArray

SAMPLE: Final = 2**12
"""Elements that are looked at: a few of them tell how all are written."""
_MOST: Final = 8
"""Digits; with more, a float32 is whole."""
_NEAR: Final = 1e-7
_LEAST: Final = 4
"""Bytes of an element; smaller types have so few digits that they are none of a print's."""


class Digits(NamedTuple):
    """A way to write numbers: with so many digits, behind the point (`%.4f`) or from the first on (`%.4g`)."""

    number: int
    behind: bool

    def half(self, values: FloatArray) -> FloatArray:
        """Half a unit of the last digit of each: how far off it may be."""
        last = -self.number if self.behind else _exponents(values) + 1 - self.number
        return np.asarray(np.where(self.behind | (values != 0), 0.5 * np.float_power(10.0, last), 0))

    def slack(self, x: FloatArray, y: FloatArray, factor: float) -> FloatArray:
        """How far y may be off x times a factor."""
        return self.half(y) + self.half(x) * abs(factor)

    def rounded(self, values: FloatArray) -> FloatArray:
        """The numbers as they are read back."""
        if self.behind:
            return np.round(values, self.number)
        last = self.number - 1 - _exponents(values)
        shift = np.float_power(10.0, np.abs(last))
        return np.asarray(np.where(last > 0, np.rint(values * shift) / shift, np.rint(values / shift) * shift))

    def __str__(self) -> str:
        return f"{self.number} {'decimals' if self.behind else 'digits'}"


def _exponents(values: FloatArray) -> FloatArray:
    """Of the first digit of each; the 0.01 of a float32 is a little less."""
    return np.floor(np.log10(np.where(values == 0, 1, np.abs(values))) + _NEAR)


def ways(*arrays: FloatArray) -> Iterator[Digits]:
    """The ways in which arrays may have been written, with as few digits as there may be; none if with one, or many."""
    some = [array.reshape(-1)[:: max(1, array.size // SAMPLE)] for array in arrays]
    if any(array.dtype.itemsize < _LEAST for array in arrays):
        return
    for behind in (True, False):
        counts = (Digits(count, behind) for count in range(1, _MOST + 1))
        fewest = next((digits for digits in counts if all(_written(array, digits) for array in some)), None)
        if fewest and fewest.number > 1:
            yield fewest


def _written(array: FloatArray, digits: Digits) -> bool:
    """Whether numbers are what is read where they are written with so many digits."""
    finite = array[np.isfinite(array)]
    return np.array_equal(digits.rounded(finite.astype(np.float64)).astype(array.dtype), finite)
