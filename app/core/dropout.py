"""Dropout, forward: a layer, an array, and where to draw; the result and what was counted on the way."""

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, Shape, flat, native
from app.core.layer import Layer
from app.core.moments import Moments
from app.core.noise import Draw, Noise, check_indices, decide, drawn, kept, spread
from app.core.philox import MASK_LAW
from app.core.sweep import Sweep, Swept
from app.errors import Invalid


class Tally(NamedTuple):
    """What was counted: decisions, those that said drop, and the moments of the input and of all outputs."""

    decisions: int = 0
    dropped: int = 0
    input: Moments = Moments()
    output: Moments = Moments()

    def merge(self, other: "Tally") -> "Tally":
        """The tally of both together."""
        return Tally(
            self.decisions + other.decisions,
            self.dropped + other.dropped,
            self.input.merge(other.input),
            self.output.merge(other.output),
        )

    @property
    def drop_rate(self) -> float | None:
        """Share of the decisions that said drop; None when there was none."""
        return self.dropped / self.decisions if self.decisions else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a layer did to an array.

    output, mask : arrays of the input's shape, the samples before it; mask is true where kept. None if not asked for.
    scale : the factor applied; None where nothing was kept by rule (p = 1).
    noise_shape : the shape of one replicate's decisions, an entry a dimension of the input.
    mask_law : the law that decisions were drawn by; None where none was drawn.
    tally : counts and, unless not asked for, moments.
    """

    output: FloatArray | None
    mask: BoolArray | None
    scale: float | None
    noise_shape: Shape
    mask_law: str | None
    tally: Tally


def dropout(
    x: FloatArray,
    /,
    *,
    layer: Layer,
    draw: Draw | None = None,
    mask: BoolArray | None = None,
    samples: int | None = None,
    outputs: bool = True,
    masks: bool = False,
    statistics: bool = True,
    threads: int = 1,
) -> Result:
    """Apply a dropout layer to an array.

    Survivors are selected, not multiplied: what is dropped is +0.0, also where it was NaN, infinite or negative.

    Parameters
    ----------
    x : float64, float32, float16 or bfloat16 array of any rank, memory order and byte order. Never changed.
    layer : what to apply.
    draw : where to draw; the first decisions of seed 0 if absent. Without effect in evaluation and with `mask`.
    mask : decisions to use instead of drawing, true = kept, anything that broadcasts to `x`.
    samples : how many replicates, from `draw.sample` on; None for one without an axis of its own.
    outputs, masks, statistics : which parts of the result are wanted.
    threads : so many cores may share the work; the result does not depend on it.

    Raises
    ------
    Invalid : for an `x` of another type; for a `mask` that does not broadcast, is given in evaluation, or keeps
        something at p = 1; for decisions without a 64-bit index; for a scale that the type of `x` cannot hold.
    """
    dtype = native(x)
    scale, draw = layer.scale(dtype), draw or Draw()
    shape = layer.noise_over(x.shape)  # refuses one that does not fit, also where a mask takes its place
    if mask is not None:
        shape = _shape_of(mask, x.shape, layer)
    rows = (1 if samples is None else samples, x.size)
    y = np.empty(rows, dtype) if outputs else None
    m = np.empty(rows, bool) if masks else None
    tally = Tally()
    for k in range(rows[0]):
        noise = _noise(layer, draw.replicate(k), mask, shape, x)
        sweep = Sweep(
            x=flat(x),
            y=None if y is None else y[k],
            m=None if m is None else m[k],
            noise=noise,
            scale=scale,
            dtype=dtype,
            before=statistics and k == 0,
            after=statistics,
        )
        tally = tally.merge(_counted(noise, x.size, sweep.run(x.size, threads)))
    full = x.shape if samples is None else (samples, *x.shape)
    return Result(
        output=None if y is None else y.reshape(full),
        mask=None if m is None else m.reshape(full),
        scale=None if scale is None else float(scale),
        noise_shape=shape,
        mask_law=MASK_LAW if layer.training and mask is None else None,
        tally=tally,
    )


def _shape_of(mask: BoolArray, shape: Shape, layer: Layer) -> Shape:
    """The noise shape of a given mask, once it is one that can be used."""
    if not layer.training:
        raise Invalid.of("conflicting_fields", "mask has no meaning in evaluation: nothing is dropped", "/mask")
    if layer.p == 1 and mask.any():
        raise Invalid.of("conflicting_fields", "mask must keep nothing at p = 1: 1/(1 - p) has no value", "/mask")
    try:
        np.broadcast_to(mask, shape)
    except ValueError:
        message = f"mask must broadcast to the input; {list(mask.shape)} does not broadcast to {list(shape)}"
        raise Invalid.of("mask_mismatch", message, "/mask") from None
    return (1,) * (len(shape) - mask.ndim) + mask.shape


def _noise(layer: Layer, draw: Draw, mask: BoolArray | None, shape: Shape, x: FloatArray) -> Noise:
    """The noise of one replicate."""
    if not layer.training:
        return kept()
    if mask is not None:
        return spread(mask, x.shape)
    check_indices(draw, prod(shape))
    if shape == x.shape:
        return drawn(layer.p, draw, x.size)
    return spread(decide(layer.p, draw, shape), x.shape)


def _counted(noise: Noise, size: int, swept: list[Swept]) -> Tally:
    """The tally of one replicate; blocks are merged in their order, whichever thread swept them."""
    kept = sum(block.kept for block in swept)
    return Tally(
        noise.decisions,
        size - kept if noise.dropped is None else noise.dropped,
        reduce(Moments.merge, (block.before for block in swept), Moments()),
        reduce(Moments.merge, (block.after for block in swept), Moments()),
    )
