"""An experiment is `dropout` on an input that is made up: the same counts and means, and never a whole array."""

import tracemalloc
from functools import partial
from math import prod, sqrt
from time import monotonic
from typing import Any, Final

import numpy as np
import pytest

from app.core import BLOCK, FLOATS, Distribution, Draw, Experiment, FloatArray, Layer, Scaling, Shape, dropout, simulate
from app.core.arrays import blocks
from app.core.indices import Indices
from app.core.moments import Moments
from app.core.philox import INPUTS
from app.core.replicate import Applied
from app.core.simulate import Input
from app.errors import Invalid, TooLarge
from tests.core.test_family import DRAW, FAMILY, LARGE, Fields, Row, each, faults

DISTRIBUTIONS: Final[list[Distribution]] = ["uniform", "normal", "constant"]
P: Final = 0.4


def made(shape: Shape, distribution: Distribution, dtype: str, *, seed: int = 0, stream: int = 0) -> FloatArray:
    """The whole input, as an array."""
    indices = Indices(0, prod(shape))
    words = Draw(seed=seed, stream=stream).words(INPUTS)
    x = Input(distribution=distribution, words=words, indices=indices, dtype=FLOATS[dtype])
    return np.concatenate([np.empty(0, FLOATS[dtype]), *(x[at].copy() for at in blocks(0, prod(shape)))]).reshape(shape)


# --- an experiment is dropout


def check(fields: Fields, shape: Shape, distribution: Distribution, dtype: str, **more: Any) -> None:
    """Each run's tally, the tally of all, and what the layer comes to, are those of replicates on the input."""
    layer, x = Layer(**{"p": 0.3, **fields}), made(shape, distribution, dtype, seed=DRAW.seed, stream=DRAW.stream)
    told = simulate(shape, layer=layer, distribution=distribution, draw=DRAW, runs=2, dtype=FLOATS[dtype], **more)
    alone = [dropout(x, layer=layer, draw=DRAW.replicate(k), outputs=False) for k in range(2)]
    whole = dropout(x, layer=layer, draw=DRAW, samples=2, outputs=False)
    assert [run._replace(input=Moments()) for run in told.runs] == [
        one.tally._replace(input=Moments()) for one in alone
    ]
    assert told.tally == whole.tally
    assert (told.applied, told.noise_shape, told.rate, told.mask_law) == (
        whole.applied,
        whole.noise_shape,
        whole.rate,
        whole.mask_law,
    )


@each(FAMILY)
@pytest.mark.parametrize("training", [True, False])
def test_small_experiments(row: Row, training: bool) -> None:
    """For every variant, type and distribution, to the last bit of every mean; no element and no axis too."""
    fields, shape, _ = row
    for dtype in FLOATS:
        for distribution in DISTRIBUTIONS:
            check({**fields, "training": training}, shape, distribution, dtype)


@each(LARGE)
@pytest.mark.parametrize("threads", [1, 3])
def test_experiments_of_many_blocks(row: tuple[Fields, Shape], threads: int) -> None:
    """Across blocks as well, and by any number of threads."""
    check(*row, "normal", "float32", threads=threads)


@pytest.mark.parametrize("size", [16 * BLOCK - 3, 16 * BLOCK + 5])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_experiments_of_many_runs(size: int, distribution: Distribution) -> None:
    """Whether the input is held between runs or made up again in each, it is the same."""
    check({"variant": "dropout"}, (size,), distribution, "float64")


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("scaling", ["inverted", "none"])
def test_edges(p: float, scaling: Scaling) -> None:
    """At p = 0 the output has the input's moments, at p = 1 it is 0."""
    told = simulate((1000,), layer=Layer(p=p, scaling=scaling), runs=2)
    zeros = Moments(1000, 1000, 1000)
    assert [run.output for run in told.runs] == [told.runs[0].input if p == 0 else zeros] * 2


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3, 4)])
def test_shapes(shape: Shape) -> None:
    """Any shape, of no dimension or no element too, has its decisions in each run."""
    told = simulate(shape, layer=Layer(), runs=2)
    assert [run.decisions for run in told.runs] == [prod(shape)] * 2
    assert told.runs[0].input.size == prod(shape)
    assert told.noise_shape == shape


# --- runs


