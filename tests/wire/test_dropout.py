"""The layer on an array: from requests, in JSON or bytes, to replies."""

import json
from typing import Any, Final

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.core import FLOATS, FloatArray
from app.errors import DropoutError, Invalid, NotAcceptable, TooLarge
from app.wire.backward import BACKWARD
from app.wire.binary import npy, raw
from app.wire.dropout import DROPOUT, DropoutReply
from app.wire.json import MEDIA_TYPE as JSON
from app.wire.passes import REPLAY, STATISTICS
from app.wire.task import Reply
from tests.core.oracle import bits
from tests.wire.given import LIMITS, answered, arrays, blanks, content, few, finite, refusal, sent

EVALUATION: Final[dict[str, Any]] = {"training": False}
"""What makes a reply hold the array as it was read."""


def object_of(fields: dict[str, str], blank: str = "") -> str:
    """An object of fields that are JSON already."""
    members = ",".join(blank.join(["", f'"{name}"', ":", value, ""]) for name, value in fields.items())
    return blank.join(["{", members, "}"])


# Requests in JSON

FIELDS: Final = {
    "input": "[[1, 2], [3, 4]]",
    "mask": "[true, false]",
    "p": "0.25",
    "include": '["output"]',
    "variant": '"dropout"',
}


@given(st.permutations(list(FIELDS)), blanks)
def test_keys_and_blanks_stand_anywhere(names: list[str], blank: str) -> None:
    """The order of keys means nothing, wherever the arrays stand; nor do blanks of all four kinds around any token."""
    body = blank + object_of({name: FIELDS[name] for name in names}, blank) + blank
    assert answered(body) == answered(object_of(FIELDS))


@pytest.mark.parametrize("key", [r"\u0069nput", r"inpu\u0074", r"\u0069\u006e\u0070\u0075\u0074"])
def test_keys_may_be_escaped(key: str) -> None:
    """A key written with escapes is the key, of arrays too."""
    plain = {"input": "[[1, 2]]", "mask": "[[true, false]]"}
    assert answered(object_of({r"m\u0061sk": plain["mask"], key: plain["input"]})) == answered(object_of(plain))


@pytest.mark.parametrize("text", ["1", "-2.5", "0", "-0.0", "1e3"])
def test_an_element_alone_is_an_array_of_rank_0(text: str) -> None:
    """A number is an array without dimensions, and so is its output."""
    told = answered(f'{{"input": {text}, "training": false}}')
    assert (json.dumps(told["output"]), told["shape"]) == (json.dumps(float(text)), [])


def test_a_decision_alone_is_a_mask_of_rank_0() -> None:
    """A boolean is a mask for any input."""
    outputs = [answered({"input": [1, 1], "mask": keep})["output"] for keep in (True, False)]
    assert outputs == [[2, 2], [0, 0]]


@few
@given(arrays())
def test_a_flat_input_takes_its_shape(x: FloatArray) -> None:
    """A flat input is laid out in C order in the shape sent with it, which the replay repeats."""
    told = answered({"input": x.ravel().tolist(), "shape": list(x.shape)} | EVALUATION)
    assert (told["output"], told["replay"]["shape"]) == (x.tolist(), list(x.shape))


def test_arrays_have_as_many_dimensions_as_numpy_has() -> None:
    """With the largest limit of dimensions there is, and replicates on top, arrays still go through."""
    body = {"input": [2.0], "shape": [1] * 63, "noise_shape": [1] * 63, "samples": 1, "p": 0, "include": ["output"]}
    told = answered(body, limits=LIMITS.model_copy(update={"max_ndim": 63}))
    assert told["shape"] == [1] * 64
    assert told["output"] == np.full([1] * 64, 2.0).tolist()


# Replies

