"""Keep-or-drop decisions: where the mask of a block comes from.

There are five noises: `drawn`, a decision for each element; `spread`, an array of decisions that several elements
share; `decided`, the mask that other decisions lead to; `normals`, a normal number for each; `kept`, none at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ldexp, pi, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import BLOCK, BoolArray, FloatArray, Shape, blocks, flat
from app.core.philox import NORMALS, WORDS, philox
from app.errors import Invalid


class Noise(NamedTuple):
    """The decisions over an array.

    keep : for a range [start, stop) of the elements in C order, the mask of one block after another, true where an
        element is kept; None where all are. Of `normals`, the numbers.
    decisions : how many there are.
    dropped : how many say drop, where that is not simply the number of elements dropped.
    """

    keep: Callable[[int, int], Iterator[Any]]
    decisions: int
    dropped: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Where in the mask law a call draws: unsigned 64-bit integers all.

    seed, stream : the key; streams of one seed are independent.
    offset : index of the first decision in a larger noise array.
    sample : index of the replicate.
    """

    seed: int = 0
    stream: int = 0
    offset: int = 0
    sample: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0 <= value < WORDS:
                raise Invalid.of("out_of_range", f"{name} must be in 0 … 2^64 - 1, got {value}", f"/{name}")

    def replicate(self, k: int) -> "Draw":
        """The same place in the k-th replicate from this one."""
        return replace(self, sample=self.sample + k) if k else self


def threshold(p: float) -> int:
    """T = floor(p · 2^64), exactly: a decision whose word is at least T is kept. 65 bits long at p = 1."""
    return int(ldexp(p, 64))


def drawn(p: float, draw: Draw, size: int) -> Noise:
    """A decision of its own for each of `size` elements: element i has decision `draw.offset` + i."""
    limit = threshold(p)

    def keep(start: int, stop: int) -> Iterator[BoolArray]:
        mask = np.empty(min(BLOCK, stop - start), bool)
        if not 0 < limit < WORDS:  # all kept or all dropped: no word could change that
            mask[:] = limit == 0
            yield from (mask[: block.stop - block.start] for block in blocks(start, stop))
            return
        generator = philox(draw.seed, stream=draw.stream, sample=draw.sample, offset=draw.offset + start)
        least = np.uint64(limit)
        for block in blocks(start, stop):
            words = generator.random_raw(block.stop - block.start)
            yield np.greater_equal(words, least, out=mask[: words.size])

    return Noise(keep, size)


def decide(p: float, draw: Draw, shape: Shape) -> BoolArray:
    """The decisions of a whole noise array of that shape, true where kept."""
    size = prod(shape)
    mask = np.empty(size, bool)
    for block, keep in zip(blocks(0, size), drawn(p, draw, size).keep(0, size), strict=True):
        mask[block] = keep
    return mask.reshape(shape)


def spread(mask: BoolArray, shape: Shape) -> Noise:
    """The decisions of `mask`, broadcast over an array of that shape."""
    decisions = flat(np.broadcast_to(mask, shape))
    dropped = mask.size - int(np.count_nonzero(mask))
    return Noise(lambda start, stop: (decisions[block] for block in blocks(start, stop)), mask.size, dropped)


def decided(keep: BoolArray, shape: Shape, *, decisions: BoolArray) -> Noise:
    """The mask `keep` that some decisions, true where kept, lead to."""
    dropped = decisions.size - int(np.count_nonzero(decisions))
    return spread(keep, shape)._replace(decisions=decisions.size, dropped=dropped)


def widened(flags: BoolArray, length: int, *, axis: int) -> BoolArray:
    """The array with each true flag spread over `length` places from its own on, so much longer along the axis."""
    pad = [(0, length - 1 if at == axis else 0) for at in range(flags.ndim)]
    out: BoolArray = np.moveaxis(np.pad(flags, pad), axis, 0)
    width = 1
    while width < length:
        step = min(width, length - width)
        out[step:] |= out[:-step].copy()
        width += step
    return np.moveaxis(out, 0, axis)


def normals(draw: Draw, *, none: bool = False) -> Noise:
    """A normal number of its own for each element, element i's z(offset + i); no numbers if there is no need for any.

    For even j, z(j) and z(j + 1) are √(-2 ln u1) · (cos, sin)(2π u2), u1 = ((w(j) >> 11) + 1) · 2^-53 and
    u2 = (w(j + 1) >> 11) · 2^-53. Source: Box, Muller, "A Note on the Generation of Random Normal Deviates" (1958).
    """

    def numbers(start: int, stop: int) -> Iterator[FloatArray | None]:
        for block in blocks(start, stop):
            yield None if none else normal_numbers(draw, draw.offset + block.start, block.stop - block.start)

    return Noise(numbers, 0, 0)


def normal_numbers(draw: Draw, first: int, count: int, *, tag: int = NORMALS) -> FloatArray:
    """z(first), … , so many of them; the draw's own offset is not looked at."""
    odd = first % 2
    generator = philox(draw.seed, stream=draw.stream, sample=draw.sample, offset=first - odd, tag=tag)
    u = fractions(generator.random_raw(count + odd + (count + odd) % 2))
    radius = np.sqrt(np.log(u[0::2] + 2.0**-53) * -2)
    angle = u[1::2] * (2 * pi)
    z = np.empty(u.size)
    np.multiply(radius, np.cos(angle), out=z[0::2])
    np.multiply(radius, np.sin(angle), out=z[1::2])
    return z[odd : odd + count]


def fractions(words: NDArray[np.uint64]) -> FloatArray:
    """(w >> 11) · 2^-53: words as numbers in [0, 1). Signed on the way, which processors convert faster."""
    words >>= np.uint64(11)
    values = words.view(np.int64).astype(np.float64)
    values *= 2.0**-53
    return values


def kept() -> Noise:
    """No decisions: everything is kept."""
    return Noise(lambda start, stop: (None for _ in blocks(start, stop)), 0, 0)


def check_indices(draw: Draw, decisions: int) -> None:
    """Raise `Invalid` if the last of so many decisions has no 64-bit index."""
    if draw.offset + decisions > WORDS:
        rule = f"offset + decisions must not exceed 2^64, got {draw.offset} + {decisions}"
        raise Invalid.of("out_of_range", rule, "/offset")
