"""A mask without an array: a JSON body → the call for it."""

from typing import Any, Final

import numpy as np
from pydantic import Field

from app.core import Shape
from app.wire.call import Call
from app.wire.codec import Query
from app.wire.envelope import read
from app.wire.fields import Length, Replicates, validated
from app.wire.job import MASK
from app.wire.limits import Limits
from app.wire.query import refuse
from app.wire.text import Buffer

_NOTHING: Final = np.zeros(())


class MaskRequest(Replicates):
    """A shape, and the layer whose mask is wanted."""

    shape: list[Length] = Field(description="Of the array that the mask is for.")


def decode(body: Buffer, limits: Limits, query: Query = ()) -> Call:
    """The call that a body makes, without a query. Raises `Malformed`, `Invalid` or `TooLarge`."""
    refuse(query)
    request = validated(MaskRequest, read(body, {}))
    shape = tuple(request.shape)
    limits.check_shape(shape, request.samples or 1, pointer="/shape")
    with MASK.named():
        call = Call.of(request, _of(shape), None, limits, MASK)
    call.replay["shape"] = request.shape
    return call


def _of(shape: Shape) -> Any:
    """An array of that shape that takes no memory: a mask does not depend on what it is laid over."""
    return np.broadcast_to(_NOTHING, shape)
