"""Single laws of verification: what a claim means, what decides it, and what is said of it."""

from time import process_time
from typing import Any

import ml_dtypes
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, VARIANTS, Draw, FloatArray, Layer, Shape, dropout
from app.core.bernoulli import LANES
from app.errors import Invalid
from app.verify import Gradients, Verification, verify
from app.verify.checks import CHECKS

LAYER = Layer(p=0.4)
SCALE = 1 / 0.6


def codes(verification: Verification) -> list[str]:
    """What was found."""
    return [found.code for found in verification.findings]


def checked(verification: Verification) -> dict[str, Any]:
    """What was checked, by name."""
    return {check.name: check for check in verification.checks}


def layer_of(name: str, training: bool = True) -> Layer:
    """A layer of a variant, with the field that it may need."""
    own: dict[str, Any] = {"block_size": 2} if "block_size" in VARIANTS[name].parameters else {}
    return Layer(variant=name, p=0.3, training=training, **own)


def shape_of(layer: Layer) -> Shape:
    """A shape that it takes."""
    return (6, 5, 4, 4, 4)[: max(2, layer.row.rank)]


def given_decisions(decisions: int, p: float = 0.4, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """A uniform input and a correct output of it."""
    rng = np.random.default_rng(seed)
    x = rng.random(decisions) + 0.5
    return x, np.where(rng.random(decisions) >= p, x / (1 - p), 0)[None]


# Verdicts


def test_a_correct_layer_passes_with_enough_decisions() -> None:
    """At p = 0.4, with the number that the check of the rate says is enough, and not with a tenth less."""
    x, y = given_decisions(2000)
    enough = checked(verify(x, y, layer=LAYER))["rate"].detectable.enough
    assert verify(x[:enough], y[:, :enough], layer=LAYER).verdict == "pass"
    fewer = verify(x[: enough * 9 // 10], y[:, : enough * 9 // 10], layer=LAYER)
    assert (fewer.verdict, fewer.findings) == ("inconclusive", [])
    assert f"about {enough} would" in fewer.message


def test_the_articles_table_cannot_tell_a_rate() -> None:
    """Twenty decisions are no pass, and say what they could have shown."""
    x, y = given_decisions(20)
    verification = verify(x.reshape(5, 4), y.reshape(1, 5, 4), layer=LAYER)
    assert verification.verdict == "inconclusive"
    rate = checked(verification)["rate"].detectable
    assert rate.smallest > 0.4
    assert rate.enough > 1000


@pytest.mark.parametrize("zeros", [0, 0.6, 1])
def test_zeros_of_the_input_say_nothing(zeros: float) -> None:
    """They are no decisions: neither a rate nor a verdict depends on them."""
    x, y = given_decisions(20_000)
    gone = np.random.default_rng(1).random(x.size) < zeros
    verification = verify(np.where(gone, 0, x), np.where(gone, 0, y), layer=LAYER)
    known, dropped = np.count_nonzero(~gone), np.count_nonzero((y[0] == 0) & ~gone)
    assert verification.layer.rate == (dropped / known if known else None)
    assert verification.verdict == ("pass" if known else "inconclusive")


def test_at_one_half_p_and_keep_cannot_be_told_apart() -> None:
    """A layer with them swapped passes, as it is the same layer."""
    x, y = given_decisions(5000, 0.5)
    assert verify(x, y, layer=Layer(p=0.5)).verdict == "pass"


@pytest.mark.parametrize(("p", "needed"), [(0.1, 8), (0.2, 17), (0.3, 41)])
def test_few_decisions_tell_p_and_keep_apart(p: float, needed: int) -> None:
    """With a scale of 1/p, as few as make the one a thousand times likelier than the other."""
    x = np.ones(needed)
    y = np.where(np.arange(needed) < round(needed * p), 1 / p, 0.0)[None]
    assert codes(verify(x, y, layer=Layer(p=p))) == ["keep_drop_swapped"]
    assert codes(verify(x[:2], y[:, :2], layer=Layer(p=p))) != ["keep_drop_swapped"]


@pytest.mark.parametrize(("dtype", "p"), [("float16", 0.0009), ("bfloat16", 0.007)])
def test_a_scale_that_does_not_show_is_no_pass(dtype: str, p: float) -> None:
    """Where 1/(1-p) is 1 to two units in the last place of a half type, a missing scale would not be seen."""
    x, y = given_decisions(int(900 / p), p)
    verification = verify(x.astype(FLOATS[dtype]), y.astype(FLOATS[dtype]), layer=Layer(p=p), dtype=FLOATS[dtype])
    assert verification.verdict == "inconclusive"
    assert dtype in verification.message


def test_no_family_has_more_checks_than_the_level_is_for() -> None:
    """All there are run where decisions are shared, outputs repeated and a rank is high: none of them is left out."""
    x = np.random.default_rng(0).normal(size=(20, 30, 4, 4))
    y = dropout(x, layer=Layer(p=0.4, variant="dropout2d"), draw=Draw(seed=1), samples=3).output
    assert y is not None
    x[0] = 0  # where the gradient alone tells
    verification = verify(x, y * (x != 0), layer=Layer(p=0.4, variant="dropout2d"), gradients=Gradients(y, y))
    assert len(verification.checks) == CHECKS.family


# Certainty


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "drop_block2d"])
@pytest.mark.parametrize("dtype", [*FLOATS])
def test_evaluation_is_decided_by_one_element(variant: str, dtype: str) -> None:
    """One that is not 0, and as it was."""
    rank = max(1, VARIANTS[variant].rank)
    x = np.full((1,) * rank, 0.7).astype(FLOATS[dtype])
    assert verify(x, x[None], layer=Layer(variant=variant, training=False)).verdict == "pass"
    assert verify(x * 0, x[None] * 0, layer=Layer(variant=variant, training=False)).verdict == "inconclusive"


@pytest.mark.parametrize(("p", "factor"), [(0.0, 1.0), (1.0, 0.0)])
def test_certain_rates_are_decided_by_one_element(p: float, factor: float) -> None:
    """At p = 0 all is kept, at p = 1 nothing."""
    x = np.full(1, 0.7)
    assert verify(x, x[None] * factor, layer=Layer(p=p)).verdict == "pass"
    assert verify(x, x[None] * (1 - factor), layer=Layer(p=p)).verdict == "fail"


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_arrays_of_any_rank_and_size(shape: Shape) -> None:
    """None of them, and no element, is an inconclusive answer and no error."""
    x = np.ones(shape)
    verification = verify(x, x[None] * 2, layer=Layer())
    assert (verification.verdict, verification.findings) == ("inconclusive", [])


@pytest.mark.parametrize(("x", "y"), [((2, 3), (1, 3, 2)), ((4,), (2, 3)), ((1,), (1,))])
def test_shapes_must_be_the_same(x: Shape, y: Shape) -> None:
    """An output of another shape is a finding that names both; nothing else is looked at."""
    verification = verify(np.ones(x), np.ones(y), layer=LAYER)
    assert codes(verification) == ["shape_mismatch"]
    assert (verification.findings[0].expected, verification.findings[0].seen) == ([*x], [*y[1:]])


def test_gradients_have_the_shape_of_the_outputs() -> None:
    """A gradient of another is a finding."""
    x, y = given_decisions(10)
    assert codes(verify(x, y, layer=LAYER, gradients=Gradients(y, y[:, :5]))) == ["shape_mismatch"]


def test_a_rank_that_the_layer_does_not_take_is_an_error() -> None:
    """As for the layer itself."""
    with pytest.raises(Invalid, match="dropout2d takes inputs of 4 dimensions"):
        verify(np.ones(3), np.ones((1, 3)), layer=Layer(variant="dropout2d"))


# Values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], "bfloat16"),
        ([1, 1.0009765625], "float16"),
        ([1, 2.0**100 + 2.0**80], "float32"),
        ([1, 70000.0], "float32"),
        ([1, 0.1], "float64"),
        ([np.nan, np.inf, 1], "bfloat16"),
        ([], "bfloat16"),
    ],
)
def test_the_coarsest_type_that_holds_the_values(values: list[float], expected: str) -> None:
    """It is the one of the largest unit in the last place, for the values of both arrays."""
    x = np.array(values)
    verification = verify(x, x[None], layer=Layer(training=False))
    assert verification.dtype == FLOATS[expected]
    wider = verify(np.append(x, 0.1), np.append(x, 0.1)[None], layer=Layer(training=False))
    assert wider.dtype == FLOATS["float64"]


