"""The fields of a call that are not arrays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Fault, Invalid
from app.wire.fields import SAFE, CallFields, validated

WORDS = ("seed", "stream", "offset", "sample")


def fields(**given: Any) -> CallFields:
    """Fields as the JSON format hands them over."""
    return validated(CallFields, given)


def faults(**given: Any) -> tuple[Fault, ...]:
    """What is wrong with fields."""
    with pytest.raises(Invalid) as caught:
        fields(**given)
    return caught.value.faults


def each(name: str, code: str, *values: Any) -> list[tuple[str, Any, str]]:
    """A row of a table for each value."""
    return [(name, value, code) for value in values]


def test_every_field_may_be_left_out() -> None:
    """The defaults are those of the contract."""
    assert fields().model_dump() == {
        "p": 0.5,
        "keep_prob": None,
        "training": True,
        "seed": None,
        "stream": 0,
        "offset": 0,
        "sample": 0,
        "samples": None,
        "variant": "dropout",
        "scaling": "inverted",
        "whole": None,
        "origin": None,
        "noise_shape": None,
        "channels_last": None,
        "block_size": None,
        "dtype": "float64",
        "include": None,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(row[:2] for row in each("p", "", 0, 1, 0.0, 1.0, -0.0, 5e-324, 0.5)),
        *(row[:2] for row in each("keep_prob", "", 0, 1, 0.25)),
        *(row[:2] for row in each("training", "", True, False)),
        *((name, value) for name in WORDS for value in (0, 1, SAFE, SAFE + 1, 2**64 - 1)),
        *(row[:2] for row in each("samples", "", 1, 2, 10**30)),
        ("variant", "dropout"),
        *(row[:2] for row in each("scaling", "", "inverted", "inference", "none")),
        *(row[:2] for row in each("noise_shape", "", [], [1], [None], [2, None, 1], [0])),
        *(row[:2] for row in each("dtype", "", "float64", "float32", "float16")),
        *(
            row[:2]
            for row in each("include", "", [], ["mask"], ["output"], ["statistics"], ["mask", "output", "statistics"])
        ),
    ],
)
def test_what_is_in_range_is_taken(name: str, value: Any) -> None:
    """Every value of a field's range, its ends too, is taken as it is."""
    assert getattr(fields(**{name: value}), name) == value


@given(st.sampled_from(WORDS), st.integers(0, 2**64 - 1))
def test_words_may_be_decimal_text(name: str, value: int) -> None:
    """A 64-bit integer in quotes is that integer, for languages that have none."""
    assert getattr(fields(**{name: str(value)}), name) == value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        *each("p", "wrong_type", "0.5", "", True, False, None, [], [0.5], {}, 10**400, -(10**400)),
        *each("p", "out_of_range", 1.5, -0.1, 2, -1, 1.0000000000000002, -5e-324, 1e308),
        *each("p", "non_finite", float("nan"), float("inf"), float("-inf")),
        *each("keep_prob", "wrong_type", "0.5", True, None),
        *each("keep_prob", "out_of_range", 1.5, -0.1),
        ("keep_prob", float("nan"), "non_finite"),
        *each("training", "wrong_type", 0, 1, 1.0, "true", "", None, []),
        *(row for name in WORDS for row in each(name, "wrong_type", 1.0, 0.5, True, None, [1], {}, float("nan"))),
        *(
            (name, value, "wrong_type")
            for name in WORDS
            for value in ("", "-1", "+1", " 1", "1.0", "1e3", "0x1", "١", "²")
        ),
        *(row for name in WORDS for row in each(name, "out_of_range", -1, 2**64, 10**4000, "18446744073709551616")),
        *((name, "9" * 21, "wrong_type") for name in WORDS),
        *each("samples", "wrong_type", 1.0, "2", True, None),
        *each("samples", "out_of_range", 0, -1),
        *each("variant", "unknown_value", "", "Dropout", "dropout4d"),
        *each("variant", "wrong_type", 1, None, True, []),
        *each("scaling", "unknown_value", "", "Inverted", 1, True),
        *each("scaling", "wrong_type", None),
        *each("noise_shape", "wrong_type", 1, "null", None, {}, (1.5,), "5000,null"),
        *each("dtype", "unknown_value", "float", "float128", "bfloat16", "<f8", 64),
        *each("include", "wrong_type", "output", None, {}, 1),
        ("include", ["output", "output"], "unknown_value"),
    ],
)
def test_what_is_not_is_refused_with_a_pointer(name: str, value: Any, code: str) -> None:
    """Nothing is coerced: a value of another type, out of range or not among those there are is refused."""
    (fault,) = faults(**{name: value})
    assert fault[:2] == (code, f"/{name}")
    assert fault.message.startswith(name)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        *each("noise_shape", "wrong_type", 1.0, "1", True, [], float("nan")),
        ("noise_shape", -1, "out_of_range"),
        *each("include", "unknown_value", "input", "Output", "", None, 1),
    ],
)
def test_an_entry_has_a_pointer_of_its_own(name: str, value: Any, code: str) -> None:
    """A wrong entry of a list is told with its index."""
    good = {"noise_shape": None, "include": "mask"}[name]
    (fault,) = faults(**{name: [good, value]})
    assert fault[:2] == (code, f"/{name}/1")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rate", "p"),
        ("drop_prob", "p"),
        ("P", "p"),
        ("keep_probability", "keep_prob"),
        ("Seed", "seed"),
        ("train", "training"),
    ],
)
def test_a_misspelt_field_is_recognized(name: str, meant: str) -> None:
    """No field is ignored, and one that resembles another, here or in another library, is asked about."""
    (fault,) = faults(**{name: 1})
    assert fault[:2] == ("unknown_field", f"/{name}")
    if name != "P":
        assert fault.message == f"{name} is not a field; did you mean {meant}?"


LONG = "x" * 10_000
ELEMENTS = [123456789] * 1000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p", LONG),
        ("p", ELEMENTS),
        ("seed", LONG),
        ("variant", LONG),
        ("dtype", LONG),
        ("scaling", ELEMENTS),
        (LONG, 1),
    ],
)
def test_nothing_long_is_repeated(name: str, value: Any) -> None:
    """A message has the rule and the value received in brief: no array's elements, no long text."""
    (fault,) = faults(**{name: value})
    assert len(fault.message) + len(fault.pointer) < 300
    assert "123456789" not in fault.message


@given(st.text(max_size=50))
def test_what_was_received_is_shown_as_json(text: str) -> None:
    """A short text is shown as JSON escapes it, cut if it is long: nothing of it can be mistaken for the message."""
    (fault,) = faults(p=text)
    shown = fault.message.partition(", got ")[2]
    assert shown.isascii()
    assert shown == json.dumps(text) or (shown.endswith("...") and json.dumps(text).startswith(shown[:-3]))


def test_all_that_is_wrong_is_told() -> None:
    """Faults are told together, in the order of the fields."""
    found = faults(seed=-1, p=2, unknown=1, dtype="f8")
    assert {fault.pointer for fault in found} == {"/p", "/seed", "/dtype", "/unknown"}
