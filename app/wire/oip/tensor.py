"""Tensors ↔ arrays: as binary data after the JSON, or as JSON numbers and booleans."""

from itertools import chain, zip_longest
from math import prod
from typing import Any, Final

import numpy as np

from app.core import FLOATS, Shape
from app.errors import Invalid, Malformed, Where
from app.wire.binary.elements import LITTLE, brief_shape, check_length, elements
from app.wire.json import text
from app.wire.json.parse import parse
from app.wire.json.text import BOOLEANS, Buffer, Text
from app.wire.json.write import pieces_of_array
from app.wire.limits import Limits

Tensor = np.ndarray[Any, np.dtype[Any]]

BOOL: Final = "BOOL"
DATATYPES: Final = {
    "FP64": FLOATS["float64"],
    "FP32": FLOATS["float32"],
    "FP16": FLOATS["float16"],
    "BF16": FLOATS["bfloat16"],
    BOOL: np.dtype(bool),
}
NAMES: Final = {dtype: name for name, dtype in DATATYPES.items()}

_KINDS: Final = {"FP64": text.ANY_NUMBERS, "FP32": text.ANY_NUMBERS, BOOL: BOOLEANS}
"""Datatypes that may be JSON. Halves may not: readers disagree on what their numbers mean, KServe's refuses them."""


def check_json(datatype: str, *where: str | int) -> None:
    """Raise `Invalid` if a datatype cannot be JSON."""
    if datatype not in _KINDS:
        raise Invalid.of("wrong_type", f"{datatype} is sent and returned as binary data only", *where)


def from_binary(
    body: Buffer, start: int, size: int, datatype: str, shape: Shape, where: Where, limits: Limits
) -> Tensor:
    """The tensor whose `size` bytes begin at `start`: a view of them."""
    dtype = DATATYPES[datatype]
    limits.check_rank(shape, where=(*where, "shape"))  # before its product, which can be long
    check_length(dtype, shape, size, where=where)
    limits.check_shape(shape, where=(*where, "shape"))
    if start + size > len(body):
        message = f"{size} bytes of binary data are announced, and {len(body) - start} are left in the body"
        raise Malformed.of("length_mismatch", message, *where)
    if datatype != BOOL:
        return elements(body, dtype.newbyteorder(LITTLE), shape, offset=start)
    flags = elements(body, np.dtype("u1"), shape, offset=start)
    if flags.max(initial=0) > 1:
        raise Invalid.of("not_a_boolean", "every byte of a BOOL tensor must be 0 or 1", *where)
    return flags.view(bool)


def from_json(data: Text, datatype: str, shape: Shape, where: Where, limits: Limits) -> Tensor:
    """The tensor of a text, which is nested as its shape says, or flat."""
    check_json(datatype, *where, "datatype")
    x = parse(data, _KINDS[datatype], limits)
    if x.shape != shape and (x.ndim != 1 or x.size != prod(shape)):
        message = f"data must be flat or nested as the shape {brief_shape(shape)}, got shape {brief_shape(x.shape)}"
        raise Invalid.of("shape_mismatch", message, *where, "data")
    limits.check_shape(shape, where=(*where, "shape"))
    with np.errstate(over="ignore"):  # what is beyond the type is infinite
        return x.reshape(shape).astype(DATATYPES[datatype], copy=False)


def to_json(x: Tensor) -> bytes:
    """The elements in C order as a flat JSON array, with NaN, Infinity and -Infinity where they are."""
    flat = x.reshape(-1)
    written = b"".join(pieces_of_array(flat))
    if flat.dtype == bool or b"null" not in written:
        return written
    # which is written for each of those, in their order
    strange = [_TOKENS[str(value)] for value in flat[~np.isfinite(flat)]]
    return b"".join(chain.from_iterable(zip_longest(written.split(b"null"), strange, fillvalue=b"")))


_TOKENS: Final = {"nan": b"NaN", "inf": b"Infinity", "-inf": b"-Infinity"}
