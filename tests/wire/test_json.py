"""JSON: bodies → calls, and results → bodies."""

import json as stdlib
from itertools import permutations
from time import thread_time
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import DropoutError, Fault, Invalid, Malformed, TooLarge
from app.wire.call import Call
from app.wire.envelope import ENVELOPE, SMALL, lift
from app.wire.json import CODEC, KINDS, decode
from tests.wire.given import LIMITS, arrays, blanks, finite, legal

HOUR = {
    "input": "[[1, 2], [3, 4]]",
    "mask": "[true, false]",
    "p": "0.25",
    "include": '["output"]',
    "variant": '"dropout"',
}


def call(body: bytes | str) -> Call:
    """The call a body makes."""
    return decode(body.encode() if isinstance(body, str) else body, LIMITS)


def reply(body: bytes | str) -> Any:
    """The reply to a body."""
    return stdlib.loads(text_of(call(body)))


def text_of(made: Call) -> bytes:
    """The reply to a call."""
    return b"".join(CODEC.answer(made).parts)


def outcome(body: bytes | str) -> DropoutError | None:
    """The error that a body is refused with, if it is."""
    try:
        reply(body)
    except DropoutError as error:
        return error
    return None


def faults(body: bytes | str, error: type[DropoutError] = DropoutError) -> tuple[Fault, ...]:
    """How a body is refused."""
    with pytest.raises(error) as caught:
        reply(body)
    return caught.value.faults


def refusal(body: bytes | str) -> tuple[type[DropoutError], str, str]:
    """The class, the code and the pointer of the only thing wrong with a body."""
    with pytest.raises(DropoutError) as caught:
        reply(body)
    (fault,) = caught.value.faults
    return type(caught.value), fault.code, fault.pointer


def written(fields: dict[str, str], blank: str = "") -> str:
    """An object of fields that are JSON already."""
    return blank.join(
        ["{", ",".join(blank.join(["", f'"{name}"', ":", value, ""]) for name, value in fields.items()), "}"]
    )


# What is taken


@pytest.mark.parametrize("names", list(permutations(HOUR)))
def test_keys_stand_in_any_order(names: tuple[str, ...]) -> None:
    """The order of keys means nothing, wherever the arrays stand."""
    made = call(written({name: HOUR[name] for name in names}))
    assert (made.x.tolist(), made.layer.p, made.include) == ([[1, 2], [3, 4]], 0.25, ["output"])
    assert made.mask is not None
    assert made.mask.tolist() == [True, False]


@given(st.permutations(list(HOUR)), blanks)
def test_blanks_stand_anywhere(names: list[str], blank: str) -> None:
    """Blanks of all four kinds around every token mean nothing."""
    made = call(blank + written({name: HOUR[name] for name in names}, blank) + blank)
    assert (made.x.tolist(), made.layer.p) == ([[1, 2], [3, 4]], 0.25)


@pytest.mark.parametrize("key", [r"\u0069nput", r"inpu\u0074", r"\u0069\u006e\u0070\u0075\u0074"])
def test_keys_may_be_escaped(key: str) -> None:
    """A key written with escapes is the key."""
    assert call(f'{{"{key}": [[1, 2]], "p": 0.25}}').x.tolist() == [[1, 2]]
    assert call(f'{{"\\u006dask": [[true]], "{key}": [[1, 2]]}}').mask is not None


@pytest.mark.parametrize(("text", "element"), [("1", 1.0), ("-2.5", -2.5), ("0", 0.0), ("-0.0", -0.0), ("1e3", 1000.0)])
def test_an_element_alone_is_an_array_of_rank_0(text: str, element: float) -> None:
    """A number is an array without dimensions, and so is its output."""
    answer = reply(f'{{"input": {text}, "training": false}}')
    assert stdlib.dumps(answer["output"]) == stdlib.dumps(element)
    assert answer["shape"] == []