@given(st.sampled_from([*FLOATS]), st.sampled_from([0.1, 0.4, 0.75]), st.sampled_from([-4, -1, 0, 1, 4]))
def test_two_units_in_the_last_place_are_allowed(dtype: str, p: float, units: int) -> None:
    """Survivors that are rounded and off by one of them are right, those that are off by four are not."""
    x: Any = np.linspace(1, 1.9, 64).astype(FLOATS[dtype])
    y = (x.astype(np.float64) / (1 - p)).astype(x.dtype)
    y = (y.view(f"i{y.itemsize}") + np.dtype(f"i{y.itemsize}").type(units)).view(y.dtype)
    found = {*codes(verify(x, y[None], layer=Layer(p=p), dtype=x.dtype))} - {"wrong_rate"}  # nothing is dropped
    assert bool(found) == (abs(units) == 4)


def test_what_is_not_finite_is_not_held_against_a_layer() -> None:
    """Where it is kept, and where it is dropped by a product, as in PyTorch, or selected."""
    x = np.array([np.nan, np.nan, np.inf, np.inf, -np.inf, np.inf, 1.0, 1.0])
    y = np.array([np.nan, 0.0, np.inf, 0.0, -np.inf, np.nan, 2.0, -0.0])
    assert codes(verify(x, y[None], layer=Layer())) == []


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("layer", "y", "code"),
    [
        (LAYER, [SCALE, SCALE, NAN], "dropped_not_zero"),  # x · 0 · ∞
        (LAYER, [SCALE, SCALE, INF], "dropped_not_zero"),  # x / 0, the mask
        (LAYER, [SCALE, -INF, NAN], "dropped_not_zero"),
        (LAYER, [SCALE, 0.0, NAN], "dropped_not_zero"),
        (Layer(p=0.99), [100.0, NAN, NAN], "dropped_not_zero"),
        (Layer(p=1.0), [NAN, NAN, NAN], "dropped_not_zero"),  # 1/(1-p) is ∞
        (Layer(p=1.0), [0.0, NAN, 0.0], "dropped_not_zero"),
        (Layer(p=1.0), [INF, -INF, INF], "dropped_not_zero"),  # x / (1-p)
        (Layer(p=1.0, scaling="none"), [NAN, NAN, NAN], "dropped_not_zero"),
        (Layer(p=1.0, variant="alpha_dropout"), [NAN, NAN, NAN], "dropped_not_zero"),
        (Layer(p=1.0, variant="drop_block2d", block_size=1), [NAN, NAN, NAN], "dropped_not_zero"),
        (Layer(p=0.0), [1.0, NAN, 1.0], "survivor_changed"),  # where nothing is dropped, this was not
        (Layer(p=0.4, training=False), [1.0, 1.0, INF], "survivor_changed"),
    ],
)
def test_a_number_that_becomes_none_was_dropped_wrongly(layer: Layer, y: list[float], code: str) -> None:
    """NaN and infinity of a finite input come of 0·∞, 0/0 or x/0, and the sentence says so."""
    x = np.ones(3).reshape((3,) + (1,) * (max(1, layer.row.rank) - 1))
    [found] = verify(x, np.reshape(y, (1, *x.shape)), layer=layer).findings
    assert found.code == code
    assert ("0·∞, 0/0 or x/0" in found.message) == (code == "dropped_not_zero")


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_an_overflow_is_right(dtype: str) -> None:
    """Where the product is beyond the type, infinity is what it is rounded to."""
    most = np.finfo(dtype).max
    x = np.array([most, most / 2, 1.0], dtype)
    with np.errstate(over="ignore"):
        y = (x * np.dtype(dtype).type(4))[None]
    assert codes(verify(x, y, layer=Layer(p=0.75))) == []


