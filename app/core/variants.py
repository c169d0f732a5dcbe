"""The family: every layer served, a row each.

A variant is a noise drawn in a noise shape, and an effect. One function says which shape, another what both are in a
replicate; the row says the rest, and everything that lists the variants reads it here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import prod, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from app.core.arrays import WIDE, BoolArray, Shape
from app.core.draw import Draw
from app.core.effect import Effect, Multiply, Select
from app.core.factors import Factors, Number, alpha, scaled
from app.core.indices import Indices
from app.core.noise import Noise, broadcast, decide, decided, dilate, drawn, normals
from app.core.window import Window
from app.errors import Invalid

if TYPE_CHECKING:
    from app.core.layer import Layer


class Place(NamedTuple):
    """Where a replicate is: the input's shape and type, its decisions in the whole's, the draw or the mask for it."""

    shape: Shape
    dtype: np.dtype[Any]
    decisions: Window
    draw: Draw
    mask: BoolArray | None = None

    @property
    def indices(self) -> Indices:
        """Of the decisions. Raises `Invalid` if the last of the whole has no index of 64 bits."""
        return Indices.of(self.decisions, self.draw.offset)


def _p(layer: "Layer", _shape: Shape) -> float:
    return layer.p


def _scaled(layer: "Layer", c: Number) -> Factors:
    return scaled(layer.p, layer.scaling, layer.training, c)


def _alpha(layer: "Layer", _c: Number) -> Factors:
    return alpha(layer.p)


def _random(layer: "Layer", c: Number) -> Factors | None:
    """Those of layers whose noise has a part in them: it has none where nothing is dropped, or everything."""
    return scaled(layer.p, "inverted", True, c) if layer.p in (0, 1) else None


def _mapped(layer: "Layer", place: Place) -> tuple[Noise, Effect]:
    """A decision for each element, or those that are shared or given, spread; and the layer's factors."""
    return _decisions(layer, place), layer.effect(place.dtype)


def _decisions(layer: "Layer", place: Place) -> Noise:
    if place.mask is not None:
        return broadcast(place.mask, place.shape)
    if place.decisions.shape == place.shape:
        return drawn(layer.p, place.draw, place.indices)
    decisions = decide(layer.p, place.draw, place.indices).reshape(place.decisions.shape)
    return broadcast(decisions, place.shape)