def test_runs_are_samples() -> None:
    """Run k draws at the k-th sample from the first: later runs alone are the same."""
    together = simulate((300,), layer=Layer(p=P), draw=DRAW, runs=4)
    later = [simulate((300,), layer=Layer(p=P), draw=DRAW.replicate(k)) for k in range(4)]
    assert [run.output for run in together.runs] == [one.runs[0].output for one in later]
    assert len({run.output.center for run in together.runs}) == 4


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("place", [{"sample": 7}, {"offset": 9}, {"offset": 2**64 - 300, "sample": 2**64 - 2}], ids=str)
def test_the_input_is_the_same_in_all_runs(distribution: Distribution, place: dict[str, int]) -> None:
    """Sample and offset choose the masks, not the input: evaluation, which gives the input, is the same in all."""
    evaluated = partial(simulate, (300,), layer=Layer(training=False), distribution=distribution, runs=2)
    here, there = (evaluated(draw=Draw(seed=42, stream=3, **more)) for more in ({}, place))
    assert {run.output for run in (*here.runs, *there.runs)} == {here.runs[0].input}


def test_the_input_is_measured_once() -> None:
    """In the first run; counts and outputs of all runs together are those of each added up."""
    told = simulate((300,), layer=Layer(p=P), runs=3)
    assert [run.input.size for run in told.runs] == [300, 0, 0]
    assert (told.tally.input.size, told.tally.output.size, told.tally.decisions) == (300, 900, 900)
    assert told.tally.dropped == sum(run.dropped for run in told.runs)


def test_the_input_has_a_seed_of_its_own() -> None:
    """Masks of one seed can be tried on inputs of another; the draw's is the input's if none is given."""
    kept, same, another = (
        simulate((300,), layer=Layer(p=P), draw=DRAW, input_seed=seed) for seed in (None, DRAW.seed, DRAW.seed + 1)
    )
    assert kept == same
    assert kept.runs[0].dropped == another.runs[0].dropped
    assert kept.runs[0].input != another.runs[0].input


def test_defaults() -> None:
    """One run of uniform float64 numbers, from the first sample of seed 0."""
    explicit = simulate((300,), layer=Layer(), distribution="uniform", input_seed=0, draw=Draw(), runs=1)
    assert simulate((300,), layer=Layer()) == explicit
    assert explicit.runs[0].input.mean == dropout(made((300,), "uniform", "float64"), layer=Layer()).tally.input.mean


def test_golden_input() -> None:
    """The mean of the contract's two golden numbers is that of the two elements of seed 42."""
    told = simulate((2,), layer=Layer(training=False), draw=Draw(seed=42))
    assert told.tally.output.mean == (0.8501261319416725 + 0.8233641586600332) / 2


# --- what it does not depend on, and what ends it


@each(LARGE)
def test_nothing_depends_on_threads(row: tuple[Fields, Shape]) -> None:
    """Any number of threads gives the same experiment, to the last bit."""
    fields, shape = row
    one, *many = (simulate(shape, layer=Layer(p=P, **fields), draw=DRAW, runs=2, threads=n) for n in (1, 2, 64))
    assert many == [one, one]


def peak(size: int, **more: Any) -> int:
    """The most memory that an experiment takes at a time, in bytes."""
    tracemalloc.start()
    try:
        simulate((size,), layer=Layer(p=P), **more)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


WORKING: Final = 74 * BLOCK
"""Of a block, bytes an element: words of the mask (8) and those before them until it lets go (8), the mask (1), words
of the input (8), the same as fractions (8), their logarithms, roots, angles and cosines (16), the input (8), the output
(8), and what measures them (9)."""


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("runs", [1, 2])
def test_memory_does_not_depend_on_the_size(distribution: Distribution, runs: int) -> None:
    """Ten times the elements take the same memory, that of a block, but for a record of 1 KiB for each block more."""
    small, large = 400_000, 4_000_000
    peak(small)
    seen = peak(large, distribution=distribution, runs=runs)
    assert seen <= WORKING + 1024 * large / BLOCK
    assert abs(seen - peak(small, distribution=distribution)) <= 1024 * large / BLOCK


def test_memory_of_a_held_input() -> None:
    """Between runs an input of few elements is held: 8 bytes each, and twice that while it is worked out."""
    assert peak(400_000, runs=2) <= 3 * 8 * 400_000 + WORKING


