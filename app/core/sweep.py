"""One pass over an array: each block is selected, scaled and measured while it is in a core's cache."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from app.core.arrays import BLOCK, BoolArray, FloatArray, blocks, parts
from app.core.effect import Effect
from app.core.moments import Meter, Moments
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
        """The blocks of all `size` elements in order, computed by at most so many threads."""
        spans = parts(size, threads)
        if len(spans) == 1:
            return self._span(spans[0])
        with ThreadPoolExecutor(len(spans)) as pool:
            return [block for span in pool.map(self._span, spans) for block in span]

    def _span(self, span: tuple[int, int]) -> list[Swept]:
        length = min(BLOCK, span[1] - span[0])
        meter = Meter(length)
        spare = np.empty(length if self.y is None else 0, self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            masks = zip(blocks(*span), self.noise.keep(*span), strict=True)
            return [self._block(block, keep, meter, spare) for block, keep in masks]

    def _block(self, at: slice, keep: Any, meter: Meter, spare: FloatArray) -> Swept:
        _check(self.deadline)
        x = self.x[at]
        y = spare[: x.size] if self.y is None else self.y[at]
        self.effect(x, keep, out=y)
        if self.m is not None:
            self.m[at] = True if keep is None else keep
        return Swept(
            int(np.count_nonzero(keep)) if self.noise.dropped is None else 0,
            meter(x) if self.before else Moments(),
            meter(y) if self.after else Moments(),
        )
