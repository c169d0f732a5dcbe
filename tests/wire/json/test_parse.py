"""Arrays as JSON text."""

import json
from typing import Final

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core import BoolArray, FloatArray
from app.errors import Invalid, Malformed, TooLarge
from app.wire.json.parse import parse
from app.wire.json.text import ANY_NUMBERS, BOOLEANS, NESTING, NUMBERS, PIECE, ElementType, skeleton_and_depths
from tests.core.oracle import bits
from tests.wire.given import (
    LIMITS,
    Refusal,
    arrays,
    few,
    legal,
    literals,
    masks,
    memory,
    read,
    refusal,
    refusals,
    seconds,
    shapes,
    text,
    written,
)


def numbers(body: bytes | str) -> FloatArray | BoolArray:
    """The array of numbers that a text writes down."""
    return parse(text(body), NUMBERS, LIMITS)


def booleans(body: bytes | str) -> FloatArray | BoolArray:
    """The mask that a text writes down."""
    return parse(text(body), BOOLEANS, LIMITS)


# What is taken


@few
@given(st.data(), arrays())
@example(None, np.array([-0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1]))
def test_numbers_are_read_bit_for_bit(data: st.DataObject | None, x: FloatArray) -> None:
    """An array of any rank, written with blanks anywhere, is read back to the bit: −0.0 and subnormals too."""
    body = data.draw(written(x.tolist())) if data else json.dumps(x.tolist())
    assert bits(numbers(body)) == bits(x)


@few
@given(st.data(), masks)
def test_booleans_are_read(data: st.DataObject, mask: BoolArray) -> None:
    """A mask of any rank, written with blanks anywhere, is read back."""
    assert bits(booleans(data.draw(written(mask.tolist())))) == bits(mask)


@few
@given(st.lists(literals(), min_size=1))
def test_numbers_mean_what_the_standard_library_reads(literals: list[str]) -> None:
    """Every notation of a number gives the float64 nearest to it."""
    assert numbers(f"[{','.join(literals)}]").tolist() == [float(number) for number in literals]


@few
@given(shapes.map(lambda shape: (*shape[:-1], 0)))
def test_arrays_without_elements_have_a_shape(shape: tuple[int, ...]) -> None:
    """Empty rows at the bottom are an array too, of that shape."""
    assert numbers(json.dumps(np.empty(shape).tolist())).shape == shape


# Cuts: long texts are read in pieces


@pytest.mark.parametrize(
    ("shape", "indent"), [((12000,), None), ((3, 4000), "\t"), ((4000, 3), 1), ((1, 12000), None), ((2,) * 13, 1)]
)
def test_cuts_leave_no_trace(shape: tuple[int, ...], indent: int | str | None) -> None:
    """An array of several pieces is what it is, wherever the cuts fall: the text's style moves them about."""
    x = np.random.default_rng(0).standard_normal(shape)
    body = json.dumps(x.tolist(), indent=indent)
    assert len(skeleton_and_depths(text(body), NUMBERS.alphabet)[1]) > 2
    assert bits(numbers(body)) == bits(x)


def cut(before: str, after: str) -> list[str]:
    """Texts with so many blanks between that they are cut before each byte of what comes after, to its last comma."""
    room = PIECE - len(before)
    return [before + " " * (room - place) + after for place in range(after.rindex(",") + 1)]


def test_cuts_fall_everywhere() -> None:
    """The cut may meet the end of a row, its start and all between."""
    for body in cut("[", "[1.5,-2],[3,4e1],[1.5,-2],[3,4e1]]"):
        assert numbers(body).tolist() == [[1.5, -2], [3, 40]] * 2


@pytest.mark.parametrize("end", [",]", "],[2]", "],", "", "]]", ",,2]", " 2]"])
def test_syntax_is_seen_at_a_cut(end: str) -> None:
    """A comma or bracket too much or too few is malformed JSON, also where the text is cut."""
    found = refusals(numbers, cut("[1", ",1,1,1,1" + end))
    assert set(found.values()) == {(Malformed, "malformed_json", "/input")}


