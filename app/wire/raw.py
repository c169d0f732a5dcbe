"""Raw elements, `application/octet-stream`: little-endian, in C order; what they are stands in the query."""

from typing import Any, Final

import numpy as np

from app.core import FLOATS, Result
from app.errors import Invalid, Malformed
from app.wire.binary import array_of, headers, parts
from app.wire.call import Call
from app.wire.codec import Codec, Query, Reply
from app.wire.job import FORWARD, Job
from app.wire.limits import Limits
from app.wire.memory import LITTLE, check_length, elements, memory
from app.wire.query import fields_of
from app.wire.text import Buffer

MEDIA_TYPE: Final = "application/octet-stream"
SHAPE: Final = "Dropout-Shape"
DTYPE: Final = "Dropout-Dtype"
BIT: Final = "bit"
"""The dtype of a mask, which is packed, the first decision in the lowest bit: numpy.packbits(bitorder="little")."""


def decode(body: Buffer, limits: Limits, query: Query = (), job: Job = FORWARD) -> Call:
    """The call that raw elements and a query make."""
    fields = fields_of(query, job)
    if fields.dtype is None:
        raise Invalid.of("missing_field", "dtype is required: raw elements do not tell what they are", "/dtype")
    dtype = FLOATS[fields.dtype].newbyteorder(LITTLE)
    with job.named():
        shape = _flat(body, dtype) if fields.shape is None else tuple(fields.shape)
        limits.check_rank(shape, pointer="/shape")  # before its product, which can be long
        check_length(dtype, shape, len(body))
        limits.check_shape(shape, pointer="/shape")
        call = Call.of(fields, elements(body, dtype, shape), None, limits, job)
    if fields.shape is not None:
        call.replay["shape"] = fields.shape
    return call


def _flat(body: Buffer, dtype: np.dtype[Any]) -> tuple[int]:
    count, rest = divmod(len(body), dtype.itemsize)
    if rest:
        message = f"elements of {dtype.name} have {dtype.itemsize} bytes each, got {len(body)} bytes"
        raise Malformed.of("length_mismatch", message, "/input")
    return (count,)


def encode(call: Call, result: Result) -> Reply:
    """The reply: the array's elements, or the mask's bits."""
    array = array_of(result)
    masked = array.dtype == bool
    content = memory(np.packbits(array, bitorder="little") if masked else array)
    about = {SHAPE: ",".join(map(str, array.shape)), DTYPE: BIT if masked else array.dtype.name}
    return Reply(MEDIA_TYPE, (content,), {**about, **headers(call, result)})


CODEC: Final = Codec(MEDIA_TYPE, decode, parts, encode)
