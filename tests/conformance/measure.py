"""What the frameworks are held with: inputs, our result with a mask of theirs, and how far apart two results are."""

from functools import cache, reduce
from math import sqrt
from typing import Any

import numpy as np

from app.core import FLOATS, BoolArray, FloatArray, Layer, Shape, dropout
from app.core.factors import ALPHA

DTYPES = list(FLOATS)
PS = [0.001, 0.05, 0.1, 0.2, 0.3, 1 / 3, 0.4, 0.5, 0.9, 0.999]


@cache
def normals(dtype: str, shape: Shape, seed: int = 3) -> FloatArray:
    """Normals, all of them other than 0."""
    x: FloatArray = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    x[x == 0] = 1
    x.flags.writeable = False
    return x


def ours(x: FloatArray, mask: BoolArray | None = None, *, gradient: bool = False, **fields: Any) -> FloatArray:
    """What we make of an array, or of a gradient, with a mask of theirs."""
    y = dropout(x, layer=Layer(**fields), mask=mask, gradient=gradient).output
    assert y is not None
    return y


def ulps(y: FloatArray, expected: FloatArray, *terms: Any) -> float:
    """How far apart two arrays are at most, in units of the last place.

    Whose last place: that of the larger of the two, or of a term that it is the sum of, where one is larger still. What
    a sum loses in its terms is not made up for when they cancel out.
    """
    largest = reduce(np.maximum, (np.abs(np.asarray(term, y.dtype)) for term in (y, expected, *terms)))
    return float(np.max(np.abs(y.astype(float) - expected.astype(float)) / np.spacing(largest).astype(float)))


def alpha_terms(x: FloatArray, keep: BoolArray, p: float) -> tuple[Any, float]:
    """The terms that alpha dropout adds: a · x where kept, −a · α′ where dropped, and a · α′ · p."""
    a = 1 / sqrt((ALPHA**2 * p + 1) * (1 - p))
    return np.where(keep, a * x.astype(float), -a * ALPHA), a * ALPHA * p


def decisions(keep: BoolArray, layer: Layer) -> BoolArray:
    """A mask cut down to the layer's noise shape: in the right shape that loses nothing, and no axis is too many."""
    corner: BoolArray = keep[tuple(slice(length) for length in layer.noise_over(keep.shape))]
    assert np.array_equal(np.broadcast_to(corner, keep.shape), keep)
    assert all((corner != corner.take([0], axis)).any() for axis, length in enumerate(corner.shape) if length > 1)
    return corner