@each([row for row in (*FAMILY, *LARGE) if prod(row[1])])
def test_over_the_deadline(row: Any) -> None:
    """Past its deadline an experiment ends with an error, whatever the layer."""
    fields, shape = row[:2]
    with pytest.raises(TooLarge) as error:
        simulate(shape, layer=Layer(p=P, **fields), runs=3, deadline=monotonic() - 1)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("deadline_exceeded", "")]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_deadline_is_kept(threads: int) -> None:
    """An experiment ends soon after its deadline, however much is left; before, a deadline changes nothing."""
    began = monotonic()
    with pytest.raises(TooLarge):
        simulate((10**12,), layer=Layer(p=P), deadline=began + 0.05, threads=threads)
    assert 0.05 <= monotonic() - began < 2
    assert simulate((BLOCK,), layer=Layer(), deadline=monotonic() + 60) == simulate((BLOCK,), layer=Layer())


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"distribution": "cauchy"}, "unknown_value", "/distribution"),
        ({"draw": Draw(offset=2**64 - 299)}, "out_of_range", "/offset"),
        ({"draw": Draw(sample=2**64 - 1), "runs": 2}, "out_of_range", "/sample"),
        ({"input_seed": 2**64}, "out_of_range", "/seed"),
        ({"layer": Layer(variant="dropout2d")}, "wrong_rank", "/x"),
        ({"layer": Layer(noise_shape=(7,))}, "noise_shape_mismatch", "/noise_shape/0"),
        ({"layer": Layer(p=1, variant="gaussian_dropout")}, "out_of_range", "/p"),
        ({"layer": Layer(p=1 - 2.0**-20), "dtype": FLOATS["float16"]}, "scale_not_finite", "/p"),
    ],
    ids=str,
)
def test_what_is_refused(more: dict[str, Any], code: str, pointer: str) -> None:
    """What `dropout` refuses, and a distribution that is none."""
    with pytest.raises(Invalid) as error:
        simulate((300,), **{"layer": Layer(), **more})
    assert faults(error) == [(code, pointer)]


# --- what it comes to on average

RUNS: Final = 400
LAYERS: Final[list[tuple[Fields, Shape]]] = [
    *(
        ({"variant": name, "scaling": scaling}, shape)
        for name, shape in (
            ("dropout", (40,)),
            ("dropout1d", (4, 5, 2)),
            ("dropout2d", (4, 5, 2, 1)),
            ("dropout3d", (4, 5, 2, 1, 1)),
            ("stochastic_depth", (20, 2)),
        )
        for scaling in ("inverted", "inference", "none")
    ),
    ({"variant": "dropout", "noise_shape": (None, 1)}, (20, 2)),
    ({"variant": "alpha_dropout"}, (40,)),
    ({"variant": "feature_alpha_dropout"}, (4, 5, 2)),
    ({"variant": "gaussian_dropout"}, (40,)),
]


def means(told: Experiment) -> FloatArray:
    """The mean of the output of each run."""
    return np.array([run.output.mean for run in told.runs], np.float64)


@each(LAYERS)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_expected_mean(row: tuple[Fields, Shape], distribution: Distribution) -> None:
    """Over many masks the mean of the output is the expected one, given the input, within 6 of its standard errors."""
    fields, shape = row
    layer = Layer(p=P, **fields)
    told = simulate(shape, layer=layer, distribution=distribution, draw=DRAW, runs=RUNS)
    expected, seen = layer.expected_mean(told.tally.input.mean), means(told)
    assert expected is not None
    assert abs(seen.mean() - expected) <= 6 * seen.std(ddof=1) / sqrt(RUNS)


@each(LAYERS)
def test_expected_mean_of_evaluation(row: tuple[Fields, Shape]) -> None:
    """In evaluation it is the output's own: elements times a factor, sums of 40, and the means, are off by u each."""
    fields, shape = row
    layer = Layer(p=P, training=False, **fields)
    told = simulate(shape, layer=layer, draw=DRAW, runs=2)
    for mean in means(told):
        assert layer.expected_mean(told.tally.input.mean) == pytest.approx(mean, rel=2 * 42 * 2.0**-53, abs=0)


# fields, p, training, the expected mean of an input of mean 2
EXPECTED: Final[list[tuple[Fields, float, bool, float | None]]] = [
    ({}, 0.25, True, 2.0),
    ({}, 1.0, True, 0.0),
    ({}, 1.0, False, 2.0),
    ({"scaling": "inference"}, 0.25, True, 1.5),
    ({"scaling": "inference"}, 0.25, False, 1.5),
    ({"scaling": "inference"}, 1.0, False, 0.0),
    ({"scaling": "none"}, 0.25, True, 1.5),
    ({"scaling": "none"}, 0.25, False, 2.0),
    ({"scaling": "none"}, 1.0, True, 0.0),
    ({"variant": "stochastic_depth"}, 0.25, True, 2.0),
    ({"variant": "gaussian_dropout"}, 0.25, True, 2.0),
    ({"variant": "alpha_dropout"}, 0.0, True, 2.0),
    ({"variant": "alpha_dropout"}, 1.0, True, 0.0),
    ({"variant": "alpha_dropout"}, 1.0, False, 2.0),
    ({"variant": "drop_block2d", "block_size": 2}, 0.25, True, None),
    ({"variant": "drop_block2d", "block_size": 2}, 0.25, False, 2.0),
]


