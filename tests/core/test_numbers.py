"""The normals of gaussian dropout and the inputs of experiments, by their laws."""

from collections.abc import Callable
from itertools import pairwise
from math import erf, log, sqrt
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import BLOCK, FLOATS, WORDS, Draw, FloatArray, Window
from app.core.arrays import blocks
from app.core.indices import Indices
from app.core.noise import normals
from app.core.numbers import normal
from app.core.philox import INPUTS, NORMALS
from app.core.simulate import Distribution, Input
from tests.core import oracle
from tests.core.given import decisions, draws, words
from tests.core.oracle import bits

SEED_42: Final = Draw(seed=42)
DRAW: Final = Draw(seed=42, stream=3, offset=5, sample=2)
PROMISED: Final = 1e-12
"""What the contract promises of a normal number: logarithms and sines of libraries differ in their last digits."""
SIZE: Final = 2 * BLOCK + 9
MANY: Final = 1_000_000
DISTRIBUTIONS: Final[list[Distribution]] = ["uniform", "normal", "constant"]


def numbers(draw: Draw, start: int, stop: int) -> FloatArray:
    """The noise's numbers of a range of elements, from block to block."""
    noise = normals(draw, Indices(draw.offset, stop))
    return np.concatenate([np.empty(0), *(noise.keep(at.start, at.stop) for at in blocks(start, stop))])


def normal_numbers(draw: Draw, first: int, count: int, tag: int = NORMALS) -> FloatArray:
    """z(first), …, so many of them."""
    return normal(draw.words(tag), Indices(first, count), 0, count)


def elements(
    distribution: Distribution, first: int, count: int, *, seed: int = 42, stream: int = 0, dtype: str = "float64"
) -> FloatArray:
    """A slice of a made-up input."""
    indices = Indices(0, first + count)
    words = Draw(seed=seed, stream=stream).words(INPUTS)
    made = Input(distribution=distribution, words=words, indices=indices, dtype=FLOATS[dtype])
    return np.concatenate([np.empty(0, FLOATS[dtype]), *(made[at].copy() for at in blocks(first, first + count))])


# --- normals


@pytest.mark.parametrize("i", range(3))
def test_golden_normals(i: int) -> None:
    """The golden numbers of the contract come out of its text, and out of the core at any place to begin."""
    golden = [1.4418969065547118, -1.2981891276185349, 2.2970236384877323]
    assert abs(oracle.normal(i, seed=42) - golden[i]) <= PROMISED
    assert np.abs(normal_numbers(SEED_42, i, 3 - i) - golden[i:]).max() <= PROMISED


@given(draws, st.integers(0, 9))
def test_normals_equal_the_law(draw: Draw, count: int) -> None:
    """At any seed, stream, sample and index, even or odd, numbers are those that the mathematics library makes."""
    seen = normal_numbers(draw, draw.offset, count)
    assert seen.shape == (count,)
    assert np.abs(seen - oracle.normals(count, draw)).max(initial=0) <= PROMISED


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_last_normals(count: int) -> None:
    """The numbers of the last indices there are, in the last sample of the last key, are those of the law."""
    last = Draw(seed=WORDS - 1, stream=WORDS - 1, sample=WORDS - 1, offset=WORDS - count)
    seen = normal_numbers(last, last.offset, count)
    assert np.abs(seen - oracle.normals(count, last)).max() <= PROMISED


@settings(max_examples=25)
@given(draws.filter(lambda draw: draw.offset < WORDS - 4 * BLOCK), st.lists(st.integers(0, SIZE), max_size=3))
def test_ranges_of_normals_concatenate(draw: Draw, cuts: list[int]) -> None:
    """Any way to cut the elements into ranges gives the numbers of the whole bit for bit, beyond a block as well."""
    draw = Draw(seed=draw.seed, offset=draw.offset)
    ends = [0, *sorted(cuts), SIZE]
    parts = [numbers(draw, start, stop) for start, stop in pairwise(ends) if start < stop]
    assert bits(np.concatenate(parts)) == bits(normal_numbers(draw, draw.offset, SIZE))


