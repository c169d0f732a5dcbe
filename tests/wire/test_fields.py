"""The fields of a call that are not arrays."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Fault, Invalid
from app.wire.dropout import DropoutRequest
from app.wire.fields import SAFE, validated
from tests.wire.given import Refusal, few, refusal

WORDS: Final = ("seed", "stream", "offset", "sample")
PLACES: Final = ("noise_shape", "whole", "origin")


def fields(given: dict[str, Any]) -> DropoutRequest:
    """The fields of a request, as the JSON format hands them over."""
    return validated(DropoutRequest, {"input": 0.0} | given)


def faults(**given: Any) -> tuple[Fault, ...]:
    """What is wrong with fields."""
    with pytest.raises(Invalid) as caught:
        fields(given)
    return caught.value.faults


def test_every_field_may_be_left_out() -> None:
    """The defaults are those of the contract."""
    assert fields({}).model_dump(exclude={"input"}) == {
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
        "shape": None,
        "dtype": "float64",
        "mask": None,
        "include": None,
    }


TAKEN: Final[dict[str, list[Any]]] = {
    "p": [0, 1, 0.0, 1.0, -0.0, 5e-324, 0.5],
    "keep_prob": [0, 1, 0.25],
    "training": [True, False],
    **{name: [0, 1, SAFE, SAFE + 1, 2**64 - 1] for name in WORDS},
    "samples": [1, 2, 10**30],
    "variant": ["dropout", "drop_block2d"],
    "scaling": ["inverted", "inference", "none"],
    "noise_shape": [[], [1], [None], [2, None, 1], [0], [2**64]],
    "whole": [[], [0], [2**64]],
    "origin": [[], [0], [2**64]],
    "shape": [[], [0], [5, 10**30]],
    "channels_last": [True, False],
    "block_size": [1, 10**30],
    "dtype": ["float64", "float32", "float16"],
    "include": [[], ["mask"], ["output"], ["statistics"], ["mask", "output", "statistics"]],
}


@pytest.mark.parametrize(("name", "values"), TAKEN.items(), ids=TAKEN)
def test_what_is_in_range_is_taken(name: str, values: list[Any]) -> None:
    """Every value of a field's range, its ends too, is taken as it is."""
    assert [getattr(fields({name: value}), name) for value in values] == values


@few
@given(st.sampled_from(WORDS), st.integers(0, 2**64 - 1))
def test_words_may_be_decimal_text(name: str, value: int) -> None:
    """A 64-bit integer in quotes is that integer, for languages that have none."""
    assert getattr(fields({name: str(value)}), name) == value


@few
@given(st.sampled_from(PLACES), st.integers(0, 2**64 - 1))
def test_lengths_are_text_where_they_have_to_be(name: str, value: int) -> None:
    """A length or an index of an array that nobody holds may be text beyond 2^53 - 1, and no text below."""
    given = {name: [str(value)]}
    if value > SAFE:
        assert getattr(fields(given), name) == [value]
    else:
        assert refusal(fields, given) == (Invalid, "wrong_type", f"/{name}/0")


