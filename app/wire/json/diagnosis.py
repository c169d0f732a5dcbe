"""What is wrong with the text of an array: slower than reading it, with an eye for the place."""

import json
import re
from itertools import chain, pairwise
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid, Malformed, Where
from app.wire.json.text import NESTING, ElementType, Text, pieces_of, skeleton_and_depths, skeleton_of


def diagnosis(text: Text, kind: ElementType) -> Malformed | Invalid:
    """Why `text` is not a regular array of that kind: the first fault in reading order."""
    return foreign(text, kind) or _unbalanced(text, kind) or _unreadable(text, kind) or _ragged(text, kind)


_FOREIGN: Final = re.compile(rb'(")|(\{)|(null)\b|(true|false)\b|(NaN|Infinity)\b|([-0-9])')
_NOUNS: Final = ("a string", "an object", "null", "a boolean", "NaN or infinity", "a number")


def foreign(text: Text, kind: ElementType) -> Malformed | Invalid | None:
    """The first element that is of another kind, if there is one."""
    found = re.compile(b"[][," + re.escape(kind.alphabet) + b"]*").match(text.body, text.start)
    at = found.end() if found else text.start
    # a word may begin with letters that numbers have too
    while at < len(text.body) and text.body[at - 1 : at].isalpha():
        at -= 1
    read = text._replace(stop=at)
    depths = _depths(skeleton_of(read, kind.alphabet))
    if depths.max(initial=0) >= NESTING:
        return too_deep(text.where)
    if depths.min(initial=1) < 1:  # the array ends before
        return None
    element = _FOREIGN.match(text.body, at)
    if element is None or element.lastindex is None:
        return Malformed.of("malformed_json", "the text of the array is not JSON", *text.where)
    place = *text.where, *_path(skeleton_of(read, kind.alphabet))
    if element.lastindex == 5 and kind.code == "not_a_number":
        return Invalid.of("non_finite", "every element must be a finite number; JSON has no NaN or infinity", *place)
    message = f"every element must be {kind.noun}, got {_NOUNS[element.lastindex - 1]}"
    return Invalid.of(kind.code, message, *place)


def too_deep(where: Where) -> Malformed:
    return Malformed.of("nesting_too_deep", f"brackets may be nested {NESTING} deep", *where)


def _unbalanced(text: Text, kind: ElementType) -> Malformed | None:
    """That the first bracket is closed too early, or never."""
    skeleton = skeleton_of(text, kind.alphabet)
    depths = _depths(skeleton)
    if depths.min() > 0:
        return Malformed.of("malformed_json", "a bracket of the array is never closed", *text.where)
    if depths[:-1].min(initial=1) < 1 or not skeleton.endswith(b"]"):
        return Malformed.of("malformed_json", "the array goes on after the bracket that ends it", *text.where)
    return None


def _unreadable(text: Text, kind: ElementType) -> Malformed | Invalid | None:
    """What the parser stumbles over, if it does: a number too large for float64, else no JSON."""
    _, depths = skeleton_and_depths(text, kind.alphabet)
    for piece in pieces_of(text, depths):
        try:
            kind.loads(piece)
        except ValueError:
            return _too_large(text, piece) or Malformed.of("malformed_json", _NO_JSON, *text.where)
    return None


_NO_JSON: Final = "the text of the array is not JSON: look for a missing comma, bracket or digit"


def _too_large(text: Text, piece: bytes) -> Invalid | None:
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
    return _overflow(text.where)


def _overflow(where: Where) -> Invalid:
    return Invalid.of("overflow", "every element must be within float64, at most 1.797e308 in size", *where)


def _ragged(text: Text, kind: ElementType) -> Invalid:
    """That the array is not regular, and which of its innermost rows is the first of another length."""
    skeleton = skeleton_of(text, kind.alphabet)
    message = "the array must be regular: all rows of a dimension need the same length, all elements the same depth"
    return Invalid.of("ragged", message + _odd_row(skeleton[:_SEARCHED]), *text.where)


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


def _path(skeleton: bytes) -> list[int]:
    """The index of the element that comes next after such a beginning: in each open row, its commas."""
    tokens = np.frombuffer(skeleton, np.uint8)
    depths = np.cumsum((tokens == ord("[")).view(np.int8) - (tokens == ord("]")).view(np.int8), dtype=np.int8)
    # a row is open from where it was never left again
    lowest = np.minimum.accumulate(depths[::-1])[::-1]
    starts = np.searchsorted(lowest, np.arange(1, depths[-1] + 1, dtype=np.int8))
    rows = enumerate(pairwise([*starts, len(skeleton)]), 1)
    return [int(np.count_nonzero((tokens[a:b] == ord(",")) & (depths[a:b] == level))) for level, (a, b) in rows]