@pytest.mark.parametrize(("keep", "output"), [("true", 2.0), ("false", 0.0)])
def test_a_decision_alone_is_a_mask_of_rank_0(keep: str, output: float) -> None:
    """A boolean is a mask for any input."""
    assert reply(f'{{"input": [1, 1], "mask": {keep}}}')["output"] == [output] * 2


@pytest.mark.parametrize("shape", [[4], [2, 2], [4, 1], [1, 1, 4], [2, 2, 1, 1]])
def test_a_flat_input_takes_its_shape(shape: list[int]) -> None:
    """A flat input is laid out in C order in the shape sent with it."""
    made = call(stdlib.dumps({"input": [1, 2, 3, 4], "shape": shape}))
    assert made.x.tolist() == np.arange(1.0, 5).reshape(shape).tolist()


@pytest.mark.parametrize(("dtype", "digits"), [("float64", "0.1"), ("float32", "0.1"), ("float16", "0.099975586")])
def test_the_dtype_is_what_is_computed_in(dtype: str, digits: str) -> None:
    """The input is rounded to the dtype, and the reply's numbers are its shortest digits."""
    made = call(f'{{"input": [0.1], "dtype": "{dtype}", "training": false}}')
    assert made.x.dtype == dtype
    assert f'"output":[{digits}],'.encode() in text_of(made)


def test_arrays_have_as_many_dimensions_as_numpy_has() -> None:
    """With the largest limit of dimensions there is, and replicates on top, arrays still go through."""
    body = {"input": [2.0], "shape": [1] * 63, "noise_shape": [1] * 63, "samples": 1, "p": 0}
    made = decode(stdlib.dumps(body | {"include": ["output", "mask"]}).encode(), LIMITS._replace(ndim=63))
    answer = stdlib.loads(text_of(made))
    assert answer["shape"] == [1] * 64
    assert np.array(answer["output"]).tolist() == np.full([1] * 64, 2.0).tolist()


# What is given back


def written_back(x: Any, dtype: str) -> bytes:
    """The text of the output of evaluation."""
    body = stdlib.dumps({"input": x.tolist(), "dtype": dtype, "training": False, "include": ["output"]})
    return text_of(call(body)).partition(b'"output":')[2].partition(b',"shape"')[0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@settings(max_examples=50)
@given(data=st.data())
def test_numbers_come_back_bit_for_bit(dtype: str, data: st.DataObject) -> None:
    """The text of a reply reads back to every bit that went in: in evaluation, the input itself."""
    x = data.draw(arrays(dtype))
    assert np.array(stdlib.loads(written_back(x, dtype)), "f8").astype(dtype).tobytes() == x.tobytes()


@given(finite)
def test_float64_is_written_shortest(number: float) -> None:
    """A float64 has as many digits as Python's shortest notation of it."""
    text = written_back(np.array([number]), "float64").strip(b"[]").decode()
    assert float(text) == number
    assert digits(text) == digits(repr(number))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_is_written_shortest(number: float) -> None:
    """A float32 has as many digits as numpy's shortest notation of it, and reads back to it."""
    text = written_back(np.array([number]), "float32").strip(b"[]").decode()
    assert np.float32(text) == np.float32(number)
    assert digits(text) == digits(np.format_float_scientific(np.float32(number)))


def digits(text: str) -> str:
    """The digits of a number that count."""
    return text.lower().partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")


@given(hnp.arrays("f8", hnp.array_shapes(min_dims=0, max_dims=4), elements=finite), st.booleans())
def test_an_output_over_the_type_is_refused(x: Any, huge: bool) -> None:
    """An element that the scale takes beyond the dtype is an error, never null or infinity; JSON has neither."""
    body = stdlib.dumps({"input": x.tolist(), "p": 0.5, "mask": True, "include": ["output" if huge else "statistics"]})
    if np.isfinite(x * np.longdouble(2)).all() and np.abs(x).max(initial=0) <= np.finfo("f8").max / 2:
        assert b"null" not in text_of(call(body)).partition(b'"shape"')[0]
    else:
        assert refusal(body) == (Invalid, "overflow", "/input")


# What is refused


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "{",
        "}",
        "input",
        '{"input": [1],}',
        "{'input': [1]}",
        "{input: [1]}",
        '{"input": [1]} {}',
        '{"input": [1]}}',
        '{"input": [1], "p": 0.5',
        '{"input": [1], "p": }',
        '{"input": [1], "p": 00.5}',
        '{"input": [1], "p": .5}',
        '{"input": [1] "p": 0.5}',
        '{"input": [1 2]}',
        '{"input": [1,]}',
        '{"input": [1]], "p": 0.5}',
        '{"input": [1], [2]}',
        '{"input": [1], [{}]}',
        '{"input": [1]][{}]}',
        '{"input": [1, "2]}',
        '{"input": ["a", }',
        '{"input": [1], "variant": "dropo\tut"}',
        r'{"input": [1], "variant": "\x"}',
        "// what\n{}",
        "\ufeff{}",
        '{"input": [1]}'.encode("utf-16"),
        '{"input": [1]}'.encode("utf-16-le"),
        '{"input": [1]}'.encode("utf-32"),
        b'{"input": [1], "variant": "\xff"}',
        b'{"input": [1], "variant": "\xc0\xaf"}',
        b'{"input": [1], "variant": "\xed\xa0\x80"}',
        b'{"input": [1, \xff]}',
        b'{"input": [1]}\x00',
        r'{"input": [1], "variant": "\ud800"}',
        r'{"input": [1], "\udfff": 1}',
        r'{"input": [1], "x": [{"y": "\ud83d\ud83d"}]}',
    ],
)
def test_what_is_no_json_is_malformed(body: str | bytes) -> None:
    """Bytes that are not JSON in UTF-8 are told from JSON that is wrong."""
    assert refusal(body) == (Malformed, "malformed_json", "/input" if "/input" in refusal(body)[2] else "")