@pytest.mark.parametrize(("fields", "p", "training", "expected"), EXPECTED, ids=str)
def test_expected_means(fields: Fields, p: float, training: bool, expected: float | None) -> None:
    """It is the input's where the scale makes up for what is dropped, else times 1 − p; of blocks it is not known."""
    layer = Layer(p=p, training=training, **fields)
    assert layer.expected_mean(2.0) == expected
    assert layer.expected_mean(None) is None


def test_expected_mean_of_alpha() -> None:
    """Of alpha it is a · (1 − p) times the input's: the shift of the kept and the value of the dropped cancel out."""
    layer, a = Layer(p=P, variant="alpha_dropout"), dropout(np.ones(1), layer=Layer(p=P, variant="alpha_dropout"))
    assert a.applied.scale is not None
    assert layer.expected_mean(2.0) == pytest.approx(2 * (1 - P) * a.applied.scale, rel=4 * 2.0**-53)


def test_runs_have_the_standard_error_of_a_binomial() -> None:
    """Of ones, the deviation of the runs' means is √(p/(1 − p)/n) within 6 σ: runs are independent of each other.

    The variance of k means has a relative σ of √(2/(k − 1)) and less, as a mean of n = 1,000 has no excess kurtosis
    beyond 1/n · (1 − 6p(1 − p))/(p(1 − p)), here negative.
    """
    seen, variance = means(simulate((1000,), layer=Layer(p=P), distribution="constant", runs=RUNS)), P / (1 - P) / 1000
    assert abs(seen.var(ddof=1) / variance - 1) <= 6 * sqrt(2 / (RUNS - 1))


# --- the article

N: Final = 10_000_000


@pytest.fixture(scope="module")
def article() -> Experiment:
    """A million rows of ten, made once."""
    return simulate((N // 10, 10), layer=Layer(p=P), draw=Draw(seed=42), threads=2)


def test_share_of_zeros(article: Experiment) -> None:
    """Of ten million numbers 0.4 are zeros, within 6 σ of a binomial: σ = √(0.4 · 0.6/N) = 0.000155.

    A number is 0 before with a probability of 2^-53, so there is none.
    """
    assert article.tally.input.zeros == 0
    assert article.tally.output.zeros == article.tally.dropped
    assert abs(article.tally.dropped / N - P) <= 6 * sqrt(P * (1 - P) / N)


def test_means_before_and_after(article: Experiment) -> None:
    """Both means are ½, within 6 σ each.

    Before, σ² is 1/12/N. After, y = m · x/(1 − p) has E y² = E x²/(1 − p) = 1/3/(1 − p), so σ² is that less ¼, over N.
    """
    before, after = article.tally.input.mean, article.tally.output.mean
    assert before is not None
    assert after is not None
    assert abs(before - 0.5) <= 6 * sqrt(1 / 12 / N)
    assert abs(after - 0.5) <= 6 * sqrt((1 / 3 / (1 - P) - 1 / 4) / N)


def test_deviations_before_and_after(article: Experiment) -> None:
    """Deviations are √(1/12) before, and √(1/3/(1 − p) − ¼) after, within 6 σ of the variances'.

    A variance has σ² = (μ4 − μ2²)/N. Before, μ4 = 1/80. After, about the mean ½, with x^k of mean 1/(k + 1) over
    (1 − p)^(k − 1): μ4 = E y⁴ − 2 E y³ + 3/2 E y² − 3/16.
    """
    second, third, fourth = ((1 - P) ** (1 - k) / (k + 1) for k in (2, 3, 4))
    moments = (1 / 12, 1 / 80), (second - 1 / 4, fourth - 2 * third + 1.5 * second - 3 / 16)
    for seen, (variance, central) in zip((article.tally.input, article.tally.output), moments, strict=True):
        assert seen.std is not None
        assert abs(seen.std**2 - variance) <= 6 * sqrt((central - variance**2) / N)


def test_the_factors(article: Experiment) -> None:
    """Survivors were times 1/0.6; decisions are one an element."""
    assert article.applied == Applied(1 / (1 - P))
    assert (article.noise_shape, article.tally.decisions, article.rate) == ((N // 10, 10), N, P)
