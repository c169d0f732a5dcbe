"""Raw elements, `application/octet-stream`: little-endian, in C order; what they are stands in the query."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from app.core import FLOATS, FloatArray, Shape
from app.errors import Invalid, Malformed
from app.wire.binary.elements import LITTLE, as_bytes, check_length, elements
from app.wire.json.text import Buffer
from app.wire.limits import Limits

MEDIA_TYPE: Final = "application/octet-stream"
SHAPE: Final = "Dropout-Shape"
DTYPE: Final = "Dropout-Dtype"
BIT: Final = "bit"
"""The dtype of a mask, which is packed, the first decision in the lowest bit: numpy.packbits(bitorder="little")."""

HEADERS: Final = {
    SHAPE: "the array's shape, `5000,10`, where it is raw",
    DTYPE: "the elements' type, where it is raw; `bit` is a mask, packed, the first decision in the lowest bit",
}


def read(body: Buffer, dtype: str | None, shape: Shape | None, limits: Limits) -> FloatArray:
    """The array of that type and shape, flat if there is none: a view of the body."""
    if dtype is None:
        raise Invalid.of("missing_field", "dtype is required: raw elements do not tell what they are", "dtype")
    of = FLOATS[dtype].newbyteorder(LITTLE)
    shape = _flat(body, of) if shape is None else shape
    limits.check_rank(shape, where=("shape",))  # before its product, which can be long
    check_length(of, shape, len(body))
    limits.check_shape(shape, where=("shape",))
    return elements(body, of, shape)


def _flat(body: Buffer, dtype: np.dtype[Any]) -> tuple[int]:
    count, rest = divmod(len(body), dtype.itemsize)
    if rest:
        message = f"elements of {dtype.name} have {dtype.itemsize} bytes each, got {len(body)} bytes"
        raise Malformed.of("length_mismatch", message, "x")
    return (count,)


def write(array: np.ndarray[Any, np.dtype[Any]]) -> tuple[tuple[memoryview], Mapping[str, str]]:
    """The array's elements, or the mask's bits; and header fields that say which."""
    masked = array.dtype == bool
    content = as_bytes(np.packbits(array, bitorder="little") if masked else array)
    return (content,), {SHAPE: ",".join(map(str, array.shape)), DTYPE: BIT if masked else array.dtype.name}