@pytest.mark.parametrize(
    "body",
    [
        '{"input": [1], "p": 0.1, "p": 0.1}',
        '{"input": [1], "input": [1]}',
        '{"input": [1], "input": 1}',
        '{"input": null, "input": [1]}',
        '{"input": [1], "input": [1], "input": [1]}',
        r'{"input": [1], "\u0069nput": [1]}',
        '{"input": [1], "mask": [true], "mask": [true]}',
        '{"input": [1], "x": {"a": 1, "a": 2}}',
        '{"input": [1], "x": [[{"a": 1, "a": 2}]]}',
        '{"input": ["a"], "p": 0.1, "p": 0.1}',
    ],
)
def test_a_key_stands_once(body: str) -> None:
    """Equal keys are refused, at any depth, the arrays' too."""
    assert refusal(body) == (Malformed, "duplicate_key", "")


@pytest.mark.parametrize("body", ["[]", "[1, 2]", "1", "null", "true", '"input"', '[{"input": [1]}]', "NaN"])
def test_a_body_is_an_object(body: str) -> None:
    """JSON that is no object is of the wrong type."""
    assert refusal(body) == (Invalid, "wrong_type", "")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ("{}", "missing_field", "/input"),
        ('{"input": null}', "wrong_type", "/input"),
        ('{"input": true}', "not_a_number", "/input"),
        ('{"input": "[1]"}', "not_a_number", "/input"),
        ('{"input": {}}', "not_a_number", "/input"),
        ('{"input": {"input": [1]}}', "not_a_number", "/input"),
        ('{"input": NaN}', "non_finite", "/input"),
        ('{"input": 1e999}', "overflow", "/input"),
        ('{"input": -Infinity}', "overflow", "/input"),
        (f'{{"input": 1{"0" * 400}}}', "overflow", "/input"),
        ('{"input": ["a"]}', "not_a_number", "/input/0"),
        ('{"input": [1, "]", 2]}', "not_a_number", "/input/1"),
        ('{"input": [1, "\\"input\\":[1]"]}', "not_a_number", "/input/1"),
        ('{"input": [[1, {"input": [1]}]]}', "not_a_number", "/input/0/1"),
        ('{"input": [{"mask": [true]}]}', "not_a_number", "/input/0"),
        ('{"input": [1, [null]]}', "not_a_number", "/input/1/0"),
        ('{"input": [true, false]}', "not_a_number", "/input/0"),
        (r'{"\u0069nput": [1, "a"]}', "not_a_number", "/input/1"),
        (r'{"\u0069nput": [1, NaN]}', "non_finite", "/input/1"),
        (r'{"\u0069nput": [[1], []]}', "ragged", "/input"),
        ('{"input": [NaN]}', "non_finite", "/input/0"),
        ('{"input": [[1, 2], [3, Infinity]]}', "non_finite", "/input/1/1"),
        ('{"input": [1, 1e999]}', "overflow", "/input"),
        ('{"input": [1, 65520], "dtype": "float16"}', "overflow", "/input/1"),
        ('{"input": [[1, 2], [3, -1e39]], "dtype": "float32"}', "overflow", "/input/1/1"),
        ('{"input": 1e39, "dtype": "float32"}', "overflow", "/input"),
        ('{"input": [[1], [2, 3]]}', "ragged", "/input"),
        ('{"input": [1], "mask": null}', "wrong_type", "/mask"),
        ('{"input": [1], "mask": 1}', "not_a_boolean", "/mask"),
        ('{"input": [1], "mask": "true"}', "not_a_boolean", "/mask"),
        ('{"input": [1], "mask": [1]}', "not_a_boolean", "/mask/0"),
        ('{"input": [1], "mask": [true, "a"]}', "not_a_boolean", "/mask/1"),
        ('{"input": [1], "mask": [[true], [true, false]]}', "ragged", "/mask"),
        ('{"input": [1], "mask": [true, true]}', "mask_mismatch", "/mask"),
        ('{"input": [1], "x": {"input": ["a"]}}', "unknown_field", "/x"),
        ('{"x": {"input": ["a"]}, "input": [1]}', "unknown_field", "/x"),
        ('{"input": [1], "x": "\\"input\\":[1"}', "unknown_field", "/x"),
        ('{"input": [1], "a/b~c": 1}', "unknown_field", "/a~1b~0c"),
        ('{"input": [1], "": 1}', "unknown_field", "/"),
        ('{"input": [[1]], "shape": [1]}', "shape_mismatch", "/shape"),
        ('{"input": [], "shape": [0, 0, -1]}', "out_of_range", "/shape/2"),
        ('{"input": [1, 2, 3], "shape": [2, 2]}', "shape_mismatch", "/shape"),
        ('{"input": [1, 2], "shape": []}', "shape_mismatch", "/shape"),
        ('{"input": 1, "shape": [1]}', "shape_mismatch", "/shape"),
        ('{"input": [1], "shape": [1.0]}', "wrong_type", "/shape/0"),
        ('{"input": [1], "shape": [true]}', "wrong_type", "/shape/0"),
        ('{"input": [1], "shape": ["1"]}', "wrong_type", "/shape/0"),
        ('{"input": [1], "shape": [null]}', "wrong_type", "/shape/0"),
        ('{"input": [1], "shape": 1}', "wrong_type", "/shape"),
        (f'{{"input": [1], "shape": {[1] * 65}}}', "rank_too_high", "/shape"),
        (f'{{"input": {"[" * 33}1{"]" * 33}}}', "rank_too_high", "/input"),
    ],
)
def test_a_value_that_is_wrong_is_named(body: str, code: str, pointer: str) -> None:
    """JSON that is no call is invalid, with a code and the place."""
    assert refusal(body) == (Invalid, code, pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"input": [1], "shape": [4294967296, 4294967296]}', "/shape"),
        ('{"input": [1], "shape": [2, 13, 419, 691, 823, 2977518503]}', "/shape"),
        ('{"input": [], "shape": [0, 9223372036854775807, 3]}', "/shape"),
        ('{"input": [], "shape": [16000000, 16000000, 16000000, 0]}', "/shape"),
        (f'{{"input": [], "shape": [1{"0" * 4100}, 1{"0" * 4100}]}}', "/shape"),
        ('{"input": [1], "shape": [16000001]}', "/shape"),
        ('{"input": [1], "samples": 10001}', "/samples"),
        (f'{{"input": {[0] * 2000}, "samples": 8001}}', "/input"),
        (f'{{"input": [1], "samples": 1{"0" * 30}}}', "/samples"),
    ],
)
def test_more_than_allowed_is_too_large(body: str, pointer: str) -> None:
    """Products that overflow, and more than the limits, are refused before anything is made of that size."""
    assert refusal(body) == (TooLarge, "too_many_elements", pointer)


