"""Every layer of the table, against the oracle: what it drops, what it makes of the rest, and what it refuses."""

from fractions import Fraction
from math import erf, inf, nan, prod, sqrt
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import (
    BLOCK,
    FLOATS,
    MASK_LAW,
    VARIANTS,
    WORDS,
    BoolArray,
    Draw,
    FloatArray,
    Layer,
    Result,
    Scaling,
    Shape,
    dropout,
)
from app.core.replicate import Applied
from app.errors import Invalid
from tests.core import oracle
from tests.core.given import draws, probabilities
from tests.core.oracle import bits, same

Fields = dict[str, Any]
Row = tuple[Fields, Shape, Shape]

# fields, input, noise
SELECTING: Final[list[Row]] = [
    ({"variant": "dropout"}, (), ()),
    ({"variant": "dropout"}, (7,), (7,)),
    ({"variant": "dropout"}, (3, 0, 2), (3, 0, 2)),
    ({"variant": "dropout", "noise_shape": (None, 1, None)}, (3, 4, 5), (3, 1, 5)),
    ({"variant": "dropout", "noise_shape": (1, 4)}, (3, 4), (1, 4)),
    ({"variant": "dropout1d"}, (3, 4, 5), (3, 4, 1)),
    ({"variant": "dropout1d", "channels_last": False}, (3, 4, 5), (3, 4, 1)),
    ({"variant": "dropout1d", "channels_last": True}, (3, 4, 5), (3, 1, 5)),
    ({"variant": "dropout2d"}, (2, 3, 4, 2), (2, 3, 1, 1)),
    ({"variant": "dropout2d", "channels_last": True}, (2, 3, 4, 2), (2, 1, 1, 2)),
    ({"variant": "dropout3d"}, (2, 3, 2, 1, 2), (2, 3, 1, 1, 1)),
    ({"variant": "dropout3d", "channels_last": True}, (2, 3, 2, 1, 2), (2, 1, 1, 1, 2)),
    ({"variant": "dropout3d"}, (2, 0, 2, 1, 2), (2, 0, 1, 1, 1)),
    ({"variant": "stochastic_depth"}, (6,), (6,)),
    ({"variant": "stochastic_depth"}, (5, 3, 2), (5, 1, 1)),
]
BLOCKS: Final[list[Row]] = [
    ({"variant": "drop_block2d", "block_size": 1}, (2, 2, 3, 4), (2, 2, 3, 4)),
    ({"variant": "drop_block2d", "block_size": 2}, (2, 2, 3, 4), (2, 2, 2, 3)),
    ({"variant": "drop_block2d", "block_size": 3}, (2, 2, 3, 4), (2, 2, 1, 2)),
    ({"variant": "drop_block2d", "block_size": 3}, (1, 2, 7, 5), (1, 2, 5, 3)),
    ({"variant": "drop_block2d", "block_size": 5}, (1, 1, 6, 8), (1, 1, 2, 4)),
    ({"variant": "drop_block2d", "block_size": 4}, (2, 1, 4, 4), (2, 1, 1, 1)),
    ({"variant": "drop_block2d", "block_size": 2}, (0, 2, 3, 3), (0, 2, 2, 2)),
]
ALPHAS: Final[list[Row]] = [
    ({"variant": "alpha_dropout"}, (), ()),
    ({"variant": "alpha_dropout"}, (4, 5), (4, 5)),
    ({"variant": "feature_alpha_dropout"}, (5, 4), (5, 4)),
    ({"variant": "feature_alpha_dropout"}, (3, 4, 2), (3, 4, 1)),
    ({"variant": "feature_alpha_dropout"}, (2, 3, 2, 1, 2), (2, 3, 1, 1, 1)),
]
GAUSSIANS: Final[list[Row]] = [({"variant": "gaussian_dropout"}, shape, shape) for shape in ((), (7,), (3, 0), (3, 4))]
MASKED: Final = [*SELECTING, *BLOCKS, *ALPHAS]
FAMILY: Final = [*MASKED, *GAUSSIANS]
FILLED: Final = [row for row in MASKED if prod(row[1])]
ROWWISE: Final = [row for row in FAMILY if row[1][:1] == row[2][:1] != ()]
"""Those whose first axis has decisions of its own, so that it can be cut."""

