"""Where the mask of a block comes from.

There are five noises: `drawn`, a decision for each element; `broadcast`, an array of decisions that several elements
share; `decided`, the mask that other decisions lead to; `normals`, a normal number for each; `kept`, none at all.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from app.core import numbers
from app.core.arrays import BLOCK, BoolArray, Shape, blocks, flat
from app.core.bernoulli import Bernoulli, threshold
from app.core.draw import Draw
from app.core.indices import Indices
from app.core.philox import NORMALS, WORDS


class Noise(NamedTuple):
    """The decisions over an array.

    keep : for elements [start, stop) in C order, a block at most, their mask, true where an element is kept; None where
        all are. Of `normals`, the numbers. It stays as it is until the thread's next.
    decisions : how many there are.
    dropped : how many say drop, where that is not simply the number of elements dropped.
    """

    keep: Callable[[int, int], Any]
    decisions: int
    dropped: int | None = None


def drawn(p: float, draw: Draw, indices: Indices) -> Noise:
    """A decision of its own for each element of those indices."""
    limit, size = threshold(p), indices.size
    if 0 < limit < WORDS:
        return Noise(Bernoulli(draw, limit, indices), size)
    mask = np.full(min(BLOCK, size), limit == 0)  # all kept or all dropped: no word could change that
    return Noise(lambda start, stop: mask[: stop - start], size)


def decide(p: float, draw: Draw, indices: Indices) -> BoolArray:
    """All decisions of those indices, flat, true where kept."""
    noise, mask = drawn(p, draw, indices), np.empty(indices.size, bool)
    for block in blocks(0, mask.size):
        mask[block] = noise.keep(block.start, block.stop)
    return mask


def broadcast(mask: BoolArray, shape: Shape) -> Noise:
    """The decisions of `mask`, broadcast over an array of that shape."""
    decisions = flat(np.broadcast_to(mask, shape))
    dropped = mask.size - int(np.count_nonzero(mask))
    return Noise(lambda start, stop: decisions[start:stop], mask.size, dropped)


def decided(keep: BoolArray, shape: Shape, *, decisions: BoolArray) -> Noise:
    """The mask `keep` that some decisions, true where kept, lead to."""
    dropped = decisions.size - int(np.count_nonzero(decisions))
    return broadcast(keep, shape)._replace(decisions=decisions.size, dropped=dropped)


def dilate(flags: BoolArray, length: int, *, axis: int) -> BoolArray:
    """The array with each true flag spread over `length` places from its own on, so much longer along the axis."""
    pad = [(0, length - 1 if at == axis else 0) for at in range(flags.ndim)]
    out: BoolArray = np.moveaxis(np.pad(flags, pad), axis, 0)
    width = 1
    while width < length:
        step = min(width, length - width)
        out[step:] |= out[:-step].copy()
        width += step
    return np.moveaxis(out, 0, axis)


def normals(draw: Draw, indices: Indices, *, none: bool = False) -> Noise:
    """A normal number of its own for each element of those indices; no numbers if there is no need for any."""
    if none:
        return kept()
    words = draw.words(NORMALS)
    return Noise(lambda start, stop: numbers.normal(words, indices, start, stop), 0, 0)


def kept() -> Noise:
    """No decisions: everything is kept."""
    return _KEPT


_KEPT: Final = Noise(lambda _start, _stop: None, 0, 0)