@given(draws, st.integers(0, 20), st.integers(0, 20))
def test_offsets_of_normals_concatenate(draw: Draw, first: int, second: int) -> None:
    """A chunk drawn alone at its offset equals those numbers of the whole bit for bit."""
    chunks = [normal_numbers(draw, draw.offset, first), normal_numbers(draw, draw.offset + first, second)]
    assert bits(np.concatenate(chunks)) == bits(normal_numbers(draw, draw.offset, first + second))


def test_those_without_a_use_for_numbers_have_none() -> None:
    """Where nothing is dropped no number is drawn."""
    assert normals(DRAW, Indices(0, SIZE), none=True).keep(0, SIZE) is None


@pytest.mark.parametrize("offset", [0, 1])
def test_mean_and_variance(offset: int) -> None:
    """Of n numbers the mean is 0, σ = 1/√n, and the mean square 1, σ = √((3 − 1)/n), both within 6 σ."""
    z = normal_numbers(SEED_42, offset, MANY)
    assert abs(z.mean()) <= 6 / sqrt(MANY)
    assert abs(np.square(z).mean() - 1) <= 6 * sqrt(2 / MANY)


@pytest.mark.parametrize("within", [0.1, 0.5, 1.0, 2.0, 3.0, 4.0])
def test_the_shape_is_the_normal(within: float) -> None:
    """A share of erf(d/√2) lies within ± d, within 6 σ of a binomial: it is the normal, not another of variance 1."""
    z, share = normal_numbers(SEED_42, 0, MANY), erf(within / sqrt(2))
    assert abs(np.count_nonzero(np.abs(z) <= within) / MANY - share) <= 6 * sqrt(share * (1 - share) / MANY)


def test_normals_are_finite() -> None:
    """No number is beyond √(−2 ln 2^-53) = 8.57: u1 is never 0."""
    assert np.abs(normal_numbers(SEED_42, 0, MANY)).max() <= sqrt(-2 * log(2.0**-53))


STANDARD: Final[list[Callable[[FloatArray], FloatArray]]] = [lambda z: z, lambda z: (z * z - 1) / sqrt(2)]


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 100, BLOCK])
@pytest.mark.parametrize("standard", STANDARD, ids=["itself", "square"])
def test_normals_are_uncorrelated(lag: int, standard: Callable[[FloatArray], FloatArray]) -> None:
    """Numbers and their squares at any distance, the two of a pair too, have no covariance: 0 within 6 σ.

    Of standardised independent variables that is the mean of products of variance 1, so σ = 1/√n: the products of one
    distance have elements in common, but no covariance.
    """
    x = standard(normal_numbers(SEED_42, 0, MANY + lag))
    assert abs(np.dot(x[lag:], x[:-lag]) / MANY) <= 6 / sqrt(MANY)


@pytest.mark.parametrize("other", [Draw(seed=43), Draw(seed=42, stream=1), Draw(seed=42, sample=1), Draw(stream=42)])
def test_draws_are_independent(other: Draw) -> None:
    """Another seed, stream or sample gives independent numbers: the mean product is 0, σ = 1/√n, within 6 σ."""
    z, theirs = (normal_numbers(draw, 0, MANY) for draw in (SEED_42, other))
    assert abs(np.dot(z, theirs) / MANY) <= 6 / sqrt(MANY)


@pytest.mark.parametrize("tag", [NORMALS, INPUTS])
def test_the_mask_says_nothing_of_the_numbers(tag: int) -> None:
    """The mean of the numbers that a mask of the same draw keeps is 0 within 6 σ, σ = 1/√kept; of inputs as well."""
    kept = normal_numbers(SEED_42, 0, MANY, tag=tag)[decisions(0.4, SEED_42, (MANY,))]
    assert abs(kept.mean()) <= 6 / sqrt(kept.size)


