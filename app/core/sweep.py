"""One pass over an array: each block is selected, scaled and measured while it is in a core's cache."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import inf
from time import monotonic
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BLOCK, SPARE, BoolArray, FloatArray, blocks, parts
from app.core.effect import Effect
from app.core.moments import Moments, measure, zeros_kept
from app.core.noise import Noise
from app.errors import TooLarge


class Swept(NamedTuple):
    """What was seen of a block: how many elements were kept, where that counts, and the moments before and after."""

    kept: int
    before: Moments
    after: Moments


@dataclass(slots=True, kw_only=True)
class Sweep:
    """A pass over `x` that writes to `y` and `m`, flat or None, what the noise and the effect make of it."""

    x: Any
    y: FloatArray | None
    m: BoolArray | None
    noise: Noise
    effect: Effect
    dtype: np.dtype[Any]
    before: bool
    after: bool
    deadline: float = inf

    def run(self, size: int, threads: int) -> list[Swept]:
        """The blocks of all `size` elements in order, computed by at most so many threads, of which this is one."""
        if size <= BLOCK:
            return self._span(0, size) if size else [Swept(0, _NOTHING, _NOTHING)]
        first, *others = parts(size, threads)
        elsewhere = [_pool().submit(self._span, *span) for span in others]
        return [*self._span(*first), *chain.from_iterable(span.result() for span in elsewhere)]

    @np.errstate(over="ignore", invalid="ignore")
    def _span(self, start: int, stop: int) -> list[Swept]:
        return [self._block(block.start, block.stop) for block in blocks(start, stop)]

    def _block(self, start: int, stop: int) -> Swept:
        if self.deadline < inf and monotonic() > self.deadline:
            raise TooLarge.of("deadline_exceeded", "the call took longer than it may; ask for fewer elements or runs")
        at, keep = slice(start, stop), self.noise.keep(start, stop)
        if self.m is not None:
            self.m[at] = True if keep is None else keep
        kept = int(np.count_nonzero(keep)) if self.noise.dropped is None else 0
        if self.y is None and not self.after:
            return Swept(kept, measure(self.x[at]) if self.before else _NOTHING, _NOTHING)
        x = self.x[at]
        y = SPARE.out.view(self.dtype)[: x.size] if self.y is None else self.y[at]
        self.effect(x, keep, out=y)
        before = measure(x) if self.before else _NOTHING
        if not self.after:
            return Swept(kept, before, _NOTHING)
        return Swept(kept, before, measure(y, self._zeros(before, keep, kept)))

    def _zeros(self, before: Moments, keep: Any, kept: int) -> int | None:
        """How many zeros the output of the block measured last has, where the input's and the mask tell."""
        if not self.before or keep is None or not self.effect.keeps_nonzero:
            return None
        return zeros_kept(keep) if before.zeros or not kept else keep.size - kept


_NOTHING: Final = Moments()


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads that are kept for the next pass: as many as there are parts at a time, started as they are needed."""
    return ThreadPoolExecutor(_MOST_THREADS)


_MOST_THREADS: Final = 256
