"""Float types: what their last places are worth, and which of them numbers may have had before they were written."""

from functools import cache
from typing import Any, Final, NamedTuple

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from app.core.arrays import FLOATS, FloatArray, blocks
from app.verify.values.printed import SAMPLE

_COARSEST: Final = ("bfloat16", "float16", "float32", "float64")
"""The types, that of the largest unit in the last place first."""


class FloatFormat(NamedTuple):
    """Digits of a type's fraction, the exponent of its least normal number, and its largest number."""

    digits: int
    least: int
    most: float


@cache
def float_format(dtype: np.dtype[Any]) -> FloatFormat:
    """The format of a float type."""
    info: Any = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    return FloatFormat(int(info.nmant), int(info.minexp), float(info.max))


def unit(values: NDArray[Any], dtype: np.dtype[Any]) -> FloatArray:
    """The unit in the last place that float64 values have in a type."""
    digits, least, _ = float_format(dtype)
    found: FloatArray = np.ldexp(1.0, np.maximum(np.frexp(values)[1] - 1, least) - digits)
    return found


def coarsest(*arrays: FloatArray) -> np.dtype[Any]:
    """The type of the largest unit in the last place that holds all of the arrays exactly."""
    kinds = (FLOATS[name] for name in _COARSEST)
    return next(dtype for dtype in kinds if all(_holds(dtype, array.reshape(-1)) for array in arrays))


def reread(*arrays: FloatArray) -> list[FloatArray] | None:
    """Arrays that only float64 holds as the float32 whose shortest text they were read from; None if they were not.

    Text has no type: the 0.1 of a float32 is read as another number than the float32 is. A sample tells, for text is
    slow to write.
    """
    if coarsest(*arrays) != np.float64 or not all(_short(array) for array in arrays):
        return None
    with np.errstate(over="ignore"):
        return [array.astype(np.float32) for array in arrays]


def _short(array: FloatArray) -> bool:
    """Whether numbers are what the shortest text of a float32 is read as."""
    some = array.reshape(-1)[:: max(1, array.size // SAMPLE)]
    with np.errstate(over="ignore"):
        again = some.astype(np.float32).astype("U").astype(np.float64)
    return np.array_equal(again, some, equal_nan=True)


def _holds(dtype: np.dtype[Any], array: FloatArray) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        wide = (array[at].astype(np.float64) for at in blocks(0, array.size))
        return all(np.array_equal(x.astype(dtype).astype(np.float64), x, equal_nan=True) for x in wide)
