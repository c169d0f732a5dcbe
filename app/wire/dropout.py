"""The layer on an array, and its gradient: from requests, in JSON or bytes, to replies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from json import dumps
from math import prod
from typing import Annotated, Any, Final, Literal, NamedTuple, NotRequired

import numpy as np
import orjson
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from app.core import FLOATS, NAMES, BoolArray, FloatArray, Result, Shape
from app.errors import Invalid, NotAcceptable
from app.wire import json, query
from app.wire.binary.formats import FORMATS
from app.wire.call import Call, array_of, decisions_of, layer_of
from app.wire.fields import DType, Fields, FloatType, Length, Optional, Replicates, validated
from app.wire.json.array import BooleansField, NumbersField, array, writable
from app.wire.json.envelope import explained, read
from app.wire.json.text import BOOLEANS, NUMBERS
from app.wire.limits import Limits
from app.wire.replies import Again, ArrayStatistics, Booleans, Decisions, LayerReply, Numbers, Statistics, closed
from app.wire.task import Operation, Reply, Sent, Task, called

REPLAY: Final = "Dropout-Replay"
STATISTICS: Final = "Dropout-Statistics"
"""Header fields of a binary reply, which is one array and nothing else."""

Part = Literal["output", "mask", "statistics"]
GradientPart = Literal["grad_input", "mask", "statistics"]


# Requests


def _distinct(value: list[str]) -> list[str]:
    if len(set(value)) < len(value):
        raise PydanticCustomError("unknown_value", "Input should name each part once")
    return value


_Distinct = (AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True}))
_DTYPE: Final[Any] = Field(default="float64", description="Element type of the computation and of the reply.")
_DTYPE_OF_BYTES: Final = Optional("Element type: of raw elements, which need it; a file has its own.")
_SHAPE_OF_BYTES: Final = Optional("Shape of raw elements, in C order: `5000,10`. Default: flat.")
_MASK: Final = Optional(
    "Decisions to use instead of drawing: booleans, **true = kept**, anything that broadcasts to the input. "
    "`p` still sets the scale."
)


class DropoutFields(Replicates):
    """The fields of a call that are not arrays: the layer's, and those that say what to reply."""

    dtype: DType = _DTYPE
    include: Annotated[list[Part], *_Distinct] | None = Optional(
        "Which parts the reply has. Default: `output` and `statistics` in JSON; a binary reply is one array, `output`."
    )


class BackwardFields(Fields):
    """The fields of a gradient that are not arrays."""

    dtype: DType = _DTYPE
    include: Annotated[list[GradientPart], *_Distinct] | None = Optional(
        "Which parts the reply has. Default: `grad_input` and `statistics` in JSON; in binary one array, `grad_input`."
    )


class DropoutRequest(DropoutFields):
    """An array and the layer to put it through."""

    input: NumbersField = Field(
        description="The array: nested numbers of any rank from 0, or a flat list together with `shape`."
    )
    shape: list[Length] | None = Optional("Shape of a flat `input`, in C order.")
    mask: BooleansField = _MASK


class BackwardRequest(BackwardFields):
    """The gradient of a layer's output, and the layer."""

    grad_output: NumbersField = Field(
        description="The gradient: nested numbers of any rank from 0, or a flat list together with `shape`."
    )
    shape: list[Length] | None = Optional("Shape of a flat `grad_output`, in C order.")
    mask: BooleansField = _MASK


class DropoutQuery(DropoutFields):
    """The fields besides a binary body."""

    dtype: FloatType | None = _DTYPE_OF_BYTES  # type: ignore[assignment]
    shape: list[Length] | None = _SHAPE_OF_BYTES


class BackwardQuery(BackwardFields):
    """The fields besides a gradient."""

    dtype: FloatType | None = _DTYPE_OF_BYTES  # type: ignore[assignment]
    shape: list[Length] | None = _SHAPE_OF_BYTES


# Replies


@closed
class _ReplayOfArray(Again):
    """The same, of a call that has an array."""

    dtype: Annotated[FloatType, Field(description="Element type of the computation.")]
    shape: NotRequired[Annotated[list[int], Field(description="As sent, with a flat array.")]]
    mask: NotRequired[Annotated[Booleans, Field(description="As sent.")]]


@closed
class Replay(_ReplayOfArray):
    """A legal request but for the array: sent again with the same array it gives the same reply."""

    include: Annotated[list[Part], Field(description="The parts of the reply.")]


@closed
class GradientReplay(_ReplayOfArray):
    """A legal request but for the gradient: sent again with the same gradient it gives the same reply."""

    include: Annotated[list[GradientPart], Field(description="The parts of the reply.")]


@closed
class GradientStatistics(Decisions):
    """The figures of a gradient."""

    grad_output: Annotated[ArrayStatistics, Field(description="The gradient that was sent.")]
    grad_input: Annotated[ArrayStatistics, Field(description="The gradient that comes back.")]


