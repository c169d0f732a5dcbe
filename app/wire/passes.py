"""A pass of a layer over an array, forward or backward: from a request, in JSON or bytes, to a reply."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from json import dumps
from math import prod
from typing import Annotated, Any, Final, NamedTuple, NotRequired

import numpy as np
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.core import FLOATS, NAMES, BoolArray, FloatArray, Result, Shape
from app.errors import DropoutError, Invalid, NotAcceptable, Where
from app.wire import json, query
from app.wire.binary.formats import FORMATS
from app.wire.call import Call
from app.wire.fields import DType, Fields, FloatType, Length, Optional, validated
from app.wire.footprint import OF_BODY, OVERHEAD
from app.wire.json.array import BooleansField, array
from app.wire.json.envelope import explained, read_envelope
from app.wire.json.text import BOOLEANS, NUMBERS
from app.wire.json.write import writable, write
from app.wire.limits import Limits
from app.wire.replies import Again, Booleans, closed
from app.wire.task import Reply, Sent, Task, renamed

REPLAY: Final = "Dropout-Replay"
STATISTICS: Final = "Dropout-Statistics"
"""Header fields of a binary reply, which is one array and nothing else."""

FORMS: Final = (json.MEDIA_TYPE, *FORMATS)
"""The media types of requests and replies."""


def footprint(sent: Sent, size: int) -> int:
    """How many bytes of memory a body of that size may come to."""
    return OVERHEAD + int(size * OF_BODY[sent.media_type == json.MEDIA_TYPE, sent.form == json.MEDIA_TYPE])


def text(sent: Sent) -> int:
    """How many bytes are parsed: elements as they lie in memory are not looked at."""
    return len(sent.body) if sent.media_type == json.MEDIA_TYPE else 0


# Fields of both


def _distinct(value: list[str]) -> list[str]:
    if len(set(value)) < len(value):
        raise PydanticCustomError("unknown_value", "Input should name each part once")
    return value


DISTINCT: Final = (AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True}))
"""Of the parts that a reply is to have."""


class _Array(Fields):
    """An array's own fields, in any form."""

    shape: list[Length] | None = Optional("Shape of a flat list, in C order.")


class ArrayInJSON(_Array):
    """Those beside an array of JSON."""

    dtype: DType = Field(default="float64", description="Element type of the computation and of the reply.")
    mask: BooleansField = Optional(
        "Decisions to use instead of drawing: booleans, **true = kept**, anything that broadcasts to the input. "
        "`p` still sets the scale."
    )


class ArrayInBytes(_Array):
    """Those in the query, beside an array that is the body."""

    shape: list[Length] | None = Optional("Shape of raw elements, in C order: `5000,10`. Default: flat.")
    dtype: FloatType | None = Optional("Element type: of raw elements, which need it; a file has its own.")


@closed
class ReplayOfArray(Again):
    """The same, of a call that has an array."""

    dtype: Annotated[FloatType, Field(description="Element type of the computation.")]
    shape: NotRequired[Annotated[list[int], Field(description="As sent, with a flat array.")]]
    mask: NotRequired[Annotated[Booleans, Field(description="As sent.")]]


# From a request to a reply


@dataclass(frozen=True, kw_only=True)
class Pass:
    """The forward pass, or the backward pass.

    input, output : what the array and the result are called. request, query : the types of a JSON body, and of the
    fields beside another. told, measured : what a reply in JSON says, and its statistics alone.
    """

    input: str
    output: str
    request: type[ArrayInJSON]
    query: type[ArrayInBytes]
    told: Callable[["Answer", Result], Any]
    measured: Callable[[Call, Result], Any]
    gradient: bool = False

    @cached_property
    def move(self) -> Callable[[Where], Where]:
        """The place of an error in the core's arguments → that in the request."""
        return renamed(x=self.input)


class Answer(NamedTuple):
    """A call, and how it is to be answered.

    include : the parts of the reply, `output` by that name; form : its media type. replay : the fields that ask for the
    same again, but for `include`.
    """

    of: Pass
    call: Call
    include: Sequence[str]
    form: str
    replay: Any

    def task(self, sent: Sent) -> Task[Result]:
        """What is to be done for it."""
        outputs, masks = "output" in self.include, "mask" in self.include
        needed = self.call.footprint(outputs=outputs, masks=masks, text=self.form == json.MEDIA_TYPE)
        return Task(
            variant=self.call.layer.variant,
            elements=self.call.elements,
            cost=self.call.cost,
            footprint=len(sent.body) + needed,
            run=self.run,
            reply=self.reply,
            move=self.of.move,
        )

    def run(self, threads: int, _deadline: float) -> Result:
        """The result, always measured: an output that overflows must be seen before it is written as JSON."""
        return self.call.run(threads, outputs="output" in self.include, masks="mask" in self.include)

    def reply(self, result: Result) -> Reply:
        """The reply in that form."""
        if self.form != json.MEDIA_TYPE:
            return self._in_bytes(result)
        check_finite(self.call, result)
        told = self.of.told(self, result)
        return Reply(json.MEDIA_TYPE, write(told))

    def _in_bytes(self, result: Result) -> Reply:
        """One array; what goes with it stands in header fields, but for a given mask, which is as large."""
        one: Any = result.mask if result.output is None else result.output
        parts, about = FORMATS[self.form].write(one)
        replay = {name: value for name, value in self.replayed.items() if name != "mask"}
        headers = {REPLAY: dumps(replay), STATISTICS: dumps(self.of.measured(self.call, result))}
        return Reply(self.form, parts, {**about, **headers})

    @property
    def replayed(self) -> Any:
        """The fields that ask for the same again."""
        return {**self.replay, "include": [self.of.output if part == "output" else part for part in self.include]}


