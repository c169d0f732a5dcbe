"""The mask of a layer, without an array: from a request's bytes to a reply's."""

from dataclasses import dataclass
from json import dumps
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.core import Result, Shape
from app.errors import DropoutError
from app.wire import json, query
from app.wire.binary.formats import FORMATS
from app.wire.call import Call, counted, layer_of
from app.wire.fields import Length, Replicates, validated
from app.wire.footprint import OVERHEAD
from app.wire.json.envelope import read_envelope
from app.wire.json.write import writable, write
from app.wire.limits import Limits
from app.wire.passes import REPLAY, STATISTICS
from app.wire.replies import Again, Booleans, Decisions, LayerReply, closed
from app.wire.task import Operation, Reply, Sent, Task, renamed

_NOTHING: Final = np.zeros(())


class MaskRequest(Replicates):
    """A shape, and the layer whose mask is wanted."""

    shape: list[Length] = Field(description="Of the array that the mask is for.")


@closed
class MaskReplay(Again):
    """The request, with all that it left to the service."""

    shape: Annotated[list[int], Field(description="Shape of the array, without its replicates.")]


@closed
class MaskReply(TypedDict):
    """A mask."""

    mask: Annotated[Booleans, Field(description="**true = kept**; the samples on its first axis.")]
    shape: Annotated[list[int], Field(description="Shape of the mask.")]
    replay: Annotated[MaskReplay, Field(description="The request that gives this mask again.")]
    layer: Annotated[LayerReply, Field(description="What the fields work out to.")]
    statistics: Annotated[Decisions, Field(description="How many decisions, and how many of them said drop.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A call on an array that nobody holds, and the form of its reply."""

    call: Call
    form: str

    def task(self) -> Task[Result]:
        """What is to be done for it."""
        return Task(
            variant=self.call.layer.variant,
            elements=self.call.elements,
            cost=self.call.cost,
            footprint=self.call.footprint(outputs=False, masks=True, text=self.form == json.MEDIA_TYPE),
            run=self.run,
            reply=self.reply,
            move=_MOVE,
        )

    def run(self, threads: int, _deadline: float) -> Result:
        """The mask, and what was counted."""
        return self.call.run(threads, outputs=False, masks=True, statistics=False)

    def reply(self, result: Result) -> Reply:
        """The reply in that form."""
        told = self._told(result)
        if self.form == json.MEDIA_TYPE:
            return Reply(json.MEDIA_TYPE, write(told))
        mask: Any = result.mask
        parts, about = FORMATS[self.form].write(mask)
        headers = {REPLAY: dumps(told["replay"]), STATISTICS: dumps(told["statistics"])}
        return Reply(self.form, parts, {**about, **headers})

    def _told(self, result: Result) -> MaskReply:
        return {
            "mask": writable(result.mask),
            "shape": list(self.call.shape),
            "replay": {**self.call.replay, "shape": list(self.call.x.shape)},
            "layer": layer_of(self.call.layer, result),
            "statistics": counted(self.call, result),
        }


def _decode(sent: Sent, limits: Limits) -> Task[Result]:
    """The task that a body makes, without a query."""
    query.refuse(sent.query)
    request = validated(MaskRequest, read_envelope(sent.body, {}))
    shape = tuple(request.shape)
    try:
        limits.check_shape(shape, request.samples or 1)
        return Answer(call=Call.of(request, _of(shape), None, limits), form=sent.form).task()
    except DropoutError as error:
        raise error.moved(_MOVE) from None


_MOVE: Final = renamed(x="shape", include="variant")
"""A mask need not be asked for here: if there is none, it is for the variant."""


def _of(shape: Shape) -> Any:
    """An array of that shape that takes no memory: a mask does not depend on what it is laid over."""
    return np.broadcast_to(_NOTHING, shape)


MASK: Final = Operation(
    path="/v1/dropout/mask",
    decode=_decode,
    footprint=lambda _sent, size: OVERHEAD + size,
    request=MaskRequest,
    replies=MaskReply,
    writes=(json.MEDIA_TYPE, *FORMATS),
)
