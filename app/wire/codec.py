"""What a format is: a media type, a way to read calls from bytes, and a way to write replies as bytes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.core import Result
from app.wire.call import Call
from app.wire.job import Job, Part
from app.wire.limits import Limits
from app.wire.text import Buffer

Query = Sequence[tuple[str, str]]
"""The fields of a URL's query, in its order."""


class Reply(NamedTuple):
    """A reply: its media type, its body in parts as they lie in memory, and its own header fields."""

    media_type: str
    parts: tuple[Buffer | memoryview, ...]
    headers: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return sum(map(len, self.parts))


class Codec(NamedTuple):
    """A format.

    decode : a body and a query → the call they make for a job. Raises `Malformed`, `Invalid` or `TooLarge`.
    parts : the parts a reply to a call has in this format. Raises `Invalid` or `NotAcceptable` if it has none.
    encode : a call and its result → the reply. Raises `Invalid` for what the format cannot say.
    """

    media_type: str
    decode: Callable[[Buffer, Limits, Query, Job], Call]
    parts: Callable[[Call], Sequence[Part]]
    encode: Callable[[Call, Result], Reply]

    def answer(self, call: Call, threads: int = 1) -> Reply:
        """The reply to a call."""
        with call.job.named():
            whole = call.including(self.parts(call))
            return self.encode(whole, whole.run(threads))
