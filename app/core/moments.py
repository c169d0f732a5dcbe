"""Mean and deviation of an array that is seen block by block, in one pass.

Each block is measured in float64, about its own mean, and the blocks are merged in order.
Source: Chan, Golub, LeVeque, "Algorithms for computing the sample variance" (1983).
"""

from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import SPARE, BoolArray, FloatArray

_SQUARABLE: Final = 1e140
"""Distances below it have squares that float64 can hold, and the sum of more of them than any memory can."""
_CANCELLED: Final = 1e-3
"""Where less is left of the squares once the mean's are taken off, distances are summed: 3 digits are lost at most."""
_ROW: Final = 2**13
_ONES: Final = np.ones(_ROW)


class Moments(NamedTuple):
    """What is known of the values seen so far.

    size : all values; zeros : those equal to 0 (−0.0 is); finite : neither NaN nor infinite.
    center : mean of the finite values; m2 : sum of their squared distances from it.
    """

    size: int = 0
    zeros: int = 0
    finite: int = 0
    center: Any = 0.0
    m2: Any = 0.0

    def merge(self, other: "Moments") -> "Moments":
        """The moments of both together."""
        if not self.size:
            return other
        finite = self.finite + other.finite
        if not finite:
            return Moments(self.size + other.size)
        gap = other.center - self.center
        if abs(gap) > _SQUARABLE:
            gap = np.longdouble(gap)
        share = other.finite / finite
        return Moments(
            self.size + other.size,
            self.zeros + other.zeros,
            finite,
            self.center + gap * share,
            self.m2 + other.m2 + gap * gap * self.finite * share,
        )

    @property
    def non_finite(self) -> int:
        return self.size - self.finite

    @property
    def mean(self) -> float | None:
        """Mean of the finite values; None when there is none."""
        return float(self.center) if self.finite else None

    @property
    def std(self) -> float | None:
        """Population deviation (ddof 0) of the finite values; None when there is none."""
        if not self.finite:
            return None
        variance = self.m2 / self.finite
        return float(np.sqrt(variance)) if isinstance(variance, np.longdouble) else sqrt(variance)

    @property
    def zero_fraction(self) -> float | None:
        """Share of zeros among all values; None when there is none."""
        return self.zeros / self.size if self.size else None


def measure(block: FloatArray, zeros: int | None = None) -> Moments:
    """The moments of a block, in the thread's spare memory; `zeros` is how many zeros it has, where that is known."""
    size, spare = block.size, SPARE.wide[: block.size]
    if block.dtype == np.float64:
        wide = block
    else:
        np.copyto(spare, block)
        wide = spare
    if zeros is None:
        zeros = int(np.count_nonzero(np.equal(wide, 0.0, out=SPARE.zero[:size])))
    mean, squares = float(_sum(wide)) / size, _squares(wide)
    m2 = squares - size * mean * mean
    if m2 < squares * _CANCELLED:
        mean += float(_centered(wide, mean, out=spare))
        m2 = _squares(spare)
    if m2 < _SQUARABLE**2:
        return Moments(size, zeros, size, mean, m2)
    return Moments(size, zeros, *_extremes(block))


def zeros_kept(keep: BoolArray) -> int:
    """How many zeros the block that was measured last has once all is 0 that is not kept."""
    zero = SPARE.zero[: keep.size]
    return keep.size - int(np.count_nonzero(np.greater(keep, zero, out=zero)))


def _sum(x: FloatArray) -> Any:
    """Sum; of a short row it is a product with ones, which takes a third of the time."""
    return x.dot(_ONES[: x.size]) if x.size <= _ROW else np.einsum("i->", x)


def _squares(x: FloatArray) -> float:
    """Sum of the squares, in rows too short for the linear algebra library to start threads of its own."""
    if x.size <= _ROW:
        return float(x.dot(x))
    whole = x.size - x.size % _ROW
    rest, rows = x[whole:], x[:whole].reshape(-1, _ROW)
    return float(rest.dot(rest)) + float(np.vecdot(rows, rows).sum())


def _extremes(block: FloatArray) -> tuple[int, Any, Any]:
    """(finite, center, m2) where something is not finite, or squares too large for float64: in extended range."""
    finite = block[np.isfinite(block)].astype(np.longdouble)
    if not finite.size:
        return 0, 0.0, 0.0
    mean = finite.mean()
    mean += _centered(finite, mean, out=finite)
    return finite.size, mean, np.square(finite, out=finite).sum()


def _centered(x: FloatArray, mean: Any, *, out: FloatArray) -> Any:
    """Write `x` to `out` without its mean, and without what rounding left of it, which is returned."""
    np.subtract(x, mean, out=out)
    rest = _sum(out) / out.size
    out -= rest
    return rest
