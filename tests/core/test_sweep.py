"""A block's survivors are the correctly rounded products, and what is dropped is +0.0, whatever it was."""

from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core import BLOCK, BoolArray, Draw, FloatArray
from app.core.effect import Select
from app.core.indices import Indices
from app.core.moments import Moments
from app.core.noise import drawn
from app.core.sweep import Sweep
from tests.core.oracle import bits

EVERY_HALF = np.arange(2**16, dtype=np.uint16).view(np.float16)
"""All there are: numbers, subnormals, both zeros, both infinities and 2,046 kinds of NaN."""

TYPES = [np.float16, np.float32, np.float64]


def applied(x: FloatArray, keep: BoolArray | None, scale: np.floating[Any] | None) -> FloatArray:
    """What is written over memory that held something else."""
    out = np.full(x.shape, nan, x.dtype.newbyteorder("="))
    with np.errstate(over="ignore", invalid="ignore"):
        Select(scale)(x, keep, out=out)
    return out


@pytest.mark.parametrize("scale", [1.0, 1.111328125, 1.6669921875, 2.0, 1000.0, 0.60009765625])
@pytest.mark.parametrize("keep", [None, np.ones(2**16, bool)], ids=["all", "mask"])
def test_products_of_every_float16(keep: BoolArray | None, scale: float) -> None:
    """Each float16 times each scale is the correctly rounded product; a NaN remains one.

    Two float16 have 22 significant bits between them, so float64 holds their product exactly and rounds it once.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        expected = (EVERY_HALF.astype(np.float64) * scale).astype(np.float16)
    seen = applied(EVERY_HALF, keep, np.float16(scale))
    number = ~np.isnan(EVERY_HALF)
    assert bits(seen[number]) == bits(expected[number])
    assert np.isnan(seen[~number]).all()


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=20), st.floats(1, 1e9, width=32))
def test_products_of_float32(values: list[float], scale: float) -> None:
    """A float32 times a scale is the correctly rounded product: 48 bits, which float64 holds exactly."""
    x = np.array(values, np.float32)
    with np.errstate(over="ignore"):
        expected = (x.astype(np.float64) * scale).astype(np.float32)
    assert bits(applied(x, None, np.float32(scale))) == bits(expected)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(1, 2.0**53))
def test_products_of_float64(value: float, scale: float) -> None:
    """A float64 times a scale is the correctly rounded product, in exact arithmetic."""
    exact = Fraction(value) * Fraction(scale)
    assume(abs(exact) < 2**1023)
    # of nothing but a zero's sign a fraction keeps no account
    assert applied(np.array([value]), None, np.float64(scale))[0] == float(exact)


@pytest.mark.parametrize("scale", [None, 1.0], ids=["none", "one"])
@pytest.mark.parametrize("keep", [None, np.ones(2**16, bool)], ids=["all", "mask"])
def test_a_scale_of_one_keeps_every_bit(keep: BoolArray | None, scale: float | None) -> None:
    """Where nothing is scaled each element comes out bit for bit, the payloads of signalling NaN too."""
    seen = applied(EVERY_HALF, keep, None if scale is None else np.float16(scale))
    assert bits(seen) == bits(EVERY_HALF)


@pytest.mark.parametrize("scale", [None, 1.0, 2.5, 0.0])
def test_every_dropped_float16_is_zero(scale: float | None) -> None:
    """Whatever was dropped, of all that a float16 can be, the result has no bit set."""
    seen = applied(EVERY_HALF, np.zeros(2**16, bool), None if scale is None else np.float16(scale))
    assert not seen.view(np.uint16).any()


@pytest.mark.parametrize("value", [nan, -nan, inf, -inf, -3.0, -0.0, 0.0, 5e-324, 65504.0, -1.7e308])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("scale", [None, 1.0, 1.5])
def test_dropped_is_positive_zero(dtype: type[np.floating[Any]], value: float, scale: float | None) -> None:
    """NaN, infinities and negatives are dropped to +0.0 in each type: selected, not multiplied by 0."""
    with np.errstate(over="ignore"):
        x = np.full(3, value).astype(dtype)
    seen = applied(x, np.array([False, True, False]), None if scale is None else dtype(scale))
    assert bits(seen[::2]) == bits(np.zeros(2, dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_a_scale_of_zero_leaves_nothing(dtype: type[np.floating[Any]]) -> None:
    """Evaluation under inference scaling at p = 1 is +0.0 everywhere, also where infinity · 0 would be NaN."""
    x = np.array([1, -1, inf, -inf, nan], dtype)
    assert bits(applied(x, None, dtype(0))) == bits(np.zeros(5, dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_the_other_byte_order(dtype: type[np.floating[Any]]) -> None:
    """Elements in the other byte order are the numbers they stand for."""
    x = np.array([1.5, -2.25, -0.0, inf], dtype)
    foreign = x.astype(x.dtype.newbyteorder())
    for scale in (None, dtype(3)):
        assert bits(applied(foreign, None, scale)) == bits(applied(x, None, scale))


def _swept(threads: int, *, y: FloatArray | None, m: BoolArray | None, before: bool = True, after: bool = True) -> Any:
    size = 3 * BLOCK + 11
    x = np.random.default_rng(5).standard_normal(size)
    noise = drawn(0.4, Draw(seed=9), Indices(0, size))
    scale = np.float64(1 / 0.6)
    sweep = Sweep(x=x, y=y, m=m, noise=noise, effect=Select(scale), dtype=x.dtype, before=before, after=after)
    return sweep.run(size, threads)


@pytest.fixture(params=[1, 2, 3, 4, 64])
def threads(request: pytest.FixtureRequest) -> int:
    """Fewer threads than blocks, as many, and more."""
    return int(request.param)


def test_threads_see_the_same_blocks(threads: int) -> None:
    """Blocks are reported in their order and are the same ones, to the last bit of their moments, by any threads."""
    assert _swept(threads, y=None, m=None) == _swept(1, y=None, m=None)
    assert len(_swept(threads, y=None, m=None)) == 4


def test_threads_write_the_same_arrays(threads: int) -> None:
    """Output and mask are the same by any number of threads, and wholly written."""
    size = 3 * BLOCK + 11
    one, many = ((np.full(size, nan), np.ones(size, bool)) for _ in range(2))
    _swept(1, y=one[0], m=one[1])
    _swept(threads, y=many[0], m=many[1])
    assert bits(many[0]) == bits(one[0])
    assert np.array_equal(many[1], one[1])
    assert np.array_equal(one[0] != 0, one[1])


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("after", [True, False])
def test_only_what_is_asked_for_is_measured(before: bool, after: bool) -> None:
    """Moments that nobody wants are none, and what was kept is counted all the same, with or without an output."""
    full = _swept(1, y=None, m=None)
    for y in (None, np.empty(3 * BLOCK + 11)):
        for block, expected in zip(_swept(1, y=y, m=None, before=before, after=after), full, strict=True):
            assert block.kept == expected.kept
            assert block.before == (expected.before if before else Moments())
            assert block.after == (expected.after if after else Moments())