# fields, input: of each variant one, of more elements than a block has
LARGE: Final[list[tuple[Fields, Shape]]] = [
    ({"variant": "dropout"}, (3, BLOCK // 2 + 1)),
    ({"variant": "dropout", "noise_shape": (None, 1)}, (5, BLOCK // 4 + 1)),
    ({"variant": "dropout1d"}, (7, 31, 307)),
    ({"variant": "dropout2d", "channels_last": True}, (7, 31, 17, 19)),
    ({"variant": "dropout3d"}, (3, 7, 31, 11, 13)),
    ({"variant": "stochastic_depth"}, (257, 259)),
    ({"variant": "alpha_dropout"}, (257, 259)),
    ({"variant": "feature_alpha_dropout"}, (7, 31, 307)),
    ({"variant": "gaussian_dropout"}, (257, 259)),
    ({"variant": "drop_block2d", "block_size": 3}, (3, 5, 67, 71)),
]

SCALINGS: Final[list[Scaling]] = ["inverted", "inference", "none"]
SCALED: Final = {"dropout", "dropout1d", "dropout2d", "dropout3d", "stochastic_depth"}
OWN: Final[dict[str, tuple[set[str], list[Any]]]] = {
    "scaling": (SCALED, ["inference", "none"]),
    "noise_shape": ({"dropout"}, [(None,), ()]),
    "channels_last": ({"dropout1d", "dropout2d", "dropout3d"}, [True, False]),
    "block_size": ({"drop_block2d"}, [1, 0, -1]),
}
"""Fields that not every variant has: which have it, and values it could be sent with."""
DRAW: Final = Draw(seed=42, stream=3, offset=5, sample=2)
UNIT: Final = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8, "float16": 2.0**-11}
"""What rounding to a type adds at most, relatively."""
LEAST: Final = {"float64": 0.0, "float32": 2.0**-150, "bfloat16": 2.0**-134, "float16": 2.0**-25}
"""What it adds at most where numbers are subnormal; a float64 cannot say its own."""
shares: Final = st.sampled_from([0.0, 2.0**-64, 0.25, 0.4, 0.5, 0.9]) | st.floats(0, 1 - 2.0**-15)
types: Final = st.sampled_from(list(FLOATS.values()))


def title(row: Any) -> str:
    """A row's variant, its other fields and its input."""
    fields, shape = row[:2]
    return " ".join([*map(str, fields.values()), "x".join(map(str, shape)) or "scalar"])


def each(rows: Any) -> pytest.MarkDecorator:
    """A test for each of the rows."""
    return pytest.mark.parametrize("row", rows, ids=title)


def normals(shape: Shape, dtype: np.dtype[Any]) -> FloatArray:
    """Normal numbers, NaN, infinities and negative zeros among them."""
    x: FloatArray = np.random.default_rng(7).standard_normal(shape).astype(dtype)
    for k, value in enumerate((nan, -inf, inf, -0.0)):
        x.reshape(-1)[2 * k + 1 :: 23] = value
    return x


def patterns(shape: Shape, dtype: np.dtype[Any]) -> FloatArray:
    """Bits at random: every kind of number and of NaN."""
    raw = np.random.default_rng(3).bytes(prod(shape) * dtype.itemsize)
    return np.frombuffer(raw, dtype).reshape(shape)


def output(result: Result) -> FloatArray:
    """The output that was asked for."""
    assert result.output is not None
    return result.output


def mask(result: Result) -> BoolArray:
    """The mask that was asked for."""
    assert result.mask is not None
    return result.mask


def mask_of(layer: Layer, shape: Shape, draw: Draw, threads: int = 1) -> BoolArray:
    """What a layer keeps of an input of that shape."""
    x = np.empty(shape)
    return mask(dropout(x, layer=layer, draw=draw, outputs=False, masks=True, statistics=False, threads=threads))


def dropped(keep: BoolArray) -> int:
    """How many are false."""
    return int(np.count_nonzero(~keep))


def faults(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    """Codes and pointers of an error."""
    return [(fault.code, fault.pointer) for fault in error.value.faults]


def test_every_variant_is_tested() -> None:
    """The table of the contract is the core's, and each row of it is tested, small and large."""
    assert {row[0]["variant"] for row in FAMILY} == {row[0]["variant"] for row in LARGE} == set(VARIANTS)


# --- what is dropped


@given(st.sampled_from(MASKED), probabilities, draws)
def test_masks_equal_the_law(row: Row, p: float, draw: Draw) -> None:
    """An element is kept if its decision says so: its own, its channel's or sample's, or all near it of blocks.

    Decisions fill the noise shape, and are counted there.
    """
    fields, shape, noise = row
    layer = Layer(p=p, **fields)
    result = dropout(normals(shape, FLOATS["float32"]), layer=layer, draw=draw, masks=True)
    decisions = oracle.mask(noise, oracle.rate(layer, shape), draw)
    assert np.array_equal(mask(result), oracle.final(layer, decisions, shape))
    assert (result.noise_shape, result.mask_law) == (noise, MASK_LAW)
    assert result.tally[:2] == (prod(noise), dropped(decisions))


@given(st.sampled_from(FILLED), probabilities)
def test_rates(row: Row, p: float) -> None:
    """A decision drops with p; for blocks it is γ, which three roundings separate from the exact one."""
    fields, shape, _ = row
    layer = Layer(p=p, **fields)
    exact = oracle.rate(layer, shape)
    assert abs(Fraction(layer.rate(shape)) - exact) <= exact * 4 * Fraction(2) ** -53 + Fraction(2) ** -1074


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.floats(0, 1))
def test_seeds_drop_no_more_than_elements(b: int, above: int, left: int, p: float) -> None:
    """γ is p at most, but for its roundings: H ≤ b(H − b + 1) for each b from 1 to H."""
    layer = Layer(p=p, variant="drop_block2d", block_size=b)
    assert layer.rate((1, 1, b + above, b + left)) <= min(1, p * (1 + 4 * 2.0**-53))


@given(st.sampled_from(MASKED), st.lists(probabilities, min_size=2, max_size=2).map(sorted), draws)
def test_masks_are_nested_in_p(row: Row, ps: list[float], draw: Draw) -> None:
    """A layer that drops more drops all that one that drops less does, blocks too."""
    fields, shape, _ = row
    less, more = (mask_of(Layer(p=p, **fields), shape, draw) for p in ps)
    assert not np.any(more & ~less)


@each(MASKED)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certainties(row: Row, p: float) -> None:
    """p = 0 keeps everything and p = 1 nothing, and decisions say so one by one."""
    fields, shape, noise = row
    result = dropout(np.ones(shape), layer=Layer(p=p, **fields), draw=DRAW, masks=True)
    assert (mask(result) == (p == 0)).all()
    assert result.tally[:2] == (prod(noise), p * prod(noise))


# fields, input, the axes that share a decision
SHARED: Final[list[tuple[Fields, Shape, tuple[int, ...]]]] = [
    ({"variant": "stochastic_depth"}, (40, 3, 4), (1, 2)),
    ({"variant": "dropout1d"}, (8, 9, 4), (2,)),
    ({"variant": "dropout1d", "channels_last": True}, (8, 4, 9), (1,)),
    ({"variant": "dropout2d"}, (8, 9, 3, 4), (2, 3)),
    ({"variant": "dropout3d", "channels_last": True}, (8, 3, 4, 2, 9), (1, 2, 3)),
    ({"variant": "feature_alpha_dropout"}, (8, 9, 3, 4), (2, 3)),
]


@each(SHARED)
def test_whole_samples_and_channels(row: tuple[Fields, Shape, tuple[int, ...]]) -> None:
    """A sample or a channel is dropped or kept whole, and some are, some not."""
    fields, shape, axes = row
    keep = mask_of(Layer(p=0.5, **fields), shape, DRAW)
    whole = keep.all(axes)
    assert np.array_equal(whole, keep.any(axes))
    assert 0 < np.count_nonzero(whole) < whole.size


@pytest.mark.parametrize("b", [1, 2, 3, 5])
@pytest.mark.parametrize("p", [0.01, 0.1, 0.4])
def test_dropped_blocks_are_squares(b: int, p: float) -> None:
    """Whatever is dropped lies in a dropped square of b × b inside the map, at its corners as well."""
    layer, shape = Layer(p=p, variant="drop_block2d", block_size=b), (200, 2, 6, 7)
    keep = mask_of(layer, shape, DRAW)
    windows = np.lib.stride_tricks.sliding_window_view(keep, (b, b), (2, 3))
    corners = np.asarray(windows.any((-2, -1)))
    assert not corners.all()
    assert np.array_equal(oracle.final(layer, corners, shape), keep)


def drawn(rate: Fraction, draw: Draw, n: int) -> BoolArray:
    """The first decisions of a draw, by the contract's lines of numpy."""
    threshold, (c, lane), key = int(rate * 2**64), divmod(draw.offset, 16), draw.seed | draw.stream << 64
    counter = c | draw.sample << 64 | oracle.LANES << 192
    words = np.random.Philox(key=key, counter=counter - 1).random_raw((n + lane + 3) // 4)
    lanes = words.view("<u2")[lane:][:n]
    keep: BoolArray = lanes > threshold >> 48
    for place in np.flatnonzero(lanes == threshold >> 48).tolist():
        block, word = divmod(draw.offset + place, 4)
        counter = block | draw.sample << 64 | oracle.RESTS << 192
        rest = int(np.random.Philox(key=key, counter=counter - 1).random_raw(4)[word]) >> 16
        keep[place] = rest >= threshold % 2**48
    return keep


@each([row for row in LARGE if row[0]["variant"] != "gaussian_dropout"])
def test_masks_of_many_blocks(row: tuple[Fields, Shape]) -> None:
    """Decisions are the right ones beyond the first block as well, however they are shared, and by any threads."""
    fields, shape = row
    layer = Layer(p=0.1, **fields)
    noise = layer.noise_over(shape)
    keep = oracle.final(layer, drawn(oracle.rate(layer, shape), DRAW, prod(noise)).reshape(noise), shape)
    for threads in (1, 3):
        assert np.array_equal(mask_of(layer, shape, DRAW, threads), keep)


# --- what becomes of the rest


@given(st.sampled_from([*SELECTING, *BLOCKS]), st.sampled_from(SCALINGS), shares, draws, types)
def test_survivors_are_scaled(row: Row, scaling: Scaling, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Survivors are dtype(c(x) · c(s)), s as the oracle rounds it, and the rest +0.0; s is told as it is applied."""
    fields, shape, _ = row
    layer = Layer(p=p, scaling=scaling if fields["variant"] in SCALED else "inverted", **fields)
    x = normals(shape, dtype)
    result = dropout(x, layer=layer, draw=draw, masks=True)
    scale = oracle.scale(layer, mask(result), dtype)
    expected = np.zeros_like(x) if scale is None else oracle.selected(oracle.times(x, scale), mask(result))
    assert same(output(result), expected)
    assert result.applied == Applied(None if scale is None else float(scale))


@each([*SELECTING, *BLOCKS])
@pytest.mark.parametrize("value", [nan, inf, -inf, -3.0, -0.0])
def test_what_is_dropped_is_positive_zero(row: Row, value: float) -> None:
    """+0.0 takes the place of whatever it was; what is kept of NaN, infinities and negatives is still one."""
    fields, shape, _ = row
    for dtype in FLOATS.values():
        result = dropout(np.full(shape, value, dtype), layer=Layer(p=0.4, **fields), draw=DRAW, masks=True)
        gone, kept = (output(result)[at] for at in (~mask(result), mask(result)))
        assert bits(gone) == bits(np.zeros_like(gone))
        assert np.array_equal(np.isfinite(kept), np.full(kept.shape, np.isfinite(value)))
        assert np.array_equal(np.isnan(kept) | np.signbit(kept), np.full(kept.shape, value != inf))


@given(st.sampled_from(ALPHAS), st.floats(2.0**-12, 1 - 2.0**-15), draws, types)
def test_alpha(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Kept elements are dtype(c(x) · c(a) + c(shift)), the dropped one value; a and shift are told as applied."""
    fields, shape, _ = row
    x = normals(shape, dtype)
    result = dropout(x, layer=Layer(p=p, **fields), draw=draw, masks=True)
    kept, (a, shift) = mask(result), result.applied
    assert same(output(result)[kept], oracle.affine(x, a, shift)[kept])
    assert near([a, shift, *output(result)[~kept].astype(float)], p, UNIT[dtype.name])


def near(numbers: list[Any], p: float, u: float) -> bool:
    """Whether a, the shift, and dropped values are what they should, rounded to a type after eight roundings.

    Relative errors of float64's u are: of α′² p + 1 three at most, of 1 − p one, of their product one more; the root
    halves these and adds one, its reciprocal one: 4½ for a. α′ and p or p − 1 add two or three: below eight.
    """
    a, shift, gone = oracle.alpha(p)
    relative = Fraction(u) + 8 * Fraction(2) ** -53
    expected = [a, shift, *[gone] * (len(numbers) - 2)]
    return all(abs(Fraction(of) - exact) <= abs(exact) * relative for of, exact in zip(numbers, expected, strict=True))


@pytest.mark.parametrize("p", [0.05, 0.1, 0.5, 0.9])
def test_constants_of_alpha(p: float) -> None:
    """The oracle's own are those that keep mean 0 and variance 1: of kept a · x + shift, and what is dropped."""
    a, shift, gone = oracle.alpha(p)
    share, digits = Fraction(p), Fraction(1, 10**40)
    assert abs(a**2 * (oracle.ALPHA**2 * share + 1) * (1 - share) - 1) <= digits
    assert share * gone + (1 - share) * shift == 0
    assert abs(share * gone**2 + (1 - share) * (a**2 + shift**2) - 1) <= digits


@given(st.sampled_from(GAUSSIANS), st.floats(2.0**-20, 1 - 2.0**-15), draws, types)
def test_gaussian(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Each element is x · (1 + z · √(p/(1 − p))), z its own normal number; there is no scale to tell, and no decision.

    z is promised to 1e-12. In float64 there are seven roundings more, of z · deviation or of 1 and that; the type's
    own, u or half a subnormal, comes last, in bfloat16 after a float32's.
    """
    fields, shape, _ = row
    x = np.nan_to_num(normals(shape, dtype).astype(float), posinf=9, neginf=-9).astype(dtype)
    result = dropout(x, layer=Layer(p=p, **fields), draw=draw)
    noise = oracle.normals(x.size, draw).reshape(shape) * sqrt(p / (1 - p))
    expected = x.astype(float) * (1 + noise)
    slack = np.abs(x.astype(float)) * (sqrt(p / (1 - p)) * 1e-12 + 7 * 2.0**-53 * (1 + np.abs(noise)))
    unit = UNIT[dtype.name] + 2.0**-24 * (dtype.name == "bfloat16")
    last = unit * np.abs(expected) + LEAST[dtype.name]
    assert (np.abs(output(result).astype(float) - expected) <= slack * (1 + unit) + last).all()
    assert (result.applied, result.tally[:2], result.tally.drop_rate) == (Applied(), (0, 0), None)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gaussian_of_what_is_not_finite(dtype: str) -> None:
    """NaN stays NaN, infinities stay infinite where the factor is not 0, and nothing warns."""
    x = np.array([nan, inf, -inf] * 9, FLOATS[dtype])
    seen = output(dropout(x, layer=Layer(p=0.4, variant="gaussian_dropout"), draw=DRAW)).reshape(9, 3)
    assert np.isnan(seen[:, 0]).all()
    assert np.isinf(seen[:, 1:]).all()


# --- edges


@each(FAMILY)
@pytest.mark.parametrize("training", [True, False])
def test_p_0_is_the_identity(row: Row, training: bool) -> None:
    """At p = 0 every bit comes out as it went in, of Gaussian and alpha dropout too."""
    fields, shape, _ = row
    for x in (patterns(shape, dtype) for dtype in FLOATS.values()):
        assert bits(output(dropout(x, layer=Layer(p=0, training=training, **fields), draw=DRAW))) == bits(x)


@pytest.mark.parametrize(
    ("rows", "factors"),
    [(SELECTING, Applied(1.0)), (BLOCKS[:-1], Applied(1.0)), (ALPHAS, Applied(1.0, 0.0)), (GAUSSIANS, Applied())],
)
def test_factors_of_p_0(rows: list[Row], factors: Applied) -> None:
    """At p = 0 the scale is 1 and the shift 0; Gaussian dropout has none to tell."""
    for fields, shape, _ in rows:
        assert dropout(np.ones(shape), layer=Layer(p=0, **fields)).applied == factors


@each(FAMILY)
@pytest.mark.parametrize("p", [0.4, 1.0])
def test_evaluation_is_the_identity(row: Row, p: float) -> None:
    """In evaluation every bit comes out as it went in, at p = 1 too: the scale is 1, and nothing is drawn."""
    fields, shape, noise = row
    for x in (patterns(shape, dtype) for dtype in FLOATS.values()):
        result = dropout(x, layer=Layer(p=p, training=False, **fields), draw=DRAW)
        assert bits(output(result)) == bits(x)
        assert (result.applied, result.mask_law, result.noise_shape) == (Applied(1.0), None, noise)
        assert (result.tally[:2], result.tally.drop_rate) == ((0, 0), None)


@each(MASKED)
def test_evaluation_keeps_everything(row: Row) -> None:
    """The mask of evaluation is all true."""
    fields, shape, _ = row
    assert mask(dropout(np.ones(shape), layer=Layer(p=0.9, training=False, **fields), masks=True)).all()


@given(st.sampled_from(SELECTING), probabilities, types)
def test_evaluation_of_inference_scaling(row: Row, p: float, dtype: np.dtype[Any]) -> None:
    """Where training leaves survivors as they are, evaluation multiplies everything by 1 − p; p = 1 leaves +0.0."""
    fields, shape, _ = row
    x = normals(shape, dtype)
    result = dropout(x, layer=Layer(p=p, training=False, scaling="inference", **fields))
    scale = dtype.type(np.float64(1 - p) if dtype.itemsize == 8 else np.float32(1 - p))
    assert same(output(result), oracle.times(x, scale) if scale else np.zeros_like(x))
    assert result.applied == Applied(float(scale))


@each(FILLED)
@pytest.mark.parametrize("given", [None, np.array(False)], ids=["drawn", "given"])
def test_p_1_drops_everything(row: Row, given: BoolArray | None) -> None:
    """At p = 1 all is +0.0, of alpha dropout too, and no factor is told: there is none."""
    fields, shape, _ = row
    for dtype in FLOATS.values():
        result = dropout(patterns(shape, dtype), layer=Layer(p=1, **fields), mask=given, masks=True)
        assert bits(output(result)) == bits(np.zeros(shape, dtype))
        assert not mask(result).any()
        assert result.applied == Applied()


@each(SELECTING)
@pytest.mark.parametrize("scaling", ["inference", "none"])
def test_p_1_without_a_scale(row: Row, scaling: Scaling) -> None:
    """Where survivors are not scaled, their factor is 1, also where there are none."""
    fields, shape, _ = row
    result = dropout(normals(shape, FLOATS["float64"]), layer=Layer(p=1, scaling=scaling, **fields))
    assert bits(output(result)) == bits(np.zeros(shape))
    assert result.applied == Applied(1.0)


# fields, p, input, mask: a number of each is beyond float16, and none beyond float32
BEYOND_HALF: Final[list[tuple[Fields, float, Shape, BoolArray | None]]] = [
    ({"variant": "dropout"}, 1 - 2.0**-16, (), None),
    ({"variant": "dropout1d"}, 1 - 2.0**-16, (2, 2, 2), None),
    ({"variant": "dropout2d"}, 1 - 2.0**-16, (2, 2, 2, 2), None),
    ({"variant": "dropout3d"}, 1 - 2.0**-16, (2, 2, 2, 2, 2), None),
    ({"variant": "stochastic_depth"}, 1 - 2.0**-16, (2,), None),
    ({"variant": "alpha_dropout"}, 1 - 2.0**-36, (2,), None),
    ({"variant": "feature_alpha_dropout"}, 1 - 9.8e-11, (2, 2), None),
    ({"variant": "drop_block2d", "block_size": 2}, 0.5, (1, 1, 256, 256), np.arange(2**16).reshape(256, 256) == 7),
]


@pytest.mark.parametrize(
    ("fields", "p", "shape", "given"), BEYOND_HALF, ids=[fields["variant"] for fields, *_ in BEYOND_HALF]
)
def test_a_scale_that_is_not_finite(fields: Fields, p: float, shape: Shape, given: BoolArray | None) -> None:
    """A float16 is not multiplied by an infinity, nor is one added: the layer is refused, but in evaluation."""
    layer, x = Layer(p=p, **fields), np.ones(shape, np.float16)
    with pytest.raises(Invalid) as error:
        dropout(x, layer=layer, mask=given)
    assert faults(error) == [("scale_not_finite", "/p")]
    assert np.isfinite(output(dropout(x.astype(np.float32), layer=layer, mask=given))).all()
    assert dropout(x, layer=Layer(p=p, training=False, **fields)).applied == Applied(1.0)


def test_a_shift_that_is_not_finite() -> None:
    """Of feature_alpha_dropout above, a is a float16, and a · α′ · p, which is larger, is the one that is not."""
    a, shift, _ = oracle.alpha(1 - 9.8e-11)
    assert a < 65520 < shift


# --- what is refused

OTHERS: Final = [
    (variant, field, value)
    for variant in VARIANTS
    for field, (having, values) in OWN.items()
    if variant not in having
    for value in values
]


@pytest.mark.parametrize(("variant", "field", "value"), OTHERS, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_fields_without_a_meaning(variant: str, field: str, value: Any, training: bool) -> None:
    """A field that means nothing to a variant is refused and not passed over, in evaluation neither."""
    fields: Fields = {"variant": variant, "training": training, field: value}
    with pytest.raises(Invalid, match=f"{field} has no meaning for {variant}") as error:
        Layer(**fields)
    assert faults(error) == [("conflicting_fields", f"/{field}")]


@pytest.mark.parametrize(
    ("asked", "pointer"), [({"mask": np.array(True)}, "/mask"), ({"masks": True}, "/include")], ids=["given", "asked"]
)
def test_gaussian_dropout_has_no_mask(asked: Fields, pointer: str) -> None:
    """It drops nothing: a mask is neither taken nor given."""
    with pytest.raises(Invalid, match="gaussian_dropout drops nothing") as error:
        dropout(np.ones(3), layer=Layer(variant="gaussian_dropout"), **asked)
    assert faults(error) == [("conflicting_fields", pointer)]


@each(GAUSSIANS)
def test_gaussian_dropout_at_p_1(row: Row) -> None:
    """The variance p/(1 − p) has no value there."""
    with pytest.raises(Invalid, match="p must be below 1") as error:
        dropout(np.ones(row[1]), layer=Layer(p=1, variant="gaussian_dropout"))
    assert faults(error) == [("out_of_range", "/p")]


RANKS: Final = {
    "dropout1d": {3},
    "dropout2d": {4},
    "dropout3d": {5},
    "drop_block2d": {4},
    "stochastic_depth": set(range(1, 9)),
    "feature_alpha_dropout": set(range(2, 9)),
}
"""The ranks that variants take, below nine; others take any."""
WRONG_RANKS: Final = [(variant, rank) for variant, ranks in RANKS.items() for rank in sorted(set(range(9)) - ranks)]
BLOCK_SIZE: Final[dict[str, Fields]] = {"drop_block2d": {"block_size": 2}}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("training", [True, False])
def test_right_ranks(variant: str, training: bool) -> None:
    """The ranks of the table are taken."""
    layer = Layer(variant=variant, training=training, **BLOCK_SIZE.get(variant, {}))
    for rank in RANKS.get(variant, set(range(9))):
        assert output(dropout(np.ones((2,) * rank), layer=layer)).ndim == rank


@pytest.mark.parametrize(("variant", "rank"), WRONG_RANKS)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("given", [None, np.array(True)], ids=["drawn", "given"])
def test_wrong_ranks(variant: str, rank: int, training: bool, given: BoolArray | None) -> None:
    """A rank is never guessed: another is refused, with the way there is for it, in evaluation and with a mask too."""
    layer = Layer(variant=variant, training=training, **BLOCK_SIZE.get(variant, {}))
    with pytest.raises(Invalid, match=rf"got {rank}\..*variant dropout with noise_shape") as error:
        dropout(np.ones((2,) * rank), layer=layer, mask=given)
    assert faults(error) == [("wrong_rank", "/x")]


@pytest.mark.parametrize("block_size", [-1, 0, 4, 5, 2**40])
@pytest.mark.parametrize("shape", [(2, 3, 3, 5), (2, 3, 5, 3), (0, 3, 3, 5)])
@pytest.mark.parametrize("training", [True, False])
def test_block_size_has_bounds(block_size: int, shape: Shape, training: bool) -> None:
    """A block is from 1 to the lesser of height and width; the message has both, and what was asked for."""
    layer = Layer(variant="drop_block2d", block_size=block_size, training=training)
    with pytest.raises(Invalid, match=f"{shape[2]} and {shape[3]}, got {block_size}") as error:
        dropout(np.ones(shape), layer=layer)
    assert faults(error) == [("out_of_range", "/block_size")]


@pytest.mark.parametrize("layer", [Layer(variant="drop_block2d", p=p, training=p < 1) for p in (0, 0.5, 1)], ids=str)
def test_block_size_is_needed(layer: Layer) -> None:
    """There is no usual size of a block, in evaluation and at p = 0 neither."""
    with pytest.raises(Invalid) as error:
        dropout(np.ones((2, 3, 4, 5)), layer=layer)
    assert faults(error) == [("missing_field", "/block_size")]


@each([row for row in FAMILY if prod(row[2]) > 1])
def test_the_last_decision_fits_64_bits(row: Row) -> None:
    """Decisions, and normal numbers, end at index 2^64 − 1, or the call is refused; evaluation has none."""
    fields, shape, noise = row
    last, past = (Draw(offset=WORDS - prod(noise) + k) for k in (0, 1))
    assert output(dropout(np.ones(shape), layer=Layer(**fields), draw=last)).shape == shape
    with pytest.raises(Invalid) as error:
        dropout(np.ones(shape), layer=Layer(**fields), draw=past)
    assert faults(error) == [("out_of_range", "/offset")]
    assert output(dropout(np.ones(shape), layer=Layer(training=False, **fields), draw=past)).all()


# --- given masks


@given(st.sampled_from(FILLED), st.floats(2.0**-12, 1 - 2.0**-15), draws, types)
def test_a_mask_replays_a_result(row: Row, p: float, draw: Draw, dtype: np.dtype[Any]) -> None:
    """The final mask, given back, gives the same output and factors; its elements are the decisions then."""
    fields, shape, _ = row
    x, layer = normals(shape, dtype), Layer(p=p, **fields)
    drawn = dropout(x, layer=layer, draw=draw, masks=True)
    replayed = dropout(x, layer=layer, mask=mask(drawn), masks=True)
    assert same(output(replayed), output(drawn))
    assert np.array_equal(mask(replayed), mask(drawn))
    assert (replayed.applied, replayed.mask_law, replayed.noise_shape) == (drawn.applied, None, shape)
    assert replayed.tally[:2] == (x.size, dropped(mask(drawn)))


MASKS: Final[list[BoolArray]] = [
    np.array(True),
    np.arange(4) > 0,
    np.arange(3)[:, None] != 1,
    np.arange(2)[:, None, None] > 0,
    np.arange(24).reshape(2, 1, 3, 4) % 5 > 0,
]


@pytest.mark.parametrize("given", MASKS, ids=lambda given: str(given.shape))
@pytest.mark.parametrize("p", [0.0, 0.3])
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_mask_of_blocks(given: BoolArray, p: float, dtype: str) -> None:
    """A mask is the final one, not the seeds': survivors are times size/kept as it broadcasts, p takes no part."""
    x = normals((2, 2, 3, 4), FLOATS[dtype])
    layer, keep = Layer(p=p, variant="drop_block2d", block_size=2), np.broadcast_to(given, x.shape)
    result, scale = dropout(x, layer=layer, mask=given, masks=True), oracle.scale(layer, keep, x.dtype)
    assert scale is not None
    assert same(output(result), oracle.selected(oracle.times(x, scale), keep))
    assert np.array_equal(mask(result), keep)
    assert (result.applied, result.tally[:2]) == (Applied(float(scale)), (given.size, dropped(given)))


def test_the_scale_of_blocks_is_computed_as_others_are() -> None:
    """In c, then in the type: of 40,000 elements and 27,334 kept that is another float16 than of the exact quotient."""
    layer, keep = Layer(p=0.3, variant="drop_block2d", block_size=2), np.arange(40_000).reshape(200, 200) < 27_334
    scale = dropout(np.ones((1, 1, 200, 200), np.float16), layer=layer, mask=keep).applied.scale
    assert scale == np.float16(np.float32(40_000) / np.float32(27_334)) != np.float16(40_000 / 27_334)


def test_a_mask_of_blocks_that_keeps_nothing() -> None:
    """Nothing kept is nothing to scale: zeros, and no factor."""
    layer = Layer(p=0.3, variant="drop_block2d", block_size=2)
    result = dropout(patterns((2, 2, 3, 4), FLOATS["float64"]), layer=layer, mask=np.array(False))
    assert bits(output(result)) == bits(np.zeros((2, 2, 3, 4)))
    assert result.applied == Applied()


@each(ALPHAS)
@pytest.mark.parametrize("p", [0.0, 0.3])
def test_a_mask_of_alpha(row: Row, p: float) -> None:
    """What a given mask drops is a · α′ · (p − 1), whatever drew it; at p = 0 that is −α′."""
    fields, shape, _ = row
    seen = output(dropout(normals(shape, FLOATS["float64"]), layer=Layer(p=p, **fields), mask=np.array(False)))
    a, shift, _ = oracle.alpha(p)
    assert near([a, shift, *seen.ravel()], p, 2.0**-53)


@each(MASKED)
@pytest.mark.parametrize("more", [{"training": False}, {"p": 1}], ids=str)
def test_a_mask_without_a_meaning(row: Row, more: Fields) -> None:
    """In evaluation nothing is dropped, and at p = 1 nothing can be kept: a mask that keeps something is refused."""
    fields, shape, _ = row
    with pytest.raises(Invalid) as error:
        dropout(np.ones(shape), layer=Layer(**fields, **more), mask=np.array(True))
    assert faults(error) == [("conflicting_fields", "/mask")]


# --- what nothing depends on


def further(draw: Draw, by: int) -> Draw:
    """The same draw, so many decisions on."""
    return Draw(seed=draw.seed, stream=draw.stream, sample=draw.sample, offset=draw.offset + by)


@given(st.sampled_from([row for row in ROWWISE if row in MASKED]), st.integers(0, 7), probabilities, draws)
def test_chunks_of_a_mask_equal_the_whole(row: Row, cut: int, p: float, draw: Draw) -> None:
    """Rows whose mask is drawn alone, at their offset, have those rows of the whole; blocks too."""
    fields, shape, noise = row
    layer, cut = Layer(p=p, **fields), min(cut, shape[0])
    later = mask_of(layer, (shape[0] - cut, *shape[1:]), further(draw, cut * prod(noise[1:])))
    chunks = [mask_of(layer, (cut, *shape[1:]), draw), later]
    assert np.array_equal(np.concatenate(chunks), mask_of(layer, shape, draw))


@given(st.sampled_from([row for row in ROWWISE if row not in BLOCKS]), st.integers(0, 7), draws, types)
def test_chunks_equal_the_whole(row: Row, cut: int, draw: Draw, dtype: np.dtype[Any]) -> None:
    """Rows computed alone at their offset are those of the whole bit for bit, but blocks': their scale is another."""
    fields, shape, noise = row
    layer, x, cut = Layer(p=0.4, **fields), normals(shape, dtype), min(cut, shape[0])
    later = output(dropout(x[cut:], layer=layer, draw=further(draw, cut * prod(noise[1:]))))
    chunks = [output(dropout(x[:cut], layer=layer, draw=draw)), later]
    assert same(np.concatenate(chunks), output(dropout(x, layer=layer, draw=draw)))


@each(FAMILY)
def test_replicates_are_samples(row: Row) -> None:
    """Replicate k of many is the sample k further on alone; a factor is told where it is that of all."""
    fields, shape, _ = row
    layer, x = Layer(p=0.3, **fields), normals(shape, FLOATS["float32"])
    together = dropout(x, layer=layer, draw=DRAW, samples=3)
    alone = [dropout(x, layer=layer, draw=DRAW.replicate(k)) for k in range(3)]
    assert bits(output(together)) == bits(np.stack([output(one) for one in alone]))
    assert together.tally[:2] == tuple(sum(counts) for counts in zip(*(one.tally[:2] for one in alone), strict=True))
    factors = {one.applied for one in alone}
    assert together.applied == (factors.pop() if len(factors) == 1 else Applied())


@each(MASKED)
def test_masks_of_replicates_are_samples(row: Row) -> None:
    """So are their masks."""
    fields, shape, _ = row
    layer = Layer(p=0.3, **fields)
    together = dropout(np.ones(shape), layer=layer, draw=DRAW, samples=3, masks=True)
    assert np.array_equal(mask(together), [mask_of(layer, shape, DRAW.replicate(k)) for k in range(3)])


@each(LARGE)
@pytest.mark.parametrize("gradient", [False, True])
def test_nothing_depends_on_threads(row: tuple[Fields, Shape], gradient: bool) -> None:
    """Any number of threads gives the same bits of output and statistics."""
    fields, shape = row
    x, layer = normals(shape, FLOATS["float32"]), Layer(p=0.1, **fields)
    one, *many = (dropout(x, layer=layer, draw=DRAW, gradient=gradient, threads=count) for count in (1, 2, 64))
    for other in many:
        assert bits(output(other)) == bits(output(one))
        assert (other.tally, other.applied) == (one.tally, one.applied)


@each(LARGE)
@pytest.mark.parametrize("dtype", FLOATS)
def test_nothing_depends_on_memory(row: tuple[Fields, Shape], dtype: str) -> None:
    """Memory order, strides and byte order change no bit of the output; bfloat16 has one byte order."""
    fields, shape = row
    x, layer = normals(shape, FLOATS[dtype]), Layer(p=0.1, **fields)
    expected = bits(output(dropout(x, layer=layer, draw=DRAW)))
    backwards = np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    foreign = [x.astype(x.dtype.newbyteorder())] if x.dtype.kind == "f" else []
    for other in (np.asfortranarray(x), backwards, *foreign):
        assert bits(output(dropout(other, layer=layer, draw=DRAW))) == expected


@each(MASKED)
def test_masks_do_not_depend_on_the_type(row: Row) -> None:
    """The four types have one mask."""
    fields, shape, _ = row
    layer = Layer(p=0.4, **fields)
    for dtype in FLOATS.values():
        seen = dropout(normals(shape, dtype), layer=layer, draw=DRAW, masks=True)
        assert np.array_equal(mask(seen), mask_of(layer, shape, DRAW))


# --- what it comes to on average

MANY: Final = 400_000
STANDARD: Final[FloatArray] = np.random.default_rng(1971).standard_normal(MANY)


@pytest.mark.parametrize("variant", ["alpha_dropout", "feature_alpha_dropout"])
@pytest.mark.parametrize("p", [0.05, 0.4, 0.9])
def test_alpha_keeps_mean_and_variance(variant: str, p: float) -> None:
    """Of standard normal input the output's mean is 0 and its mean square 1, each within 6 σ.

    y is a · x + s with 1 − p, d with p, so E y = 0 and E y² = 1. σ² is 1/n for the mean and (E y⁴ − 1)/n for the mean
    square, with E y⁴ = (1 − p)(3a⁴ + 6a²s² + s⁴) + p · d⁴. Channels of one element are independent.
    """
    y = output(dropout(STANDARD.reshape(-1, 10), layer=Layer(p=p, variant=variant), draw=DRAW))
    a, s, d = map(float, oracle.alpha(p))
    fourth = (1 - p) * (3 * a**4 + 6 * a**2 * s**2 + s**4) + p * d**4
    assert abs(y.mean()) <= 6 * sqrt(1 / MANY)
    assert abs(np.square(y).mean() - 1) <= 6 * sqrt((fourth - 1) / MANY)


@pytest.mark.parametrize("p", [0.05, 0.4, 0.9])
def test_gaussian_has_the_variance_of_dropout(p: float) -> None:
    """Of ones, mean 1 and variance p/(1 − p) = v come out, those of dropout, within 6 σ: √(v/n) and v · √(2/n)."""
    y = output(dropout(np.ones(MANY), layer=Layer(p=p, variant="gaussian_dropout"), draw=DRAW))
    v = p / (1 - p)
    assert abs(y.mean() - 1) <= 6 * sqrt(v / MANY)
    assert abs(np.square(y - 1).mean() - v) <= 6 * v * sqrt(2 / MANY)


def test_gaussian_is_normal() -> None:
    """Of ones, as many come out negative as a normal of mean 1 and deviation √(p/(1 − p)) = 3 has, within 6 σ."""
    y = output(dropout(np.ones(MANY), layer=Layer(p=0.9, variant="gaussian_dropout"), draw=DRAW))
    share = (1 + erf(-1 / 3 / sqrt(2))) / 2
    assert abs(np.count_nonzero(y < 0) / MANY - share) <= 6 * sqrt(share * (1 - share) / MANY)


@each([*SHARED, ({"variant": "dropout"}, (40, 3, 4), ())])
@pytest.mark.parametrize("p", [0.05, 0.4, 0.9])
def test_shares_of_decisions(row: tuple[Fields, Shape, tuple[int, ...]], p: float) -> None:
    """Over many samples the share of decisions that drop is p within 6 σ of a binomial."""
    fields, shape, _ = row
    tally = dropout(np.ones(shape), layer=Layer(p=p, **fields), samples=300, outputs=False, statistics=False).tally
    assert tally.drop_rate is not None
    assert abs(tally.drop_rate - p) <= 6 * sqrt(p * (1 - p) / tally.decisions)


MAPS: Final[Shape] = (3000, 2, 8, 7)


def covering(b: int) -> BoolArray:
    """For each element of a map, the seeds whose block holds it."""
    layer, corners = Layer(variant="drop_block2d", block_size=b), (9 - b, 8 - b)
    single = np.eye(prod(corners), dtype=bool).reshape(-1, 1, *corners)
    return ~oracle.final(layer, ~single, (prod(corners), 1, *MAPS[2:])).reshape(prod(corners), -1).T


@pytest.mark.parametrize("b", [1, 2, 3, 7])
@pytest.mark.parametrize("p", [0.02, 0.1, 0.5])
def test_shares_of_blocks(b: int, p: float) -> None:
    """Seeds drop at the rate γ, within 6 σ of a binomial, and elements at p less what blocks overlap, within 6 σ.

    An element that n seeds cover is kept with (1 − γ)^n, and two with (1 − γ)^|the union of theirs|: the mean and the
    variance of a map's share follow exactly, and maps are independent. Covers add up to b² a seed and 1 − (1 − γ)^n
    is from nγ − n(n − 1)γ²/2 to nγ, so the mean is from p · (1 − (b² − 1)γ/2) to p.
    """
    layer, cover = Layer(p=p, variant="drop_block2d", block_size=b), covering(b)
    result, gamma = dropout(np.ones(MAPS), layer=layer, draw=DRAW, masks=True), float(oracle.rate(layer, MAPS))
    seen, decisions = result.tally.drop_rate, result.tally.decisions
    assert seen is not None
    assert abs(seen - gamma) <= 6 * sqrt(gamma * (1 - gamma) / decisions)
    mean = 1 - float(((1 - gamma) ** cover.sum(1)).mean())
    both = float(((1 - gamma) ** (cover[:, None] | cover).sum(2)).mean())
    assert p * (1 - (b * b - 1) * gamma / 2) - 2.0**-40 <= mean <= p + 2.0**-40
    sigma = sqrt((both - (1 - mean) ** 2) / (MAPS[0] * MAPS[1]))
    assert abs(dropped(mask(result)) / prod(MAPS) - mean) <= 6 * sigma


def test_blocks_keep_the_mean_of_ones() -> None:
    """Survivors are times size/kept, so the mean of ones is 1 in each replicate, not on average alone.

    The factor is off by a rounding, and the mean of n elements by n of them at most.
    """
    layer, shape = Layer(p=0.4, variant="drop_block2d", block_size=3), (4, 3, 8, 7)
    means = output(dropout(np.ones(shape), layer=layer, samples=9)).mean((1, 2, 3, 4))
    assert np.abs(means - 1).max() <= (prod(shape) + 1) * 2.0**-53