@closed
class OutputReply(TypedDict, total=False):
    """The arrays of a reply, those that were asked for."""

    output: Annotated[
        Numbers,
        Field(description="The result, of the input's shape, the samples before it. Unless left out by `include`."),
    ]
    mask: Annotated[Booleans, Field(description="**true = kept**; of the output's shape. If asked for by `include`.")]


@closed
class FiguresReply(TypedDict, total=False):
    """The figures of a reply, if they were asked for."""

    statistics: Annotated[
        Statistics, Field(description="Decisions counted, and the arrays' moments. Unless left out by `include`.")
    ]


@closed
class DropoutReply(OutputReply, FiguresReply):
    """What the layer does to the array, and why you may believe it."""

    shape: Annotated[list[int], Field(description="Shape of output and mask.")]
    dtype: Annotated[FloatType, Field(description="Element type of the output.")]
    replay: Annotated[Replay, Field(description="How to get this reply again: fields to send with the same array.")]
    layer: Annotated[LayerReply, Field(description="What the fields work out to.")]


@closed
class GradInputReply(TypedDict, total=False):
    """The arrays of a gradient's reply, those that were asked for."""

    grad_input: Annotated[
        Numbers, Field(description="The result, of the gradient's shape. Unless left out by `include`.")
    ]
    mask: Annotated[Booleans, Field(description="**true = kept**. If asked for by `include`.")]


@closed
class GradFiguresReply(TypedDict, total=False):
    """The figures of a gradient's reply, if they were asked for."""

    statistics: Annotated[GradientStatistics, Field(description="Decisions and moments. Unless left out by `include`.")]


@closed
class BackwardReply(GradInputReply, GradFiguresReply):
    """The gradient of the input."""

    shape: Annotated[list[int], Field(description="Shape of both.")]
    dtype: Annotated[FloatType, Field(description="Element type of the gradient.")]
    replay: Annotated[
        GradientReplay, Field(description="How to get this reply again: fields to send with the same gradient.")
    ]
    layer: Annotated[LayerReply, Field(description="What the fields work out to.")]


# The two calls


