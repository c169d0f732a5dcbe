"""A query's values are read as JSON's are, and meet the same model."""

import json
from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DropoutError, Fault, Invalid, Malformed
from app.wire import raw
from app.wire.call import Call
from app.wire.codec import Query
from app.wire.query import fields_of, refuse, scalar
from tests.wire.given import LIMITS


def fault(query: Query) -> Fault:
    """The only thing wrong with a query."""
    with pytest.raises(DropoutError) as caught:
        fields_of(query)
    [fault] = caught.value.faults
    return fault


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_scalar_is_jsons(value: Any) -> None:
    """What JSON writes for a scalar is read as that scalar, of the same type."""
    read = scalar(json.dumps(value))
    assert (type(read), read) == (type(value), value)


@given(st.text())
def test_any_text_is_a_scalar_of_jsons_or_itself(text: str) -> None:
    """Nothing else is taken for a number: no blanks, no underscores, no digits of other scripts."""
    read = scalar(text)
    if isinstance(read, str):
        assert read == text
    elif isinstance(read, float) and not isfinite(read):
        assert text in {"NaN", "Infinity", "-Infinity"} or float(text) == read
    else:
        assert json.loads(text) == read
        assert text == text.strip()


@pytest.mark.parametrize(
    "text", ["1_0", " 1", "1 ", "+1", "01", "1.", ".5", "0x1", "1e", "٣", "True", "nan", "inf", "--1"]
)
def test_what_json_has_not_is_text(text: str) -> None:
    """What Python would read as a number and JSON would not is no number."""
    assert scalar(text) == text


def test_every_field_can_be_sent() -> None:
    """Each field besides the arrays has a form in a query."""
    query = {
        "keep_prob": "0.25",
        "training": "true",
        "seed": "18446744073709551615",
        "stream": "3",
        "offset": "5",
        "sample": "7",
        "variant": "dropout",
        "scaling": "none",
        "noise_shape": "5000, null,1",
        "dtype": "float16",
        "include": "mask",
        "shape": "5000,10,2",
    }
    fields = fields_of(list(query.items()))
    assert fields.model_dump(exclude_unset=True) == {
        "keep_prob": 0.25,
        "training": True,
        "seed": 2**64 - 1,
        "stream": 3,
        "offset": 5,
        "sample": 7,
        "variant": "dropout",
        "scaling": "none",
        "noise_shape": [5000, None, 1],
        "dtype": "float16",
        "include": ["mask"],
        "shape": [5000, 10, 2],
    }


@pytest.mark.parametrize(
    ("name", "text", "code", "pointer"),
    [
        ("p", "1.5", "out_of_range", "/p"),
        ("p", "true", "wrong_type", "/p"),
        ("p", "", "wrong_type", "/p"),
        ("p", '"0.5"', "wrong_type", "/p"),
        ("p", "null", "wrong_type", "/p"),
        ("p", "NaN", "non_finite", "/p"),
        ("p", "1e999", "non_finite", "/p"),
        ("p", "0,5", "wrong_type", "/p"),
        ("training", "1", "wrong_type", "/training"),
        ("training", "True", "wrong_type", "/training"),
        ("seed", "1.0", "wrong_type", "/seed"),
        ("seed", "-1", "out_of_range", "/seed"),
        ("seed", str(2**64), "out_of_range", "/seed"),
        ("seed", "9" * 5000, "out_of_range", "/seed"),
        ("shape", "2,x", "wrong_type", "/shape/1"),
        ("shape", "2,", "wrong_type", "/shape/1"),
        ("shape", "-1", "out_of_range", "/shape/0"),
        ("shape", "null", "wrong_type", "/shape/0"),
        ("noise_shape", "[1]", "wrong_type", "/noise_shape/0"),
        ("variant", "1", "unknown_value", "/variant"),
        ("dtype", "bfloat", "unknown_value", "/dtype"),
        ("include", "input", "unknown_value", "/include/0"),
        ("include", "mask,mask", "unknown_value", "/include"),
        ("rate", "0.5", "unknown_field", "/rate"),
        ("mask", "true", "unknown_field", "/mask"),
        ("input", "1", "unknown_field", "/input"),
    ],
)
def test_a_value_that_is_wrong_is_named(name: str, text: str, code: str, pointer: str) -> None:
    """The same errors as in JSON, at the field."""
    assert fault([(name, text)])[:2] == (code, pointer)


def test_a_field_stands_once() -> None:
    """Twice is an error, for lists too, and says how lists are written."""
    with pytest.raises(Malformed, match="one value with commas") as caught:
        fields_of([("shape", "2"), ("p", "0.5"), ("shape", "3")])
    assert caught.value.faults[0].code == "duplicate_key"


def test_a_json_body_has_no_query() -> None:
    """A field in the query of a JSON body would be overlooked otherwise."""
    refuse([])
    with pytest.raises(Invalid, match="not in the query"):
        refuse([("p", "0.5")])


# Raw elements


def made(x: Any, **query: str) -> Call:
    """The call of raw elements."""
    return raw.decode(bytearray(np.asarray(x).tobytes()), LIMITS, list(query.items()))


def test_raw_elements_have_the_shape_that_is_said() -> None:
    """In C order, or flat where nothing is said; the replay says what was."""
    x = np.arange(6, dtype="<f4")
    assert made(x, dtype="float32").x.tolist() == x.tolist()
    shaped = made(x, dtype="float32", shape="2,3")
    assert shaped.x.tolist() == x.reshape(2, 3).tolist()
    assert (shaped.replay["shape"], "shape" in made(x, dtype="float32").replay) == ([2, 3], False)
    assert made(x[:1], dtype="float32", shape="").x.shape == ()


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ({}, "missing_field", "/dtype"),
        ({"dtype": "float64", "shape": "6"}, "length_mismatch", "/input"),
        ({"dtype": "float32", "shape": "7"}, "length_mismatch", "/input"),
        ({"dtype": "float32", "shape": "4294967296,4294967296"}, "length_mismatch", "/input"),
        ({"dtype": "float32", "shape": "0,9223372036854775807"}, "length_mismatch", "/input"),
        ({"dtype": "float32", "shape": ",".join(["1"] * 40 + ["6"])}, "rank_too_high", "/shape"),
    ],
)
def test_raw_elements_that_disagree_are_refused(query: dict[str, str], code: str, pointer: str) -> None:
    """With the length, with the limits, or with nothing at all to go by."""
    with pytest.raises(DropoutError) as caught:
        made(np.arange(6, dtype="<f4"), **query)
    assert caught.value.faults[0][:2] == (code, pointer)


def test_raw_bytes_are_whole_elements() -> None:
    """A rest of bytes is no element."""
    with pytest.raises(Malformed, match="4 bytes each, got 7"):
        raw.decode(b"1234567", LIMITS, [("dtype", "float32")])


def test_the_array_is_the_body() -> None:
    """Nothing is copied: the elements lie where they were received."""
    body = bytearray(8)
    call = raw.decode(body, LIMITS, [("dtype", "float32")])
    body[4:] = np.float32(1.5).tobytes()
    assert call.x.tolist() == [0, 1.5]
