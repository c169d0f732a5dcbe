"""The HTTP reply that carries a format's: its parts as they lie in memory, or compressed where that is asked for."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api import accept
from app.wire.json.text import Buffer
from app.wire.task import Reply

# zlib's window sizes: gzip's header, or zlib's own, which HTTP calls deflate
_WINDOWS: Final = {"gzip": 31, "deflate": 15}
_LEVEL: Final = 1
"""A fifth of the time of higher levels, for a few hundredths of size."""
_LEAST: Final = 2**10
"""Bytes below which a reply fits a packet or two anyhow."""
_SAMPLE: Final = 2**16
_AT_ONCE: Final = 2**16
"""Bytes that the server under this takes without waiting for the client."""
_PAYS: Final = 0.9
"""To be worth the time, compression must take off a tenth."""


class PartsResponse(Response):
    """Sends the parts one after another, without joining them. It ends when the last is on its way to the client."""

    def __init__(self, reply: Reply) -> None:
        size = reply.size
        self.parts = reply.parts if size < _AT_ONCE else (*reply.parts, b"")
        self.status_code, self.background = 200, None
        own = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
        self.raw_headers = [(b"content-length", b"%d" % size), (b"content-type", reply.media_type.encode()), *own]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        *first, last = self.parts
        for part in first:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": last, "more_body": False})


def coding(size: int, fields: Mapping[str, str]) -> str | None:
    """How so many bytes, asked for with these header fields, may be compressed; None if not."""
    return accept.coding(fields.get("accept-encoding", ""), _WINDOWS) if size >= _LEAST else None


def packed(reply: Reply, coding: str) -> Reply:
    """The reply compressed; as it is if that does not pay, to judge by the beginning of its largest part."""
    sample = max(reply.parts, key=len)[:_SAMPLE]
    if len(zlib.compress(sample, _LEVEL)) > len(sample) * _PAYS:
        return reply
    about = {**reply.headers, "content-encoding": coding}
    return reply._replace(parts=(compressed(reply.parts, coding, _LEVEL),), headers=about)


def compressed(parts: Iterable[Buffer | memoryview], coding: str, level: int) -> bytes:
    """The parts as one, compressed."""
    stream = zlib.compressobj(level, wbits=_WINDOWS[coding])
    return b"".join([*map(stream.compress, parts), stream.flush()])