def decode(of: Pass, sent: Sent, limits: Limits) -> Task[Result]:
    """The task that a request for a pass makes, in whichever form it is."""
    return (_from_json if sent.media_type == json.MEDIA_TYPE else _from_bytes)(of, sent, limits)


_KINDS: Final = {"input": (NUMBERS,), "grad_output": (NUMBERS,), "mask": (BOOLEANS,)}
"""The fields that hold arrays, and of what."""


def _from_json(of: Pass, sent: Sent, limits: Limits) -> Task[Result]:
    query.refuse(sent.query)
    try:
        request = validated(of.request, read_envelope(sent.body, _KINDS))
        return _task_of(of, sent, request, limits)
    except DropoutError as error:
        raise explained(error, sent.body) from None


def _task_of(of: Pass, sent: Sent, request: ArrayInJSON, limits: Limits) -> Task[Result]:
    try:
        x = array(getattr(request, of.input), NUMBERS, limits, "x")
        if request.shape is not None:
            x = _shaped(x, tuple(request.shape), limits)
        mask = array(request.mask, BOOLEANS, limits, "mask") if request.mask is not None else None
        dtype = FLOATS[request.dtype]
        x = x if x.dtype == dtype else _cast(x, dtype)
        return _answer(of, sent, request, x, mask, limits).task(sent)
    except DropoutError as error:
        raise error.moved(of.move) from None


def _from_bytes(of: Pass, sent: Sent, limits: Limits) -> Task[Result]:
    fields = query.read(sent.query, of.query)
    shape = None if fields.shape is None else tuple(fields.shape)
    try:
        x = FORMATS[sent.media_type].read(sent.body, fields.dtype, shape, limits)
        return _answer(of, sent, fields, x, None, limits).task(sent)
    except DropoutError as error:
        raise error.moved(of.move) from None


def _answer(of: Pass, sent: Sent, fields: _Array, x: FloatArray, mask: BoolArray | None, limits: Limits) -> Answer:
    call, dtype = Call.of(fields, x, mask, limits, gradient=of.gradient), NAMES[x.dtype]
    # what is as large as the arrays goes back as it came
    sizable = {"shape": fields.shape, "mask": None if mask is None else writable(mask)}
    replay = {**call.replay, "dtype": dtype, **{name: one for name, one in sizable.items() if one is not None}}
    asked: Sequence[str] | None = getattr(fields, "include", None)  # each pass has parts of its own
    parts = None if asked is None else [_PART.get(name, name) for name in asked]
    include = _parts_of_json(parts) if sent.form == json.MEDIA_TYPE else _parts_of_bytes(of, parts, sent.form, dtype)
    return Answer(of=of, call=call, include=include, form=sent.form, replay=replay)


_PART: Final = {"grad_input": "output"}


def _parts_of_json(asked: Sequence[str] | None) -> Sequence[str]:
    """What a reply in JSON has: what was asked for, or what most want to see."""
    return ["output", "statistics"] if asked is None else asked


def _parts_of_bytes(of: Pass, asked: Sequence[str] | None, form: str, dtype: str) -> Sequence[str]:
    """The one array that a binary reply has: the output, or the mask if that was asked for."""
    one = ["output"] if asked is None else asked
    if list(one) not in (["output"], ["mask"]):
        message = f"a binary reply is one array: include must be {of.output} or mask; accept application/json for more"
        raise Invalid.of("unknown_value", message, "include")
    if "output" in one and dtype in FORMATS[form].without:
        others = [json.MEDIA_TYPE, *(name for name, other in FORMATS.items() if dtype not in other.without)]
        raise NotAcceptable.of("not_acceptable", f"{form} has no {dtype}: accept {' or '.join(others)}")
    return one


def _shaped(x: FloatArray, shape: Shape, limits: Limits) -> FloatArray:
    limits.check_shape(shape, where=("shape",))
    if x.ndim != 1:
        message = f"shape goes with a flat input; this one is nested, {x.ndim} dimensions"
        raise Invalid.of("shape_mismatch", message, "shape")
    if prod(shape) != x.size:
        message = f"shape {list(shape)} needs {prod(shape)} elements, input has {x.size}"
        raise Invalid.of("shape_mismatch", message, "shape")
    return x.reshape(shape)


def _cast(x: FloatArray, dtype: np.dtype[Any]) -> FloatArray:
    """`x` in another type. Raises `Invalid` if an element is not finite in it."""
    with np.errstate(over="ignore"):
        cast: FloatArray = x.astype(dtype, copy=False)
    finite = np.isfinite(cast)
    if not finite.all():
        message = f"every element must be finite and within {dtype.name}, at most {np.finfo(dtype).max:.4g} in size"
        raise Invalid.of("overflow", message, "x", *map(int, np.argwhere(~finite)[0]))
    return cast


def check_finite(call: Call, result: Result) -> None:
    """Raise `Invalid` if the output overflowed, or has to be written and is not finite because the input is not."""
    before, after = result.tally.input.non_finite, result.tally.output.non_finite
    if after and not before:
        message = f"{after} elements of the output are beyond {NAMES[call.x.dtype]}; ask for a wider dtype"
        raise Invalid.of("overflow", message, "x")
    if after and result.output is not None:
        forms = " or ".join(FORMATS)
        message = f"JSON has no NaN or infinity, and the output has {after}; accept {forms} instead"
        raise Invalid.of("non_finite", message, "x")
