"""Dropout as a whole: what comes out of which layer and array, and what nothing of it depends on."""

from itertools import product
from math import inf, nan, nextafter, prod
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.core
from app.core import (
    BLOCK,
    MASK_LAW,
    WORDS,
    BoolArray,
    Draw,
    FloatArray,
    Layer,
    Moments,
    Result,
    Scaling,
    Shape,
    Tally,
    dropout,
)
from app.errors import Invalid
from tests.core import oracle
from tests.core.given import arrays, draws, probabilities
from tests.core.oracle import bits

SCALINGS: list[Scaling] = ["inverted", "inference", "none"]
DRAW = Draw(seed=42, stream=3, offset=5, sample=2)
ODD = 3 * BLOCK + 17
"""More than some blocks, and no multiple of four words."""


def normals(shape: Shape, dtype: Any = np.float64) -> FloatArray:
    """Normals, a NaN and an infinity among them where there is room."""
    x: FloatArray = np.random.default_rng(11).standard_normal(shape).astype(dtype)
    x.reshape(-1)[7::1000] = nan
    x.reshape(-1)[8::1000] = -inf
    return x


def output(result: Result) -> FloatArray:
    """The output that was asked for."""
    assert result.output is not None
    return result.output


def mask(result: Result) -> BoolArray:
    """The mask that was asked for."""
    assert result.mask is not None
    return result.mask