@pytest.mark.parametrize(
    ("x", "y", "p", "dtype", "expected"),
    [
        # PyTorch's float16, printed to 4 decimals: about 1.66686 times, which float16 cannot tell from 1.66667
        ([0.0682, 2.0098, 3.084], [0.1138, 3.3496, 5.1406], 0.4, "float16", ["survivor_changed"]),
        ([0.0682, 2.0098, 3.084], [0.1138, 3.3496, 5.1406], 0.4, None, ["survivor_changed"]),
        ([0.68, 0.31, 0.74], [1.13, 0.52, 1.23], 0.4, "float64", ["survivor_changed"]),
        ([0.68, 0.31, 0.74], [0.0, 0.0, 1.23], 0.4, None, ["survivor_changed"]),  # a single survivor
        ([1.0, 1.0, 1.0], [1.67, 1.67, 1.67], 0.4, None, ["survivor_changed"]),  # of one factor, and a rounded one
        ([6.8e-05, 3.1e-05], [1.1e-04, 5.2e-05], 0.4, None, ["survivor_changed"]),  # printed with %.2g
        ([0.05, 0.35], [0.0, 0.04], 0.9, None, ["survivor_changed"]),  # in evaluation, 0.005 is printed as 0.00
        # what printing does not explain
        ([0.68, 0.31, 0.74], [0.68, 0.31, 0.74], 0.4, None, ["identity_in_training"]),
        ([0.68, 0.31, 0.74], [1.36, 0.62, 1.48], 0.4, None, ["wrong_scale"]),
        ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], 0.4, None, ["wrong_scale"]),
        ([0.5, 0.25, 0.125], [0.83203125, 0.416015625, 0.2080078125], 0.4, "bfloat16", []),
    ],
)
def test_rounding_is_no_wrong_scale(
    x: list[float], y: list[float], p: float, dtype: str | None, expected: list[str]
) -> None:
    """Numbers that are right to the digits that they are printed with are told to be rounded, and nothing else."""
    layer = Layer(p=p, scaling="inference", training=False) if p == 0.9 else Layer(p=p)
    verification = verify(np.array(x), np.array([y]), layer=layer, dtype=FLOATS[dtype] if dtype else None)
    assert codes(verification) == expected


