"""Bodies of JSON: what is an object of fields and arrays, and what is none."""

import json
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import DropoutError, Invalid, Malformed, TooLarge
from app.wire.json.envelope import ENVELOPE, SMALL, lift
from app.wire.json.text import BOOLEANS, NESTING, NUMBERS
from tests.wire.given import Refusal, answered, finite, legal, refusal, refusals, seconds

KINDS: Final = {"input": (NUMBERS,), "mask": (BOOLEANS,)}


def outcome(body: bytes | str) -> DropoutError | None:
    """The error that a body is refused with, if it is."""
    try:
        answered(body)
    except DropoutError as error:
        return error
    return None


# What is no JSON

SYNTAX: Final = [
    *("", " ", "{", "}", "input", "{'input': [1]}", "{input: [1]}", "// what\n{}", '{"input": [1],}'),
    *('{"input": [1]} {}', '{"input": [1]}}', '{"input": [1]}\0', '{"input": [1], "p": 0.5', '{"input": [1], "p": }'),
    *('{"input": [1], "p": 00.5}', '{"input": [1], "p": .5}', '{"input": [1] "p": 0.5}', '{"input": [1]], "p": 0.5}'),
    *('{"input": [1], [2]}', '{"input": [1], [{}]}', '{"input": [1]][{}]}', '{"input": [1, "2]}', '{"input": ["a", }'),
    *('{"input": [1], "variant": "dropo\tut"}', r'{"input": [1], "variant": "\x"}', '{"input": [nulll]}'),
    *('{"input": [{[1]}', '{"input": [[1], [true}', '{"input": [1 2]}', '{"input": [1,]}'),
]
ENCODINGS: Final = [
    *('{"input": [1]}'.encode(name) for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")),
    *(b'{"input": [1], "variant": "%s"}' % text for text in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80")),
    b'{"input": [1, \xff]}',
]
SURROGATES: Final = [
    *(r'{"input": [1], "variant": "\ud800"}', r'{"input": [1], "\udfff": 1}'),
    r'{"input": [1], "x": [{"y": "\ud83d\ud83d"}]}',
]


@pytest.mark.parametrize("bodies", [SYNTAX, ENCODINGS, SURROGATES], ids=["syntax", "encodings", "surrogates"])
def test_what_is_no_json_is_malformed(bodies: list[Any]) -> None:
    """Bytes that are not JSON in UTF-8 are told from JSON that is wrong, before anything that is wrong within."""
    found = {body: fault[:2] for body, fault in refusals(answered, bodies).items()}
    assert found == dict.fromkeys(bodies, (Malformed, "malformed_json"))


@pytest.mark.parametrize(
    ("body", "place"),
    [('{"input": [1],\n "p": }', "line 2 column 7"), ('{"input": [,2]}', "line 1 column 12"), ("", "line 1 column 1")],
)
def test_a_small_body_is_told_where_it_is_no_json(body: str, place: str) -> None:
    """Line and column, within arrays too."""
    with pytest.raises(Malformed, match=f"^the body is not JSON, at {place}: "):
        answered(body)


TWICE: Final = [
    *('{"input": [1], "p": 0.1, "p": 0.1}', '{"input": [1], "input": [1]}', '{"input": [1], "input": 1}'),
    *(
        '{"input": null, "input": [1]}',
        '{"input": [1], "input": [1], "input": [1]}',
        r'{"input": [1], "\u0069nput": [1]}',
    ),
    *('{"input": [1], "mask": [true], "mask": [true]}', '{"input": [1], "x": {"a": 1, "a": 2}}'),
    *('{"input": [1], "x": [[{"a": 1, "a": 2}]]}', '{"input": ["a"], "p": 0.1, "p": 0.1}'),
]
NO_OBJECTS: Final = ["[]", "[1, 2]", "1", "null", "true", '"input"', '[{"input": [1]}]', "NaN"]


def test_a_key_stands_once() -> None:
    """Equal keys are refused, at any depth, the arrays' too."""
    assert refusals(answered, TWICE) == dict.fromkeys(TWICE, Refusal(Malformed, "duplicate_key", ""))


def test_a_body_is_an_object() -> None:
    """JSON that is no object is of the wrong type."""
    assert refusals(answered, NO_OBJECTS) == dict.fromkeys(NO_OBJECTS, Refusal(Invalid, "wrong_type", ""))


# Arrays within


STRANGERS: Final = {
    '{"input": ["a"]}': "/input/0",
    '{"input": [1, "]", 2]}': "/input/1",
    '{"input": [1, "\\"input\\":[1]"]}': "/input/1",
    '{"input": [[1, {"input": [1]}]]}': "/input/0/1",
    '{"input": {"input": [1]}}': "/input",
    '{"input": [{"mask": [true]}]}': "/input/0",
    '{"input": [1, [null]]}': "/input/1/0",
    '{"input": [true, false]}': "/input/0",
    **{f'{{"input": [{" " * SMALL}1, {element}, 2]}}': "/input/1" for element in ('"a"', "null", "{}")},
}


def test_a_stranger_in_an_array_is_named_with_its_place() -> None:
    """Whatever it does to the text around it, in a large body too."""
    found = refusals(answered, STRANGERS)
    assert found == {body: Refusal(Invalid, "not_a_number", place) for body, place in STRANGERS.items()}


@given(st.sampled_from(["input", "mask"]), st.text(st.characters(codec="utf-8")))
def test_text_is_never_taken_for_an_array(name: str, text: str) -> None:
    """Lifting leaves strings alone, whatever stands in them."""
    body = json.dumps({"x": f'{text}"{name}":[1]'}, ensure_ascii=False).encode()
    assert lift(body, KINDS) == (body, {})


def test_fields_besides_the_arrays_are_small() -> None:
    """Only arrays may be large: the limit tells a misspelt one."""
    field = '"variant": "dropout"'
    room = ENVELOPE - len('{"input": "", }') - len(field)
    fits = f'{{"input": [{"1," * ENVELOPE}1], {field}{" " * room}}}'
    assert answered(fits)["shape"] == [ENVELOPE + 1]
    large = [f'{{"inputs": [{"1," * ENVELOPE}1]}}', fits.replace("}", " }")]
    assert set(refusals(answered, large).values()) == {(TooLarge, "fields_too_large", "")}


# Brackets

TEMPLATES: Final = [
    *('{"input": %s}', '{"x": %s}', '{"input": [1], "x": %s}', "%s", '{"input": ["a"], "x": %s}', '{"shape": %s}'),
    '{"x": [' + "[], {}, " * NESTING + "%s]}",
]
BRACKETS: Final = {"lists": ("[", "]"), "objects": ('{"a":', "}"), "rows": ("[1,", "]"), "open": ("[", "")}


def nested(depth: int) -> list[bytes]:
    """Bodies with brackets of each kind nested so deep, wherever they may stand."""
    nests = [before * depth + "1" + after * depth for before, after in BRACKETS.values()]
    return [(template % nest).encode() for template in TEMPLATES for nest in nests]


@pytest.mark.parametrize("depth", [NESTING + 1, 1000])
def test_deep_nesting_is_malformed(depth: int) -> None:
    """Brackets nested over 100 deep are no body, wherever they stand, closed or not."""
    found = refusals(answered, nested(depth))
    assert {fault[:2] for fault in found.values()} == {(Malformed, "nesting_too_deep")}


@pytest.mark.parametrize("depth", [10**6, pytest.param(10**7, marks=pytest.mark.exhaustive)])
def test_deep_nesting_is_refused_at_once(depth: int) -> None:
    """Within 50 ms of a processor's time, the best of three, for caches are cold.

    A body of several megabytes, however flat, has 25 ms for each: it is searched for arrays before anything is known
    of it.
    """
    for body in nested(depth):
        refused = partial(seconds, refusal, answered, body)
        most = max(0.05, 0.025e-6 * len(body))
        assert any(refused() < most for _ in range(3)), body[:40]


def test_nesting_up_to_100_is_looked_at() -> None:
    """At 100 levels a body is still read, and refused for what is in it."""
    for depth in (NESTING - 1, 34):
        nest = "[" * depth + "1" + "]" * depth
        assert refusal(answered, f'{{"input": [1], "x": {nest}}}') == (Invalid, "unknown_field", "/x")
        assert refusal(answered, f'{{"input": {nest}}}') == (Invalid, "rank_too_high", "/input")


# Costs

SLOW: Final = [
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
    '{"input": [' + "[1]," * 100_000 + "[1,2]]}",
]


@pytest.mark.parametrize("body", SLOW, ids=lambda body: body[:12] + "…" + body[-12:])
def test_refusals_are_linear(body: str) -> None:
    """No body of a megabyte takes long to be refused: nothing is looked at again for each of its parts."""
    assert seconds(refusal, answered, body) < 2


# Whatever is sent

SCALARS: Final = st.none() | st.booleans() | st.integers() | finite | st.text(st.characters(codec="utf-8"), max_size=5)
NAMES: Final = st.sampled_from(
    ["input", "mask", "p", "seed", "shape", "include", "x", "noise_shape", '"input":[', "]", "\0"]
)
VALUES: Final = st.recursive(
    SCALARS | NAMES, lambda value: st.lists(value, max_size=3) | st.dictionaries(NAMES, value, max_size=3), max_leaves=8
)


@given(st.dictionaries(NAMES, VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_json_is_never_malformed(fields: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    """An object is answered or refused as invalid, whatever it holds: its syntax is not to blame."""
    body = json.dumps(fields, ensure_ascii=ascii_only, indent=indent)
    assert not isinstance(outcome(body), Malformed)


@settings(max_examples=200)
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