def test_raggedness_is_seen_at_a_cut() -> None:
    """So are elements of another depth."""
    assert set(refusals(numbers, cut("[1", ",1,1,1,[2]]")).values()) == {(Invalid, "ragged", "/input")}


# What is refused


ORIGINALS: Final = {
    NUMBERS.noun: [b"[[1,2],[3,4]]", b"[0.5, -1e3]", b"[[[1],[2]]]", b"[[],[]]", b"[]", b"[1.25,1E+2,-0,0.0e-1]"],
    BOOLEANS.noun: [b"[[true,false],[false,true]]", b"[true]", b"[[], []]"],
}
BYTES: Final = st.sampled_from(
    [*(bytes([byte]) for byte in b'[],.-+eE0129 \n\t"{}:NaInfulltruse\x00\xff\xc3\\'), b"NaN", b"1e999", b"null", b"{}"]
)
EDITS: Final = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1), BYTES | st.just(b"")), min_size=1, max_size=3)


def edited(body: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """A text with some bytes dropped, inserted or replaced; its first bracket stays, for by it a text is found."""
    for where, drop, insert in edits:
        at = 1 + int(where * (len(body) - 1))
        body = body[:at] + insert + body[at + drop :]
    return body


@settings(max_examples=200)
@given(kind=st.sampled_from([NUMBERS, BOOLEANS]), which=st.integers(0, 5), edits=EDITS)
def test_a_text_is_read_or_refused_as_the_standard_library_would(
    kind: ElementType, which: int, edits: list[tuple[float, int, bytes]]
) -> None:
    """Of any text, `parse` makes the array the standard library and numpy make of it, or refuses it as they do.

    What is JSON is never called malformed, and what is not is, unless an element of another kind is met.
    """
    originals = ORIGINALS[kind.noun]
    body = edited(originals[which % len(originals)], edits)
    expected = read(body, kind)
    if expected is not None:
        assert np.array_equal(parse(text(body), kind, LIMITS), expected)
        return
    found = refusal(parse, text(body), kind, LIMITS)
    assert found.pointer.startswith("/input")
    if legal(body):
        assert found.error is Invalid
    elif not set(body) - set(b"[]," + kind.alphabet):
        assert found.error is Malformed


STRANGERS: Final = {
    "[1, null]": ("not_a_number", "/input/1"),
    "[[1, 2], [3, {}]]": ("not_a_number", "/input/1/1"),
    '[[1, 2], [3, "4"]]': ("not_a_number", "/input/1/1"),
    "[[[true]]]": ("not_a_number", "/input/0/0/0"),
    "[1, 2, NaN]": ("non_finite", "/input/2"),
    "[1, Infinity]": ("non_finite", "/input/1"),
    "[[1], [-Infinity]]": ("non_finite", "/input/1/0"),
    "[1e999]": ("overflow", "/input"),
    "[1, -1e309]": ("overflow", "/input"),
    f"[1{'0' * 400}]": ("overflow", "/input"),
    f"[1{'0' * 5000}]": ("overflow", "/input"),
}
STRANGE_FLAGS: Final = {
    "[1]": ("not_a_boolean", "/input/0"),
    '[true, "false"]': ("not_a_boolean", "/input/1"),
    "[true, null]": ("not_a_boolean", "/input/1"),
    "[true, NaN]": ("not_a_boolean", "/input/1"),
    "[[true], [0]]": ("not_a_boolean", "/input/1/0"),
}


def test_a_strange_element_is_named_with_its_place() -> None:
    """The first of another kind than the array's is told with its index; what is beyond float64 with the array."""
    assert {body: found[1:] for body, found in refusals(numbers, STRANGERS).items()} == STRANGERS
    assert {body: found[1:] for body, found in refusals(booleans, STRANGE_FLAGS).items()} == STRANGE_FLAGS


RAGGED: Final = ["[[1, 2], [3]]", "[1, [2]]", "[[1], 2]", "[[], [1]]", "[[1], []]", "[[[]], []]", "[[[1]], [[2, 3]]]"]


def test_an_array_is_regular() -> None:
    """Rows of different lengths or depths are none, and the sentence says which two differ."""
    assert set(refusals(numbers, RAGGED).values()) == {(Invalid, "ragged", "/input")}
    assert refusal(booleans, "[[true], [true, false]]") == (Invalid, "ragged", "/input")
    with pytest.raises(Invalid, match=r"; row 0 has 2 elements, row 2 has 1$"):
        numbers("[[1, 2], [3, 4], [5]]")


NO_NUMBERS: Final = [
    *("[1, 2", "[1 2]", "[01]", "[+1]", "[.5]", "[5.]", "[0x1]", "[1,]", "[,1]", "[1,,2]", "[-]", "[1\0]", "[1\f]"),
    *("[\u00a01]", "[nan]", "[Nan]", "[infinity]", "[1 0]"),
    *(f"[1]{rest}" for rest in ("]", ",[2]", ",[{}]", "][{", "]][[{", "}]", ",2", "[", ",[null]")),
]
NO_FLOATS: Final = [
    "[nan, 1]",
    "[inf, 1]",
    "[-NaN, 1]",
    "[Infinit, 1]",
    "[NaN1, 2]",
    "[1NaN, 2]",
    "[InfinityNaN]",
    "[I]",
]
NO_BOOLEANS: Final = ["[True]", "[tru]", "[truefalse]", "[true false]", "[tr\0ue]"]


def test_what_is_no_json_is_malformed() -> None:
    """A text that JSON does not have, or that goes on after the bracket that closes the first, is no array."""
    malformed = Refusal(Malformed, "malformed_json", "/input")
    assert refusals(numbers, NO_NUMBERS) == dict.fromkeys(NO_NUMBERS, malformed)
    assert refusals(booleans, NO_BOOLEANS) == dict.fromkeys(NO_BOOLEANS, malformed)
    assert refusals(lambda body: parse(text(body), ANY_NUMBERS, LIMITS), NO_FLOATS) == dict.fromkeys(
        NO_FLOATS, malformed
    )


def test_brackets_are_nested_as_deep_as_may_be() -> None:
    """Beyond the limit of dimensions the rank is too high, beyond that of brackets it is no array at all."""
    deep = [("[" * NESTING + "]" * NESTING), "[1," + "[" * (NESTING - 1)]
    assert set(refusals(numbers, deep).values()) == {(Malformed, "nesting_too_deep", "/input")}
    high = [("[" * rank + "]" * rank) for rank in (LIMITS.max_ndim + 1, NESTING - 1)]
    assert set(refusals(numbers, high).values()) == {(Invalid, "rank_too_high", "/input")}


@pytest.mark.parametrize(("kind", "element"), [(NUMBERS, b"0.25"), (BOOLEANS, b"true")], ids=["numbers", "booleans"])
def test_too_many_elements_are_refused_before_they_are_read(kind: ElementType, element: bytes) -> None:
    """The count is known from the commas: an array over the limit costs no memory but for its skeleton, twice."""
    count = 2**18
    body = text(b"[" + b",".join([element] * count) + b"]")
    limits = LIMITS.model_copy(update={"max_elements": count - 1})
    with memory(2 * count + 2 * PIECE):
        assert refusal(parse, body, kind, limits) == (TooLarge, "too_many_elements", "/input")


@pytest.mark.parametrize("inner", ["1,2,", "[1],", "[[1,2],", "[[],[", "[", "1 ", '"a",', "{},", "[]],"])
def test_refusals_are_linear(inner: str) -> None:
    """A text of a megabyte that is wrong is refused in little more time than one that is right takes."""
    for end in ("", "]", "{"):
        body = text("[" + inner * (2**20 // len(inner)) + end)
        assert seconds(refusal, parse, body, NUMBERS, LIMITS) < 1
