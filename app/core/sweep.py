"""One pass over an array: each block is selected, scaled and measured while it is in a core's cache."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BLOCK, WIDE, BoolArray, FloatArray, blocks, parts
from app.core.moments import Meter, Moments
from app.core.noise import Noise

_INTEGERS: Final[dict[int, type[np.signedinteger[Any]]]] = {2: np.int16, 4: np.int32, 8: np.int64}


class Swept(NamedTuple):
    """What was seen of a block: how many elements were kept, and the moments before and after."""

    kept: int
    before: Moments
    after: Moments


@dataclass(slots=True, kw_only=True)
class Sweep:
    """A pass over `x` that writes to `y` and `m`, flat or None, what the noise and the scale make of it."""

    x: Any
    y: FloatArray | None
    m: BoolArray | None
    noise: Noise
    scale: np.floating[Any] | None
    dtype: np.dtype[Any]
    before: bool
    after: bool

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

    def _block(self, at: slice, keep: BoolArray | None, meter: Meter, spare: FloatArray) -> Swept:
        x = self.x[at]
        y = spare[: x.size] if self.y is None else self.y[at]
        apply(x, keep, self.scale, out=y)
        if self.m is not None:
            self.m[at] = True if keep is None else keep
        return Swept(
            x.size if keep is None else int(np.count_nonzero(keep)),
            meter(x) if self.before else Moments(),
            meter(y) if self.after else Moments(),
        )


def apply(x: FloatArray, keep: BoolArray | None, scale: np.floating[Any] | None, *, out: FloatArray) -> None:
    """Write x · scale to `out` where kept, +0.0 elsewhere; a scale of 1 or None leaves every bit of x as it is.

    The product is dtype(c(x) · c(scale)) with c = float64 for float64 and float32 otherwise, as in PyTorch on a CPU.
    """
    if scale is None or scale == 1:
        np.copyto(out, x)
    elif scale == 0:  # infinity · 0 would be NaN
        out.fill(0)
    else:
        np.multiply(x, scale, out=out, dtype=WIDE[out.dtype], casting="same_kind")
    if keep is not None:
        # the bits of a float, as an integer, times 1 or 0: no branch, and NaN becomes +0.0 too
        bits = out.view(_INTEGERS[out.itemsize])
        np.multiply(bits, keep, out=bits)