FITS: Final = TypeAdapter(DropoutReply)
words = st.integers(0, 2**64 - 1).flatmap(lambda word: st.sampled_from([word, str(word)]))
drawn = st.fixed_dictionaries({}, optional={"seed": words, "stream": words, "offset": st.integers(0, 2**64 - 1000)})
replicates: st.SearchStrategy[dict[str, Any]] = (
    st.just({}) | st.fixed_dictionaries({"sample": words}) | st.fixed_dictionaries({"samples": st.integers(1, 3)})
)
layers = st.fixed_dictionaries(
    {},
    optional={
        "p": st.floats(0, 0.99),
        "training": st.booleans(),
        "scaling": st.sampled_from(["inverted", "inference", "none"]),
        "dtype": st.sampled_from(["float64", "float32", "float16"]),
        "include": st.lists(st.sampled_from(["output", "mask", "statistics"]), unique=True),
    },
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Calls of every kind, flat or nested, drawn or with a mask."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    x = draw(hnp.arrays("f8", shape, elements=st.floats(-100, 100, width=16)))
    nested = x.size > 0 and draw(st.booleans())
    array = {"input": x.tolist()} if nested else {"input": x.ravel().tolist(), "shape": list(shape)}
    if draw(st.booleans()):
        keep = draw(hnp.arrays(bool, shape)).tolist() if x.size else True
        return draw(layers) | array | {"training": True, "mask": keep}
    noise_shape = [draw(st.sampled_from([None, 1, length])) for length in shape]
    return draw(layers) | draw(drawn) | draw(replicates) | array | {"noise_shape": noise_shape}


@given(bodies())
@example({"input": [1, 2], "p": 1})
@example({"input": [1, 2], "p": 1, "scaling": "none"})
@example({"input": [1], "keep_prob": 0.1})
@example({"input": [[], []], "samples": 2})
def test_a_reply_tells_how_to_get_it_again(body: dict[str, Any]) -> None:
    """It is as documented, with the parts that were asked for; its replay, beside the array, gives it to the byte.

    Nothing in a replay is null but where null is a value.
    """
    reply = content(DROPOUT.answer(sent(body), LIMITS))
    FITS.validate_json(reply, strict=True)
    told = json.loads(reply)
    assert set(told) == {"shape", "dtype", "replay", "layer"} | set(body.get("include", ["output", "statistics"]))
    assert None not in told["replay"].values()
    assert content(DROPOUT.answer(sent(told["replay"] | {"input": body["input"]}), LIMITS)) == reply


def written_back(x: FloatArray, dtype: str) -> str:
    """The text of the output of evaluation."""
    body = {"input": x.tolist(), "dtype": dtype, "include": ["output"]} | EVALUATION
    return content(DROPOUT.answer(sent(body), LIMITS)).decode().partition('"output":')[2].partition(',"shape"')[0]


@few
@given(st.sampled_from(["float64", "float32", "float16"]).flatmap(arrays))
def test_numbers_come_back_bit_for_bit(x: FloatArray) -> None:
    """The text of a reply reads back to every bit that went in: in evaluation, the input itself."""
    assert bits(np.array(json.loads(written_back(x, x.dtype.name)), "f8").astype(x.dtype)) == bits(x)


floats = finite.map(np.float64) | st.floats(width=32, allow_nan=False, allow_infinity=False).map(np.float32)


@given(floats)
def test_numbers_are_written_shortest(number: np.floating[Any]) -> None:
    """A number has as many digits as numpy's shortest notation of it in its own type."""
    text = written_back(np.array([number]), number.dtype.name).strip("[]")
    assert digits(text) == digits(np.format_float_scientific(number))


def digits(text: str) -> str:
    """The digits of a number that count."""
    return text.lower().partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")


@pytest.mark.parametrize(("dtype", "text"), [("float64", "0.1"), ("float32", "0.1"), ("float16", "0.099975586")])
def test_the_dtype_is_what_is_computed_in(dtype: str, text: str) -> None:
    """The input is rounded to the dtype, and a reply's number is that one in digits that float32 reads back."""
    assert written_back(np.array([0.1]), dtype) == f"[{text}]"


@few
@given(hnp.arrays("f8", hnp.array_shapes(min_dims=0, max_dims=4), elements=finite), st.booleans())
def test_an_output_over_the_type_is_refused(x: FloatArray, whole: bool) -> None:
    """An element that the scale takes beyond the dtype is an error, never null or infinity; JSON has neither."""
    body = {"input": x.tolist(), "p": 0.5, "mask": True, "include": ["output" if whole else "statistics"]}
    if np.abs(x).max() <= np.finfo("f8").max / 2:
        assert "null" not in content(DROPOUT.answer(sent(body), LIMITS)).decode().partition('"shape"')[0]
    else:
        assert refusal(answered, body) == (Invalid, "overflow", "/input")


# What is refused of JSON

WRONG: Final = {
    '{"input": null}': ("wrong_type", "/input"),
    '{"input": true}': ("not_a_number", "/input"),
    '{"input": "[1]"}': ("not_a_number", "/input"),
    '{"input": {}}': ("not_a_number", "/input"),
    '{"input": NaN}': ("non_finite", "/input"),
    '{"input": 1e999}': ("overflow", "/input"),
    '{"input": -Infinity}': ("overflow", "/input"),
    f'{{"input": 1{"0" * 400}}}': ("overflow", "/input"),
    r'{"\u0069nput": [1, "a"]}': ("not_a_number", "/input/1"),
    r'{"\u0069nput": [1, NaN]}': ("non_finite", "/input/1"),
    r'{"\u0069nput": [[1], []]}': ("ragged", "/input"),
    '{"input": [1, 65520], "dtype": "float16"}': ("overflow", "/input/1"),
    '{"input": [[1, 2], [3, -1e39]], "dtype": "float32"}': ("overflow", "/input/1/1"),
    '{"input": 1e39, "dtype": "float32"}': ("overflow", "/input"),
    '{"input": [1], "mask": null}': ("wrong_type", "/mask"),
    '{"input": [1], "mask": 1}': ("not_a_boolean", "/mask"),
    '{"input": [1], "mask": "true"}': ("not_a_boolean", "/mask"),
    '{"input": [1], "mask": [1]}': ("not_a_boolean", "/mask/0"),
    '{"input": [1], "mask": [[true], [true, false]]}': ("ragged", "/mask"),
    '{"input": [1], "mask": [true, true]}': ("mask_mismatch", "/mask"),
    '{"input": [[1]], "shape": [1]}': ("shape_mismatch", "/shape"),
    '{"input": [1, 2, 3], "shape": [2, 2]}': ("shape_mismatch", "/shape"),
    '{"input": [1, 2], "shape": []}': ("shape_mismatch", "/shape"),
    '{"input": 1, "shape": [1]}': ("shape_mismatch", "/shape"),
    '{"input": [], "shape": [0, 0, -1]}': ("out_of_range", "/shape/2"),
    **{f'{{"input": [1], "shape": [{one}]}}': ("wrong_type", "/shape/0") for one in ("1.0", "true", '"1"', "null")},
    '{"input": [1], "shape": 1}': ("wrong_type", "/shape"),
    f'{{"input": [1], "shape": {[1] * 33}}}': ("rank_too_high", "/shape"),
    f'{{"input": {"[" * 33}1{"]" * 33}}}': ("rank_too_high", "/input"),
    "{}": ("missing_field", "/input"),
    '{"input": [1], "x": {"input": ["a"]}}': ("unknown_field", "/x"),
    '{"x": {"input": ["a"]}, "input": [1]}': ("unknown_field", "/x"),
    '{"input": [1], "a/b~c": 1}': ("unknown_field", "/a~1b~0c"),
    '{"input": [1], "": 1}': ("unknown_field", "/"),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.items(), ids=[body[:40] for body in WRONG])
def test_a_value_that_is_wrong_is_named(body: str, expected: tuple[str, str]) -> None:
    """JSON that is no call is invalid, with a code and the place."""
    assert refusal(answered, body) == (Invalid, *expected)


LARGE: Final[dict[str, list[dict[str, Any]]]] = {
    "/shape": [
        {"input": [1], "shape": [2**32, 2**32]},
        {"input": [1], "shape": [2, 13, 419, 691, 823, 2977518503]},
        {"input": [], "shape": [0, 2**63 - 1, 3]},
        {"input": [], "shape": [10**4100, 10**4100]},
        {"input": [1], "shape": [16_000_001]},
    ],
    "/samples": [{"input": [1], "samples": 10_001}, {"input": [1], "samples": 10**30}],
    "/input": [{"input": [0] * 2000, "samples": 8001}],
}


@pytest.mark.parametrize(("pointer", "calls"), LARGE.items(), ids=LARGE)
def test_more_than_allowed_is_too_large(pointer: str, calls: list[dict[str, Any]]) -> None:
    """Products that overflow, and more than the limits, are refused before anything is made of that size."""
    found = [refusal(answered, body) for body in calls]
    assert found == [(TooLarge, "too_many_elements", pointer)] * len(calls)


GRADIENTS: Final[dict[str, dict[str, Any]]] = {
    "not_a_number": {"grad_output": ["a"]},
    "overflow": {"grad_output": [1e308], "p": 0.9, "mask": True},
    "wrong_rank": {"grad_output": [1], "seed": 1, "variant": "dropout2d"},
    "too_many_elements": {"grad_output": [1], "shape": [2**40], "seed": 1},
}


def test_an_array_is_called_as_in_the_request() -> None:
    """What is wrong with a gradient is so at `grad_output`, whoever finds it; and at `shape`, if that is at fault."""
    found = {code: refusal(lambda body: answered(body, BACKWARD), body) for code, body in GRADIENTS.items()}
    assert [found[code].code for code in GRADIENTS] == list(GRADIENTS)
    assert [one.pointer for one in found.values()] == ["/grad_output/0", "/grad_output", "/grad_output", "/shape"]


# Bytes

X: Final = np.arange(6, dtype="f4").reshape(2, 3)
FORMS: Final = (npy.MEDIA_TYPE, raw.MEDIA_TYPE)


def asked(x: FloatArray, form: str, **query: str) -> Reply:
    """The reply in a form to raw elements beside a query."""
    more = {"dtype": x.dtype.name, "shape": ",".join(map(str, x.shape))} | query
    return DROPOUT.answer(sent(x.tobytes(), media_type=raw.MEDIA_TYPE, form=form, query=list(more.items())), LIMITS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("include", ["output", "mask"])
def test_a_binary_reply_is_one_array_with_headers(form: str, include: str) -> None:
    """The array is the format's; what a reply in JSON tells besides stands in header fields, to the letter."""
    fields = {"p": "0.25", "seed": "42", "include": include}
    reply = asked(X, form, **fields)
    told = json.loads(content(asked(X, JSON, **fields | {"include": f"{include},statistics"})))
    array = np.array(told[include], bool if include == "mask" else "f4")
    parts, headers = (npy if form == npy.MEDIA_TYPE else raw).write(array)
    assert (reply.media_type, content(reply)) == (form, b"".join(parts))
    assert json.loads(reply.headers[REPLAY]) == told["replay"] | {"include": [include]}
    assert json.loads(reply.headers[STATISTICS]) == told["statistics"]
    assert reply.headers.items() >= headers.items()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("include", ["output,mask", "statistics", "output,statistics", ""])
def test_a_binary_reply_has_no_other_parts(form: str, include: str) -> None:
    """What is not one array is refused, with the way to have more."""
    assert refusal(lambda: asked(X, form, include=include)) == (Invalid, "unknown_value", "/include")
    with pytest.raises(Invalid, match="must be output or mask; accept application/json for more"):
        asked(X, form, include=include)


def test_a_mask_does_not_stand_in_a_header() -> None:
    """It is as large as the array: whoever sent it has it."""
    body = {"input": [1, 2], "mask": [True, False]}
    assert "mask" in answered(body)["replay"]
    assert "mask" not in json.loads(DROPOUT.answer(sent(body, form=npy.MEDIA_TYPE), LIMITS).headers[REPLAY])


def test_a_file_has_no_bfloat16() -> None:
    """The error says which forms have it; a mask of such an input is a file like any."""
    x = X.astype(FLOATS["bfloat16"])
    assert refusal(lambda: asked(x, npy.MEDIA_TYPE)) == (NotAcceptable, "not_acceptable", "")
    with pytest.raises(NotAcceptable, match="accept application/json or application/octet-stream"):
        asked(x, npy.MEDIA_TYPE)
    assert asked(x, npy.MEDIA_TYPE, include="mask", p="0").parts == npy.write(np.ones(x.shape, bool))[0]
    assert content(asked(x, raw.MEDIA_TYPE, p="0")) == x.tobytes()


def test_json_has_no_nan() -> None:
    """An output that is not finite, as the input, is refused with the forms that have it, unless it is left out."""
    x = np.array([1, np.nan])
    assert refusal(lambda: asked(x, JSON, p="0")) == (Invalid, "non_finite", "/input")
    with pytest.raises(DropoutError, match="the output has 1; accept application/x-npy or application/octet-stream"):
        asked(x, JSON, p="0")
    assert json.loads(content(asked(x, JSON, p="0", include="statistics")))["statistics"]["output"]["non_finite"] == 1


DISAGREES: Final = {
    ("dtype", "float32"): ("conflicting_fields", "/dtype"),
    ("dtype", "<f8"): ("unknown_value", "/dtype"),
    ("shape", "3"): ("shape_mismatch", "/shape"),
    ("shape", "1,2"): ("shape_mismatch", "/shape"),
    ("shape", ""): ("shape_mismatch", "/shape"),
}


def file(x: FloatArray, *query: tuple[str, str]) -> FloatArray:
    """What evaluation makes of a file, beside a query."""
    body, fields = b"".join(npy.write(x)[0]), [("training", "false"), *query]
    return npy.read(
        content(DROPOUT.answer(sent(body, media_type=npy.MEDIA_TYPE, form=npy.MEDIA_TYPE, query=fields), LIMITS)),
        LIMITS,
    )


def test_what_a_query_says_of_a_file_is_what_that_says() -> None:
    """A type and a shape that are the file's own change nothing, and others are refused."""
    assert bits(file(X, ("dtype", "float32"), ("shape", "2,3"))) == bits(X)
    x = np.zeros(2)
    assert {field: refusal(file, x, field)[1:] for field in DISAGREES} == DISAGREES