class Job(NamedTuple):
    """The layer or its gradient, and what the array and the result are called in each."""

    input: str
    output: str
    request: type[DropoutRequest] | type[BackwardRequest]
    query: type[DropoutQuery] | type[BackwardQuery]
    told: Callable[["Answer", Result], DropoutReply | BackwardReply]
    gradient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A call, and how it is to be answered.

    include : the parts of the reply, `output` by that name; form : its media type. replay : the fields that ask for the
    same again, but for `include`.
    """

    job: Job
    call: Call
    include: Sequence[str]
    form: str
    replay: Any

    def run(self, threads: int, _deadline: float) -> Result:
        """The result, always measured: an output that overflows must be seen before it is written as JSON."""
        with called(self.job.input):
            return self.call.run(threads, outputs="output" in self.include, masks="mask" in self.include)

    def reply(self, result: Result) -> Reply:
        """The reply in that form."""
        if self.form != json.MEDIA_TYPE:
            return self._in_bytes(result)
        with called(self.job.input):
            check_finite(self.call, result)
        told = self.job.told(self, result)
        return Reply(json.MEDIA_TYPE, (orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY),))

    def _in_bytes(self, result: Result) -> Reply:
        """One array; what goes with it stands in header fields, but for a given mask, which is as large."""
        one: Any = result.mask if result.output is None else result.output
        parts, about = FORMATS[self.form].write(one)
        replay = {name: value for name, value in self.replayed.items() if name != "mask"}
        headers = {REPLAY: dumps(replay), STATISTICS: dumps(_measured(self, result))}
        return Reply(self.form, parts, {**about, **headers})

    @property
    def replayed(self) -> Any:
        """The fields that ask for the same again."""
        return {**self.replay, "include": [self.job.output if part == "output" else part for part in self.include]}


def _decode(job: Job, sent: Sent, limits: Limits) -> Task[Result]:
    """The task that a request makes, in whichever form it is."""
    answer = (_from_json if sent.media_type == json.MEDIA_TYPE else _from_bytes)(job, sent, limits)
    return Task(cost=answer.call.cost, run=answer.run, reply=answer.reply)


_KINDS: Final = {"input": (NUMBERS,), "grad_output": (NUMBERS,), "mask": (BOOLEANS,)}
"""The fields that hold arrays, and of what."""


def _from_json(job: Job, sent: Sent, limits: Limits) -> Answer:
    query.refuse(sent.query)
    with explained(sent.body):
        request = validated(job.request, read(sent.body, _KINDS))
        with called(job.input):
            x = array(getattr(request, job.input), NUMBERS, limits, "x")
            x = x if request.shape is None else _shaped(x, tuple(request.shape), limits)
            given = "mask" in request.model_fields_set
            mask = array(request.mask, BOOLEANS, limits, "mask") if given else None
            return _answer(job, sent, request, _cast(x, FLOATS[request.dtype]), mask, limits)


def _from_bytes(job: Job, sent: Sent, limits: Limits) -> Answer:
    fields = query.read(sent.query, job.query)
    shape = None if fields.shape is None else tuple(fields.shape)
    with called(job.input):
        x = FORMATS[sent.media_type].read(sent.body, fields.dtype, shape, limits)
        return _answer(job, sent, fields, x, None, limits)


def _answer(job: Job, sent: Sent, fields: Any, x: FloatArray, mask: BoolArray | None, limits: Limits) -> Answer:
    call, dtype = Call.of(fields, x, mask, limits, gradient=job.gradient), NAMES[x.dtype]
    # what is as large as the arrays goes back as it came
    sizable = {"shape": fields.shape, "mask": None if mask is None else writable(mask)}
    replay = {**call.replay, "dtype": dtype, **{name: one for name, one in sizable.items() if one is not None}}
    parts = None if fields.include is None else [_PART.get(name, name) for name in fields.include]
    include = _parts_of_json(parts) if sent.form == json.MEDIA_TYPE else _parts_of_bytes(job, parts, sent.form, dtype)
    return Answer(job=job, call=call, include=include, form=sent.form, replay=replay)


_PART: Final = {"grad_input": "output"}


def _parts_of_json(asked: Sequence[str] | None) -> Sequence[str]:
    """What a reply in JSON has: what was asked for, or what most want to see."""
    return ["output", "statistics"] if asked is None else asked


def _parts_of_bytes(job: Job, asked: Sequence[str] | None, form: str, dtype: str) -> Sequence[str]:
    """The one array that a binary reply has: the output, or the mask if that was asked for."""
    one = ["output"] if asked is None else asked
    if list(one) not in (["output"], ["mask"]):
        message = f"a binary reply is one array: include must be {job.output} or mask; accept application/json for more"
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
    """`x` in the type asked for. Raises `Invalid` if an element is not finite in it."""
    if x.dtype == dtype:
        return x
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


# What replies tell


def _told_forward(answer: Answer, result: Result) -> DropoutReply:
    arrays: OutputReply = {}
    if result.output is not None:
        arrays["output"] = writable(result.output)
    if result.mask is not None:
        arrays["mask"] = writable(result.mask)
    figures: FiguresReply = {}
    if "statistics" in answer.include:
        figures["statistics"] = statistics_of(answer.call, result)
    return {
        **arrays,
        "shape": list(answer.call.shape),
        "dtype": answer.replay["dtype"],
        "replay": answer.replayed,
        "layer": layer_of(answer.call.layer, result),
        **figures,
    }


def _told_backward(answer: Answer, result: Result) -> BackwardReply:
    arrays: GradInputReply = {}
    if result.output is not None:
        arrays["grad_input"] = writable(result.output)
    if result.mask is not None:
        arrays["mask"] = writable(result.mask)
    figures: GradFiguresReply = {}
    if "statistics" in answer.include:
        figures["statistics"] = _gradient_statistics(answer.call, result)
    return {
        **arrays,
        "shape": list(answer.call.shape),
        "dtype": answer.replay["dtype"],
        "replay": answer.replayed,
        "layer": layer_of(answer.call.layer, result),
        **figures,
    }


def _measured(answer: Answer, result: Result) -> Statistics | GradientStatistics:
    return (_gradient_statistics if answer.job.gradient else statistics_of)(answer.call, result)


def statistics_of(call: Call, result: Result) -> Statistics:
    """What was counted and measured."""
    return {**counted(call, result), "input": array_of(result.tally.input), "output": array_of(result.tally.output)}


def _gradient_statistics(call: Call, result: Result) -> GradientStatistics:
    grad_output, grad_input = array_of(result.tally.input), array_of(result.tally.output)
    return {**counted(call, result), "grad_output": grad_output, "grad_input": grad_input}


def counted(call: Call, result: Result) -> Decisions:
    """What was counted; the rate of decisions that were given says nothing of a layer."""
    return decisions_of(result.tally, None if call.mask is not None else result.rate)


_FORWARD: Final = Job("input", "output", DropoutRequest, DropoutQuery, _told_forward)
_BACKWARD: Final = Job("grad_output", "grad_input", BackwardRequest, BackwardQuery, _told_backward, gradient=True)

_FORMS: Final = (json.MEDIA_TYPE, *FORMATS)


def _text(sent: Sent) -> int:
    """How many bytes are parsed: elements as they lie in memory are not looked at."""
    return len(sent.body) if sent.media_type == json.MEDIA_TYPE else 0


DROPOUT: Final = Operation(
    path="/v1/dropout",
    decode=partial(_decode, _FORWARD),
    request=DropoutRequest,
    query=DropoutQuery,
    replies=DropoutReply,
    reads=_FORMS,
    writes=_FORMS,
    text=_text,
)
BACKWARD: Final = Operation(
    path="/v1/dropout/backward",
    decode=partial(_decode, _BACKWARD),
    request=BackwardRequest,
    query=BackwardQuery,
    replies=BackwardReply,
    reads=_FORMS,
    writes=_FORMS,
    text=_text,
)
