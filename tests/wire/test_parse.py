"""Arrays as JSON text."""

import json
from time import thread_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import DropoutError, Fault, Invalid, Malformed, TooLarge
from app.wire.parse import parse
from app.wire.text import BOOLEANS, NESTING, NUMBERS, PIECE, Kind
from tests.wire.given import LIMITS, arrays, legal, literals, masks, read, shapes, text, written

KINDS = pytest.mark.parametrize("kind", [NUMBERS, BOOLEANS], ids=["numbers", "booleans"])


def same(got: Any, expected: Any) -> bool:
    """Whether two arrays are equal in type, shape and every bit."""
    return (got.dtype, got.shape, got.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())


def refusal(body: bytes | str, kind: Kind = NUMBERS) -> tuple[type[DropoutError], Fault]:
    """How a text is refused."""
    with pytest.raises(DropoutError) as caught:
        parse(text(body), kind, LIMITS)
    (fault,) = caught.value.faults
    return type(caught.value), fault


@settings(max_examples=50)
@given(st.data(), arrays())
def test_numbers_are_read_bit_for_bit(data: st.DataObject, x: Any) -> None:
    """An array of any rank, written with blanks anywhere, is read back to the bit: −0.0 and subnormals too."""
    assert same(parse(text(data.draw(written(x.tolist()))), NUMBERS, LIMITS), x)


@settings(max_examples=50)
@given(st.data(), masks)
def test_booleans_are_read(data: st.DataObject, mask: Any) -> None:
    """A mask of any rank, written with blanks anywhere, is read back."""
    assert same(parse(text(data.draw(written(mask.tolist()))), BOOLEANS, LIMITS), mask)


@given(st.lists(literals(), min_size=1))
def test_numbers_mean_what_the_standard_library_reads(numbers: list[str]) -> None:
    """Every notation of a number gives the float64 nearest to it."""
    assert parse(text(f"[{','.join(numbers)}]"), NUMBERS, LIMITS).tolist() == [float(number) for number in numbers]


@given(shapes.map(lambda shape: (*shape[:-1], 0)))
def test_arrays_without_elements_have_a_shape(shape: tuple[int, ...]) -> None:
    """Empty rows at the bottom are an array too, of that shape."""
    assert parse(text(json.dumps(np.empty(shape).tolist())), NUMBERS, LIMITS).shape == shape


@pytest.mark.parametrize("indent", [None, 1, "\t"])
@pytest.mark.parametrize("shape", [(30000,), (3, 10000), (10000, 3), (100, 100, 3), (1, 1, 30000), (2,) * 14])
def test_cuts_leave_no_trace(shape: tuple[int, ...], indent: int | str | None) -> None:
    """An array of several pieces is what it is, wherever the cuts fall: the text's style moves them about."""
    x = np.random.default_rng(0).standard_normal(shape)
    body = json.dumps(x.tolist(), indent=indent)
    assert len(body) > 3 * PIECE
    assert same(parse(text(body), NUMBERS, LIMITS), x)


@pytest.mark.parametrize("shift", range(24))
def test_cuts_fall_everywhere(shift: int) -> None:
    """Moved byte by byte, the cut meets the end of a row, its start and all between."""
    body = "[" + " " * (PIECE - 60 + shift) + ",".join(["[1.5,-2]", "[3,4e1]"] * 8) + "]"
    assert parse(text(body), NUMBERS, LIMITS).tolist() == [[1.5, -2], [3, 40]] * 8


@pytest.mark.parametrize("shift", range(24))
@pytest.mark.parametrize("end", [",]", "],[2]", "],", "", "]]", ",,2]", ",[2]]", " 2]"])
def test_syntax_is_seen_at_a_cut(shift: int, end: str) -> None:
    """A comma or bracket too much or too few is malformed JSON, also where the text is cut."""
    body = "[" + " " * (PIECE - 30 + shift) + ",".join(["1"] * 12) + end
    if not legal(body.encode()):
        assert refusal(body)[0] is Malformed
    else:
        assert refusal(body)[1].code == "ragged"


ORIGINALS = {
    NUMBERS.noun: [b"[[1,2],[3,4]]", b"[0.5, -1e3]", b"[[[1],[2]]]", b"[[],[]]", b"[]", b"[1.25,1E+2,-0,0.0e-1]"],
    BOOLEANS.noun: [b"[[true,false],[false,true]]", b"[true]", b"[[], []]"],
}
BYTES = st.sampled_from(
    [*(bytes([byte]) for byte in b'[],.-+eE0129 \n\t"{}:NaInfulltruse\x00\xff\xc3\\'), b"NaN", b"1e999", b"null", b"{}"]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1), BYTES | st.just(b"")), min_size=1, max_size=3)