def _shared(shape: Shape, decisions: Shape) -> int:
    """The decisions, where several elements share one."""
    return 0 if decisions == shape else prod(decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A row of the table.

    noise : the noise shape in words; noise_over : the same as a function of the layer and the input's shape.
    training, evaluation : formulas. ranks : which inputs it takes; rank : the only one, or the least that is not 0.
    parameters : the fields that are its own. shifts : whether it adds something to what is kept.
    factors : what it makes of elements in training; None where the noise has a part in that. unbiased : whether the
        output then has the input's mean over all noise.
    replicate : the noise and the effect of one replicate in training. rate : what a decision drops with.
    held : how many elements are in memory at a time, of an input and decisions of those shapes, which differ.
    windows : whether a block of a larger input can be computed alone.
    example : fields of a call, `input` and `shape` among them, that show what it does.
    """

    name: str
    summary: str
    ranks: str
    noise: str
    training: str
    evaluation: str = "y = x"
    parameters: tuple[str, ...]
    source: str
    source_url: str
    rank: int = 1
    shifts: bool = False
    noise_over: Callable[["Layer", Shape], Shape]
    factors: Callable[["Layer", Number], Factors | None] = _scaled
    unbiased: bool = False
    replicate: Callable[["Layer", Place], tuple[Noise, Effect]] = _mapped
    rate: Callable[["Layer", Shape], float] = _p
    held: Callable[[Shape, Shape], int] = _shared
    windows: bool = True
    example: dict[str, Any] = field(default_factory=dict)


# Noise shapes


def _elementwise(layer: "Layer", shape: Shape) -> Shape:
    """The input's shape, or what `noise_shape` makes of it."""
    if layer.noise_shape is None:
        return shape
    asked = "noise_shape must have an entry for each dimension of the input: null or its length, or 1 to share"
    if len(layer.noise_shape) != len(shape):
        message = f"{asked}; got {len(layer.noise_shape)} entries for {len(shape)} dimensions"
        raise Invalid.of("noise_shape_mismatch", message, "noise_shape")
    for axis, (entry, length) in enumerate(zip(layer.noise_shape, shape, strict=True)):
        if entry not in (None, 1, length):
            message = f"{asked}; dimension {axis} has length {length}, got {entry}"
            raise Invalid.of("noise_shape_mismatch", message, "noise_shape", axis)
    return tuple(length if entry is None else entry for entry, length in zip(layer.noise_shape, shape, strict=True))


def _channels(layer: "Layer", shape: Shape, *, least: int, most: int) -> Shape:
    """(N, C, 1…), or (N, 1…, C)."""
    _check_rank(layer, shape, least, most)
    ones = (1,) * (len(shape) - 2)
    return (shape[0], *ones, shape[-1]) if layer.channels_last else (*shape[:2], *ones)


def _rows(layer: "Layer", shape: Shape) -> Shape:
    """(N, 1, …, 1)."""
    _check_rank(layer, shape, 1, len(shape))
    return (shape[0],) + (1,) * (len(shape) - 1)


def _corners(layer: "Layer", shape: Shape) -> Shape:
    """(N, C, H - b + 1, W - b + 1): where a block of b × b can begin."""
    _check_rank(layer, shape, 4, 4)
    b = layer.block_size
    if b is None:
        raise Invalid.of("missing_field", f"{layer.variant} needs block_size, the side of its blocks", "block_size")
    if not 1 <= b <= min(shape[2:]):
        message = f"block_size must be from 1 to height and width, {shape[2]} and {shape[3]}, got {b}"
        raise Invalid.of("out_of_range", message, "block_size")
    return (*shape[:2], shape[2] - b + 1, shape[3] - b + 1)


def _check_rank(layer: "Layer", shape: Shape, least: int, most: int) -> None:
    if not least <= len(shape) <= most:
        rule = f"{least}" if least == most else f"{least} or more"
        raise Invalid.of(
            "wrong_rank",
            f"{layer.variant} takes inputs of {rule} dimensions, got {len(shape)}. The rank is never guessed: for "
            "others use variant dropout with noise_shape, as [null, null, 1] for the channels of (N, C, L)",
            "x",
        )


# Replicates


def _normals(layer: "Layer", shape: Shape) -> Shape:
    """The input's shape. Raises `Invalid` for p = 1 in training."""
    if layer.training and layer.p == 1:
        raise Invalid.of("out_of_range", "p must be below 1: the variance p/(1 - p) has no value there, got 1.0", "p")
    return shape


def _multiplied(layer: "Layer", place: Place) -> tuple[Noise, Effect]:
    """Each element times a normal number of mean 1 and variance p / (1 - p)."""
    return normals(place.draw, place.indices, none=layer.p == 0), Multiply(sqrt(layer.p / (1 - layer.p)))


def _blocks(layer: "Layer", place: Place) -> tuple[Noise, Effect]:
    """What lies in no dropped block, times the share of it."""
    if place.mask is None:
        seeds = decide(_gamma(layer, place.shape), place.draw, place.indices).reshape(place.decisions.shape)
        assert layer.block_size is not None
        dropped = dilate(dilate(~seeds, layer.block_size, axis=2), layer.block_size, axis=3)
        keep, noise = ~dropped, decided(~dropped, place.shape, decisions=seeds)
    else:
        keep = np.broadcast_to(place.mask, place.shape)
        noise = broadcast(place.mask, place.shape)
    kept, wide = int(np.count_nonzero(keep)), WIDE[place.dtype].type
    return noise, Select(layer.rounded(wide(keep.size) / wide(kept), place.dtype) if kept else None)


def _gamma(layer: "Layer", shape: Shape) -> float:
    """The rate of seeds that drops a share p of the elements, about. Ghiasi, Lin, Le (2018), equation 1."""
    b, corners = layer.block_size or 1, _corners(layer, shape)
    if layer.p == 1:  # everything is dropped, whatever the blocks
        return 1.0
    return min(1.0, layer.p * shape[2] * shape[3] / (b**2 * corners[2] * corners[3]))


_INVERTED: Final = "y = m · x / (1 - p), m = 1 with probability 1 - p, else 0"
_ALPHA: Final = (
    "y = a · x + a · α′ · p where kept, a · α′ · (p - 1) where dropped; a = ((α′² p + 1)(1 - p))^-½, α′ = 1.758"
)
_SHORT: Final = {"p": 0.5, "seed": 42, "include": ["output", "mask"]}


def _spatial(dimensions: int, letters: str, source: str) -> Variant:
    """The row of a layer that drops whole channels."""
    rank = dimensions + 2
    return Variant(
        name=f"dropout{dimensions}d",
        summary=f"Drops whole channels of (N, C, {letters}), or of (N, {letters}, C) with channels_last.",
        ranks=f"exactly {rank}",
        rank=rank,
        noise=f"(N, C{', 1' * dimensions}), with channels_last (N{', 1' * dimensions}, C)",
        training=_INVERTED,
        parameters=("scaling", "channels_last", "mask"),
        source=f"Tompson et al., Efficient Object Localization Using Convolutional Networks (2015); {source}",
        source_url="https://arxiv.org/abs/1411.4280",
        noise_over=partial(_channels, least=rank, most=rank),
        example={"input": [1.0] * (6 * 2**dimensions), "shape": [2, 3] + [2] * dimensions, **_SHORT},
    )


VARIANTS: Final = {
    variant.name: variant
    for variant in (
        Variant(
            name="dropout",
            summary="Drops single elements, or whatever shares a decision in noise_shape.",
            ranks="any",
            noise="the input's shape, or noise_shape: an entry a dimension, null = its length, 1 = shared",
            training=_INVERTED,
            parameters=("scaling", "noise_shape", "mask"),
            source="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout: A Simple Way to Prevent Neural "
            "Networks from Overfitting, JMLR 15 (2014); torch.nn.Dropout",
            source_url="https://jmlr.org/papers/v15/srivastava14a.html",
            noise_over=_elementwise,
            example={"input": [[0.6485, 0.3114], [0.7352, 0.4634]], **_SHORT, "p": 0.4},
        ),
        _spatial(1, "L", "torch.nn.Dropout1d, keras.layers.SpatialDropout1D"),
        _spatial(2, "H, W", "torch.nn.Dropout2d, keras.layers.SpatialDropout2D"),
        _spatial(3, "D, H, W", "torch.nn.Dropout3d, keras.layers.SpatialDropout3D"),
        Variant(
            name="stochastic_depth",
            summary="Drops whole samples: each skips the layer before, in a residual network.",
            ranks="1 or more",
            noise="(N, 1, …, 1)",
            training=_INVERTED,
            parameters=("scaling", "mask"),
            source="Huang, Sun, Liu, Sedra, Weinberger, Deep Networks with Stochastic Depth (2016); "
            "torchvision.ops.stochastic_depth with mode row, timm's DropPath",
            source_url="https://arxiv.org/abs/1603.09382",
            noise_over=_rows,
            example={"input": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], **_SHORT},
        ),
        Variant(
            name="alpha_dropout",
            summary="Keeps mean 0 and variance 1 of standard normal inputs, for networks with SELU.",
            ranks="any",
            noise="the input's shape",
            training=_ALPHA,
            parameters=("mask",),
            source="Klambauer, Unterthiner, Mayr, Hochreiter, Self-Normalizing Neural Networks (2017); "
            "torch.nn.AlphaDropout",
            source_url="https://arxiv.org/abs/1706.02515",
            noise_over=_elementwise,
            shifts=True,
            factors=_alpha,
            example={"input": [[-1.0, 0.0], [0.5, 1.0]], **_SHORT},
        ),
        Variant(
            name="feature_alpha_dropout",
            summary="Alpha dropout of whole channels.",
            ranks="2 or more",
            rank=2,
            noise="(N, C, 1…)",
            training=_ALPHA,
            parameters=("mask",),
            source="Klambauer et al., Self-Normalizing Neural Networks (2017); torch.nn.FeatureAlphaDropout",
            source_url="https://arxiv.org/abs/1706.02515",
            noise_over=partial(_channels, least=2, most=10**9),
            shifts=True,
            factors=_alpha,
            example={"input": [[[-1.0, 0.0], [0.5, 1.0]], [[2.0, -2.0], [0.1, -0.1]]], **_SHORT},
        ),
        Variant(
            name="gaussian_dropout",
            summary="Multiplies by normal noise of the variance that dropout has; drops nothing, so it has no mask.",
            ranks="any",
            noise="the input's shape: a normal number z an element",
            training="y = x · (1 + z · √(p / (1 - p)))",
            parameters=(),
            source="Srivastava et al., section 10, JMLR 15 (2014); keras.layers.GaussianDropout",
            source_url="https://jmlr.org/papers/v15/srivastava14a.html",
            noise_over=_normals,
            factors=_random,
            unbiased=True,
            replicate=_multiplied,
            example={"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42},
        ),
        Variant(
            name="drop_block2d",
            summary="Drops squares of block_size × block_size from the channels of (N, C, H, W).",
            ranks="exactly 4",
            rank=4,
            noise="(N, C, H - b + 1, W - b + 1), the corners of blocks, b = block_size",
            training="each corner drops its block with γ = min(1, p · H · W / (b² (H - b + 1)(W - b + 1))); "
            "y = x · size / kept where kept, else 0",
            parameters=("block_size", "mask"),
            source="Ghiasi, Lin, Le, DropBlock: A Regularization Method for Convolutional Networks (2018); "
            "torchvision.ops.drop_block2d",
            source_url="https://arxiv.org/abs/1810.12890",
            noise_over=_corners,
            factors=_random,
            replicate=_blocks,
            rate=_gamma,
            held=lambda shape, _decisions: prod(shape),
            windows=False,
            example={"input": [1.0] * 16, "shape": [1, 1, 4, 4], "block_size": 2, **_SHORT, "p": 0.25},
        ),
    )
}
