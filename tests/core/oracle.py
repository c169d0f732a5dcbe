"""The mask law and the layer once more: slowly, and from the written contract alone. The core is held against this."""

from collections.abc import Sequence
from fractions import Fraction
from math import cos, isqrt, log, pi, sin, sqrt
from typing import Any, Final

import numpy as np

from app.core import BoolArray, Draw, FloatArray, Layer, Shape

LANES: Final = 0x32564B53414D5244
RESTS: Final = 0x3256545345525244
NORMALS: Final = int.from_bytes(b"DRNORMV1", "little")
INPUTS: Final = int.from_bytes(b"DRINPTV1", "little")
ALPHA: Final = Fraction(1.7580993408473766)
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


def word(k: int, *, tag: int, seed: int = 0, stream: int = 0, sample: int = 0) -> int:
    """The k-th word of a tag."""
    return philox4x64((k // 4, sample, 0, tag), (seed, stream))[k % 4]


def number(i: int, **place: int) -> int:
    """u(i), both parts always drawn."""
    lane = word(i // 4, tag=LANES, **place) >> 16 * (i % 4) & 0xFFFF
    return lane << 48 | word(i, tag=RESTS, **place) >> 16


def mask(shape: Shape, p: float | Fraction, draw: Draw, window: tuple[Shape, Shape] | None = None) -> BoolArray:
    """The decisions of a noise array, or of a block of one of another shape that begins at an origin, in C order."""
    whole, origin = window or (shape, (0,) * len(shape))
    place = {"seed": draw.seed, "stream": draw.stream, "sample": draw.sample}
    keep = np.empty(shape, bool)
    for at in np.ndindex(shape):
        i = 0
        for first, step, length in zip(origin, at, whole, strict=True):
            i = i * length + first + step
        keep[at] = number(draw.offset + i, **place) >= Fraction(p) * 2**64 // 1
    return keep


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


# The other laws of section 2


def uniform(i: int, *, seed: int = 0, stream: int = 0) -> float:
    """Element i of a uniform input."""
    return (word(i, tag=INPUTS, seed=seed, stream=stream) >> 11) * 2.0**-53


def normal(j: int, *, seed: int = 0, stream: int = 0, sample: int = 0, tag: int = NORMALS) -> float:
    """z(j): the cosine for an even j, for an odd one the sine, both of the words from the even one on."""
    first, second = (word(j - j % 2 + k, tag=tag, seed=seed, stream=stream, sample=sample) >> 11 for k in (0, 1))
    u1, u2 = (first + 1) * 2.0**-53, second * 2.0**-53
    return sqrt(-2 * log(u1)) * (cos, sin)[j % 2](2 * pi * u2)


def normals(count: int, draw: Draw) -> FloatArray:
    """z from the draw's place on."""
    place = {"seed": draw.seed, "stream": draw.stream, "sample": draw.sample}
    return np.array([normal(draw.offset + i, **place) for i in range(count)], np.float64)


# The family of section 3, in training


def rate(layer: Layer, shape: Shape) -> Fraction:
    """What a decision drops with: p, or γ for blocks; at p = 1 there is nothing left to keep."""
    p, b = Fraction(layer.p), layer.block_size
    if b is None or p == 1:
        return p
    height, width = shape[2:]
    return min(Fraction(1), p * height * width / (b * b * (height - b + 1) * (width - b + 1)))


def final(layer: Layer, decisions: BoolArray, shape: Shape) -> BoolArray:
    """Which elements are kept: decisions as they broadcast, or all that lies in no dropped seed's block."""
    b = layer.block_size
    if b is None:
        return np.broadcast_to(decisions, shape)
    keep = np.ones(shape, bool)
    for n, channel, top, left in np.argwhere(~decisions):
        keep[n, channel, top : top + b, left : left + b] = False
    return keep


def scale(layer: Layer, keep: BoolArray, dtype: np.dtype[Any]) -> np.floating[Any] | None:
    """The factor of survivors, as it is applied: size/kept for blocks, 1/(1 − p) if inverted, else 1; None for 1/0."""
    c: Any = np.float64 if dtype.itemsize == 8 else np.float32
    blocks, inverted = layer.variant == "drop_block2d", layer.scaling == "inverted"
    above, below = (keep.size, keep.sum()) if blocks else (1, 1 - layer.p) if inverted else (1, 1)
    return dtype.type(c(above) / c(below)) if below else None


def alpha(p: float) -> tuple[Fraction, Fraction, Fraction]:
    """a, a · α′ · p and a · α′ · (p − 1), to forty digits."""
    share = Fraction(p)
    square = 1 / ((ALPHA**2 * share + 1) * (1 - share))
    a = Fraction(isqrt(int(square * 10**100)), 10**50)
    return a, a * ALPHA * share, a * ALPHA * (share - 1)


def affine(x: FloatArray, scale: Any, shift: Any) -> FloatArray:
    """dtype(c(x) · c(scale) + c(shift))."""
    c: Any = np.float64 if x.dtype.itemsize == 8 else np.float32
    with np.errstate(all="ignore"):
        y: FloatArray = (x.astype(c) * c(scale) + c(shift)).astype(x.dtype.newbyteorder("="))
    return y


def same(seen: FloatArray, expected: FloatArray) -> bool:
    """Whether both are equal bit for bit, but for which NaN a NaN is: that is the processor's choice."""
    with np.errstate(invalid="ignore"):  # looking at a signalling NaN signals
        nan, too = np.isnan(expected), np.isnan(seen)
    return np.array_equal(nan, too) and bits(seen[~nan]) == bits(expected[~nan])