NAN: Final = float("nan")
LARGE: Final = 10**4000
NO_WORDS: Final = ["", "-1", "+1", " 1", "1.0", "1e3", "0x1", "١", "²", "9" * 21]
REFUSED: Final[dict[tuple[str, ...], dict[str, list[Any]]]] = {
    ("p", "keep_prob"): {
        "wrong_type": ["0.5", "", True, False, None, [], [0.5], {}, LARGE, -LARGE],
        "out_of_range": [1.5, -0.1, 2, -1, 1.0000000000000002, -5e-324, 1e308],
        "non_finite": [NAN, float("inf"), float("-inf")],
    },
    ("training", "channels_last"): {"wrong_type": [0, 1, 1.0, "true", "", None, []]},
    WORDS: {
        "wrong_type": [1.0, 0.5, True, None, [1], {}, NAN, *NO_WORDS],
        "out_of_range": [-1, 2**64, LARGE, str(2**64)],
    },
    ("samples", "block_size"): {"wrong_type": [1.0, "2", True, None], "out_of_range": [0, -1]},
    ("variant",): {"unknown_value": ["", "Dropout", "dropout4d"], "wrong_type": [1, None, True, []]},
    ("scaling",): {"unknown_value": ["", "Inverted", 1, True], "wrong_type": [None]},
    PLACES: {"wrong_type": [1, "null", None, {}, (1.5,), "5000,null"]},
    ("dtype",): {"unknown_value": ["float", "float128", "bfloat16", "<f8", 64]},
    ("include",): {"wrong_type": ["output", None, {}, 1], "unknown_value": [["output", "output"]]},
}
"""Values by what is wrong with them, of fields that are alike."""
ROWS: Final = [
    (name, code, values) for names, codes in REFUSED.items() for name in names for code, values in codes.items()
]


@pytest.mark.parametrize(("name", "code", "values"), ROWS, ids=[f"{name} {code}" for name, code, _ in ROWS])
def test_what_is_not_is_refused_with_a_pointer(name: str, code: str, values: list[Any]) -> None:
    """Nothing is coerced: a value of another type, out of range or not among those there are is refused."""
    for value in values:
        (fault,) = faults(**{name: value})
        assert (fault.code, fault.pointer) == (code, f"/{name}"), value
        assert fault.message.startswith(name)


ENTRIES: Final[list[tuple[str, Any, str, list[Any]]]] = [
    *((name, 2, "wrong_type", [1.0, "1", True, [], NAN]) for name in PLACES),
    *((name, 2, "out_of_range", [-1]) for name in PLACES),
    ("include", "mask", "unknown_value", ["input", "Output", "", None, 1]),
]


@pytest.mark.parametrize(("name", "good", "code", "values"), ENTRIES, ids=[f"{row[0]} {row[2]}" for row in ENTRIES])
def test_an_entry_has_a_pointer_of_its_own(name: str, good: Any, code: str, values: list[Any]) -> None:
    """A wrong entry of a list is told with its index."""
    found = [refusal(fields, {name: [good, value]}) for value in values]
    assert found == [Refusal(Invalid, code, f"/{name}/1")] * len(values)


MEANT: Final = {
    "rate": "p",
    "drop_prob": "p",
    "keep_probability": "keep_prob",
    "Seed": "seed",
    "train": "training",
}


def test_a_misspelt_field_is_recognized() -> None:
    """No field is ignored, and one that resembles another, here or in another library, is asked about."""
    for name, meant in MEANT.items():
        (fault,) = faults(**{name: 1})
        assert fault == ("unknown_field", (name,), f"{name} is not a field; did you mean {meant}?")
    (fault,) = faults(P=1)
    assert fault == ("unknown_field", ("P",), "P is not a field")


LONG: Final = "x" * 10_000
ELEMENTS: Final = [123456789] * 1000


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
    ids=lambda value: str(value)[:10],
)
def test_nothing_long_is_repeated(name: str, value: Any) -> None:
    """A message has the rule and the value received in brief: no array's elements, no long text."""
    (fault,) = faults(**{name: value})
    assert len(fault.message) + len(fault.pointer) < 300
    assert "123456789" not in fault.message


def test_what_is_large_is_shown_by_its_kind() -> None:
    """An array or an object is not repeated, however small."""
    messages = [faults(p=value)[0].message for value in ([1], {"a": 1})]
    assert messages == [f"p should be a valid number, got {kind}" for kind in ("an array", "an object")]


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
    assert [fault.pointer for fault in found] == ["/p", "/seed", "/dtype", "/unknown"]


def test_of_much_that_is_wrong_the_first_is_told() -> None:
    """Sixteen faults at most."""
    assert len(faults(**{f"x{number}": 1 for number in range(100)})) == 16
