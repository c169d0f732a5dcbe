"""The mask law and the layer once more: slowly, and from the written contract alone. The core is held against this."""

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any, Final

import numpy as np

from app.core import BoolArray, Draw, FloatArray, Shape

TAG: Final = 0x31564B53414D5244
LAST: Final = 2**64 - 1


def philox4x64(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """The four words of a counter: ten rounds."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * x0, 0xCA5A826395121157 * x2
        x0, x1, x2, x3 = b >> 64 ^ x1 ^ k0, b & LAST, a >> 64 ^ x3 ^ k1, a & LAST
        k0, k1 = k0 + 0x9E3779B97F4A7C15 & LAST, k1 + 0xBB67AE8584CAA73B & LAST
    return [x0, x1, x2, x3]


def word(i: int, *, seed: int = 0, stream: int = 0, sample: int = 0) -> int:
    """w(i)."""
    return philox4x64((i // 4, sample, 0, TAG), (seed, stream))[i % 4]


def keeps(i: int, p: float, *, seed: int = 0, stream: int = 0, sample: int = 0) -> bool:
    """What decision i says: the word against floor(p · 2^64), in exact arithmetic."""
    return word(i, seed=seed, stream=stream, sample=sample) >= Fraction(p) * 2**64 // 1


def mask(shape: Shape, p: float, draw: Draw) -> BoolArray:
    """The decisions of a noise array in C order."""
    place = {"seed": draw.seed, "stream": draw.stream, "sample": draw.sample}
    decisions = [keeps(draw.offset + i, p, **place) for i in range(prod(shape))]
    return np.array(decisions, bool).reshape(shape)


def times(x: FloatArray, scale: np.floating[Any]) -> FloatArray:
    """dtype(c(x) · c(scale)), c = float64 for float64 and float32 otherwise: the written formula."""
    c: Any = np.float64 if x.dtype.itemsize == 8 else np.float32
    with np.errstate(all="ignore"):
        product: FloatArray = (x.astype(c) * c(scale)).astype(x.dtype.newbyteorder("="))
    return product


def selected(y: FloatArray, keep: BoolArray) -> FloatArray:
    """y where kept, +0.0 elsewhere."""
    return np.where(keep, y, y.dtype.type(0))


def bits(x: np.ndarray[Any, np.dtype[Any]]) -> tuple[str, tuple[int, ...], bytes]:
    """All there is to an array but its memory: type, shape, and the bits of each element in C order, big end first."""
    order = x.dtype.newbyteorder(">")
    return x.dtype.name, x.shape, x.astype(order).tobytes()