def edited(body: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """A text with some bytes dropped, inserted or replaced; its first bracket stays, for by it a text is found."""
    for where, drop, insert in edits:
        at = 1 + int(where * (len(body) - 1))
        body = body[:at] + insert + body[at + drop :]
    return body


@settings(max_examples=500)
@given(kind=st.sampled_from([NUMBERS, BOOLEANS]), which=st.integers(0, 5), edits=EDITS)
def test_a_text_is_read_or_refused_as_the_standard_library_would(
    kind: Kind, which: int, edits: list[tuple[float, int, bytes]]
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
    error, fault = refusal(body, kind)
    assert fault.pointer.startswith("/input")
    if legal(body):
        assert error is Invalid
    elif not set(body) - set(b"[]," + kind.alphabet):
        assert error is Malformed


@pytest.mark.parametrize(
    "body", ["[1]" + rest for rest in ("]", ",[2]", ",[{}]", "][{", "]][[{", "}]", ",2", "[", ",[null]")]
)
def test_a_text_that_goes_on_after_its_end_is_malformed(body: str) -> None:
    """Whatever follows the bracket that closes the first, it is no array."""
    assert refusal(body)[0] is Malformed


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ("[1, null]", "not_a_number", "/input/1"),
        ("[[1, 2], [3, {}]]", "not_a_number", "/input/1/1"),
        ('[[1, 2], [3, "4"]]', "not_a_number", "/input/1/1"),
        ("[[[true]]]", "not_a_number", "/input/0/0/0"),
        ("[1, 2, NaN]", "non_finite", "/input/2"),
        ("[1, Infinity]", "non_finite", "/input/1"),
        ("[[1], [-Infinity]]", "non_finite", "/input/1/0"),
        ("[1e999]", "overflow", "/input"),
        ("[1, -1e309]", "overflow", "/input"),
        (f"[1{'0' * 400}]", "overflow", "/input"),
        (f"[1{'0' * 5000}]", "overflow", "/input"),
        ("[[1, 2], [3]]", "ragged", "/input"),
        ("[1, [2]]", "ragged", "/input"),
        ("[[1], 2]", "ragged", "/input"),
        ("[[], [1]]", "ragged", "/input"),
        ("[[1], []]", "ragged", "/input"),
        ("[[[]], []]", "ragged", "/input"),
        ("[1, 2", "malformed_json", "/input"),
        ("[1 2]", "malformed_json", "/input"),
        ("[01]", "malformed_json", "/input"),
        ("[+1]", "malformed_json", "/input"),
        ("[.5]", "malformed_json", "/input"),
        ("[5.]", "malformed_json", "/input"),
        ("[0x1]", "malformed_json", "/input"),
        ("[1,]", "malformed_json", "/input"),
        ("[,1]", "malformed_json", "/input"),
        ("[1,,2]", "malformed_json", "/input"),
        ("[-]", "malformed_json", "/input"),
        ("[1\x00]", "malformed_json", "/input"),
        ("[1\f]", "malformed_json", "/input"),
        ("[\u00a01]", "malformed_json", "/input"),
        ("[" * NESTING + "]" * NESTING, "nesting_too_deep", "/input"),
        ("[1," + "[" * (NESTING - 1), "nesting_too_deep", "/input"),
        ("[" * (LIMITS.ndim + 1) + "]" * (LIMITS.ndim + 1), "rank_too_high", "/input"),
    ],
)
def test_a_fault_has_a_code_and_a_place(body: str, code: str, pointer: str) -> None:
    """What is wrong is named, and where."""
    assert refusal(body)[1][:2] == (code, pointer)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ("[1]", "not_a_boolean", "/input/0"),
        ('[true, "false"]', "not_a_boolean", "/input/1"),
        ("[true, null]", "not_a_boolean", "/input/1"),
        ("[[true], [0]]", "not_a_boolean", "/input/1/0"),
        ("[True]", "malformed_json", "/input"),
        ("[tru]", "malformed_json", "/input"),
        ("[truefalse]", "malformed_json", "/input"),
        ("[[true], [true, false]]", "ragged", "/input"),
    ],
)
def test_a_fault_of_a_mask_has_a_code_and_a_place(body: str, code: str, pointer: str) -> None:
    """What is wrong with a mask is named, and where."""
    assert refusal(body, BOOLEANS)[1][:2] == (code, pointer)


@KINDS
def test_too_many_elements_are_refused_before_they_are_read(kind: Kind) -> None:
    """The count is known from the commas: an array over the limit costs no memory but for its skeleton."""
    body = b"[" + b",".join([b"0.25" if kind is NUMBERS else b"true"] * 10**6) + b"]"
    start()
    try:
        with pytest.raises(TooLarge, match=r"999999 elements \(DROPOUT_MAX_ELEMENTS\), got 1000000"):
            parse(text(body), kind, LIMITS._replace(elements=10**6 - 1))
        assert get_traced_memory()[1] < 2.5 * 10**6
    finally:
        stop()


@pytest.mark.parametrize("inner", ["1,2,", "[1],", "[[1,2],", "[[],[", "[", "1 ", '"a",', "{},", "[]],"])
@pytest.mark.parametrize("end", ["", "]", "{"])
def test_refusals_are_linear(inner: str, end: str) -> None:
    """A text of a megabyte that is wrong is refused in little more time than one that is right takes."""
    body = text("[" + inner * (2**20 // len(inner)) + end)
    began = thread_time()
    with pytest.raises(DropoutError):
        parse(body, NUMBERS, LIMITS)
    assert thread_time() - began < 1


@given(arrays())
@example(np.array([-0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1]))
def test_nothing_is_written_twice_alike(x: Any) -> None:
    """Reading what any writer of shortest digits wrote, and writing it again, gives the same text."""
    body = json.dumps(x.tolist())
    assert json.dumps(parse(text(body), NUMBERS, LIMITS).tolist()) == body


def test_the_cases_of_cuts_are_not_trivial() -> None:
    """The texts that are held at cuts are cut: the piece ends within their last part, for some shift."""
    offsets = {PIECE - 30 + shift + 1 - PIECE for shift in range(24)}
    assert offsets == set(range(-29, -5))
