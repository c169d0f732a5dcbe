"""numpy's file format, `application/x-npy`: versions 1.0, 2.0 and 3.0, of floats.

    file   = "\\x93NUMPY" major minor length header elements
    header = a Python dict of descr, fortran_order and shape, padded with blanks

The header is read by a grammar of our own, not as Python: `numpy.load` asks for whatever memory a header wants before
it looks for the elements, and knows pickles. Blanks, commas, quotes and the order of keys are as free as in Python, for
other libraries' writers use that; what no writer needs is left out: comments, escapes, sums, other bases, keys that
stand twice. Source: numpy.lib.format, NEP 1.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from app.core import FloatArray, Shape
from app.errors import Invalid, Malformed
from app.wire.binary.elements import LITTLE, as_bytes, check_dtype, check_length, elements
from app.wire.json.text import Buffer
from app.wire.limits import Limits

MEDIA_TYPE: Final = "application/x-npy"

_MAGIC: Final = b"\x93NUMPY"
_LENGTHS: Final = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
"""Versions, and the bytes that the length of the header takes in each."""
_LONGEST: Final = 2**12
"""Bytes of a header; 64 dimensions of 19 digits take 1,400."""
_ALIGNMENT: Final = 64

_CODES: Final = (order + code for order in ("<", ">", "=", "|", "") for code in ("f2", "f4", "f8", "e", "f", "d"))
_NAMES: Final = ("float16", "float32", "float64", "half", "single", "double", "float")
_DTYPES: Final = {descr: np.dtype(descr) for descr in (*_CODES, *_NAMES)}
"""What numpy calls the types that it has a name for."""
_BFLOAT16: Final = ("<V2", ">V2", "|V2", "V2", "bfloat16")
"""What files of the other are said to hold: two bytes of no type, as ml_dtypes has it, or its name."""
_WAY_OUT: Final = "send the elements raw (application/octet-stream, dtype=bfloat16), or as float32"

# Nothing here is looked at twice, whatever the text: repetitions are possessive.
_B: Final = rb"[ \t\r\n\f]*+"
_TEXT: Final = rb"""'[^'\r\n]*+'|"[^"\r\n]*+\""""
_LIST: Final = rb"\[(?:[^][]|\[[^][]*+\])*+\]"
_LENGTH: Final = rb"(?:0++|[1-9][0-9]{0,18}+)L?"  # Python 2 wrote an L
_VALUES: Final = {
    b"descr": re.compile(_TEXT + b"|" + _LIST),
    b"fortran_order": re.compile(rb"True|False"),
    b"shape": re.compile(rb"\(%(b)s(?:(?:%(n)s%(b)s,%(b)s)++(?:%(n)s%(b)s)?)?\)" % {b"n": _LENGTH, b"b": _B}),
}
"""The keys of a header, and the grammar of their values."""
_ENTRY: Final = rb"%(b)s('\w++'|\"\w++\")%(b)s:%(b)s(%(text)s|%(list)s|\w++|\([^()]*+\))%(b)s(?:,|(?=\}))" % {
    b"b": _B,
    b"text": _TEXT,
    b"list": _LIST,
}
_HEADER: Final = re.compile(rb"(?:[ \t\f]*+[\r\n])*+\{%s%s\}%s" % (_ENTRY * 3, _B, _B))
_PYTHON_2: Final = re.compile(rb"[0-9]L|[\r\n][ \t\f]++\Z")
"""What numpy takes for a slip of Python 2, and not in version 3.0, which that never wrote."""


class Header(NamedTuple):
    """What a file says of its elements: type, shape, memory order, and where they begin."""

    dtype: np.dtype[Any]
    shape: Shape
    order: Literal["C", "F"]
    offset: int


def header(body: Buffer) -> Header:
    """The header of a file. Raises `Malformed` if there is none, `Invalid` if the elements are no floats."""
    text, offset = _text(body)
    whole = _HEADER.fullmatch(text.lstrip(b" \t"))
    parts = whole.groups() if whole else ()
    found = dict(zip((key[1:-1] for key in parts[::2]), parts[1::2], strict=True))
    strange = found.keys() != _VALUES.keys() or not all(_VALUES[key].fullmatch(found[key]) for key in found)
    if strange or (body[6] > 2 and _PYTHON_2.search(text)):
        raise _malformed("the header must be a dict of descr, fortran_order and shape, as plain literals")
    shape = tuple(map(int, re.findall(rb"[0-9]+", found[b"shape"])))
    return Header(_dtype(found[b"descr"]), shape, "F" if found[b"fortran_order"] == b"True" else "C", offset)


def _dtype(literal: bytes) -> np.dtype[Any]:
    """The type of a descr. Raises `Invalid` unless it is one of floats that numpy has a name for."""
    text = literal.decode("latin-1")
    descr = text if text.startswith("[") else text[1:-1]
    if descr in _BFLOAT16:
        raise Invalid.of("wrong_type", f"npy files have no bfloat16: {_WAY_OUT}; got {descr!a}", "x")
    if descr not in _DTYPES:
        message = f"elements must be float16, float32 or float64, as '<f2', '<f4', '>f8'; got {descr[:20]!a}"
        raise Invalid.of("wrong_type", message, "x")
    return _DTYPES[descr]


def _text(body: Buffer) -> tuple[bytes, int]:
    """The header's text, and where it ends."""
    digits = _LENGTHS.get(bytes(body[6:8]))
    if not body.startswith(_MAGIC) or digits is None:
        raise _malformed("it must begin with \\x93NUMPY and a version: 1.0, 2.0 or 3.0")
    start = 8 + digits
    length = int.from_bytes(body[8:start], "little")
    if length > _LONGEST or start + length > len(body) or len(body) < start:
        raise _malformed(f"its header may have {_LONGEST} bytes, and ends within the file; got {length} of them")
    return bytes(body[start : start + length]), start + length


def _malformed(rule: str) -> Malformed:
    return Malformed.of("malformed_npy", f"the body is no npy file: {rule}", "x")


def read(body: Buffer, limits: Limits) -> FloatArray:
    """The array of a file: a view of its bytes. Nothing is allocated, whatever the header says."""
    dtype, shape, order, offset = header(body)
    limits.check_rank(shape)
    check_length(dtype, shape, len(body) - offset)
    limits.check_shape(shape)
    return elements(body, dtype, shape, offset=offset, order=order)


def read_as(body: Buffer, dtype: str | None, shape: Shape | None, limits: Limits) -> FloatArray:
    """The same; raises `Invalid` if it has another type or shape than the one that is named."""
    x = read(body, limits)
    check_dtype(dtype, x)
    if shape not in (None, x.shape):
        raise Invalid.of("shape_mismatch", f"the file has shape {list(x.shape)}: leave shape out", "shape")
    return x


def write(array: np.ndarray[Any, np.dtype[Any]]) -> tuple[tuple[Buffer | memoryview, ...], Mapping[str, str]]:
    """A file of the array: its header, and its elements."""
    return (_head(array), as_bytes(array)), {}


def _head(array: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    """Magic, version and header of a file, of a length that aligns the elements."""
    descr = array.dtype.newbyteorder(LITTLE).str
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {array.shape}, }}".encode()
    filled = -(-(10 + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT - 10
    return _MAGIC + b"\x01\x00" + filled.to_bytes(2, "little") + text.ljust(filled - 1) + b"\n"
