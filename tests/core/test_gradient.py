"""The gradient of every layer: the factor of each element, under the forward's own noise."""

from math import inf, nan, prod, sqrt
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, BoolArray, Draw, FloatArray, Layer, Shape, dropout
from app.core.replicate import Applied
from app.errors import Invalid
from app.verify.values.floats import float_format
from tests.core import oracle
from tests.core.given import draws, probabilities
from tests.core.oracle import bits, same
from tests.core.test_family import (
    ALPHAS,
    BLOCKS,
    DRAW,
    FAMILY,
    GAUSSIANS,
    LEAST,
    MASKED,
    SCALED,
    SCALINGS,
    SELECTING,
    UNIT,
    Fields,
    Row,
    each,
    further,
    mask_of,
    normals,
    output,
    patterns,
    types,
)

inner: Final = st.floats(2.0**-12, 1 - 2.0**-12)
"""Shares whose scales and shifts no type finds too large, or too small to be normal."""


def backward(g: FloatArray, layer: Layer, draw: Draw = DRAW, **more: Any) -> FloatArray:
    """The gradient of the input."""
    return output(dropout(g, layer=layer, draw=draw, gradient=True, **more))


def forward(x: FloatArray, layer: Layer, draw: Draw = DRAW, **more: Any) -> FloatArray:
    """The output."""
    return output(dropout(x, layer=layer, draw=draw, **more))


# --- the factor


