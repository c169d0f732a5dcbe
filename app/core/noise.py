"""Keep-or-drop decisions: where the mask of a block comes from.

There are three noises: `drawn`, a decision for each element; `spread`, an array of decisions that several elements
share; `kept`, none at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ldexp, prod
from typing import NamedTuple

import numpy as np

from app.core.arrays import BLOCK, BoolArray, Shape, blocks, flat
from app.core.philox import WORDS, philox
from app.errors import Invalid


class Noise(NamedTuple):
    """The decisions over an array.

    keep : for a range [start, stop) of the elements in C order, the mask of one block after another, true where an
        element is kept; None where all are.
    decisions : how many there are.
    dropped : how many say drop, where that is not simply the number of elements dropped.
    """

    keep: Callable[[int, int], Iterator[BoolArray | None]]
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


def kept() -> Noise:
    """No decisions: everything is kept."""
    return Noise(lambda start, stop: (None for _ in blocks(start, stop)), 0, 0)


def check_indices(draw: Draw, decisions: int) -> None:
    """Raise `Invalid` if the last of so many decisions has no 64-bit index."""
    if draw.offset + decisions > WORDS:
        rule = f"offset + decisions must not exceed 2^64, got {draw.offset} + {decisions}"
        raise Invalid.of("out_of_range", rule, "/offset")
