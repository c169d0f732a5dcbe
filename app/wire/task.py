"""What a request becomes: a task, whose cost is known before it is done, and then a reply."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter_ns
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from app.errors import DropoutError, Where
from app.wire import json
from app.wire.json.text import Buffer
from app.wire.limits import Limits

R = TypeVar("R")
Query = Sequence[tuple[str, str]]
"""The fields of a URL's query, in its order."""


class Sent(NamedTuple):
    """A request: its body and what that is, which form of reply is wanted, and what stands elsewhere.

    root : what the service's own addresses begin with in the reply.
    """

    body: Buffer
    media_type: str = json.MEDIA_TYPE
    form: str = json.MEDIA_TYPE
    query: Query = ()
    headers: Mapping[str, str] = {}
    path: Mapping[str, str] = {}
    root: str = ""


class Reply(NamedTuple):
    """A reply: its media type, its body in parts as they lie in memory, and its own header fields."""

    media_type: str
    parts: tuple[Buffer | memoryview, ...]
    headers: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.parts[0]) if len(self.parts) == 1 else sum(map(len, self.parts))


class Task(NamedTuple, Generic[R]):
    """What is to be done.

    variant : the layer. elements : how many its output has. cost : about how many elements' work it is. footprint :
    bytes of memory it needs until its reply is sent, the body's among them.
    run : does it, on so many threads, until a deadline by `time.monotonic`; raises `Invalid` or `TooLarge`.
    reply : what came of it → the reply; raises `Invalid` for what its form cannot say. move : the place of an error in
    the core's arguments → that in the request.
    """

    variant: str
    elements: int
    cost: int
    footprint: int
    run: Callable[[int, float], R]
    reply: Callable[[R], Reply]
    move: Callable[[Where], Where]

    def done(self, threads: int, deadline: float) -> tuple[Reply, int]:
        """The reply, and when there was a result to write, by `time.perf_counter_ns`."""
        try:
            result = self.run(threads, deadline)
            computed = perf_counter_ns()
            return self.reply(result), computed
        except DropoutError as error:
            raise error.moved(self.move) from None


def renamed(**names: str) -> Callable[[Where], Where]:
    """From the place of an error in the core's arguments to that in a request, whose fields have other names."""
    return lambda where: (*(names.get(str(part), part) for part in where[:1]), *where[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A call of the API.

    path : where it is served. decode : a request → its task; raises `Malformed`, `Invalid` or `TooLarge`.
    reads, writes : the media types of bodies and of replies; none, where they do not count.
    request, replies : the types of a JSON body and of a JSON reply; query : of the fields beside other bodies.
    text : how many bytes of a request are parsed. footprint : how many bytes of memory it may need until its reply is
    sent, by the size of its body, which may still be to come.
    """

    path: str
    decode: Callable[[Sent, Limits], Task[Any]]
    footprint: Callable[[Sent, int], int]
    request: type[BaseModel]
    replies: Any
    query: type[BaseModel] | None = None
    reads: Sequence[str] = (json.MEDIA_TYPE,)
    writes: Sequence[str] = (json.MEDIA_TYPE,)
    text: Callable[[Sent], int] = lambda sent: len(sent.body)

    def answer(self, sent: Sent, limits: Limits) -> Reply:
        """The reply to a request, worked out here and now."""
        task = self.decode(sent, limits)
        return task.done(1, inf)[0]