def faults(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    """Codes and pointers of an error."""
    return [(fault.code, fault.pointer) for fault in error.value.faults]


# --- what comes out


@given(arrays(), st.floats(0, 1 - 2.0**-15), draws)
def test_training(x: FloatArray, p: float, draw: Draw) -> None:
    """In training, survivors are dtype(c(x) · c(s)) and the rest +0.0, by the mask of the law: nothing else is done."""
    result = dropout(x, layer=Layer(p=p), draw=draw, masks=True)
    keep, scale = oracle.mask(x.shape, p, draw), Layer(p=p).effect(output(result).dtype).scale
    assert scale is not None
    assert np.array_equal(mask(result), keep)
    number = ~(keep & np.isnan(x))
    expected = oracle.selected(oracle.times(x, scale), keep)
    assert output(result).shape == expected.shape
    # of NaN there are many, and which one a product with NaN is, is the processor's choice
    assert bits(output(result)[number]) == bits(expected[number])
    assert np.isnan(output(result)[~number]).all()


@given(arrays(), probabilities, st.sampled_from(["inverted", "none"]), draws)
def test_evaluation_is_the_identity(x: FloatArray, p: float, scaling: Scaling, draw: Draw) -> None:
    """Evaluation gives the input bit for bit, payloads of NaN and −0.0 too; everything is kept and nothing drawn."""
    result = dropout(x, layer=Layer(p=p, training=False, scaling=scaling), draw=draw, masks=True)
    assert bits(output(result)) == bits(x)
    assert mask(result).all()
    assert (result.applied.scale, result.mask_law) == (1.0, None)
    assert (result.tally.decisions, result.tally.dropped, result.tally.drop_rate) == (0, 0, None)


@given(arrays(), st.sampled_from(SCALINGS), st.booleans())
def test_p_0_is_the_identity(x: FloatArray, scaling: Scaling, training: bool) -> None:
    """At p = 0 every layer gives the input bit for bit, in training too."""
    result = dropout(x, layer=Layer(p=0, scaling=scaling, training=training), masks=True)
    assert bits(output(result)) == bits(x)
    assert mask(result).all()
    assert result.applied.scale == 1.0


@given(arrays(), st.sampled_from(SCALINGS), draws)
def test_p_1_drops_everything(x: FloatArray, scaling: Scaling, draw: Draw) -> None:
    """At p = 1 training gives +0.0 whatever came; there is no factor for inverted scaling, and 1 otherwise."""
    result = dropout(x, layer=Layer(p=1, scaling=scaling), draw=draw, masks=True)
    assert bits(output(result)) == bits(np.zeros_like(output(result)))
    assert not mask(result).any()
    assert result.applied.scale == (None if scaling == "inverted" else 1.0)
    assert (result.tally.decisions, result.tally.dropped) == (x.size, x.size)


@given(arrays(), probabilities, st.sampled_from(["inference", "none"]), draws)
def test_unscaled_survivors(x: FloatArray, p: float, scaling: Scaling, draw: Draw) -> None:
    """Under inference scaling and none, survivors of training come out bit for bit, the rest +0.0."""
    result = dropout(x, layer=Layer(p=p, scaling=scaling), draw=draw, masks=True)
    assert bits(output(result)[mask(result)]) == bits(x[mask(result)])
    assert bits(output(result)[~mask(result)]) == bits(np.zeros_like(output(result)[~mask(result)]))
    assert np.array_equal(mask(result), oracle.mask(x.shape, p, draw))
    assert result.applied.scale == 1.0


@given(arrays(), st.floats(0.001, 0.999))
def test_inference_scaling_in_evaluation(x: FloatArray, p: float) -> None:
    """Under inference scaling, evaluation multiplies everything by 1 − p, rounded to the type."""
    result = dropout(x, layer=Layer(p=p, training=False, scaling="inference"))
    dtype = output(result).dtype
    scale = dtype.type(1 - p) if dtype == np.float64 else dtype.type(np.float32(1 - p))
    assert result.applied.scale == scale
    number = ~np.isnan(x)
    assert bits(output(result)[number]) == bits(oracle.times(x, scale)[number])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_inference_scaling_at_p_1(dtype: type[np.floating[Any]]) -> None:
    """Under inference scaling, evaluation at p = 1 is +0.0, of infinity and NaN too, and drops nothing."""
    x = np.array([1.5, -3.0, inf, -inf, nan, -0.0], dtype)
    result = dropout(x, layer=Layer(p=1, training=False, scaling="inference"), masks=True)
    assert bits(output(result)) == bits(np.zeros(6, dtype))
    assert mask(result).all()
    assert (result.applied.scale, result.tally.decisions) == (0.0, 0)


@pytest.mark.parametrize("value", [nan, inf, -inf, -3.0, -0.0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dropped_is_positive_zero(value: float, dtype: type[np.floating[Any]]) -> None:
    """What is dropped is +0.0 bit for bit, whatever it was, and counts as a zero that is finite."""
    result = dropout(np.full(1000, value, dtype), layer=Layer(p=0.4), draw=DRAW, masks=True)
    dropped = output(result)[~mask(result)]
    assert bits(dropped) == bits(np.zeros_like(dropped))
    assert result.tally.output.zeros == (1000 if value == 0 else dropped.size)
    assert result.tally.output.finite == (1000 if np.isfinite(value) else dropped.size)


SIGNALLING = [(np.uint16, 0x7D00), (np.uint32, 0x7FA00000), (np.uint64, 0x7FF4000000000000)]


@pytest.mark.parametrize(("unsigned", "pattern"), SIGNALLING)
@pytest.mark.parametrize("threads", [1, 2])
def test_arithmetic_is_silent(unsigned: type[np.unsignedinteger[Any]], pattern: int, threads: int) -> None:
    """Signalling NaN, infinities and products too large are results like any other: nothing warns, in any thread."""
    x = np.full(2 * BLOCK, pattern, unsigned).view(f"f{np.dtype(unsigned).itemsize}")
    x[::3], x[1::3] = inf, np.finfo(x.dtype).max
    for layer in (Layer(p=0.4), Layer(training=False), Layer(training=False, scaling="inference")):
        assert np.isnan(output(dropout(x, layer=layer, threads=threads))[2::3]).any()


@pytest.mark.parametrize("p", [1 - 2.0**-16, nextafter(1, 0)])
def test_a_factor_that_is_not_finite_is_refused(p: float) -> None:
    """A float16 is not multiplied by an infinity; the same layer works on float32."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones(3, np.float16), layer=Layer(p=p))
    assert faults(error) == [("scale_not_finite", "/p")]
    assert dropout(np.ones(3, np.float32), layer=Layer(p=p)).applied.scale == 1 / (1 - p)


@pytest.mark.parametrize("dtype", ["bool", "int64", "complex128", "longdouble"])
@pytest.mark.parametrize("training", [True, False])
def test_other_types_are_refused(dtype: str, training: bool) -> None:
    """Integers are not rounded or truncated to anything, in evaluation neither: they are refused."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones(3, dtype), layer=Layer(training=training))
    assert faults(error) == [("wrong_type", "/x")]


# --- shapes

RANKS: list[Shape] = [(), (1,), (7,), (0,), (2, 3), (3, 0, 2), (2, 1, 3, 2), (2,) * 5, (1,) * 9, (2,) * 12, (1,) * 63]


@pytest.mark.parametrize("shape", RANKS)
@pytest.mark.parametrize("samples", [None, 1, 3])
def test_ranks(shape: Shape, samples: int | None) -> None:
    """Any rank from 0 and any length from 0 has its output and mask, samples on an axis before the others."""
    result = dropout(normals(shape), layer=Layer(), samples=samples, masks=True)
    expected = shape if samples is None else (samples, *shape)
    assert output(result).shape == mask(result).shape == expected
    assert result.noise_shape == shape
    assert result.tally.decisions == prod(expected)


def test_an_empty_array() -> None:
    """An empty array has an empty output and nothing to say of means and rates."""
    result = dropout(np.empty((3, 0)), layer=Layer(p=0.4), masks=True)
    assert output(result).shape == mask(result).shape == (3, 0)
    assert result.tally == Tally()
    assert (result.tally.drop_rate, result.tally.output.mean, result.tally.output.zero_fraction) == (None, None, None)


NOISE_SHAPES = list(product((None, 1), repeat=3))


@pytest.mark.parametrize("entries", NOISE_SHAPES)
@pytest.mark.parametrize("samples", [None, 2])
def test_noise_shape_is_a_broadcast_mask(entries: tuple[int | None, ...], samples: int | None) -> None:
    """Sharing decisions along dimensions equals dropping with the noise's mask, broadcast; they are counted once."""
    x = normals((4, 5, 6))
    shape = tuple(entry or length for entry, length in zip(entries, x.shape, strict=True))
    result = dropout(x, layer=Layer(p=0.4, noise_shape=entries), draw=DRAW, samples=samples, masks=True)
    noises = [oracle.mask(shape, 0.4, DRAW.replicate(k)) for k in range(samples or 1)]
    alone = [dropout(x, layer=Layer(p=0.4), mask=noise) for noise in noises]
    assert bits(output(result)) == bits(np.stack([output(one) for one in alone]).reshape(output(result).shape))
    assert np.array_equal(mask(result).reshape(-1, *x.shape), [np.broadcast_to(noise, x.shape) for noise in noises])
    assert result.noise_shape == shape
    assert (result.tally.decisions, result.tally.dropped) == (
        prod(shape) * len(noises),
        sum(int(np.count_nonzero(~noise)) for noise in noises),
    )


def test_noise_over_several_blocks() -> None:
    """Shared decisions are the right ones beyond the first block as well, with any number of threads."""
    x = normals((BLOCK // 8, 3, 11))
    layer = Layer(p=0.4, noise_shape=(None, 1, None))
    keep = np.broadcast_to(mask(dropout(np.ones((BLOCK // 8, 11)), layer=Layer(p=0.4), masks=True))[:, None], x.shape)
    for threads in (1, 2):
        assert np.array_equal(mask(dropout(x, layer=layer, masks=True, threads=threads)), keep)


@pytest.mark.parametrize(
    ("entries", "pointer"), [((5,), "/noise_shape"), ((5, 2), "/noise_shape/1"), ((0, 4), "/noise_shape/0")]
)
@pytest.mark.parametrize("training", [True, False])
def test_wrong_noise_shape(entries: tuple[int, ...], pointer: str, training: bool) -> None:
    """A noise shape that does not fit the input is an error that says where, in evaluation too."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones((5, 4)), layer=Layer(noise_shape=entries, training=training))
    assert faults(error) == [("noise_shape_mismatch", pointer)]


# --- what nothing depends on


def test_the_mask_does_not_depend_on_the_type() -> None:
    """The three types, in both byte orders, have one mask."""
    x = normals((ODD,))
    expected = mask(dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True))
    for dtype in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8"):
        assert np.array_equal(mask(dropout(x.astype(dtype), layer=Layer(p=0.4), draw=DRAW, masks=True)), expected)


def _memories(x: FloatArray) -> dict[str, FloatArray]:
    """The same elements in all kinds of memory."""
    wide = np.full((2 * x.shape[0], x.shape[1] + 5), nan, x.dtype)
    wide[::2, 2:-3] = x
    raw = np.zeros(x.nbytes + 1, np.uint8)
    unaligned = raw[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    return {
        "Fortran order": np.asfortranarray(x),
        "a part of a larger array": wide[::2, 2:-3],
        "backwards": np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
        "the other byte order": x.astype(x.dtype.newbyteorder()),
        "Fortran in the other byte order": np.asfortranarray(x.astype(x.dtype.newbyteorder())),
        "unaligned": unaligned,
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("layer", [Layer(p=0.4), Layer(p=0.4, noise_shape=(None, 1)), Layer(training=False)])
def test_nothing_depends_on_memory(dtype: type[np.floating[Any]], layer: Layer) -> None:
    """Memory order, strides, byte order and alignment change no bit of output, mask or statistics."""
    x = normals((BLOCK // 64 + 1, 131), dtype)
    expected = dropout(x, layer=layer, draw=DRAW, masks=True)
    for memory, view in _memories(x).items():
        seen = dropout(view, layer=layer, draw=DRAW, masks=True, threads=2)
        assert bits(output(seen)) == bits(output(expected)), memory
        assert np.array_equal(mask(seen), mask(expected)), memory
        assert seen.tally == expected.tally, memory


@pytest.mark.parametrize("threads", [2, 3, 4, 5, 64])
@pytest.mark.parametrize("samples", [None, 2])
def test_nothing_depends_on_threads(threads: int, samples: int | None) -> None:
    """Any number of threads gives the same bits of output, mask and statistics."""
    x = normals((ODD,), np.float32)
    one, many = (
        dropout(x, layer=Layer(p=0.4), draw=DRAW, samples=samples, masks=True, threads=count) for count in (1, threads)
    )
    assert bits(output(many)) == bits(output(one))
    assert np.array_equal(mask(many), mask(one))
    assert many.tally == one.tally


def test_the_same_call_gives_the_same_bits() -> None:
    """There is no state: a call again, with others in between, gives the same."""
    x = normals((1000,))
    first = dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True)
    dropout(x, layer=Layer(p=0.4), masks=True)
    again = dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True)
    assert bits(output(again)) == bits(output(first))
    assert (again.tally, again.applied) == (first.tally, first.applied)


@pytest.mark.parametrize("layer", [Layer(p=0.4), Layer(p=0), Layer(p=1), Layer(training=False)])
def test_the_input_is_never_changed(layer: Layer) -> None:
    """The input is only read, and the output is memory of its own, where it equals the input too."""
    x = normals((1000,))
    before = bits(x)
    x.flags.writeable = False
    y = output(dropout(x, layer=layer))
    assert bits(x) == before
    assert not np.shares_memory(x, y)
    assert y.flags.writeable
    assert y.flags.c_contiguous


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 4))
def test_chunks_equal_the_whole(rows: int, cut: int, columns: int) -> None:
    """Consecutive rows computed alone, each chunk at its offset, equal those rows of the whole."""
    x, cut = normals((rows, columns), np.float32), min(cut, rows)
    whole = dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True)
    later = Draw(seed=DRAW.seed, stream=DRAW.stream, sample=DRAW.sample, offset=DRAW.offset + cut * columns)
    chunks = [
        dropout(part, layer=Layer(p=0.4), draw=draw, masks=True) for part, draw in ((x[:cut], DRAW), (x[cut:], later))
    ]
    assert bits(np.concatenate([output(chunk) for chunk in chunks])) == bits(output(whole))
    assert np.array_equal(np.concatenate([mask(chunk) for chunk in chunks]), mask(whole))
    assert sum(chunk.tally.dropped for chunk in chunks) == whole.tally.dropped


@given(st.lists(probabilities, min_size=2, max_size=2).map(sorted), draws)
def test_masks_are_nested_in_p(ps: list[float], draw: Draw) -> None:
    """A layer that drops more drops all that one that drops less does."""
    less, more = (mask(dropout(np.ones(300), layer=Layer(p=p), draw=draw, masks=True)) for p in ps)
    assert not np.any(more & ~less)


def test_no_draw_is_the_first() -> None:
    """Without a place to draw, the first decisions of seed 0 are drawn."""
    without, first = (dropout(np.ones(100), layer=Layer(), draw=draw, masks=True) for draw in (None, Draw()))
    assert np.array_equal(mask(without), mask(first))


# --- samples


@pytest.mark.parametrize(
    "layer", [Layer(p=0.4), Layer(p=0.4, noise_shape=(None, 1)), Layer(training=False), Layer(p=1)]
)
def test_replicates_are_samples(layer: Layer) -> None:
    """Replicate k equals the sample k further on alone; its counts add up, the input is measured once."""
    x = normals((50, 20), np.float32)
    together = dropout(x, layer=layer, draw=DRAW, samples=4, masks=True)
    alone = [dropout(x, layer=layer, draw=DRAW.replicate(k), masks=True) for k in range(4)]
    for k, one in enumerate(alone):
        assert bits(output(together)[k]) == bits(output(one))
        assert np.array_equal(mask(together)[k], mask(one))
    assert together.tally.decisions == sum(one.tally.decisions for one in alone)
    assert together.tally.dropped == sum(one.tally.dropped for one in alone)
    assert together.tally.input == alone[0].tally.input
    assert together.tally.output.size == 4 * x.size
    assert together.tally.output.zeros == sum(one.tally.output.zeros for one in alone)
    assert together.noise_shape == alone[0].noise_shape


def test_one_sample_has_its_axis() -> None:
    """One sample asked for stands on an axis of length 1; none asked for has no axis, and is the same."""
    x = normals((4, 3))
    with_axis, without = (dropout(x, layer=Layer(p=0.4), draw=DRAW, samples=samples) for samples in (1, None))
    assert bits(output(with_axis)[0]) == bits(output(without))


def test_samples_end_at_64_bits() -> None:
    """The last replicate's index fits 64 bits, or the call is refused."""
    last = Draw(sample=WORDS - 2)
    assert output(dropout(np.ones(3), layer=Layer(), draw=last, samples=2)).shape == (2, 3)
    with pytest.raises(Invalid) as error:
        dropout(np.ones(3), layer=Layer(), draw=last, samples=3)
    assert faults(error) == [("out_of_range", "/sample")]


@pytest.mark.parametrize(("entries", "decisions"), [(None, 20), ((None, 1), 5), ((1, None), 4), ((1, 1), 1)])
def test_the_last_decision_fits_64_bits(entries: tuple[int | None, ...] | None, decisions: int) -> None:
    """The last decision, not element, has an index below 2^64, or the call is refused; evaluation draws none."""
    x, layer = np.ones((5, 4)), Layer(noise_shape=entries)
    assert dropout(x, layer=layer, draw=Draw(offset=WORDS - decisions)).tally.decisions == decisions
    if decisions > 1:
        past = Draw(offset=WORDS - decisions + 1)
        with pytest.raises(Invalid) as error:
            dropout(x, layer=layer, draw=past)
        assert faults(error) == [("out_of_range", "/offset")]
        assert bits(output(dropout(x, layer=Layer(noise_shape=entries, training=False), draw=past))) == bits(x)


# --- given masks


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_mask_replays_a_result(dtype: type[np.floating[Any]]) -> None:
    """A mask that came out, given back, gives the same output and counts; no law is named, as none was used."""
    x = normals((300, 7), dtype)
    drawn = dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True)
    replayed = dropout(x, layer=Layer(p=0.4), mask=mask(drawn), masks=True)
    assert bits(output(replayed)) == bits(output(drawn))
    assert np.array_equal(mask(replayed), mask(drawn))
    assert (replayed.tally, replayed.applied) == (drawn.tally, drawn.applied)
    assert (drawn.mask_law, replayed.mask_law) == (MASK_LAW, None)


# mask, the noise shape over an input of 3 × 4
BROADCAST = [
    (np.array(True), (1, 1)),
    (np.array(False), (1, 1)),
    (np.array([True, False, True, True]), (1, 4)),
    (np.array([[True, False, False, True]]), (1, 4)),
    (np.array([[True], [False], [True]]), (3, 1)),
    (np.arange(12).reshape(3, 4) % 3 == 0, (3, 4)),
    ((np.arange(12).reshape(4, 3) % 3 == 0).T, (3, 4)),
]


@pytest.mark.parametrize(("keep", "noise"), BROADCAST)
def test_a_mask_broadcasts(keep: BoolArray, noise: Shape) -> None:
    """A given mask selects as it broadcasts; decisions are its size as given."""
    x = np.arange(1, 13.0).reshape(3, 4)
    result = dropout(x, layer=Layer(p=0.5), mask=keep, masks=True)
    assert bits(output(result)) == bits(np.where(keep, 2 * x, 0.0))
    assert np.array_equal(mask(result), np.broadcast_to(keep, x.shape))
    assert result.noise_shape == noise
    assert (result.tally.decisions, result.tally.dropped) == (keep.size, int(np.count_nonzero(~keep)))


@pytest.mark.parametrize("shape", [(3,), (2, 4), (4, 3), (1, 3, 4), (0,), (3, 0)])
def test_a_mask_that_does_not_broadcast(shape: Shape) -> None:
    """A mask that does not broadcast to the input is refused, also where the two would broadcast to a third."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones((3, 4)), layer=Layer(), mask=np.ones(shape, bool))
    assert faults(error) == [("mask_mismatch", "/mask")]


@pytest.mark.parametrize("layer", [Layer(training=False), Layer(p=1)])
def test_a_mask_without_a_meaning(layer: Layer) -> None:
    """A mask is refused in evaluation, and at p = 1 where it keeps something: survivors would have no factor."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones(3), layer=layer, mask=np.array([False, True, False]))
    assert faults(error) == [("conflicting_fields", "/mask")]


def test_a_mask_at_p_1() -> None:
    """At p = 1 a mask that keeps nothing says what the layer does."""
    result = dropout(np.full(3, -inf), layer=Layer(p=1), mask=np.zeros(3, bool))
    assert bits(output(result)) == bits(np.zeros(3))
    assert (result.applied.scale, result.tally.dropped) == (None, 3)


# --- counts


@given(arrays(), probabilities, draws)
def test_counts_are_of_the_arrays(x: FloatArray, p: float, draw: Draw) -> None:
    """Drops and zeros are those one counts in the mask and in the arrays."""
    result = dropout(x, layer=Layer(p=p, scaling="none"), draw=draw, masks=True)
    tally = result.tally
    assert (tally.decisions, tally.dropped) == (x.size, int(np.count_nonzero(~mask(result))))
    assert tally.drop_rate == (tally.dropped / x.size if x.size else None)
    for array, moments in ((x, tally.input), (output(result), tally.output)):
        assert (moments.size, moments.zeros) == (x.size, int(np.count_nonzero(array == 0)))
        assert moments.finite == np.count_nonzero(np.isfinite(array))


@pytest.mark.parametrize("outputs", [True, False])
@pytest.mark.parametrize("masks", [True, False])
@pytest.mark.parametrize("statistics", [True, False])
def test_parts(outputs: bool, masks: bool, statistics: bool) -> None:
    """Each part is there if asked for, and the same whatever else was; counts of drops are always there."""
    x = normals((ODD,), np.float32)
    full = dropout(x, layer=Layer(p=0.4), draw=DRAW, masks=True)
    part = dropout(x, layer=Layer(p=0.4), draw=DRAW, outputs=outputs, masks=masks, statistics=statistics)
    assert (part.output is not None, part.mask is not None) == (outputs, masks)
    assert part.output is None or bits(part.output) == bits(output(full))
    assert part.mask is None or np.array_equal(part.mask, mask(full))
    measured = (full.tally.input, full.tally.output) if statistics else (Moments(), Moments())
    assert part.tally == (full.tally.decisions, full.tally.dropped, *measured)


# --- the package


def test_the_public_surface() -> None:
    """`__all__` is what the package has besides its modules, each with something to say for itself."""
    public = {name for name, value in vars(app.core).items() if not name.startswith("_")}
    modules = {name for name in public if isinstance(getattr(app.core, name), ModuleType)}
    assert len(app.core.__all__) == len(set(app.core.__all__))
    assert set(app.core.__all__) == public - modules


def test_a_noise_shape_that_does_not_fit_is_refused_beside_a_mask_too() -> None:
    """A mask takes the place of the draw, but no field is passed over: a wrong noise shape stays wrong."""
    with pytest.raises(Invalid, match="noise_shape must have an entry for each dimension"):
        dropout(np.ones(2), layer=Layer(p=0.5, noise_shape=(3,)), mask=np.ones(2, bool))
