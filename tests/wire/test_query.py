"""A query's values are read as JSON's are, and meet the same model."""

import json
from math import isfinite
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid, Malformed
from app.wire.dropout import DropoutQuery
from app.wire.query import read, refuse, scalar
from tests.wire.given import refusal


def fields(*query: tuple[str, str]) -> DropoutQuery:
    """The fields of a query."""
    return read(query, DropoutQuery)


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_scalar_is_jsons(value: Any) -> None:
    """What JSON writes for a scalar is read as that scalar, of the same type."""
    read = scalar(json.dumps(value))
    assert (type(read), read) == (type(value), value)


@given(st.text() | st.from_regex(r"[-+ 0-9.eExXNa_]{1,6}", fullmatch=True))
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


def test_what_json_has_not_is_text() -> None:
    """What Python would read as a number and JSON would not is no number."""
    texts = ["1_0", " 1", "1 ", "+1", "01", "1.", ".5", "0x1", "1e", "٣", "True", "nan", "inf", "--1"]
    assert [scalar(text) for text in texts] == texts


def test_every_field_can_be_sent() -> None:
    """Each field besides the arrays has a form in a query."""
    query = {
        "keep_prob": "0.25",
        "training": "true",
        "seed": "18446744073709551615",
        "stream": "3",
        "offset": "5",
        "whole": "9000,10,2",
        "origin": "7, 0,0",
        "sample": "7",
        "variant": "dropout",
        "scaling": "none",
        "noise_shape": "5000, null,1",
        "channels_last": "true",
        "block_size": "3",
        "dtype": "bfloat16",
        "include": "mask, output",
        "shape": "5000,10,2",
    }
    assert fields(*query.items()).model_dump(exclude_unset=True) == {
        "keep_prob": 0.25,
        "training": True,
        "seed": 2**64 - 1,
        "stream": 3,
        "offset": 5,
        "whole": [9000, 10, 2],
        "origin": [7, 0, 0],
        "sample": 7,
        "variant": "dropout",
        "scaling": "none",
        "noise_shape": [5000, None, 1],
        "channels_last": True,
        "block_size": 3,
        "dtype": "bfloat16",
        "include": ["mask", "output"],
        "shape": [5000, 10, 2],
    }


def test_a_list_may_be_empty() -> None:
    """No text is a list of nothing: the shape of a single element, no part of a reply."""
    assert fields(("shape", ""), ("include", "")).model_dump(include={"shape", "include"}) == {
        "shape": [],
        "include": [],
    }


WRONG: Final = {
    ("p", "1.5"): ("out_of_range", "/p"),
    ("p", "true"): ("wrong_type", "/p"),
    ("p", ""): ("wrong_type", "/p"),
    ("p", '"0.5"'): ("wrong_type", "/p"),
    ("p", "null"): ("wrong_type", "/p"),
    ("p", "NaN"): ("non_finite", "/p"),
    ("p", "1e999"): ("non_finite", "/p"),
    ("p", "0,5"): ("wrong_type", "/p"),
    ("training", "1"): ("wrong_type", "/training"),
    ("seed", "1.0"): ("wrong_type", "/seed"),
    ("seed", "9" * 5000): ("out_of_range", "/seed"),
    ("shape", "2,"): ("wrong_type", "/shape/1"),
    ("shape", "-1"): ("out_of_range", "/shape/0"),
    ("shape", "null"): ("wrong_type", "/shape/0"),
    ("noise_shape", "[1]"): ("wrong_type", "/noise_shape/0"),
    ("whole", "x"): ("wrong_type", "/whole/0"),
    ("origin", "1,-1"): ("out_of_range", "/origin/1"),
    ("variant", "1"): ("unknown_value", "/variant"),
    ("scaling", "1"): ("unknown_value", "/scaling"),
    ("dtype", "1"): ("unknown_value", "/dtype"),
    ("include", "1"): ("unknown_value", "/include/0"),
    ("include", "mask,mask"): ("unknown_value", "/include"),
    ("rate", "0.5"): ("unknown_field", "/rate"),
    ("mask", "true"): ("unknown_field", "/mask"),
    ("input", "1"): ("unknown_field", "/input"),
}


@pytest.mark.parametrize(("field", "expected"), WRONG.items(), ids=["=".join(field)[:20] for field in WRONG])
def test_a_value_that_is_wrong_is_named(field: tuple[str, str], expected: tuple[str, str]) -> None:
    """The same errors as in JSON, at the field; what is text by its nature stays text."""
    assert refusal(fields, field) == (Invalid, *expected)


def test_a_field_stands_once() -> None:
    """Twice is an error, for lists too, and says how lists are written."""
    twice = [("shape", "2"), ("p", "0.5"), ("shape", "3")]
    assert refusal(fields, *twice) == (Malformed, "duplicate_key", "")
    with pytest.raises(Malformed, match="'shape' stands 2 times; a list is one value with commas"):
        fields(*twice)


def test_a_json_body_has_no_query() -> None:
    """A field in the query of a JSON body would be overlooked otherwise."""
    refuse([])
    assert refusal(refuse, [("p", "0.5")]) == (Invalid, "unknown_field", "/p")
    with pytest.raises(Invalid, match="not in the query"):
        refuse([("p", "0.5")])
