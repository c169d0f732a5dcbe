"""What a layer does to a block, to the bit: a selection, a selection with a shift, a product with noise."""

from fractions import Fraction
from math import inf, nan, pi
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, BoolArray, FloatArray
from app.core.effect import Affine, Effect, Multiply, Select
from tests.core import oracle
from tests.core.oracle import bits, same

EVERY: Final[dict[str, FloatArray]] = {
    name: np.arange(2**16, dtype=np.uint16).view(FLOATS[name]) for name in ("float16", "bfloat16")
}
"""All that there are of two bytes: numbers, subnormals, both zeros, both infinities, and every NaN."""
A: Final = (0.8864, 0.7792, -0.7792)
"""Scale, shift and the value of the dropped, about those of alpha dropout at p = ½."""
THIRDS: Final[BoolArray] = np.arange(2**16) % 3 > 0
moderate: Final = st.floats(-(2.0**80), 2.0**80, width=32)


def written(effect: Effect, x: FloatArray, noise: Any) -> FloatArray:
    """What an effect writes over memory that held something else."""
    out = np.full(x.shape, nan, x.dtype.newbyteorder("="))
    with np.errstate(all="ignore"):
        effect(x, noise, out=out)
    return out


def affine(dtype: str) -> Affine:
    """The effect with numbers of the type."""
    return Affine(*(FLOATS[dtype].type(value) for value in A))


# --- selection


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize("scale", [None, 0.0, 1.0, 2.0, 1.6640625])
def test_selection(dtype: str, scale: float | None) -> None:
    """Kept elements are times the scale, no scale is one of 1, and the dropped have no bit set."""
    factor = None if scale is None else FLOATS[dtype].type(scale)
    seen = written(Select(factor), EVERY[dtype], THIRDS)
    product = oracle.times(EVERY[dtype], FLOATS[dtype].type(1)) if factor is None else _times(EVERY[dtype], factor)
    assert same(seen, oracle.selected(product, THIRDS))


def _times(x: FloatArray, factor: np.floating[Any]) -> FloatArray:
    """The product, where 0 leaves nothing of an infinity or a NaN."""
    return oracle.times(x, factor) if factor else np.zeros_like(x)


@pytest.mark.parametrize("scale", [None, 1.0])
@pytest.mark.parametrize("dtype", EVERY)
def test_a_selection_without_a_scale_keeps_every_bit(dtype: str, scale: float | None) -> None:
    """Not even a NaN is another."""
    factor = None if scale is None else FLOATS[dtype].type(scale)
    assert bits(written(Select(factor), EVERY[dtype], None)) == bits(EVERY[dtype])
    assert bits(written(Select(factor), EVERY[dtype], THIRDS)[THIRDS]) == bits(EVERY[dtype][THIRDS])


# --- selection with a shift


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize("noise", [None, THIRDS], ids=["all", "mask"])
def test_shift_of_every_number(dtype: str, noise: BoolArray | None) -> None:
    """Kept elements are dtype(c(x) · c(scale) + c(shift)), the dropped one value, whatever they were."""
    effect = affine(dtype)
    expected = oracle.affine(EVERY[dtype], effect.scale, effect.shift)
    keep = np.ones(2**16, bool) if noise is None else noise
    seen = written(effect, EVERY[dtype], noise)
    assert same(seen[keep], expected[keep])
    assert bits(seen[~keep]) == bits(np.full(np.count_nonzero(~keep), effect.dropped))


@given(st.lists(st.floats(width=32), max_size=20))
def test_shift_of_float32(values: list[float]) -> None:
    """A float32 is computed in float32, rounded after the product and after the sum."""
    x, effect = np.array(values, np.float32), affine("float32")
    assert same(written(effect, x, None), oracle.affine(x, effect.scale, effect.shift))


@given(moderate, st.floats(1, 2.0**30), moderate, st.sampled_from([np.float32, np.float64]))
def test_shift_is_near_the_exact(value: float, scale: float, shift: float, dtype: type[np.floating[Any]]) -> None:
    """The result is off by what rounding the product and the sum adds: u of either, half a subnormal at least."""
    effect = Affine(dtype(scale), dtype(shift), dtype(0))
    y = Fraction(float(written(effect, np.array([value], dtype), None)[0]))
    u, tiny = Fraction(float(np.finfo(dtype).eps)) / 2, Fraction(float(np.finfo(dtype).smallest_subnormal)) / 2
    product = Fraction(value) * Fraction(float(effect.scale))
    assert abs(y - product - Fraction(shift)) <= u * (abs(product) * (1 + u) + abs(y)) + tiny


