"""The indices of a block's elements in the larger array: what each of them draws follows from its index alone."""

from collections.abc import Callable
from itertools import accumulate
from math import prod
from operator import mul
from typing import Any, Final, NamedTuple, Self

import numpy as np

from app.core.arrays import Shape
from app.core.philox import WordArray
from app.core.window import Window

_SHORT: Final = 64
"""Consecutive indices below which it is faster to draw each by itself."""


class Indices(NamedTuple):
    """The indices that a block's elements have in the larger array, both in C order.

    They are runs of consecutive ones. first : the least; run : the length of each; lengths, strides : how many runs
    there are along each of the outer axes, and how far apart.
    """

    first: int
    run: int
    lengths: Shape = ()
    strides: Shape = ()

    @classmethod
    def of(cls, window: Window, offset: int = 0) -> Self:
        """The indices of a block, `offset` added to each. Axes that the block has whole join the runs.

        Raises `Invalid` if the last of the whole has no index of 64 bits.
        """
        shape, whole, origin = window
        window.check_indices(offset)
        if shape == whole:
            return cls(offset, prod(shape))
        strides = [*accumulate(whole[:0:-1], mul, initial=1)][::-1] if whole else []
        first = offset + sum(map(mul, origin, strides))
        axis = len(shape)
        while axis > 0 and shape[axis:] == whole[axis:]:
            axis -= 1
        outer = [(length, stride) for length, stride in zip(shape[:axis], strides, strict=False) if length != 1]
        return cls(first, prod(shape[axis:]), *(tuple(part) for part in zip(*outer, strict=True)))

    @property
    def size(self) -> int:
        """How many there are."""
        return self.run * prod(self.lengths) if self.lengths else self.run

    def at(self, elements: WordArray) -> WordArray:
        """The indices of elements of the block, which are counted in C order."""
        outer, found = np.divmod(elements, self.run)
        found += self.first
        for length, stride in zip(reversed(self.lengths), reversed(self.strides), strict=True):
            outer, here = np.divmod(outer, length)
            found += here * stride
        return found

    def runs(self, start: int, stop: int) -> list[tuple[int, int]]:
        """The runs of elements in [start, stop), of more than one: the first index of each, and its length."""
        starts = np.arange(start - start % self.run, stop, self.run, dtype=np.uint64)
        starts[:1] = start
        return list(zip(self.at(starts).tolist(), np.diff(starts, append=np.uint64(stop)).tolist(), strict=True))

    def draw(self, start: int, stop: int, run: Callable[[int, int], Any], at: Callable[[WordArray], Any]) -> Any:
        """What the elements in [start, stop) draw: by `run` of a first index and a count, or by `at` of any indices."""
        if not self.lengths:
            return run(self.first + start, stop - start)
        if self.run < _SHORT:
            return at(self.at(np.arange(start, stop, dtype=np.uint64)))
        pieces = [run(first, count) for first, count in self.runs(start, stop)]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
