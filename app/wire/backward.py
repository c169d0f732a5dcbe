"""The gradient of a layer: its request, its reply, and how one becomes the other."""

from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core import Result
from app.wire.call import Call, array_of, counted, layer_of
from app.wire.fields import Fields, FloatType, Optional
from app.wire.json.array import NumbersField
from app.wire.json.write import writable
from app.wire.passes import (
    DISTINCT,
    FORMS,
    Answer,
    ArrayInBytes,
    ArrayInJSON,
    Pass,
    ReplayOfArray,
    decode,
    footprint,
    text,
)
from app.wire.replies import ArrayStatistics, Booleans, Decisions, LayerReply, Numbers, closed
from app.wire.task import Operation

GradientPart = Literal["grad_input", "mask", "statistics"]


class BackwardFields(Fields):
    """The layer, and what to reply."""

    include: Annotated[list[GradientPart], *DISTINCT] | None = Optional(
        "Which parts the reply has. Default: `grad_input` and `statistics` in JSON; in binary one array, `grad_input`."
    )


class BackwardRequest(BackwardFields, ArrayInJSON):
    """The gradient of a layer's output, and the layer."""

    grad_output: NumbersField = Field(
        description="The gradient: nested numbers of any rank from 0, or a flat list together with `shape`."
    )


class BackwardQuery(BackwardFields, ArrayInBytes):
    """The fields beside a binary gradient."""


@closed
class GradientReplay(ReplayOfArray):
    """A legal request but for the gradient: sent again with the same gradient it gives the same reply."""

    include: Annotated[list[GradientPart], Field(description="The parts of the reply.")]


@closed
class GradientStatistics(Decisions):
    """The figures of a gradient."""

    grad_output: Annotated[ArrayStatistics, Field(description="The gradient that was sent.")]
    grad_input: Annotated[ArrayStatistics, Field(description="The gradient that comes back.")]


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


def _told(answer: Answer, result: Result) -> BackwardReply:
    arrays: GradInputReply = {}
    if result.output is not None:
        arrays["grad_input"] = writable(result.output)
    if result.mask is not None:
        arrays["mask"] = writable(result.mask)
    figures: GradFiguresReply = {}
    if "statistics" in answer.include:
        figures["statistics"] = _statistics(answer.call, result)
    return {
        **arrays,
        "shape": list(answer.call.shape),
        "dtype": answer.replay["dtype"],
        "replay": answer.replayed,
        "layer": layer_of(answer.call.layer, result),
        **figures,
    }


def _statistics(call: Call, result: Result) -> GradientStatistics:
    grad_output, grad_input = array_of(result.tally.input), array_of(result.tally.output)
    return {**counted(call, result), "grad_output": grad_output, "grad_input": grad_input}


_BACKWARD: Final = Pass(
    input="grad_output",
    output="grad_input",
    request=BackwardRequest,
    query=BackwardQuery,
    told=_told,
    measured=_statistics,
    gradient=True,
)
BACKWARD: Final = Operation(
    path="/v1/dropout/backward",
    decode=partial(decode, _BACKWARD),
    request=BackwardRequest,
    query=BackwardQuery,
    replies=BackwardReply,
    reads=FORMS,
    writes=FORMS,
    footprint=footprint,
    text=text,
)