@pytest.mark.parametrize("value", [nan, inf, -inf, -0.0, 3.0])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_dropped_are_one_value(dtype: str, value: float) -> None:
    """NaN and infinities leave no trace where they are dropped."""
    effect = affine(dtype)
    seen = written(effect, np.full(9, value, FLOATS[dtype]), np.zeros(9, bool))
    assert bits(seen) == bits(np.full(9, effect.dropped))


# --- a product with noise


@given(st.lists(st.tuples(st.floats(), st.floats(-9, 9)), max_size=20), st.floats(0, 2.0**27))
def test_product_of_float64(pairs: list[tuple[float, float]], deviation: float) -> None:
    """x · (1 + z · deviation), each step in float64."""
    x, z = np.array(pairs, np.float64).reshape(-1, 2).T
    with np.errstate(all="ignore"):
        expected = np.array([value * (1 + number * deviation) for value, number in zip(x, z, strict=True)], np.float64)
    assert same(written(Multiply(deviation), x, z), expected)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_product_is_rounded_once(dtype: str) -> None:
    """The narrower types are dilate, which is exact, multiplied in float64, and rounded once."""
    x, z = np.linspace(-9, 9, 2**16).astype(dtype), np.linspace(pi, -pi, 2**16)
    expected = x.astype(np.float64) * (1 + z * 0.81)
    assert bits(written(Multiply(0.81), x, z)) == bits(expected.astype(dtype))


def test_product_of_bfloat16() -> None:
    """A bfloat16 is within half a unit of its last place, 2^-8, of the product, and what a float32 between may add."""
    x, z = np.linspace(-9, 9, 2**16).astype(FLOATS["bfloat16"]), np.linspace(pi, -pi, 2**16)
    expected = x.astype(np.float64) * (1 + z * 0.81)
    error = np.abs(written(Multiply(0.81), x, z).astype(np.float64) - expected)
    assert (error <= (2.0**-8 + 2.0**-24) * np.abs(expected)).all()


@pytest.mark.parametrize("dtype", EVERY)
def test_no_noise_keeps_every_bit(dtype: str) -> None:
    """Where there are no numbers there is no product: the input comes out, every NaN too."""
    assert bits(written(Multiply(0.0), EVERY[dtype], None)) == bits(EVERY[dtype])


# --- all of them

EFFECTS: Final[list[tuple[Effect, Any]]] = [
    (Select(np.float64(1.5)), np.array([True, False, True])),
    (Affine(*map(np.float64, A)), np.array([True, False, True])),
    (Multiply(0.81), np.array([0.3, -0.5, 2.0])),
]
EACH: Final = pytest.mark.parametrize(
    ("effect", "noise"), EFFECTS, ids=[type(effect).__name__ for effect, _ in EFFECTS]
)


@EACH
def test_the_other_byte_order(effect: Effect, noise: Any) -> None:
    """Elements in the other byte order are the numbers they stand for."""
    x = np.array([1.5, -2.25, inf])
    assert bits(written(effect, x.astype(x.dtype.newbyteorder()), noise)) == bits(written(effect, x, noise))


@EACH
def test_the_input_is_only_read(effect: Effect, noise: Any) -> None:
    """Neither the block nor its noise is changed."""
    x = np.array([1.5, -2.25, inf])
    before = bits(x), bits(noise)
    written(effect, x, noise)
    assert (bits(x), bits(noise)) == before


@EACH
def test_the_gradient_is_the_slope(effect: Effect, noise: Any) -> None:
    """The gradient of ones is f(1) − f(0) under the same noise: effects are affine. What is dropped has none, +0.0.

    The difference is off by a unit of the last place of either value, and both are below 4.
    """
    slope = written(effect, np.ones(3), noise) - written(effect, np.zeros(3), noise)
    seen = written(effect.gradient, np.ones(3), noise)
    assert np.abs(seen - slope).max() <= 2 * 4 * 2.0**-53
    assert bits(seen[slope == 0]) == bits(np.zeros(np.count_nonzero(slope == 0)))


@EACH
def test_the_gradient_has_no_shift(effect: Effect, noise: Any) -> None:
    """A gradient of 0 stays one, and the gradient of a gradient is itself."""
    assert not written(effect.gradient, np.zeros(3), noise).any()
    assert effect.gradient.shift is None
    assert effect.gradient.gradient == effect.gradient


def test_the_record() -> None:
    """Scale and shift are what was applied, and none where each element has its own."""
    effects: list[Effect] = [Select(None), Select(np.float64(2)), Affine(*map(np.float64, A)), Multiply(0.5)]
    assert [(effect.scale, effect.shift) for effect in effects] == [(None, None), (2, None), A[:2], (None, None)]
