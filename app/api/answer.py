"""The HTTP reply that carries a format's: its parts as they lie in memory, or compressed where that is asked for."""

import zlib
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api import accept
from app.api.pool import WorkerPool
from app.wire.task import Reply

# zlib's window sizes: gzip's header, or zlib's own, which HTTP calls deflate
_WINDOWS: Final = {"gzip": 31, "deflate": 15}
_LEVEL: Final = 1
"""A fifth of the time of higher levels, for a few hundredths of size."""
_LEAST: Final = 2**10
"""Bytes below which a reply fits a packet or two anyhow."""
_SAMPLE: Final = 2**16
_PAYS: Final = 0.9
"""To be worth the time, compression must take off a tenth."""


class Answer(Response):
    """Sends the parts one after another, without joining them."""

    def __init__(self, reply: Reply, **headers: str) -> None:
        self.parts, self.status_code, self.background = reply.parts, 200, None
        usual = {"content-length": str(reply.size), "content-type": reply.media_type}
        fields = {**usual, **reply.headers, **headers}
        self.raw_headers = [(name.lower().encode(), value.encode()) for name, value in fields.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for place, part in enumerate(self.parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": place < len(self.parts)})


async def answer(reply: Reply, fields: Mapping[str, str], pool: WorkerPool) -> Answer:
    """The reply to a request with these header fields."""
    coding = accept.coding(fields.get("accept-encoding", ""), _WINDOWS) if reply.size >= _LEAST else None
    packed = await pool.run(reply.size, _packed, reply, _WINDOWS[coding]) if coding else None
    if coding and packed:
        return Answer(packed, **{"Content-Encoding": coding})
    return Answer(reply)


def _packed(reply: Reply, window: int) -> Reply | None:
    """The reply compressed; None if that does not pay, to judge by the beginning of its largest part."""
    sample = max(reply.parts, key=len)[:_SAMPLE]
    if len(zlib.compress(sample, _LEVEL)) > len(sample) * _PAYS:
        return None
    stream = zlib.compressobj(_LEVEL, wbits=window)
    parts = [stream.compress(part) for part in reply.parts]
    return reply._replace(parts=(b"".join([*parts, stream.flush()]),))
