"""The worked example that the service reproduces, and its claim about fifty million numbers."""

import tracemalloc
from math import ceil, sqrt
from typing import Any

import numpy as np
import pytest

from app.core import BLOCK, BoolArray, Draw, FloatArray, Layer, Result, dropout
from tests.core.oracle import bits

INPUT = np.array(
    [
        [0.6485, 0.3114, 0.1626, 0.1022],
        [0.7352, 0.4634, 0.8206, 0.4228],
        [0.0322, 0.9399, 0.9163, 0.4169],
        [0.2574, 0.0467, 0.2213, 0.6171],
        [0.4146, 0.2288, 0.0388, 0.7752],
    ]
)

MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1], [1, 0, 1, 0]], bool)

OUTPUT = np.array(
    [
        [1.0808, 0.5190, 0.2710, 0.0000],
        [0.0000, 0.7723, 0.0000, 0.0000],
        [0.0000, 1.5665, 1.5272, 0.6948],
        [0.4290, 0.0778, 0.3688, 1.0285],
        [0.6910, 0.0000, 0.0647, 0.0000],
    ]
)

P = 0.4
ROWS, COLUMNS = 5_000_000, 10
N = ROWS * COLUMNS


def test_training() -> None:
    """With the example's mask each survivor is x/(1 − p) to the four decimals it is printed with, the rest 0."""
    result = dropout(INPUT, layer=Layer(p=P), mask=MASK, masks=True)
    assert result.output is not None
    # half a unit of the fourth decimal, and what float64 adds to it
    assert np.abs(result.output - OUTPUT).max() <= 0.5e-4 + 2 * 2.0**-53
    assert np.array_equal(result.output != 0, MASK)
    assert (result.tally.decisions, result.tally.dropped) == (20, 7)


def test_evaluation() -> None:
    """Evaluation gives the example's input, bit for bit."""
    result = dropout(INPUT, layer=Layer(p=P, training=False))
    assert result.output is not None
    assert bits(result.output) == bits(INPUT)


def test_both_conventions_agree() -> None:
    """Scaling survivors in training, or everything in evaluation: training over evaluation is 1/(1 − p) by either."""
    inverted, inference = (dropout(INPUT, layer=Layer(p=P, scaling=scaling), mask=MASK).output for scaling in _BOTH)
    evaluated = dropout(INPUT, layer=Layer(p=P, scaling="inference", training=False)).output
    assert inverted is not None
    assert inference is not None
    assert evaluated is not None
    # each side is rounded twice, once for the factor and once for the product
    assert np.allclose(inverted[MASK] * evaluated[MASK], INPUT[MASK] ** 2, rtol=6 * 2.0**-53, atol=0)
    assert np.array_equal(inference[MASK], INPUT[MASK])


_BOTH: Any = ("inverted", "inference")


def _uniform() -> FloatArray:
    """Fifty million float32, uniform in [0, 1), of 24 bits each."""
    return np.random.Generator(np.random.Philox(2014)).random((ROWS, COLUMNS), np.float32)


class Fifty:
    """One pass over fifty million numbers: what came out, and how much memory it took beside its arrays."""

    threads = 2

    def __init__(self) -> None:
        tracemalloc.start()
        try:
            self.x = _uniform()
            tracemalloc.reset_peak()
            self.result: Result = dropout(self.x, layer=Layer(p=P), draw=Draw(seed=42), threads=self.threads)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert self.result.output is not None
        self.y: FloatArray = self.result.output
        self.besides = peak - self.x.nbytes - self.y.nbytes


@pytest.fixture(scope="module")
def fifty() -> Fifty:
    """The pass, made once."""
    return Fifty()


def test_share_of_zeros(fifty: Fifty) -> None:
    """Of fifty million numbers 0.4 are zeros, within 6 σ of a binomial: σ = √(0.4 · 0.6/N) = 0.0000693.

    A number that was 0 before, one in 2^24, adds 4e-8, a two-thousandth of σ: they are left out of the share.
    """
    sigma = sqrt(P * (1 - P) / N)
    assert round(sigma, 7) == 0.0000693
    there = np.count_nonzero(fifty.x)
    zeros = there - np.count_nonzero(fifty.y)
    assert abs(zeros / there - P) <= 6 * sqrt(P * (1 - P) / there)
    drop_rate = fifty.result.tally.drop_rate
    assert drop_rate is not None
    assert abs(drop_rate - P) <= 6 * sigma


def test_mean_before(fifty: Fifty) -> None:
    """The mean before is ½ within 6 σ of a uniform's: σ = √(1/12/N); and is the array's own mean.

    Numbers of 24 bits are 2^-25 below it; the block sums of float64 are off by BLOCK·u at most, as numpy's are.
    """
    mean = fifty.result.tally.input.mean
    assert mean is not None
    assert abs(mean - 0.5) <= 6 * sqrt(1 / 12 / N) + 2.0**-25
    assert abs(mean - float(fifty.x.mean(dtype=np.float64))) <= 2 * BLOCK * 2.0**-53


def test_mean_after(fifty: Fifty) -> None:
    """The mean after is the mean before, within 6 σ of what dropping adds.

    Of y = m · x/(1 − p), given x, the expectation is x and the variance x² · p/(1 − p). For the mean of N that is
    σ² = p/(1 − p) · mean(x²)/N, with mean(x²) = std² + mean². Rounding the factor and the products to float32 adds
    no more than two relative errors of 2^-24.
    """
    before, after = fifty.result.tally.input, fifty.result.tally.output
    assert before.mean is not None
    assert before.std is not None
    assert after.mean is not None
    sigma = sqrt(P / (1 - P) * (before.std**2 + before.mean**2) / N)
    assert abs(after.mean - before.mean) <= 6 * sigma + 2 * 2.0**-24
    assert abs(after.mean - float(fifty.y.mean(dtype=np.float64))) <= 2 * BLOCK * 2.0**-53


def test_every_row_has_its_share(fifty: Fifty) -> None:
    """Each of the ten columns, and each tenth of the rows, has its 0.4 of zeros within 6 σ."""
    keep: BoolArray = fifty.y != 0
    shares = [*keep.mean(axis=0), *(part.mean() for part in np.split(keep, 10))]
    assert max(abs(1 - share - P) for share in shares) <= 6 * sqrt(P * (1 - P) / ROWS) + 2.0**-22


def test_memory(fifty: Fifty) -> None:
    """Beside input and output there is one block's working memory a thread, and a record a block; no third array.

    A block has its words, and those before them until it lets go (16 bytes an element), their mask (1), the values in
    float64 (8) and which are zero (1); numpy's own buffers and the rest take less than 6 more. Its record, of a dozen
    small numbers, takes less than 1 KiB.
    """
    working = 32 * BLOCK * fifty.threads
    assert fifty.besides <= working + 1024 * ceil(N / BLOCK)
    assert fifty.besides <= fifty.y.nbytes / 40
