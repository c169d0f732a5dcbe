"""What the binary formats have in common: a reply is one array, and all else stands in its headers."""

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, Final

import numpy as np

from app.core import Result
from app.errors import Invalid
from app.wire.call import Call, statistics_of
from app.wire.job import Part

REPLAY: Final = "Dropout-Replay"
STATISTICS: Final = "Dropout-Statistics"


def parts(call: Call) -> Sequence[Part]:
    """The one array a reply has: the job's own, or the mask if that was asked for."""
    asked, job = call.include, call.job
    if asked is None:
        return [job.array]
    if list(asked) not in (["output"], ["mask"]):
        message = f"a binary reply is one array: include must be {job.output} or mask; accept application/json for more"
        raise Invalid.of("unknown_value", message, "/include")
    return asked


def array_of(result: Result) -> np.ndarray[Any, np.dtype[Any]]:
    """That array."""
    array = result.mask if result.output is None else result.output
    assert array is not None
    return array


def headers(call: Call, result: Result) -> Mapping[str, str]:
    """What goes with it. A given mask does not: it is as large as the arrays, and the client has it."""
    replay = {name: value for name, value in call.replay.items() if name != "mask"}
    return {REPLAY: dumps(replay), STATISTICS: dumps(statistics_of(call, result))}
