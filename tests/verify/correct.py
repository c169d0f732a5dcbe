"""Correct layers of every kind, made from a number: what must never be found fault with."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Final, NamedTuple

import numpy as np

from app.core import FLOATS, VARIANTS, FloatArray, Layer, Shape
from app.verify import Gradients

Rng = np.random.Generator

RATES: Final = (0.001, 0.01, 0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99, 0.999)
INPUTS: Final[dict[str, Callable[[Rng, Shape], FloatArray]]] = {
    "uniform": lambda rng, shape: rng.random(shape),
    "normal": lambda rng, shape: rng.normal(size=shape),
    "sparse": lambda rng, shape: rng.normal(size=shape) * (rng.random(shape) >= 0.6),
    "relu": lambda rng, shape: np.maximum(rng.normal(size=shape), 0),
    "constant": lambda _rng, shape: np.ones(shape),
}


class Made(NamedTuple):
    """An input, outputs of it with an axis for them in front, and the layer they are truly outputs of; gradients."""

    x: FloatArray
    y: FloatArray
    layer: Layer
    gradients: Gradients | None


def correct(
    number: int, *, inputs: Sequence[str] = (*INPUTS,), types: Sequence[str] = (*FLOATS,), most: int = 200_000
) -> Made:
    """The layer of that number: a variant, a rate, a shape, a type and an input, each as the number has it.

    inputs, types, most : what there is to choose from, and how many elements there may be.
    """
    rng = np.random.default_rng(number)
    layer = Layer(
        variant=str(rng.choice([*VARIANTS])),
        p=float(rng.choice(RATES)),
        training=bool(rng.random() < 0.95),
    )
    shape = shape_for(layer, rng, most)
    layer = with_own(layer, shape, rng)
    dtype = FLOATS[str(rng.choice([*types]))]
    x = INPUTS[str(rng.choice([*inputs]))](rng, shape).astype(dtype)
    calls = int(rng.choice([1, 1, 1, 5]))
    again = deepcopy(rng)
    y = np.stack([applied(x, layer, rng) for _ in range(calls)])
    if layer.row.shifts or number % 3:
        return Made(x, y, layer, None)
    g = np.random.default_rng([number, 1]).normal(size=y.shape).astype(dtype)
    # all but the alpha dropouts are linear: the gradient is the layer, with the same chance
    return Made(x, y, layer, Gradients(g, np.stack([applied(one, layer, again) for one in g])))


def shape_for(layer: Layer, rng: Rng, most: int) -> Shape:
    """A shape of 20 to that many elements that the layer takes."""
    size = int(20 * (most / 20) ** rng.random())
    rank = layer.row.rank if layer.row.rank > 1 else int(rng.integers(1, 5))
    lengths = [max(1, round(size ** float(weight / 10))) for weight in np.sort(rng.dirichlet(np.ones(rank)) * 10)[::-1]]
    if layer.variant == "drop_block2d":
        side = max(3, int(size ** (1 / 4)))
        return (*_split(max(1, size // side**2)), side, side)
    return tuple(lengths)


def _split(count: int) -> tuple[int, int]:
    channels = min(count, 8)
    return max(1, count // channels), channels


def with_own(layer: Layer, shape: Shape, rng: Rng) -> Layer:
    """The layer with its own fields at random."""
    fields: dict[str, Any] = {"p": layer.p, "training": layer.training, "variant": layer.variant}
    own = layer.row.parameters
    if "scaling" in own:
        fields["scaling"] = str(rng.choice(["inverted", "inverted", "inference", "none"]))
    if "noise_shape" in own and rng.random() < 0.3:
        fields["noise_shape"] = tuple(1 if rng.random() < 0.3 else None for _ in shape)
    if "channels_last" in own:
        fields["channels_last"] = bool(rng.random() < 0.3)
    if "block_size" in own:
        fields["block_size"] = int(rng.integers(1, min(shape[2:]) + 1))
    return Layer(**fields)


def applied(x: FloatArray, layer: Layer, rng: Rng) -> FloatArray:
    """What a correct implementation that is not ours makes of it: in float64 or float32, with numpy's own PCG64."""
    wide = np.promote_types(x.dtype, np.float32)
    z, p = x.astype(wide), layer.p
    if not layer.training:
        return (z * wide.type(1 - p)).astype(x.dtype) if layer.scaling == "inference" else x.copy()
    if p == 0:
        return x.copy()
    return np.asarray(_VARIANTS.get(layer.variant, _dropout)(z, layer, rng).astype(x.dtype))


def _drawn(shape: Shape, p: float, rng: Rng) -> Any:
    return rng.random(shape) >= p


def _dropout(x: FloatArray, layer: Layer, rng: Rng) -> Any:
    keep = _drawn(layer.noise_over(x.shape), layer.p, rng)
    return np.where(keep, x if layer.scaling != "inverted" else x / x.dtype.type(1 - layer.p), 0)


def _alpha(x: FloatArray, layer: Layer, rng: Rng) -> Any:
    """As torch writes it, in float64."""
    p, saturated = layer.p, -1.7580993408473766
    a = ((1 - p) * (1 + p * saturated**2)) ** -0.5
    b = -a * saturated * p
    keep = _drawn(layer.noise_over(x.shape), p, rng)
    return a * np.where(keep, x.astype(np.float64), saturated) + b


def _gaussian(x: FloatArray, layer: Layer, rng: Rng) -> Any:
    return x * rng.normal(1, np.sqrt(layer.p / (1 - layer.p)), x.shape)


def _block(x: FloatArray, layer: Layer, rng: Rng) -> Any:
    """As Ghiasi, Lin and Le describe it: corners, squares, and what is kept counted."""
    b = layer.block_size or 1
    n, c, height, width = x.shape
    corners = rng.random((n, c, height - b + 1, width - b + 1)) < layer.rate(x.shape)
    keep = np.ones(x.shape, bool)
    for i in range(b):
        for j in range(b):
            keep[:, :, i : i + height - b + 1, j : j + width - b + 1] &= ~corners
    kept = np.count_nonzero(keep)
    return np.where(keep, x * (x.dtype.type(keep.size) / x.dtype.type(kept)), 0) if kept else np.zeros_like(x)


_VARIANTS: Final[dict[str, Callable[[FloatArray, Layer, Rng], Any]]] = {
    "alpha_dropout": _alpha,
    "feature_alpha_dropout": _alpha,
    "gaussian_dropout": _gaussian,
    "drop_block2d": _block,
}