def test_fields_besides_the_arrays_are_small() -> None:
    """Only arrays may be large: the limit tells a misspelt one."""
    fits = f'{{"input": [{"1," * 10**5}1], "variant": "dropout"{" " * (ENVELOPE - 50)}}}'
    assert call(fits).x.size == 10**5 + 1
    assert refusal(f'{{"inputs": [{"1," * 10**5}1]}}') == (TooLarge, "fields_too_large", "")


DEEP = [101, 1000, 10**6]
NESTS = [
    pytest.param(template, depth, id=f"{template[:24]}…{depth}")
    for template in (
        '{"input": %s}',
        '{"x": %s}',
        '{"input": [1], "x": %s}',
        "%s",
        '{"input": ["a"], "x": %s}',
        '{"shape": %s}',
    )
    for depth in DEEP
]
BRACKETS = [("[", "]"), ('{"a":', "}"), ("[1,", "]"), ("[", "")]


@pytest.mark.parametrize("brackets", BRACKETS, ids=["lists", "objects", "rows", "open"])
@pytest.mark.parametrize(("template", "depth"), NESTS)
def test_deep_nesting_is_refused_at_once(template: str, depth: int, brackets: tuple[str, str]) -> None:
    """Brackets nested over 100 deep are malformed wherever they stand, within 50 ms of a processor's time.

    The time is the thread's own and the best of three, for machines are shared and caches cold; a body of several
    megabytes, however flat, has 25 ms for each: it is searched for arrays before anything is known of it.
    """
    body = (template % (brackets[0] * depth + "1" + brackets[1] * depth)).encode()
    elapsed = []
    for _ in range(3):
        began = thread_time()
        error, code, _ = refusal(body)
        elapsed.append(thread_time() - began)
    assert error is Malformed
    assert code in {"nesting_too_deep", "malformed_json"}
    assert min(elapsed) < max(0.05, 0.025e-6 * len(body))


