"""The arrays the core works on, and the blocks it works in."""

from collections.abc import Iterator
from functools import cached_property
from threading import local
from typing import Any, Final

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
Shape = tuple[int, ...]

BLOCK: Final = 2**18
"""Elements a block holds. Its words, mask, product and sums stay in the cache; with fewer, two threads spend more time
on taking turns in the interpreter than they gain."""


class _Spare(local):
    """Memory of a thread in which it works out one block after another: fresh memory would cost more than the work."""

    made = cached_property(lambda _self: np.empty(BLOCK))
    out = cached_property(lambda _self: np.empty(BLOCK))
    wide = cached_property(lambda _self: np.empty(BLOCK))
    keep = cached_property(lambda _self: np.empty(BLOCK, bool))
    tie = cached_property(lambda _self: np.empty(BLOCK, bool))
    zero = cached_property(lambda _self: np.empty(BLOCK, bool))


SPARE: Final = _Spare()

FLOATS: Final[dict[str, np.dtype[Any]]] = {
    dtype.name: dtype for dtype in map(np.dtype, (np.float64, np.float32, np.float16, ml_dtypes.bfloat16))
}
"""The element types, in native byte order, by name."""

NAMES: Final = {dtype.newbyteorder(order): name for name, dtype in FLOATS.items() for order in ("<", ">")}
"""Their names, in either byte order; numpy works its own out anew each time."""

_NATIVE: Final = {dtype.newbyteorder(order): dtype for dtype in FLOATS.values() for order in ("<", ">")}

WIDE: Final[dict[np.dtype[Any], np.dtype[Any]]] = {
    dtype: np.promote_types(dtype, np.float32) for dtype in FLOATS.values()
}
"""The type that products in each of them are computed in before they are rounded."""


def native(x: np.ndarray[Any, np.dtype[Any]]) -> np.dtype[np.floating[Any]]:
    """The type results for `x` have: its own, in native byte order. Raises `Invalid` unless it is a float type."""
    dtype = _NATIVE.get(x.dtype)
    if dtype is None:
        raise Invalid.of("wrong_type", f"x must be {', '.join(FLOATS)}, got {x.dtype.name}", "x")
    return dtype


def flat(x: Any) -> Any:
    """`x` as a sequence in C order whose slices are arrays: a view where memory is in C order, else copied by block."""
    return x.reshape(-1) if x.flags.c_contiguous else x.flat


def blocks(start: int, stop: int) -> Iterator[slice]:
    """Slices of at most `BLOCK` elements that cover [start, stop) in order."""
    for a in range(start, stop, BLOCK):
        yield slice(a, min(a + BLOCK, stop))


def parts(size: int, count: int) -> list[tuple[int, int]]:
    """At most `count` ranges of like length that cover [0, size).

    Their ends are ends of blocks, so that results do not depend on how many there are.
    """
    step = max(1, -(-size // (BLOCK * count))) * BLOCK
    return [(a, min(a + step, size)) for a in range(0, size, step)] or [(0, 0)]