def as_text(x: Any) -> FloatArray:
    """What is read where the array is written as this service writes it."""
    return np.array(orjson.loads(orjson.dumps(x, option=orjson.OPT_SERIALIZE_NUMPY)))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("claimed", [True, False])
def test_numbers_are_what_their_text_is_short_for(dtype: str, claimed: bool) -> None:
    """The 0.1 of a float32 is no float64: numbers that are written as this service does are what they were before."""
    rng = np.random.default_rng(0)
    x = rng.random(50_000).astype(dtype)
    y = np.where(rng.random(x.size) >= 0.1, x * np.dtype(dtype).type(1 / 0.9), 0).astype(dtype)
    told = [as_text(x), as_text(y)]
    verification = verify(told[0], told[1][None], layer=Layer(p=0.1), dtype=FLOATS[dtype] if claimed else None)
    assert (verification.verdict, verification.dtype) == ("pass", FLOATS[dtype])
    told[1][np.flatnonzero(told[1])[0]] += 1e-12  # a digit more than a float32 is written with
    assert codes(verify(told[0], told[1][None], layer=Layer(p=0.1))) == ["survivor_changed"]


def test_text_that_is_right_in_float64_is_float64() -> None:
    """It is read as shorter only where that explains what would be a fault."""
    x = np.array([0.1, 0.2, 0.3])
    assert verify(x, x[None] * 2, layer=Layer()).dtype == FLOATS["float64"]
    assert verify(x, np.array([[0.2, 0.4, 0.61]]), layer=Layer()).dtype == FLOATS["float32"]


