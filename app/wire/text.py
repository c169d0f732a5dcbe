"""Arrays as JSON text: `[[0.5, 1], [2, 3]]` ↔ numpy, without a Python object for each number of the whole.

The text is looked at twice. First its *skeleton*, what is left without numbers and blanks: brackets and commas. It
tells the shape, and equals the skeleton of a regular array of that shape, or the text is ragged; so no array is made
before its size is known and allowed. Then the numbers, in pieces of `PIECE` bytes that stay in the cache: each is
closed with the brackets it lacks, read by a JSON parser, and laid into the array. All of JSON's grammar is checked on
the way: every piece is parsed, and cut at commas only.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from math import isfinite, prod
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from app.core import BoolArray, FloatArray, Shape
from app.errors import Code, Invalid, Malformed
from app.wire.limits import Limits

PIECE: Final = 2**16
"""Bytes of text parsed at a time."""
NESTING: Final = 100
"""Levels of brackets that are looked at."""
_BLANK: Final = b" \t\r\n"


class Kind(NamedTuple):
    """What an array is made of.

    alphabet : the bytes its elements and blanks are written with; dtype : what they are read as.
    """

    noun: str
    code: Code
    alphabet: bytes
    dtype: np.dtype[Any]


NUMBERS: Final = Kind("a number", "not_a_number", b"0123456789+-.eE" + _BLANK, np.dtype("f8"))
BOOLEANS: Final = Kind("true or false", "not_a_boolean", b"truefals" + _BLANK, np.dtype(bool))


Buffer = bytes | bytearray


class Text(NamedTuple):
    """An array as text: the bytes from `start` to `stop` of a body, of which nothing is known yet but its first
    bracket."""

    body: Buffer
    start: int
    stop: int
    pointer: str


def parse(text: Text, kind: Kind, limits: Limits) -> FloatArray | BoolArray:
    """The array that `text` writes down, as float64 or bool.

    Raises `Malformed` if it is not JSON, `Invalid` if it is not a regular array of finite numbers or of booleans,
    `TooLarge` if it has more elements than allowed; nothing is allocated before that is known.
    """
    skeleton = _skeleton(text, kind.alphabet)
    if skeleton.startswith(b"[" * (NESTING + 1)):
        raise _too_deep(text.pointer)
    empty = b"[]" in skeleton and _EMPTY.match(text.body, text.start, text.stop) is not None
    shape = _shape(skeleton, empty=empty)
    if shape is not None:
        limits.check_shape(shape, pointer=text.pointer)
    if shape is None or skeleton != _regular(shape):
        raise diagnosis(text, kind)
    if not prod(shape):
        # whatever is no bracket, comma or blank is too much
        if _skeleton(text, _BLANK) != skeleton:
            raise diagnosis(text, kind)
        return np.empty(shape, kind.dtype)
    return _values(text, shape, kind)


_EMPTY: Final = re.compile(rb"(?:[ \t\r\n]*\[)+[ \t\r\n]*\]")


def _skeleton(text: Text, alphabet: bytes) -> bytes:
    """The text without the bytes of the alphabet."""
    if text.stop - text.start <= PIECE:
        return bytes(text.body[text.start : text.stop].translate(None, alphabet))
    pieces = range(text.start, text.stop, PIECE)
    return b"".join(text.body[at : min(at + PIECE, text.stop)].translate(None, alphabet) for at in pieces)


def _shape(skeleton: bytes, *, empty: bool) -> Shape | None:
    """The shape of a regular array with this skeleton; None if there can be none.

    A group of level k starts with the first bracket but r - k (r of them open the text) and ends with the first k
    closing brackets in a row. Its length tells how many groups of the level below fit in.
    """
    rank = len(skeleton) - len(skeleton.lstrip(b"["))
    shape: list[int] = []
    below = 0
    for level in range(1, rank + 1):
        start, end = rank - level, skeleton.find(b"]" * level) + level
        count, rest = divmod(end - start - 1, below + 1)
        if end < level or rest or count < 1:
            return None
        shape.insert(0, count)
        below = end - start
    if empty and shape:
        shape[-1] = 0
    return tuple(shape) if below == len(skeleton) else None


def _regular(shape: Shape) -> bytes:
    """The skeleton of an array of that shape."""
    *outer, last = shape
    unit = b"[" + b"," * (last - 1) + b"]"
    for count in reversed(outer):
        unit = b"[" + b",".join([unit] * count) + b"]"
    return unit


def _values(text: Text, shape: Shape, kind: Kind) -> FloatArray | BoolArray:
    """The elements of a text whose skeleton fits the shape."""
    values = np.empty(prod(shape), kind.dtype)
    done = 0
    try:
        for piece in _pieces(text):
            some = np.fromiter(_flat(orjson.loads(piece), len(shape)), kind.dtype)
            values[done : done + some.size] = some
            done += some.size
    except ValueError:  # a syntax error, a number that overflows, or more elements than the skeleton has room for
        raise diagnosis(text, kind) from None
    if done != values.size:
        raise diagnosis(text, kind)
    return values.reshape(shape)


def _pieces(text: Text) -> Iterator[bytes]:
    """The text cut at commas, each piece closed by the brackets that are open at its ends.

    After a comma the array cannot end: such a piece is made unreadable, for with brackets added it would be legal.
    """
    at, depth = text.start, 0
    while at < text.stop:
        cut = text.body.find(b",", at + PIECE, text.stop)
        stop = text.stop if cut < 0 else cut
        piece = b"," if at > text.start and _END.match(text.body, at) else text.body[at:stop]
        opened, depth = depth, depth + piece.count(b"[") - piece.count(b"]")
        yield b"[" * opened + piece + b"]" * depth
        at = stop + 1


_END: Final = re.compile(rb"[ \t\r\n]*\]")


def _flat(values: Iterable[Any], rank: int) -> Iterable[Any]:
    for _ in range(rank - 1):
        values = chain.from_iterable(values)
    return values


# What is wrong: slower, with an eye for the place, and only for texts that are refused.


def diagnosis(text: Text, kind: Kind) -> Malformed | Invalid:
    """Why `text` is not a regular array of that kind: the first fault in reading order."""
    return foreign(text, kind) or _unbalanced(text, kind) or _unreadable(text) or _ragged(text, kind)


_FOREIGN: Final = re.compile(rb'(")|(\{)|(null)\b|(true|false)\b|(NaN|Infinity)\b|([-0-9])')
_NOUNS: Final = ("a string", "an object", "null", "a boolean", "NaN or infinity", "a number")


def foreign(text: Text, kind: Kind) -> Malformed | Invalid | None:
    """The first element that is of another kind, if there is one."""
    found = re.compile(b"[][," + re.escape(kind.alphabet) + b"]*").match(text.body, text.start)
    at = found.end() if found else text.start
    read = text._replace(stop=at)
    depths = _depths(_skeleton(read, kind.alphabet))
    if depths.max(initial=0) > NESTING:
        return _too_deep(text.pointer)
    if depths.min(initial=1) < 1:  # the array ends before
        return None
    element = _FOREIGN.match(text.body, at)
    if element is None or element.lastindex is None:
        return Malformed.of("malformed_json", "the text of the array is not JSON", text.pointer)
    place = text.pointer + _path(_skeleton(read, kind.alphabet))
    if element.lastindex == 5:
        return Invalid.of("non_finite", "every element must be a finite number; JSON has no NaN or infinity", place)
    message = f"every element must be {kind.noun}, got {_NOUNS[element.lastindex - 1]}"
    return Invalid.of(kind.code, message, place)


def _too_deep(pointer: str) -> Malformed:
    return Malformed.of("nesting_too_deep", f"brackets may be nested {NESTING} deep", pointer)


def _unbalanced(text: Text, kind: Kind) -> Malformed | None:
    """That the first bracket is closed too early, or never."""
    skeleton = _skeleton(text, kind.alphabet)
    depths = _depths(skeleton)
    if depths.min() > 0:
        return Malformed.of("malformed_json", "a bracket of the array is never closed", text.pointer)
    if depths[:-1].min(initial=1) < 1 or not skeleton.endswith(b"]"):
        return Malformed.of("malformed_json", "the array goes on after the bracket that ends it", text.pointer)
    return None


def _unreadable(text: Text) -> Malformed | Invalid | None:
    """What the parser stumbles over, if it does: a number too large for float64, else no JSON."""
    for piece in _pieces(text):
        try:
            orjson.loads(piece)
        except orjson.JSONDecodeError:
            return _overflow(text, piece) or Malformed.of("malformed_json", _NO_JSON, text.pointer)
    return None


_NO_JSON: Final = "the text of the array is not JSON: look for a missing comma, bracket or digit"


def _overflow(text: Text, piece: bytes) -> Invalid | None:
    try:
        values: Any = [json.loads(piece)]
        while any(isinstance(value, list) for value in values):
            values = list(chain.from_iterable(value if isinstance(value, list) else [value] for value in values))
        if all(isfinite(float(value)) for value in values):
            return None
    except json.JSONDecodeError:
        return None
    except (OverflowError, ValueError):
        pass
    return Invalid.of("overflow", "every element must be within float64, at most 1.797e308 in size", text.pointer)


def _ragged(text: Text, kind: Kind) -> Invalid:
    """That the array is not regular, and which of its innermost rows is the first of another length."""
    skeleton = _skeleton(text, kind.alphabet)
    message = "the array must be regular: all rows of a dimension need the same length, all elements the same depth"
    return Invalid.of("ragged", message + _odd_row(skeleton[:_SEARCHED]), text.pointer)


_SEARCHED: Final = 2**20


def _odd_row(skeleton: bytes) -> str:
    """Which innermost row is the first of another length than row 0."""
    rows = (part.rpartition(b"[") for part in skeleton.split(b"]")[:-1])
    lengths = [len(row) + 1 for _, bracket, row in rows if bracket]
    odd = next((k for k, length in enumerate(lengths) if length != lengths[0]), None)
    return "" if odd is None else f"; row 0 has {lengths[0]} elements, row {odd} has {lengths[odd]}"


def _depths(skeleton: bytes) -> NDArray[np.int32]:
    """How many brackets are open after each of them."""
    steps = np.frombuffer(skeleton.translate(_STEPS, b","), np.int8)
    return np.cumsum(steps, dtype=np.int32)


_STEPS: Final = bytes.maketrans(b"[]", np.array([1, -1], np.int8).tobytes())


def _path(skeleton: bytes) -> str:
    """The JSON pointer of the element that comes next after such a beginning: in each open row, its commas."""
    tokens = np.frombuffer(skeleton, np.uint8)
    depths = np.cumsum((tokens == ord("[")).view(np.int8) - (tokens == ord("]")).view(np.int8), dtype=np.int8)
    # a row is open from where it was never left again
    lowest = np.minimum.accumulate(depths[::-1])[::-1]
    starts = np.searchsorted(lowest, np.arange(1, depths[-1] + 1, dtype=np.int8))
    rows = enumerate(pairwise([*starts, len(skeleton)]), 1)
    commas = (np.count_nonzero((tokens[a:b] == ord(",")) & (depths[a:b] == level)) for level, (a, b) in rows)
    return "".join(f"/{index}" for index in commas)
