"""JSON text → array: `[[0.5, 1], [2, 3]]`, without a Python object for each number of the whole.

The text is looked at twice. First its skeleton. It tells the shape, and equals the skeleton of a regular array of that
shape, or the text is ragged; so no array is made before its size is known and allowed. Then the numbers, in pieces that
stay in the cache: each is closed with the brackets it lacks, read by a JSON parser, and laid into the array. All of
JSON's grammar is checked on the way: every piece is parsed, and cut at commas only.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from threading import local
from time import sleep
from typing import Any, Final

import numpy as np
import simdjson

from app.core import BoolArray, FloatArray, Shape
from app.wire.json.diagnosis import diagnosis, too_deep
from app.wire.json.text import BLANK, NESTING, ElementType, Text, loads_any, pieces_of, skeleton_and_depths, skeleton_of
from app.wire.limits import Limits


def parse(text: Text, kind: ElementType, limits: Limits) -> FloatArray | BoolArray:
    """The array that `text` writes down, as float64 or bool.

    Raises `Malformed` if it is not JSON, `Invalid` if it is not a regular array of finite numbers or of booleans,
    `TooLarge` if it has more elements than allowed; nothing is allocated before that is known.
    """
    skeleton, depths = skeleton_and_depths(text, kind.alphabet)
    if skeleton.startswith(b"[" * NESTING):
        raise too_deep(text.where)
    few = len(skeleton) <= _FEW
    shape = _shape_of_few(skeleton) if few else _shape(skeleton)
    if shape is not None:
        limits.check_shape(shape, where=text.where)
    if shape is None or (not few and skeleton != _regular(shape)):
        raise diagnosis(text, kind)
    # of a row without elements there is no more left than of a row of one
    if shape[-1] == 1 and _EMPTY.match(text.body, text.start, text.stop):
        return _empty(text, (*shape[:-1], 0), skeleton, kind)
    return _values(text, depths, shape, kind)


_FEW: Final = 2**10
"""Bytes of a skeleton that many requests have in common."""
_EMPTY: Final = re.compile(rb"(?:[ \t\r\n]*\[)+[ \t\r\n]*\]")


def _empty(text: Text, shape: Shape, skeleton: bytes, kind: ElementType) -> FloatArray | BoolArray:
    """An array without elements: whatever is no bracket, comma or blank is too much."""
    if skeleton_of(text, BLANK) != skeleton:
        raise diagnosis(text, kind)
    return np.empty(shape, kind.dtype)


@lru_cache(maxsize=64)
def _shape_of_few(skeleton: bytes) -> Shape | None:
    """The shape of a regular array with this skeleton; None if there is none."""
    shape = _shape(skeleton)
    return shape if shape is not None and skeleton == _regular(shape) else None


def _shape(skeleton: bytes) -> Shape | None:
    """The shape of a regular array with this skeleton, if it has elements; None if there can be none.

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
    return tuple(shape) if below == len(skeleton) else None


def _regular(shape: Shape) -> bytes:
    """The skeleton of an array of that shape."""
    *outer, last = shape
    unit = b"[" + b"," * (last - 1) + b"]"
    for count in reversed(outer):
        unit = b"[" + b",".join([unit] * count) + b"]"
    return unit


def _values(text: Text, depths: Sequence[int], shape: Shape, kind: ElementType) -> FloatArray | BoolArray:
    """The elements of a text whose skeleton fits the shape."""
    try:
        one = len(depths) == 1
        values = _elements(text.whole, len(shape), kind) if one else _by_pieces(text, depths, shape, kind)
    except ValueError:  # a syntax error, a number that overflows, or more elements than the skeleton has room for
        raise diagnosis(text, kind) from None
    if values.size != prod(shape):
        raise diagnosis(text, kind)
    return values.reshape(shape)


def _by_pieces(text: Text, depths: Sequence[int], shape: Shape, kind: ElementType) -> FloatArray | BoolArray:
    """The elements of a text that is too long for the cache."""
    values, done = np.empty(prod(shape), kind.dtype), 0
    for number, piece in enumerate(pieces_of(text, depths)):
        if number % _TURN == 0:
            sleep(0)  # others have theirs: a parser keeps the interpreter to itself
        some = _elements(piece, len(shape), kind)
        values[done : done + some.size] = some
        done += some.size
    return values[:done]


_TURN: Final = 4
"""Pieces between two turns of others: to let go of the interpreter takes as long as a piece does."""


def _elements(piece: bytes, rank: int, kind: ElementType) -> FloatArray | BoolArray:
    """The elements of a piece."""
    if kind.dtype == bool:
        return np.fromiter(_flat(kind.loads(piece), rank), bool)
    try:
        # without a name: a parser is not used again while what it read is held, be it by the trace of an error
        return np.frombuffer(_THREAD.parser.parse(piece).as_buffer(of_type="d"))
    except (ValueError, TypeError, RuntimeError):  # no JSON; no numbers, as NaN; an integer of more than 64 bits
        return _slowly(piece, rank, kind)


def _slowly(piece: bytes, rank: int, kind: ElementType) -> FloatArray:
    """The elements of a piece, by a reader that takes all that the type of elements has."""
    try:
        return np.fromiter(_flat(kind.loads(piece), rank), kind.dtype)
    except OverflowError:  # an integer beyond float64, which is infinite, as 1e999 is
        return np.fromiter(_flat(loads_any(piece), rank), kind.dtype)


class _Thread(local):
    """A parser for each thread: it keeps its memory from one text to the next."""

    def __init__(self) -> None:
        self.parser: Any = simdjson.Parser()


_THREAD: Final = _Thread()


def _flat(values: Iterable[Any], rank: int) -> Iterable[Any]:
    for _ in range(rank - 1):
        values = chain.from_iterable(values)
    return values