def test_an_element_next_to_nothing_says_nothing() -> None:
    """One below the least normal number may vanish in a product."""
    x = np.array([1e-310, 1.0])
    assert codes(verify(x, np.array([[0.0, 1.0]]), layer=Layer(training=False))) == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_and_memory_order_do_not_matter(order: str) -> None:
    """The same arrays are the same, however they lie."""
    x, y = given_decisions(3000)
    plain = verify(x.reshape(60, 50), y.reshape(1, 60, 50), layer=LAYER)
    turned = verify(
        np.asfortranarray(x.reshape(60, 50).astype(f"{order}f8")),
        np.asfortranarray(y.reshape(1, 60, 50).astype(f"{order}f8")),
        layer=LAYER,
    )
    assert plain == turned


# The mask law


@pytest.mark.parametrize("name", [*VARIANTS])
@pytest.mark.parametrize("dtype", [*FLOATS])
def test_what_we_do_is_reproduced(name: str, dtype: str) -> None:
    """Every variant of ours, in every type, is that of its seed: three outputs, the samples 0 to 2."""
    layer = layer_of(name)
    x = np.random.default_rng(0).normal(size=shape_of(layer)).astype(FLOATS[dtype])
    draw = Draw(seed=2**63 + 5, stream=3, offset=17)
    y = dropout(x, layer=layer, draw=draw, samples=3).output
    assert y is not None
    verification = verify(x, y, layer=layer, draw=draw, dtype=FLOATS[dtype])
    assert verification.findings == []
    assert checked(verification)["seed"].p_value == 1
    assert codes(verify(x, y[[1, 0, 2]], layer=layer, draw=draw, dtype=FLOATS[dtype])) == ["mask_not_reproduced"]


def test_a_reproduced_mask_passes_with_few_decisions() -> None:
    """A rate that is off by 0.1 would change each with that probability: 22 decisions are enough, 21 are not."""
    for decisions, verdict in ((21, "inconclusive"), (22, "pass")):
        x = np.ones(decisions)
        y = dropout(x, layer=LAYER, draw=Draw(seed=1)).output
        assert y is not None
        assert verify(x, y[None], layer=LAYER, draw=Draw(seed=1)).verdict == verdict


def ours(x: FloatArray) -> FloatArray:
    """What the service does under one seed and stream."""
    output = dropout(x, layer=LAYER, draw=Draw(seed=9, stream=2)).output
    assert output is not None
    return output


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda x: dropout(x, layer=LAYER, draw=Draw(seed=2, stream=9)).output, "seed and stream swapped"),
        (
            lambda x: np.where(np.random.Philox(9).random_raw(x.size // 4).view("<u2") > int(0.4 * 2**16), x / 0.6, 0),
            "hashes its seed",
        ),
        (lambda x: x / 0.6 - ours(x), ""),
    ],
)
def test_a_law_that_is_misread_is_told_how(slip: Any, words: str) -> None:
    """The usual slips are tried, and the one that gives the mask is named; an inverted mask is p and keep swapped."""
    x = np.ones(3000)
    found = verify(x, slip(x)[None], layer=LAYER, draw=Draw(seed=9, stream=2)).findings
    [one] = [one for one in found if one.code == ("mask_not_reproduced" if words else "keep_drop_swapped")]
    assert words in one.message


