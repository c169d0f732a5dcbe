"""JSON: a request's body → a call; a call and its result → a reply's body."""

from collections.abc import Sequence
from math import prod
from typing import Any, Final

import numpy as np
import orjson
from pydantic import Field

from app.core import FLOATS, NAMES, FloatArray, Result
from app.errors import Invalid, Malformed
from app.wire.array import Booleans, Numbers, array
from app.wire.call import Call, layer_of, statistics_of
from app.wire.codec import Codec, Query, Reply
from app.wire.envelope import SMALL, exact, read
from app.wire.fields import BackwardFields, CallFields, Length, Optional, validated
from app.wire.job import BACKWARD, FORWARD, Job, Part
from app.wire.limits import Limits
from app.wire.query import refuse
from app.wire.text import BOOLEANS, NUMBERS, Buffer

MEDIA_TYPE: Final = "application/json"

KINDS: Final = {"input": (NUMBERS,), "grad_output": (NUMBERS,), "mask": (BOOLEANS,)}
"""The fields that hold arrays, and of what."""
_MASK: Final = Optional(
    "Decisions to use instead of drawing: booleans, **true = kept**, anything that broadcasts to the input. "
    "`p` still sets the scale."
)


class DropoutRequest(CallFields):
    """An array and the layer to put it through."""

    input: Numbers = Field(
        description="The array: nested numbers of any rank from 0, or a flat list together with `shape`."
    )
    shape: list[Length] | None = Optional("Shape of a flat `input`, in C order.")
    mask: Booleans = _MASK


class BackwardRequest(BackwardFields):
    """The gradient of a layer's output, and the layer."""

    grad_output: Numbers = Field(
        description="The gradient: nested numbers of any rank from 0, or a flat list together with `shape`."
    )
    shape: list[Length] | None = Optional("Shape of a flat `grad_output`, in C order.")
    mask: Booleans = _MASK


REQUESTS: Final[dict[Job, type[DropoutRequest] | type[BackwardRequest]]] = {
    FORWARD: DropoutRequest,
    BACKWARD: BackwardRequest,
}


def decode(body: Buffer, limits: Limits, query: Query = (), job: Job = FORWARD) -> Call:
    """The call that a body makes for a job, without a query.

    Raises `Malformed` if it is not JSON with unique keys, `Invalid` if it is not a call, `TooLarge` if it asks too
    much.
    """
    refuse(query)
    try:
        return _call(read(body, KINDS), limits, job)
    except (Invalid, Malformed):
        if len(body) <= SMALL:
            exact(body)  # what is not JSON is that before anything else, and its place can be told
        raise


def _call(fields: dict[str, Any], limits: Limits, job: Job) -> Call:
    request = validated(REQUESTS[job], fields)
    with job.named():
        x = array(getattr(request, job.input), NUMBERS, limits, "/input")
        if request.shape is not None:
            x = _shaped(x, tuple(request.shape), limits)
        mask = None if "mask" not in request.model_fields_set else array(request.mask, BOOLEANS, limits, "/mask")
        call = Call.of(request, _cast(x, FLOATS[request.dtype]), mask, limits, job)
    # what is as large as the arrays goes back as it came
    if request.shape is not None:
        call.replay["shape"] = request.shape
    if mask is not None:
        call.replay["mask"] = _writable(mask)
    return call


def parts(call: Call) -> Sequence[Part]:
    """What a reply has: what was asked for, or what most want to see."""
    return [call.job.array, "statistics"] if call.include is None else call.include


def encode(call: Call, result: Result) -> Reply:
    """The reply. Raises `Invalid` if the output is not finite: JSON has no NaN and no infinity."""
    _check_finite(call, result)
    has, arrays = call.include or (), {call.job.output: result.output, "mask": result.mask}
    reply = {name: _writable(array) for name, array in arrays.items() if array is not None}
    reply["shape"] = call.x.shape if call.samples is None else (call.samples, *call.x.shape)
    if call.job.measured:
        reply["dtype"] = call.replay["dtype"]
    reply |= {"replay": call.replay, "layer": layer_of(call.layer, result)}
    if "statistics" in has:
        reply["statistics"] = statistics_of(call, result)
    return Reply(MEDIA_TYPE, (orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY),))


def _check_finite(call: Call, result: Result) -> None:
    """Raise `Invalid` if the output overflowed, or has to be written and is not finite because the input is not."""
    before, after = result.tally.input.non_finite, result.tally.output.non_finite
    if after and not before:
        message = f"{after} elements of the output are beyond {NAMES[call.x.dtype]}; ask for a wider dtype"
        raise Invalid.of("overflow", message, "/input")
    if after and result.output is not None:
        message = f"JSON has no NaN or infinity, and the output has {after}; accept {_BINARY} instead"
        raise Invalid.of("non_finite", message, "/input")


_BINARY: Final = "application/x-npy or application/octet-stream"


def _writable(array: Any) -> Any:
    """The writer takes arrays of numpy's own types, from rank 1: bfloat16 is exact in float32, one element a scalar."""
    known = array.astype(np.float32) if array.dtype == FLOATS["bfloat16"] else array
    return known[()]


def _shaped(x: FloatArray, shape: tuple[int, ...], limits: Limits) -> FloatArray:
    limits.check_shape(shape, pointer="/shape")
    if x.ndim != 1:
        message = f"shape goes with a flat input; this one is nested, {x.ndim} dimensions"
        raise Invalid.of("shape_mismatch", message, "/shape")
    if prod(shape) != x.size:
        message = f"shape {list(shape)} needs {prod(shape)} elements, input has {x.size}"
        raise Invalid.of("shape_mismatch", message, "/shape")
    return x.reshape(shape)


def _cast(x: FloatArray, dtype: np.dtype[Any]) -> FloatArray:
    """`x` in the type asked for. Raises `Invalid` if an element is not finite in it."""
    if x.dtype == dtype:
        return x
    with np.errstate(over="ignore"):
        cast: FloatArray = x.astype(dtype, copy=False)
    finite = np.isfinite(cast)
    if not finite.all():
        place = "".join(f"/{index}" for index in np.argwhere(~finite)[0])
        message = f"every element must be finite and within {dtype.name}, at most {np.finfo(dtype).max:.4g} in size"
        raise Invalid.of("overflow", message, f"/input{place}")
    return cast


CODEC: Final = Codec(MEDIA_TYPE, decode, parts, encode)
