"""The envelope: a body's fields, its arrays lifted out as text.

A body is a small envelope with large arrays in it. The arrays are lifted out, to be read by `app.wire.json.parse`. What
is left is small whatever the request, so it can be looked at closely: duplicate keys, nesting, surrogates, its size.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from json import JSONDecodeError, JSONDecoder, dumps
from secrets import token_hex
from typing import Any, Final

from app.errors import DropoutError, Invalid, Malformed, TooLarge, Where
from app.wire.json.diagnosis import foreign
from app.wire.json.text import NESTING, Buffer, ElementType, Text

ENVELOPE: Final = 2**16
"""Bytes that a body may have besides its arrays."""
SMALL: Final = 2**20
"""Bytes up to which a body that is wrong is parsed whole, to say exactly where."""
ElementTypes = Mapping[str, Sequence[ElementType]]
"""The keys that arrays stand under, and what they may be arrays of."""
Locate = Callable[[str, int], Where]
"""The field that an array is of, by its key and how many stand before it."""


def read_envelope(body: Buffer, kinds: ElementTypes, where: Locate = lambda key, _: (key,)) -> dict[str, Any]:
    """The fields of a body, its arrays as `Text` wherever they stand.

    Raises `Malformed` if it is not JSON with unique keys, `Invalid` if it is not an object, `TooLarge` if there is too
    much besides the arrays.
    """
    envelope, texts = lift(body, kinds, where)
    try:
        return _envelope(envelope, texts)
    except JSONDecodeError as error:
        return _whole(body, texts, kinds, error)
    except TooLarge as error:
        raise _first_of_wrong_type(texts, kinds) or error from None


_MARK: Final = token_hex(16)
"""What stands for an array that is lifted out: nobody outside knows it, so nobody can forge one."""


def lift(body: Buffer, kinds: ElementTypes, where: Locate = lambda key, _: (key,)) -> tuple[bytes, dict[str, Text]]:
    """The body with marks in place of its arrays, and the arrays by their marks.

    An array ends with the last bracket before the next quotation mark or brace, for only a key or the end of an object
    can follow it. Where that is not so (a string among the numbers), neither the envelope nor the array can be read,
    and `_whole` finds out why.
    """
    if not kinds:
        return bytes(body), {}
    key, marks = _search(tuple(kinds))
    envelope, texts, at = b"", {}, 0
    for count, (mark, quoted) in enumerate(marks):
        found = key.search(body, at)
        if not found:
            break
        name, start = found[1].decode(), found.end()
        stop = _end(body, start)
        texts[mark] = Text(body, start, stop, where(name, count), name)
        envelope += body[at:start] + quoted
        at = stop
    return envelope + body[at:], texts


@cache
def _search(names: tuple[str, ...]) -> tuple[re.Pattern[bytes], list[tuple[str, bytes]]]:
    """What an array stands behind, and marks, as they are and as JSON has them.

    They are enough for all names to stand twice, which must be seen.
    """
    key = re.compile(rb'"(%s)"[ \t\r\n]*:[ \t\r\n]*(?=\[)' % "|".join(names).encode())
    marks = [f"{_MARK}{count}" for count in range(max(_LEAST, 2 * len(names)))]
    return key, [(mark, f'"{mark}"'.encode()) for mark in marks]


_LEAST: Final = 4
"""Arrays to look for, where several may stand under one key."""


def _end(body: Buffer, start: int) -> int:
    """Where the array that begins at `start` ends, if it is one of numbers or booleans."""
    quote = body.find(b'"', start)
    limit = len(body) if quote < 0 else quote
    brace = body.find(b"}", start, limit)
    limit = limit if brace < 0 else brace
    return body.rfind(b"]", start, limit) + 1 or limit


def _envelope(text: bytes, arrays: Mapping[str, Text]) -> dict[str, Any]:
    """The fields of an envelope. Raises `JSONDecodeError` if it is not JSON."""
    if len(text) > ENVELOPE and (size := len(text) - sum(map(len, arrays))) > ENVELOPE:
        _check_nesting(text[:ENVELOPE])
        message = f"the fields besides the arrays may take {ENVELOPE} bytes, got {size}"
        raise TooLarge.of("fields_too_large", message)
    return _fields(text, arrays)


def _fields(text: bytes, arrays: Mapping[str, Text]) -> dict[str, Any]:
    """The fields of an object, with arrays for their marks. Raises `JSONDecodeError` if the text is not JSON."""
    if len(text) > NESTING:
        _check_nesting(text)
    if text[:1] != b"{" or 0 in text[:4]:
        _check_encoding(text)
    try:
        fields = _decoded(text.decode())
        if b"\\u" in text:
            dumps(fields, ensure_ascii=False).encode()  # half a surrogate pair has no encoding
    except UnicodeError:
        raise Malformed.of("malformed_json", "the body must be UTF-8, without half surrogates") from None
    if type(fields) is not dict:
        raise Invalid.of("wrong_type", "the body must be a JSON object")
    return _placed(fields, arrays)


def _decoded(text: str) -> Any:
    """The value of a text. Raises `JSONDecodeError` if it is not JSON."""
    try:
        value, end = _JSON.raw_decode(text)
    except JSONDecodeError:  # or there are blanks before it
        return _JSON.decode(text)
    return value if end == len(text) else _JSON.decode(text)


_MARKS: Final = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",  # before that of UTF-16, which it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def _check_encoding(text: bytes) -> None:
    """Raise `Malformed` for a text that begins as other encodings do, and as editors on Windows write UTF-8."""
    encoding = next((name for mark, name in _MARKS.items() if text.startswith(mark)), None)
    if encoding:
        rule = f"the body begins with a byte order mark, that of {encoding}: it must be UTF-8 without one"
        raise Malformed.of("malformed_json", rule)
    if b"\0" in text[:4]:
        raise Malformed.of("malformed_json", "the body must be UTF-8; null bytes among the first are those of UTF-16")


def _placed(fields: dict[str, Any], arrays: Mapping[str, Text]) -> dict[str, Any]:
    """The fields with arrays for their marks."""
    for mark, text in arrays.items():
        if fields.get(text.key) != mark:  # it stands deeper
            return {name: _replaced(one, arrays) for name, one in fields.items()}
        fields[text.key] = text
    return fields


def _replaced(value: Any, arrays: Mapping[str, Text]) -> Any:
    """The value with arrays for their marks, wherever they stand."""
    kind = type(value)
    if kind is str:
        return arrays.get(value, value)
    if kind is dict:
        return {name: _replaced(one, arrays) for name, one in value.items()}
    return [_replaced(one, arrays) for one in value] if kind is list else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed.of("duplicate_key", f"each key may stand once, {dumps(twice[:40])} stands twice")
    return fields


def _integer(digits: str) -> int:
    # Python takes no more digits; so long a number is beyond every range anyhow
    return int(digits[:4000])


_JSON: Final = JSONDecoder(object_pairs_hook=_unique, parse_int=_integer)

# possessive, so that a long string takes no memory to match, and without its end too, so that it is looked at once
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[][{}]', re.DOTALL)


def _check_nesting(text: bytes) -> None:
    """Raise `Malformed` at the first bracket that is nested too deep."""
    if text.count(b"[") + text.count(b"{") <= NESTING:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > NESTING:
            raise Malformed.of("nesting_too_deep", f"brackets may be nested {NESTING} deep")


def _whole(body: Buffer, texts: Mapping[str, Text], kinds: ElementTypes, error: JSONDecodeError) -> dict[str, Any]:
    """The fields of a body whose envelope cannot be read, if it is small, and JSON after all.

    Raises what is wrong with it: its own syntax, or a strange element in an array.
    """
    if len(body) <= SMALL:
        return exact(body)
    raise _first_of_wrong_type(texts, kinds) or Malformed.of("malformed_json", f"the body is not JSON: {error.msg}")


def explained(error: DropoutError, body: Buffer) -> DropoutError:
    """The error of a body of JSON that has one: what is no JSON is that before all else, and its place is told."""
    if isinstance(error, (Invalid, Malformed)) and len(body) <= SMALL:
        try:
            exact(body)
        except DropoutError as first:
            return first
    return error


def exact(body: Buffer) -> dict[str, Any]:
    """The fields of a body, its arrays as lists. Raises `Malformed`, with the place, if it is not JSON."""
    try:
        return _fields(bytes(body), {})
    except JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Malformed.of("malformed_json", f"the body is not JSON, at {where}: {error.msg}") from None


def _first_of_wrong_type(texts: Mapping[str, Text], kinds: ElementTypes) -> DropoutError | None:
    """The first element of an array that is of another kind, which made it end too early."""
    return next(filter(None, (_foreign(text, kinds[text.key]) for text in texts.values())), None)


def _foreign(text: Text, kinds: Sequence[ElementType]) -> DropoutError | None:
    """The first element that is of another kind than the array's first."""
    first = _FIRST.match(text.body, text.start)
    kind = next((kind for kind in kinds if first and first[1] in kind.alphabet), kinds[-1])
    return foreign(text, kind)


_FIRST: Final = re.compile(rb"[\[ \t\r\n]*(.)", re.DOTALL)
