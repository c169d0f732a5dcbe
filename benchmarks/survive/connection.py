"""One connection of a client, written on the bare transport: a client library costs more than many a server."""

import asyncio
from typing import NamedTuple, Self, cast

import httptools


class Answer(NamedTuple):
    """The status of a reply, and its bytes with all that HTTP puts around them."""

    status: int
    size: int


class Connection(asyncio.Protocol):
    """A connection with at most one request in flight. usable : whether another can be sent."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._size = 0
        self.usable = True

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """A new connection."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    async def ask(self, request: bytes) -> Answer:
        """The reply to a request. Raises `ConnectionError` if the connection ends without."""
        self._answer, self._size = asyncio.get_running_loop().create_future(), 0
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """End it at once."""
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Hand over the reply; httptools calls it."""
        # as curl and Go do: the rest of a body that was answered before its end is not sent
        if not self._parser.should_keep_alive() or self._transport.get_write_buffer_size():
            self.close()
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), self._size))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what a protocol is told
        self.usable = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed without a reply"))