@pytest.mark.parametrize("depth", [100, 34])
def test_nesting_up_to_100_is_looked_at(depth: int) -> None:
    """At 100 levels a body is still read, and refused for what is in it."""
    assert refusal('{"input": [1], "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}")[1:] == ("unknown_field", "/x")
    array = "[" * (depth - 1) + "1" + "]" * (depth - 1)
    assert refusal('{"input": ' + array + "}")[1:] == ("rank_too_high", "/input")


@pytest.mark.parametrize(
    "body",
    [
        '{"a": [' + "{}," * 200 + "{}]," + '\\"' * 30_000,
        '{"a": [' + "{}," * 200 + "{}]," + '"\\\n' * 20_000,
        '{"a": ["' + '\\"' * 30_000,
        '{"x": 1' + ',"input": [1]' * 50_000 + "}",
        '{"x": ["input", ' + '"input": [' * 50_000,
        '"input":' * 100_000,
        '"input"' + " " * 10**6 + '"input"' + " " * 10**6,
        '{"x": [' + "[]," * 300_000 + "[]]}",
        "{" + ",".join(f'"{number:x}": 1' for number in range(6000)) + ', "176f": 1}',
        "{" + ",".join(f'"{number:x}": 1' for number in range(6000)) + "}",
        '{"input": [1], "variant": "' + "a" * (ENVELOPE - 100) + '"}',
        '{"input": ' + "[" * 90 + " " * 10**6 + "1",
        '{"input": [' + " " * 10**6 + "[" + " " * 10**6 + "x]]}",
        '{"input": [' + "1," * 500_000 + "}",
        '{"input": [' + '"a",' * 250_000 + '"a"]}',
        '{"input": [' + "1," * 10**6 + '"a"]}',
        '{"input": [' + "[1]," * 200_000 + "[1,2]]}",
    ],
    ids=lambda body: body[:12] + "…" + body[-12:],
)
def test_refusals_are_linear(body: str) -> None:
    """No body of a megabyte takes long to be refused: nothing is looked at again for each of its parts."""
    began = thread_time()
    found = faults(body)
    assert thread_time() - began < 2
    assert len(found) <= 16
    assert all(len(fault.message) < 300 and len(fault.pointer) < 100 for fault in found)


def test_at_most_16_faults_are_told() -> None:
    """Of many things wrong, the first 16 are told."""
    assert len(faults("{" + ",".join(f'"x{number}": 1' for number in range(100)) + "}", Invalid)) == 16


@pytest.mark.parametrize("filler", [0, SMALL])
def test_a_stranger_in_an_array_is_found_in_bodies_of_any_size(filler: int) -> None:
    """A body too long to be parsed again is told what is wrong with it too."""
    body = '{"input": [' + " " * filler + '1, "a", 2], "p": 0.5}'
    assert refusal(body) == (Invalid, "not_a_number", "/input/1")


# Of any JSON


SCALARS = st.none() | st.booleans() | st.integers() | finite | st.text(st.characters(codec="utf-8"), max_size=5)
NAMES = st.sampled_from(
    ["input", "mask", "p", "seed", "shape", "include", "x", "noise_shape", '"input":[', "]", "\u0000"]
)
VALUES = st.recursive(
    SCALARS | NAMES, lambda value: st.lists(value, max_size=3) | st.dictionaries(NAMES, value, max_size=3), max_leaves=8
)


@settings(max_examples=200)
@given(st.dictionaries(NAMES, VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_json_is_never_malformed(fields: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    """An object is answered or refused as invalid, whatever it holds: its syntax is not to blame."""
    body = stdlib.dumps(fields, ensure_ascii=ascii_only, indent=indent)
    assert not isinstance(outcome(body), Malformed)


@settings(max_examples=500)
@given(st.binary(max_size=40), st.integers(0, 60), st.integers(0, 5))
def test_bytes_are_answered_or_refused(noise: bytes, at: int, drop: int) -> None:
    """Any bytes make a call or an error that a client can mend; of what is no JSON, it is malformed, or an element."""
    body = b'{"input": [[1, 2], [3, 4]], "mask": [true, false], "p": 0.5, "include": ["output"]}'
    body = body[:at] + noise + body[at + drop :]
    error = outcome(body)
    if error is None:
        assert legal(body)
    elif not isinstance(error, Malformed):
        assert legal(body) or error.faults[0].code in {"not_a_number", "not_a_boolean", "non_finite"}


@given(st.sampled_from(["input", "mask"]), st.text(st.characters(codec="utf-8")))
def test_text_is_never_taken_for_an_array(name: str, text: str) -> None:
    """Lifting leaves strings alone, whatever stands in them."""
    body = stdlib.dumps({"x": f'{text}"{name}":[1]'}, ensure_ascii=False).encode()
    assert lift(body, KINDS) == (body, {})


@pytest.mark.parametrize(
    "body", ['{"input": [nulll]}', '{"input": [{[1]}', '{"input": ["a", }', '{"input": [[1], [true}']
)
def test_what_is_not_json_is_that_before_anything_else(body: str) -> None:
    """A strange element does not hide that the text around it is not JSON."""
    assert refusal(body)[1] == "malformed_json"
