"""Means and deviations are right to bounds that follow from the arithmetic, however the values are cut into blocks.

u = 2^-53 is float64's unit of rounding. A sum of n terms, in any order, is off by at most (n − 1)·u·Σ|x|; n is at most
BLOCK here, as longer arrays are merged from blocks.
"""

from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import inf, isfinite, nan, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import BLOCK, FloatArray, Moments
from app.core.arrays import blocks
from app.core.moments import measure
from tests.core.given import arrays

U = 2.0**-53
TINY = 2.0**-1074
HUGE = 1.7e308


def measured(x: FloatArray) -> Moments:
    """The moments of a flat array, as a pass over its blocks finds them."""
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(Moments.merge, [measure(x[block]) for block in blocks(0, x.size)], Moments())


def exact(x: FloatArray) -> tuple[Fraction, Fraction, Fraction]:
    """(mean of the sizes, mean, variance) of the finite values, in exact arithmetic."""
    values = [Fraction(value) for value in x.ravel().tolist() if isfinite(value)]
    n = max(len(values), 1)
    mean = sum(values, Fraction()) / n
    return sum(map(abs, values), Fraction()) / n, mean, sum(((v - mean) ** 2 for v in values), Fraction()) / n


def assert_mean(moments: Moments, x: FloatArray, merges: int = 0) -> None:
    """Hold a mean against the exact one.

    In a block: the sum's (n − 1)·u of the mean size and u for the division, or less where n is counted in extended
    precision. A merge rounds three times numbers of at most twice the largest value. The last bit of a subnormal is
    no fraction of it, so one is added.
    """
    size, mean, _ = exact(x)
    largest = max((abs(Fraction(value)) for value in x.tolist() if isfinite(value)), default=Fraction())
    assert moments.mean is not None
    slack = (min(x.size, BLOCK) + 1) * U * float(size) + 6 * merges * U * float(largest) + TINY
    assert abs(Fraction(moments.mean) - mean) <= Fraction(slack)


def assert_std(moments: Moments, x: FloatArray, merges: int = 0) -> None:
    """Hold a deviation against the exact one, as squares, which need no root.

    In a block Σx² is off by n·u of itself and n·mean² by 2(n + 1)·u of Σx² at most, so the variance by 3(n + 1)·u·Σx²,
    which is 3,000(n + 1)·u of itself where a thousandth is left; where less is left distances are summed, with n·u.
    The deviation has half of that. A merge moves centers by 6·u of the largest value, and the deviation, a length, by
    no more than what its points are moved by. Squares below 2^-1074 vanish: a length of √n·2^-537 in all, over √n.
    """
    _, _, variance = exact(x)
    largest = max((abs(value) for value in x.tolist() if isfinite(value)), default=0.0)
    relative = Fraction(1500 * (min(x.size, BLOCK) + 1) * U)
    slack = Fraction(2.0**-536) + 12 * merges * Fraction(U) * Fraction(largest)
    assert moments.std is not None
    std = Fraction(moments.std)
    assert max(std - slack, Fraction()) ** 2 <= variance * (1 + relative) ** 2
    assert (std + slack) ** 2 >= variance * (1 - relative) ** 2


@given(arrays(st.integers(1, 100)))
def test_moments_of_anything(x: FloatArray) -> None:
    """Mean and deviation are those of the finite values, for values of any type and size; None when there are none."""
    moments = measured(x)
    finite = int(np.count_nonzero(np.isfinite(x)))
    assert (moments.size, moments.finite, moments.non_finite) == (x.size, finite, x.size - finite)
    assert moments.zeros == np.count_nonzero(x == 0)
    if not finite:
        assert (moments.mean, moments.std) == (None, None)
        return
    assert_mean(moments, x)
    assert_std(moments, x)


@given(arrays(st.integers(1, 60)), st.lists(st.integers(1, 59), max_size=5))
def test_merged_moments(x: FloatArray, cuts: list[int]) -> None:
    """Moments of pieces, merged, are the moments of the whole."""
    ends = sorted({0, x.size, *(cut for cut in cuts if cut < x.size)})
    pieces = [measured(x[start:stop]) for start, stop in pairwise(ends)]
    merged, whole = reduce(Moments.merge, pieces), measured(x)
    assert merged[:3] == whole[:3]
    if whole.finite:
        assert_mean(merged, x, len(pieces) - 1)
        assert_std(merged, x, len(pieces) - 1)


@given(arrays(st.integers(1, 9)))
def test_nothing_is_neutral(x: FloatArray) -> None:
    """Merging with the moments of nothing, on either side, changes no bit."""
    moments = measured(x)
    assert Moments().merge(moments) == moments == moments.merge(Moments())


def test_moments_of_nothing() -> None:
    """Nothing has no mean, no deviation and no share of zeros."""
    nothing = measured(np.empty(0))
    assert nothing == Moments()
    assert (nothing.mean, nothing.std, nothing.zero_fraction, nothing.non_finite) == (None, None, None, 0)


def _agree(seen: float | None, expected: float, bound: float) -> None:
    assert seen is not None
    assert abs(seen - expected) <= bound