@given(draws.filter(lambda draw: draw.offset < 2**63), st.integers(0, 6))
def test_normals_of_a_column(draw: Draw, column: int) -> None:
    """Numbers that are drawn one by one are those drawn in a row, for even and odd indices alike."""
    window = Window.of((9, 1), (9, 7), (0, column))
    seen = normal(draw.words(NORMALS), Indices.of(window, draw.offset), 0, 9)
    row = normal_numbers(draw, draw.offset, 63).reshape(9, 7)[:, column]
    assert np.abs(seen - row).max() <= PROMISED


# --- inputs of experiments


def test_golden_inputs() -> None:
    """The golden inputs of the contract come out exactly, of its text and of the core: 53 bits have no rounding."""
    golden = [0.8501261319416725, 0.8233641586600332]
    assert [oracle.uniform(i, seed=42) for i in range(2)] == golden
    assert elements("uniform", 0, 2).tolist() == golden


@given(words, words, st.integers(0, 2**63), st.integers(1, 9))
def test_uniform_inputs_equal_the_law(seed: int, stream: int, first: int, count: int) -> None:
    """Element i is the first 53 bits of its word over 2^53, exactly."""
    seen = elements("uniform", first, count, seed=seed, stream=stream)
    assert seen.tolist() == [oracle.uniform(first + i, seed=seed, stream=stream) for i in range(count)]


@given(words, words, st.integers(0, 2**63), st.integers(1, 9))
def test_normal_inputs_equal_the_law(seed: int, stream: int, first: int, count: int) -> None:
    """Element i is z(i) by the words of inputs."""
    seen = elements("normal", first, count, seed=seed, stream=stream)
    law = [oracle.normal(first + i, seed=seed, stream=stream, tag=oracle.INPUTS) for i in range(count)]
    assert np.abs(seen - law).max() <= PROMISED


def test_constant_inputs() -> None:
    """Every element is 1, whatever the seed."""
    assert elements("constant", 5, 1000, seed=7).tolist() == [1.0] * 1000


@pytest.mark.parametrize("distribution", DISTRIBUTIONS[:2])
@pytest.mark.parametrize("other", [{"seed": 43}, {"stream": 1}])
def test_seeds_and_streams_have_their_own_inputs(distribution: Distribution, other: dict[str, Any]) -> None:
    """Another seed or stream shares no element."""
    here, there = (elements(distribution, 0, 1000, **place) for place in ({}, other))
    assert not np.intersect1d(here, there).size


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cut", [0, 1, 1000, BLOCK - 1, BLOCK, BLOCK + 3])
def test_slices_of_an_input_equal_the_whole(distribution: Distribution, dtype: str, cut: int) -> None:
    """An input worked out in parts, at odd places and across blocks, is the whole bit for bit."""
    size = BLOCK + 9
    spans = [(0, cut), (cut, size - cut)]
    parts = [elements(distribution, first, count, dtype=dtype) for first, count in spans]
    assert bits(np.concatenate(parts)) == bits(elements(distribution, 0, size, dtype=dtype))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_inputs_are_rounded_once(distribution: Distribution, dtype: str) -> None:
    """Elements are drawn in float64 and rounded to the type: none is drawn anew for a narrower one."""
    wide = elements(distribution, 0, 10_000)
    assert bits(elements(distribution, 0, 10_000, dtype=dtype)) == bits(wide.astype(dtype))


def test_uniform_inputs_are_uniform() -> None:
    """Of n elements in [0, 1) the mean is ½, σ = √(1/12/n), and the mean square ⅓, σ = √(4/45/n), within 6 σ."""
    x = elements("uniform", 0, MANY)
    assert x.min() >= 0
    assert x.max() < 1
    assert abs(x.mean() - 1 / 2) <= 6 * sqrt(1 / 12 / MANY)
    assert abs(np.square(x).mean() - 1 / 3) <= 6 * sqrt(4 / 45 / MANY)
