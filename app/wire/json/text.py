"""An array as JSON text, and its two views: the skeleton, and pieces of a size to parse.

The *skeleton* is what is left without numbers and blanks: brackets and commas.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from json import JSONDecoder
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import pydantic_core

from app.errors import Code, Where

PIECE: Final = 2**16
"""Bytes of text that are looked at in one go, or a number more."""
NESTING: Final = 100
"""Levels of brackets that a body may have; the object around its arrays is the first."""
BLANK: Final = b" \t\r\n"


class ElementType(NamedTuple):
    """What an array is made of.

    alphabet : the bytes its elements and blanks are written with; dtype : what they are read as; loads : a reader of
    JSON that takes them, and raises `ValueError` for what it does not take.
    """

    noun: str
    code: Code
    alphabet: bytes
    dtype: np.dtype[Any]
    loads: Callable[[bytes], Any] = orjson.loads


Buffer = bytes | bytearray

_ANY: Final = JSONDecoder(parse_int=float)


def loads_any(piece: bytes) -> Any:
    """JSON with NaN, Infinity and -Infinity, and with integers of any length, as floats."""
    return _ANY.decode(piece.decode())


def _loads(piece: bytes) -> Any:
    try:
        return pydantic_core.from_json(piece)
    except ValueError:  # no JSON, or an integer of more than 4,300 digits
        return loads_any(piece)


_DIGITS: Final = b"0123456789+-.eE"
NUMBERS: Final = ElementType("a number", "not_a_number", _DIGITS + BLANK, np.dtype("f8"))
ANY_NUMBERS: Final = NUMBERS._replace(alphabet=_DIGITS + b"NaInfity" + BLANK, loads=_loads)
"""NaN, Infinity and -Infinity among the numbers, and infinity for one that is beyond float64."""
BOOLEANS: Final = ElementType("true or false", "not_a_boolean", b"truefals" + BLANK, np.dtype(bool))


class Text(NamedTuple):
    """An array as text: the bytes from `start` to `stop` of a body. Nothing is known of them but their first bracket.

    where : the field it stands in; key : that field's own name.
    """

    body: Buffer
    start: int
    stop: int
    where: Where
    key: str = ""

    @property
    def whole(self) -> bytes:
        """All of it."""
        return bytes(self.body[self.start : self.stop])


def skeleton_of(text: Text, alphabet: bytes) -> bytes:
    """The text without the bytes of the alphabet."""
    return skeleton_and_depths(text, alphabet)[0]


def skeleton_and_depths(text: Text, alphabet: bytes) -> tuple[bytes, list[int]]:
    """The text without the bytes of the alphabet, and how many brackets are open where each of its pieces begins."""
    skeletons = [text.body[start:stop].translate(None, alphabet) for start, stop in _cuts(text)]
    return b",".join(skeletons), [0, *accumulate(map(_opened, skeletons[:-1]))]


def pieces_of(text: Text, depths: Sequence[int]) -> Iterator[bytes]:
    """The pieces that the text, which closes what it opens, is cut into, each with the brackets open at its ends.

    After a comma the array cannot end: such a piece is made unreadable, for with brackets added it would be legal.
    """
    with memoryview(text.body) as view:  # so that a piece is copied once
        for (start, stop), before, after in zip(_cuts(text), depths, [*depths[1:], 0], strict=True):
            piece = b"," if start > text.start and _END.match(text.body, start) else view[start:stop]
            yield b"".join((b"[" * before, piece, b"]" * after))


def _cuts(text: Text) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end, between the commas at which the text is cut."""
    start = text.start
    while (cut := text.body.find(b",", start + PIECE, text.stop)) >= 0:
        yield start, cut
        start = cut + 1
    yield start, text.stop


def _opened(skeleton: Buffer) -> int:
    """How many more brackets are opened than closed; `bytes.count` takes six times as long."""
    codes = np.frombuffer(skeleton, np.uint8)
    return int(np.count_nonzero(codes == ord("["))) - int(np.count_nonzero(codes == ord("]")))


_END: Final = re.compile(rb"[ \t\r\n]*\]")