@given(st.sampled_from(MASKED), st.sampled_from(SCALINGS), st.one_of(inner, st.just(0.0)), draws, types)
def test_of_ones_it_is_the_scale(row: Row, scaling: Any, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Of ones it is the scale where kept, as the forward tells it, and +0.0 where dropped: alpha's shift has none."""
    fields, shape, _ = row
    layer = Layer(p=p, scaling=scaling if fields["variant"] in SCALED else "inverted", **fields)
    keep, factors = mask_of(layer, shape, draw), dropout(np.ones(shape, dtype), layer=layer, draw=draw).applied
    scale = np.full(shape, factors.scale or 0.0, dtype)
    assert bits(backward(np.ones(shape, dtype), layer, draw)) == bits(oracle.selected(scale, keep))


@given(st.sampled_from(MASKED), inner, draws, types)
def test_it_is_selected_and_scaled(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Of any gradient it is dtype(c(g) · c(scale)) where kept, and +0.0 where dropped, of NaN and infinities too."""
    fields, shape, _ = row
    layer, g = Layer(p=p, **fields), normals(shape, dtype)
    scale = dropout(g, layer=layer, draw=draw).applied.scale
    expected = np.zeros_like(g) if scale is None else oracle.times(g, dtype.type(scale))
    assert same(backward(g, layer, draw), oracle.selected(expected, mask_of(layer, shape, draw)))


@given(st.sampled_from(GAUSSIANS), inner, draws, types)
def test_of_gaussian_it_is_the_forward(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Gaussian dropout is a product with 1 + z · √(p/(1 − p)), and so is its gradient, bit for bit."""
    fields, shape, _ = row
    layer, g = Layer(p=p, **fields), normals(shape, dtype)
    assert same(backward(g, layer, draw), forward(g, layer, draw))


def test_of_ones_it_is_the_factor_of_gaussian() -> None:
    """Of ones it is 1 + z · √(p/(1 − p)), to the 1e-12 of z that is promised and three roundings of the rest."""
    deviation, z = sqrt(0.4 / 0.6), oracle.normals(12, DRAW).reshape(3, 4)
    seen = backward(np.ones((3, 4)), Layer(p=0.4, variant="gaussian_dropout"))
    error, rounding = np.abs(seen - (1 + z * deviation)), 6 * 2.0**-53 * (1 + np.abs(z * deviation))
    assert (error <= deviation * 1e-12 + rounding).all()


@each(MASKED)
@pytest.mark.parametrize("value", [nan, inf, -3.0, -0.0])
def test_what_is_dropped_has_none(row: Row, value: float) -> None:
    """Where the forward dropped, the gradient is +0.0 bit for bit, whatever came."""
    fields, shape, _ = row
    layer, keep = Layer(p=0.6, **fields), mask_of(Layer(p=0.6, **fields), shape, DRAW)
    for dtype in FLOATS.values():
        gone = backward(np.full(shape, value, dtype), layer)[~keep]
        assert bits(gone) == bits(np.zeros_like(gone))


# --- edges


@each(FAMILY)
@pytest.mark.parametrize("more", [{"p": 0}, {"p": 0.4, "training": False}, {"p": 1, "training": False}], ids=str)
def test_of_the_identity_it_is_the_identity(row: Row, more: Fields) -> None:
    """At p = 0 and in evaluation every bit of the gradient comes out as it went in."""
    fields, shape, _ = row
    for g in (patterns(shape, dtype) for dtype in FLOATS.values()):
        assert bits(backward(g, Layer(**fields, **more))) == bits(g)


@each(MASKED)
def test_at_p_1_there_is_none(row: Row) -> None:
    """Where everything is dropped the gradient is +0.0."""
    fields, shape, _ = row
    for g in (patterns(shape, dtype) for dtype in FLOATS.values()):
        assert bits(backward(g, Layer(p=1, **fields))) == bits(np.zeros_like(g))


@given(st.sampled_from(SELECTING), probabilities, types)
def test_of_inference_scaling_in_evaluation(row: Row, p: float, dtype: np.dtype[Any]) -> None:
    """Evaluation that multiplies by 1 − p has the gradient g · (1 − p), +0.0 at p = 1."""
    fields, shape, _ = row
    g, layer = normals(shape, dtype), Layer(p=p, training=False, scaling="inference", **fields)
    scale = layer.effect(dtype).scale
    assert scale is not None
    assert same(backward(g, layer), oracle.times(g, scale) if scale else np.zeros_like(g))


def test_of_gaussian_at_p_1() -> None:
    """It is refused as the forward is."""
    with pytest.raises(Invalid, match="p must be below 1"):
        backward(np.ones(3), Layer(p=1, variant="gaussian_dropout"))


# --- the slope


def points(shape: Shape, dtype: np.dtype[Any]) -> FloatArray:
    """Eighths from −2 to 2, which every type holds exactly, 4 and 16 more too."""
    x: FloatArray = np.random.default_rng(5).integers(-16, 17, shape).astype(dtype)
    x /= dtype.type(8)
    return x


@given(st.sampled_from(FAMILY), inner, draws, types)
def test_finite_differences(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Under the same noise the layer is affine, so (f(x + h) − f(x))/h is the gradient, here with h = 4.

    x + h is exact, and so are the difference of the outputs in float64 of narrower types, and a quarter of it. What is
    left are the roundings of either output, of product, sum and type, by u of what is rounded, 6 s and a shift at most;
    that of the gradient; and in float64 that of the difference.
    """
    fields, shape, _ = row
    layer, x, h, u = Layer(p=p, **fields), points(shape, dtype), 4, UNIT[dtype.name]
    low, high = (forward(at, layer, draw).astype(float) for at in (x, x + dtype.type(h)))
    slope, shift = backward(np.ones(shape, dtype), layer, draw).astype(float), _shift(layer)
    largest = 6 * np.abs(slope) + shift
    assert (
        np.abs((high - low) / h - slope) <= (2 * 3 * largest / h + 2 * np.abs(slope)) * u + 2 * LEAST[dtype.name]
    ).all()


def _shift(layer: Layer) -> float:
    """What is added, if anything; a · α′ · (1 − p) is added where dropped."""
    alpha = {row[0]["variant"] for row in ALPHAS}
    return float(max(map(abs, oracle.alpha(layer.p)[1:]))) if layer.variant in alpha else 0.0


# fields, p, mask: the scale is a power of two, or a few bits long
EXACT: Final[list[tuple[Fields, float, BoolArray]]] = [
    ({"variant": "dropout"}, 0.5, np.arange(24).reshape(2, 1, 3, 4) % 2 > 0),
    ({"variant": "dropout2d"}, 0.75, np.array([[[[True]], [[False]]]])),
    ({"variant": "stochastic_depth"}, 0.875, np.array([True, False]).reshape(2, 1, 1, 1)),
    ({"variant": "dropout", "scaling": "none"}, 0.3, np.arange(4) > 1),
    ({"variant": "drop_block2d", "block_size": 2}, 0.3, np.arange(4) > 1),
]


@pytest.mark.parametrize(("fields", "p", "keep"), EXACT, ids=[str(fields) for fields, *_ in EXACT])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("h", [2.0**-3, 1.0, 16.0])
def test_exact_differences(fields: Fields, p: float, keep: BoolArray, dtype: str, h: float) -> None:
    """Under a given mask and a scale that no product is rounded by, differences are the gradient exactly."""
    layer, x = Layer(p=p, **fields), points((2, 2, 3, 4), FLOATS[dtype])
    low, high = (forward(at, layer, mask=keep).astype(float) for at in (x, x + x.dtype.type(h)))
    assert ((high - low) / h == backward(np.ones_like(x), layer, mask=keep)).all()


# --- what it has in common with the forward


@given(st.sampled_from(FAMILY), inner, draws, types, st.integers(-3, 3))
def test_it_is_linear(row: Row, p: float, draw: Draw, dtype: np.dtype[Any], k: int) -> None:
    """2^k times a gradient has 2^k times the gradient, bit for bit where it has all its digits: nothing is added."""
    fields, shape, _ = row
    layer, g, power = Layer(p=p, **fields), points(shape, dtype), dtype.type(2.0**k)
    once, scaled = backward(g, layer, draw), backward(g * power, layer, draw)
    normal = np.abs(once.astype(float)) >= 2.0 ** (float_format(dtype).least + 3)
    assert np.array_equal(scaled[normal], once[normal] * power)
    assert (scaled[once == 0] == 0).all()


@given(st.sampled_from(MASKED), inner, draws, types)
def test_a_mask_gives_the_gradient_of_its_draw(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """The mask that came out, given back, has the gradient that its draw has."""
    fields, shape, _ = row
    layer, g = Layer(p=p, **fields), normals(shape, dtype)
    keep = mask_of(layer, shape, draw)
    assert same(backward(g, layer, mask=keep), backward(g, layer, draw))


@each(FAMILY)
def test_it_has_the_noise_of_its_sample(row: Row) -> None:
    """Sample, stream and offset choose the noise of the gradient as they do the forward's; replicates stack."""
    fields, shape, noise = row
    layer, ones = Layer(p=0.4, **fields), np.ones(shape)
    together = backward(ones, layer, samples=3)
    assert bits(together) == bits(np.stack([backward(ones, layer, DRAW.replicate(k)) for k in range(3)]))
    assert prod(noise) < 9 or bits(together[0]) != bits(backward(ones, layer, Draw(seed=42)))


@given(
    st.sampled_from([row for row in FAMILY if row[1][:1] == row[2][:1] != () and row not in BLOCKS]), st.integers(0, 7)
)
def test_chunks_equal_the_whole(row: Row, cut: int) -> None:
    """Rows of a gradient alone, at their offset, are those of the whole."""
    fields, shape, noise = row
    layer, g, cut = Layer(p=0.4, **fields), normals(shape, FLOATS["float32"]), min(cut, shape[0])
    chunks = [backward(g[:cut], layer), backward(g[cut:], layer, further(DRAW, cut * prod(noise[1:])))]
    assert same(np.concatenate(chunks), backward(g, layer))


@each(FAMILY)
def test_the_record_is_the_forwards(row: Row) -> None:
    """Noise, decisions and factors are told as they are of the forward; moments are those of the gradients."""
    fields, shape, _ = row
    layer, g = Layer(p=0.4, **fields), np.full(shape, 2.0)
    there, back = (dropout(g, layer=layer, draw=DRAW, gradient=gradient) for gradient in (False, True))
    assert (back.applied, back.noise_shape, back.rate) == (there.applied, there.noise_shape, there.rate)
    assert back.tally[:3] == there.tally[:3]
    assert back.tally.output.zeros == np.count_nonzero(output(back) == 0)


@pytest.mark.parametrize("variant", ["alpha_dropout", "feature_alpha_dropout"])
def test_of_alpha_in_evaluation(variant: str) -> None:
    """Evaluation has neither a nor a shift to tell, and the gradient is the identity."""
    result = dropout(np.ones((3, 4)), layer=Layer(p=0.4, variant=variant, training=False), gradient=True)
    assert result.applied == Applied(1.0)
    assert output(result).all()


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex128"])
def test_other_types_are_refused(dtype: str) -> None:
    """As they are forward."""
    with pytest.raises(Invalid):
        backward(np.ones(3, dtype), Layer())