LONG = 5 * BLOCK + 321


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_moments_equal_numpy(dtype: type[np.floating[Any]]) -> None:
    """On long arrays of each type the moments are numpy's float64 mean and std of the finite values.

    Both are off from the truth by no more than BLOCK·u of the mean size, which is 1 at most here, and of the deviation;
    numpy's pairwise sums are far better than that.
    """
    x = (np.random.default_rng(3).standard_normal(LONG) + 0.25).astype(dtype)
    x[::1000] = nan
    x[5::5000] = inf
    moments, finite = measured(x), x[np.isfinite(x)].astype(np.float64)
    assert moments.non_finite == x.size - finite.size
    _agree(moments.mean, finite.mean(), 2 * BLOCK * U)
    _agree(moments.std, finite.std(), 2 * BLOCK * U * finite.std())


@pytest.mark.parametrize(
    ("values", "zeros", "finite"),
    [
        ([0.0, -0.0, 1.0], 2, 3),
        ([nan, -0.0], 1, 1),
        ([nan, inf, -inf], 0, 0),
        ([5e-324, 0.0], 1, 2),
        ([inf, -inf, 1.0, 2.0], 0, 2),
        ([0.0] * 7, 7, 7),
    ],
)
def test_counts(values: list[float], zeros: int, finite: int) -> None:
    """Both zeros are zeros, nothing else is; NaN and infinities are not finite."""
    moments = measured(np.array(values))
    assert (moments.zeros, moments.finite, moments.non_finite) == (zeros, finite, len(values) - finite)
    assert moments.zero_fraction == zeros / len(values)


# values, mean, deviation; squares of all are beyond float64
LARGE = [
    ([HUGE, -HUGE], 0.0, HUGE),
    ([HUGE, HUGE], HUGE, 0.0),
    ([HUGE, 0.0], HUGE / 2, HUGE / 2),
    ([HUGE, nan, -HUGE, inf], 0.0, HUGE),
    ([1e200, 3e200], 2e200, 1e200),
    ([1e160, -1e160], 0.0, 1e160),
]


@pytest.mark.parametrize(("values", "mean", "std"), LARGE)
@pytest.mark.parametrize("copies", [1, 1000, BLOCK])
def test_large_values(values: list[float], mean: float, std: float, copies: int) -> None:
    """Deviations are right where float64 holds no squares, in a block and over several, to a few units of rounding."""
    moments = measured(np.tile(values, copies))
    _agree(moments.mean, mean, 4 * U * HUGE if mean == 0 else 4 * U * mean)
    _agree(moments.std, std, 4 * U * std)


@pytest.mark.parametrize("size", [1e120, 1e139, 1e141, 5e151, 1e153])
def test_sums_of_large_squares(size: float) -> None:
    """Where a block's squares can be summed and those of all blocks cannot, deviations are right too."""
    half = 4 * BLOCK
    for x in (np.tile([size, -size], half), np.repeat([size, -size], half)):
        moments = measured(x)
        _agree(moments.mean, 0.0, BLOCK * U * size)
        _agree(moments.std, size, 2 * BLOCK * U * size)


@pytest.mark.parametrize("half", [1e130, 1e139, 4.5e149, 1e160])
def test_merging_billions(half: float) -> None:
    """A billion values and a billion others deviate by half of what lies between them, however much that is.

    Merging rounds less than ten times.
    """
    billion = 10**9
    merged = Moments(billion, 0, billion, -half, 0.0).merge(Moments(billion, 0, billion, half, 0.0))
    _agree(merged.mean, 0.0, 10 * U * half)
    _agree(merged.std, half, 10 * U * half)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -7.3, 1e20, 1e-100, 1e300, HUGE, 65504.0])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, BLOCK, 2 * BLOCK + 1001])
def test_constants(value: float, size: int) -> None:
    """A constant array deviates by exactly 0 from its mean, which is exactly the constant."""
    moments = measured(np.full(size, value))
    assert (moments.mean, moments.std) == (value, 0.0)


@pytest.mark.parametrize("mean", [1e6, 1e9, -1e12, 1e15])
@pytest.mark.parametrize("size", [2, 1000, BLOCK, 3 * BLOCK])
def test_small_deviations_from_large_means(mean: float, size: int) -> None:
    """A deviation of 1 about a large mean is found exactly; squares of such values have no digits left to tell it.

    All distances from a first guess at the mean, their sum and their mean are multiples of the guess's last bit that
    float64 holds: nothing is rounded.
    """
    moments = measured(mean + np.tile([1.0, -1.0], size // 2))
    assert (moments.mean, moments.std) == (mean, 1.0)


def test_an_outlier_first() -> None:
    """A first value unlike all others does not spoil the rest.

    Of n values 1 and one value v the deviation is |v − 1|·√n/(n + 1).
    """
    n = 1000
    x = np.ones(n + 1)
    x[0] = 1e8
    expected = (1e8 - 1) * sqrt(n) / (n + 1)
    _agree(measured(x).std, expected, 1500 * (n + 2) * U * expected)
