"""The layer on an array: its request, its reply, and how one becomes the other."""

from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core import Result
from app.wire.call import Call, array_of, counted, layer_of
from app.wire.fields import FloatType, Optional, Replicates
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
from app.wire.replies import Booleans, LayerReply, Numbers, Statistics, closed
from app.wire.task import Operation

Part = Literal["output", "mask", "statistics"]


class DropoutFields(Replicates):
    """The layer, its replicates, and what to reply."""

    include: Annotated[list[Part], *DISTINCT] | None = Optional(
        "Which parts the reply has. Default: `output` and `statistics` in JSON; a binary reply is one array, `output`."
    )


class DropoutRequest(DropoutFields, ArrayInJSON):
    """An array and the layer to put it through."""

    input: NumbersField = Field(
        description="The array: nested numbers of any rank from 0, or a flat list together with `shape`."
    )


class DropoutQuery(DropoutFields, ArrayInBytes):
    """The fields beside a binary body."""


@closed
class Replay(ReplayOfArray):
    """A legal request but for the array: sent again with the same array it gives the same reply."""

    include: Annotated[list[Part], Field(description="The parts of the reply.")]


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


def _told(answer: Answer, result: Result) -> DropoutReply:
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


def statistics_of(call: Call, result: Result) -> Statistics:
    """What was counted and measured."""
    return {**counted(call, result), "input": array_of(result.tally.input), "output": array_of(result.tally.output)}


_FORWARD: Final = Pass(
    input="input", output="output", request=DropoutRequest, query=DropoutQuery, told=_told, measured=statistics_of
)
DROPOUT: Final = Operation(
    path="/v1/dropout",
    decode=partial(decode, _FORWARD),
    request=DropoutRequest,
    query=DropoutQuery,
    replies=DropoutReply,
    reads=FORMS,
    writes=FORMS,
    footprint=footprint,
    text=text,
)
