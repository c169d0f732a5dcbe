"""Dropout, forward: a layer, an array, and where to draw; the result and what was counted on the way."""

from typing import NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, Shape, flat, native
from app.core.bernoulli import MASK_LAW
from app.core.draw import Draw
from app.core.layer import Layer
from app.core.replicate import Applied, Tally, replicate
from app.core.variants import Place
from app.core.window import Window
from app.errors import Invalid


class Result(NamedTuple):
    """What a layer did to an array.

    output, mask : arrays of the input's shape, the samples before it; mask is true where kept. None if not asked for.
    applied : what was kept is multiplied by, and what was added to it; None where that is not one number: nothing kept,
        a normal number each, replicates that differ.
    noise_shape : the shape of one replicate's decisions, an entry a dimension of the input; of the whole's, where the
        input is a block of one.
    rate : the probability of each decision to drop.
    mask_law : the law that decisions were drawn by; None where none was drawn.
    tally : counts and, unless not asked for, moments.
    """

    output: FloatArray | None
    mask: BoolArray | None
    applied: Applied
    noise_shape: Shape
    rate: float
    mask_law: str | None
    tally: Tally


def dropout(
    x: FloatArray,
    /,
    *,
    layer: Layer,
    draw: Draw | None = None,
    window: Window | None = None,
    mask: BoolArray | None = None,
    samples: int | None = None,
    gradient: bool = False,
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
    window : where `x` lies in a larger array, of which it is a block: it gets the decisions that it has there.
    mask : decisions to use instead of drawing, true = kept, anything that broadcasts to `x`.
    samples : how many replicates, from `draw.sample` on; None for one without an axis of its own.
    gradient : `x` is the gradient of the output, and the result that of the input, under the same noise.
    outputs, masks, statistics : which parts of the result are wanted.
    threads : so many cores may share the work; the result does not depend on it.

    Returns
    -------
    Result : the output, the mask and the statistics, as far as they are wanted.

    Raises
    ------
    Invalid : for an `x` of another type; for a `mask` that does not broadcast, is given in evaluation, or keeps
        something at p = 1; for decisions without a 64-bit index; for a scale that the type of `x` cannot hold; for a
        `window` of a layer that takes none.

    Examples
    --------
    >>> import numpy as np
    >>> from app.core import Draw, Layer, dropout
    >>> result = dropout(np.ones(5), layer=Layer(p=0.5), draw=Draw(seed=42))
    >>> result.output
    array([0., 0., 0., 2., 2.])
    >>> result.tally.decisions, result.tally.dropped
    (5, 3)

    The gradient comes through the same mask:

    >>> dropout(np.full(5, 3.0), layer=Layer(p=0.5), draw=Draw(seed=42), gradient=True).output
    array([0., 0., 0., 6., 6.])
    """
    dtype, draw = native(x), draw or Draw()
    decisions = layer.decisions(x.shape, window)  # refuses what does not fit, also where a mask takes its place
    if mask is not None:
        decisions = Window.all_of(_shape_of(mask, x.shape, layer))
    if masks:
        _check_masked(layer, "include")
    rows = (1 if samples is None else samples, x.size)
    y = np.empty(rows, dtype) if outputs else None
    m = np.empty(rows, bool) if masks else None
    tally, effects = Tally(), []
    for k in range(rows[0]):
        counted, effect = replicate(
            layer,
            Place(shape=x.shape, dtype=dtype, decisions=decisions, draw=draw.replicate(k), mask=mask),
            flat(x),
            y=None if y is None else y[k],
            m=None if m is None else m[k],
            gradient=gradient,
            before=statistics and k == 0,
            after=statistics,
            threads=threads,
        )
        tally = tally.merge(counted) if k else counted
        effects.append(effect)
    full = x.shape if samples is None else (samples, *x.shape)
    return Result(
        output=None if y is None else y.reshape(full),
        mask=None if m is None else m.reshape(full),
        applied=Applied.of(effects),
        noise_shape=decisions.whole,
        rate=layer.rate(x.shape),
        mask_law=MASK_LAW if layer.training and mask is None else None,
        tally=tally,
    )


def _check_masked(layer: Layer, pointer: str) -> None:
    if "mask" not in layer.row.parameters:
        raise Invalid.of("conflicting_fields", f"{layer.variant} drops nothing: it has no mask", pointer)


def _shape_of(mask: BoolArray, shape: Shape, layer: Layer) -> Shape:
    """The noise shape of a given mask, once it is one that can be used."""
    if not layer.training:
        raise Invalid.of("conflicting_fields", "mask has no meaning in evaluation: nothing is dropped", "mask")
    _check_masked(layer, "mask")
    if layer.p == 1 and mask.any():
        raise Invalid.of("conflicting_fields", "mask must keep nothing at p = 1: 1/(1 - p) has no value", "mask")
    try:
        np.broadcast_to(mask, shape)
    except ValueError:
        message = f"mask must broadcast to the input; {list(mask.shape)} does not broadcast to {list(shape)}"
        raise Invalid.of("mask_mismatch", message, "mask") from None
    return (1,) * (len(shape) - mask.ndim) + mask.shape
