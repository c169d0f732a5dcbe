"""One pass over an array: each block is selected, scaled and measured while it is in a core's cache."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from time import monotonic
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import SPARE, BoolArray, FloatArray, blocks, parts
from app.core.effect import Effect
from app.core.moments import Moments, measure, zeros_kept
from app.core.noise import Noise
from app.errors import TooLarge


class Swept(NamedTuple):
    """What was seen of a block: how many elements were kept, where that counts, and the moments before and after."""

    kept: int
    before: Moments
    after: Moments


def _check(deadline: float) -> None:
    if monotonic() > deadline:
        raise TooLarge.of("deadline_exceeded", "the call took longer than it may; ask for fewer elements or runs")


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
    deadline: float = float("inf")

    def run(self, size: int, threads: int) -> list[Swept]:
        """The blocks of all `size` elements in order, computed by at most so many threads, of which this is one."""
        first, *others = parts(size, threads)
        elsewhere = [_pool().submit(self._span, span) for span in others]
        return [*self._span(first), *chain.from_iterable(span.result() for span in elsewhere)]

    def _span(self, span: tuple[int, int]) -> list[Swept]:
        with np.errstate(over="ignore", invalid="ignore"):
            return [self._block(block, keep) for block, keep in zip(blocks(*span), self.noise.keep(*span), strict=True)]

    def _block(self, at: slice, keep: Any) -> Swept:
        _check(self.deadline)
        if self.m is not None:
            self.m[at] = True if keep is None else keep
        kept = int(np.count_nonzero(keep)) if self.noise.dropped is None else 0
        if self.y is None and not self.after:
            return Swept(kept, measure(self.x[at]) if self.before else Moments(), Moments())
        x = self.x[at]
        y = SPARE.out.view(self.dtype)[: x.size] if self.y is None else self.y[at]
        self.effect(x, keep, out=y)
        before = measure(x) if self.before else Moments()
        known = self.before and keep is not None and self.effect.keeps_nonzero
        return Swept(kept, before, measure(y, zeros_kept(keep) if known else None) if self.after else Moments())


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads that are kept for the next pass: as many as there are parts at a time, started as they are needed."""
    return ThreadPoolExecutor(_MOST_THREADS)


_MOST_THREADS: Final = 256
