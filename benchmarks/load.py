"""Many clients at a time, each with one request in flight.

Written on the bare transport: an HTTP client costs more than the servers it is to measure.
"""

import asyncio
import re
from time import perf_counter
from typing import Final, cast

import uvloop

from benchmarks.servers import HOST

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_WARM_UP: Final = 0.1


class _Client(asyncio.Protocol):
    """Sends the same request again as soon as it is answered; stops at anything but a 200."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = b""
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not end or (length and len(body) < int(length[1])):
            return
        if not length or not head.startswith(b"HTTP/1.1 200"):
            self.transport.close()
            return
        self._received = b""
        self.answered += 1
        self.transport.write(self._request)


def rate(port: int, request: bytes, *, connections: int, seconds: float) -> float:
    """How many of these requests are answered a second. Raises `RuntimeError` if one is refused."""
    return uvloop.run(_rate(port, request, connections, seconds))


async def _rate(port: int, request: bytes, connections: int, seconds: float) -> float:
    clients = [await _connected(port, request) for _ in range(connections)]
    await asyncio.sleep(_WARM_UP)
    started, before = perf_counter(), sum(client.answered for client in clients)
    await asyncio.sleep(seconds)
    answered, passed = sum(client.answered for client in clients) - before, perf_counter() - started
    if any(client.transport.is_closing() for client in clients):
        raise RuntimeError("a request was not answered 200")
    for client in clients:
        client.transport.abort()
    return answered / passed


async def _connected(port: int, request: bytes) -> _Client:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: _Client(request), HOST, port)
    return client