@pytest.mark.parametrize(("compare", "words"), [(np.greater_equal, "ties were kept"), (np.greater, "were dropped")])
def test_a_mask_of_16_bits_a_decision_is_told(compare: Any, words: str) -> None:
    """Whoever leaves out the 48 bits that break a tie is told so, by the few of half a million that differ."""
    x, draw = np.ones(500_000), Draw(seed=9, stream=2)
    keep = compare(draw.words(LANES).run(0, x.size // 4).view("<u2"), int(0.4 * 2**16))
    [found] = verify(x, np.where(keep, x / 0.6, 0)[None], layer=LAYER, draw=draw).findings
    assert found.code == "mask_not_reproduced"
    assert words in found.message


# Gradients


@pytest.mark.parametrize("name", [*VARIANTS])
@pytest.mark.parametrize("training", [True, False])
def test_our_gradients_are_right(name: str, training: bool) -> None:
    """Of every variant, with and without the seed."""
    layer = layer_of(name, training)
    x, g = np.random.default_rng(0).normal(size=(2, *shape_of(layer)))
    y = dropout(x, layer=layer, draw=Draw(seed=4)).output
    dx = dropout(g, layer=layer, draw=Draw(seed=4), gradient=True).output
    assert y is not None
    assert dx is not None
    for draw in (None, Draw(seed=4)):
        verification = verify(x, y[None], layer=layer, draw=draw, gradients=Gradients(g[None], dx[None]))
        assert verification.findings == []
        wrong = verify(x, y[None], layer=layer, draw=draw, gradients=Gradients(g[None], dx[None] * 1.01))
        assert codes(wrong) == ["gradient_scale_differs"]


def test_gradients_may_have_another_type() -> None:
    """They are compared in their own last places."""
    x, y = given_decisions(3000)
    half = FLOATS["bfloat16"]
    g = np.random.default_rng(1).normal(size=y.shape).astype(half)
    dx = np.where(y == 0, 0, g.astype(np.float32) * np.float32(SCALE)).astype(half)
    assert verify(x, y, layer=LAYER, gradients=Gradients(g, dx)).verdict == "pass"


ZERO, ONES = [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]
EVALUATION, HALF = Layer(training=False), Layer()
CHANNELS, BLOCKS = Layer(noise_shape=(None, 1)), Layer(p=0.4, variant="drop_block2d", block_size=1)


@pytest.mark.parametrize(
    ("layer", "x", "y", "dx", "expected"),
    [
        # in evaluation, at p = 0 and at p = 1 there is one right value
        (EVALUATION, ZERO, ZERO, [1, 1, 1], []),
        (EVALUATION, ZERO, ZERO, [7, 1, 1], ["gradient_scale_differs"]),
        (EVALUATION, ZERO, ZERO, [0, 1, 1], ["gradient_mask_differs"]),
        (EVALUATION, ZERO, ZERO, [NAN, 1, 1], ["gradient_scale_differs"]),
        (Layer(training=False, scaling="inference"), ZERO, [0, 0.5, 1], [0.5, 0.5, 0.5], []),
        (Layer(training=False, scaling="inference"), ZERO, [0, 0.5, 1], [1, 0.5, 0.5], ["gradient_scale_differs"]),
        (Layer(p=0.0), ZERO, ZERO, [0, 1, 1], ["gradient_mask_differs"]),
        (Layer(p=1.0), ZERO, [0, 0, 0], [0, 0, 0], []),
        (Layer(p=1.0), ZERO, [0, 0, 0], [1, 0, 0], ["gradient_mask_differs"]),
        (Layer(p=1.0), ZERO, [0, 0, 0], [NAN, 0, 0], ["gradient_mask_differs"]),  # 0 · ∞ in the backward pass
        # in training two, of which chance chooses
        (HALF, ZERO, [0, 2, 0], [0, 2, 0], []),
        (HALF, ZERO, [0, 2, 0], [2, 2, 0], []),
        (HALF, ZERO, [0, 2, 0], [7, 2, 0], ["gradient_scale_differs"]),
        (HALF, ZERO, [0, 2, 0], [1, 2, 0], ["gradient_scale_differs"]),
        (HALF, [0, 0, 0], [0, 0, 0], [2, 0, 1], ["gradient_scale_differs"]),
        (HALF, [NAN, INF, 1], [NAN, INF, 2], [2, 0, 2], []),
        (HALF, [NAN, 1e-320, 1], [NAN, 0, 2], [5, 5, 2], ["gradient_scale_differs"]),
        (Layer(variant="alpha_dropout", training=False), ZERO, ZERO, [0, 1, 1], ["gradient_mask_differs"]),
        # a decision that is shared is one: with elements that tell, and with others that do not
        (CHANNELS, [[0, 1], [0, 1]], [[0, 2], [0, 0]], [[2, 2], [0, 0]], []),
        (CHANNELS, [[0, 1], [0, 1]], [[0, 2], [0, 0]], [[0, 2], [0, 0]], ["gradient_mask_differs"]),
        (CHANNELS, [[0, 1], [0, 1]], [[0, 2], [0, 0]], [[2, 2], [2, 0]], ["gradient_mask_differs"]),
        (CHANNELS, [[0, 0], [0, 1]], [[0, 0], [0, 2]], [[2, 2], [2, 2]], []),
        (CHANNELS, [[0, 0], [0, 1]], [[0, 0], [0, 2]], [[2, 0], [2, 2]], ["gradient_mask_differs"]),
        # squares have a factor of what was kept
        (BLOCKS, [[[[0, 1, 1]]]], [[[[0, 1.5, 0]]]], [[[[1.5, 1.5, 0]]]], []),
        (BLOCKS, [[[[0, 1, 1]]]], [[[[0, 1.5, 0]]]], [[[[0, 1.5, 0]]]], []),
        (BLOCKS, [[[[0, 1, 1]]]], [[[[0, 1.5, 0]]]], [[[[7, 1.5, 0]]]], ["gradient_scale_differs"]),
        # noise is any number
        (Layer(variant="gaussian_dropout"), ZERO, [0, 1.5, 1], [-0.3, 1.5, 0.5], []),
    ],
    ids=str,
)
def test_a_gradient_speaks_where_the_input_is_0(layer: Layer, x: Any, y: Any, dx: Any, expected: list[str]) -> None:
    """There it is 0 or the factor, for certain: one of them where nothing is left to chance, or shared with others."""
    gradients = Gradients(np.ones((1, *np.shape(x))), np.array([dx], "f8"))
    assert codes(verify(np.array(x, "f8"), np.array([y], "f8"), layer=layer, gradients=gradients)) == expected


def test_a_gradient_at_zeros_is_the_laws() -> None:
    """With a claimed seed every decision is known, those at zeros too."""
    x, draw = np.maximum(np.random.default_rng(0).normal(size=50), 0), Draw(seed=5)
    y, dx = (dropout(one, layer=LAYER, draw=draw).output for one in (x, np.ones(50)))
    assert y is not None
    assert dx is not None
    at = int(np.flatnonzero(x == 0)[0])
    for change, expected in ((0.0, []), (SCALE, ["gradient_mask_differs"])):
        wrong = dx.copy()
        wrong[at] = abs(wrong[at] - change)
        gradients = Gradients(np.ones((1, 50)), wrong[None])
        assert codes(verify(x, y[None], layer=LAYER, draw=draw, gradients=gradients)) == expected


@pytest.mark.parametrize("masked", [lambda y, _keep: y != 0, lambda y, _keep: y == y, lambda _y, keep: keep])
def test_a_gradient_at_zeros_is_dropped_as_often(masked: Any) -> None:
    """After a ReLU, a mask that is taken from the output stops at all zeros, which chance does not, nor the reverse."""
    rng = np.random.default_rng(3)
    x = np.maximum(rng.normal(size=(40, 100)), 0)
    keep = rng.random(x.shape) >= 0.4
    y = np.where(keep, x * SCALE, 0)
    dx = np.where((x != 0) & keep | (x == 0) & masked(y, keep), SCALE, 0)
    verification = verify(x, y[None], layer=LAYER, gradients=Gradients(np.ones((1, *x.shape)), dx[None]))
    right = masked(y, keep) is keep
    assert codes(verification) == ([] if right else ["gradient_mask_differs"])
    assert right or "where the input is 0" in verification.findings[0].message


def test_a_gradient_that_was_printed_is_right() -> None:
    """What is right to the digits of a print is scaled right, and what is the short text of a float32 too."""
    x, y = given_decisions(3000)
    g = np.random.default_rng(1).normal(size=y.shape)
    dx = np.where(y == 0, 0, g * SCALE)
    assert codes(verify(x, y, layer=LAYER, gradients=Gradients(np.round(g, 4), np.round(dx, 4)))) == []
    texts = Gradients(as_text(g.astype("f4")), as_text(dx.astype("f4")))
    assert codes(verify(x, y, layer=LAYER, gradients=texts)) == []
    assert codes(verify(x, y, layer=LAYER, gradients=Gradients(np.round(g, 4), np.round(dx * 1.01, 4)))) != []


# What is said


def test_the_layer_that_was_seen_is_told() -> None:
    """Its rate with an interval, scale, noise shape, scaling and variant, where another was claimed too."""
    x = np.random.default_rng(0).normal(size=(40, 30, 4, 4))
    seen = Layer(p=0.25, variant="dropout2d")
    y = dropout(x, layer=seen, draw=Draw(seed=1)).output
    assert y is not None
    layer = verify(x, y[None], layer=Layer(p=0.5)).layer
    assert (layer.variant, layer.noise_shape, layer.scaling) == ("dropout2d", (40, 30, 1, 1), "inverted")
    assert layer.scale == pytest.approx(1 / 0.75, rel=1e-15)
    assert layer.rate_interval is not None
    assert layer.rate_interval[0] < 0.25 < layer.rate_interval[1]


def test_enough_data_are_told_for_a_rate_of_few_bits() -> None:
    """The check of the rate says how many decisions show a p that is rounded to 8 bits: 1.7 million at p = 0.1."""
    x, y = given_decisions(1000, 0.1)
    message = checked(verify(x, y, layer=Layer(p=0.1)))["rate"].detectable.message
    assert "1672780 a p rounded to 8 bits" in message
    assert "8 bits" not in checked(verify(*given_decisions(1000, 0.5), layer=Layer()))["rate"].detectable.message


def test_a_scale_of_what_was_kept_this_time_is_told() -> None:
    """A factor that is one over the share kept, as of DropBlock, is a wrong one, and named."""
    x, y = given_decisions(1000)
    counted = np.where(y == 0, 0, x * (1000 / np.count_nonzero(y)))
    [found] = verify(x, counted, layer=LAYER).findings
    assert found.code == "wrong_scale"
    assert "one over the share that was kept" in found.message


def test_random_numbers_of_8_bits_do_not_show_in_few_decisions() -> None:
    """A tenth of what is enough: no finding, and the smallest rate that would be seen is further off than theirs."""
    x = np.ones(160_000)
    y = np.where(np.random.default_rng(0).integers(0, 256, x.size) >= 26, x / 0.9, 0)
    verification = verify(x, y[None], layer=Layer(p=0.1))
    assert verification.findings == []
    assert checked(verification)["rate"].detectable.smallest > 26 / 256 - 0.1


def test_half_types_of_other_libraries_are_read() -> None:
    """bfloat16 is ml_dtypes' own."""
    x = np.ones(10, ml_dtypes.bfloat16)
    assert verify(x, x[None], layer=Layer(training=False)).dtype == FLOATS["bfloat16"]


# Speed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_million_elements_take_a_second_of_one_core(dtype: str) -> None:
    """At most, in a process that does nothing else."""
    x, y = (array.astype(dtype) for array in given_decisions(10**6))
    started = process_time()
    assert verify(x.reshape(1000, 1000), y.reshape(1, 1000, 1000), layer=LAYER).verdict == "pass"
    assert process_time() - started < 1
