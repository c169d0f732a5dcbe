"""Where a reply goes: the connection's transport, watched, and closed so that the reply arrives.

A socket that is closed with bytes unread is reset, and a reset takes from the client what it has not read yet. So the
connection is closed in two steps (RFC 9112, section 9.6): the reply's end is told, what still comes is discarded for a
while, then it is closed.
"""

import asyncio
import socket
import struct
from math import inf
from typing import Any, Final

from uvicorn.protocols.http.flow_control import FlowControl

from app.server.pace import Pace

LINGER_SECONDS: Final = 0.5
"""How long what still comes is discarded."""
LINGER_BYTES: Final = 2**18
"""How much of it; more waits in the system's buffers until the time is over."""
_RESET: Final = struct.pack("ii", 1, 0)


class Outlet(asyncio.Transport):
    """Writes to a transport.

    closing : the reply's end was told. pace : what the client is to take, as handed to the system.
    """

    def __init__(self, transport: asyncio.Transport, flow: FlowControl, pace: Pace) -> None:
        super().__init__()
        self.closing = False
        self.pace = pace
        self.left = transport.get_write_buffer_size
        self._holds, self._head = False, b""
        self._discarded = 0
        self._flow = flow
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def hold(self) -> None:
        """Keep what is written next until more is: a reply's head goes with its content, and the client wakes once."""
        self._holds = True

    def flush(self) -> None:
        """Write what is kept."""
        if self._head:
            self.write(b"")

    def write(self, data: Any) -> None:
        """Write; the time to take it begins where nothing was left to take."""
        if self._holds:
            self._holds, self._head = False, data
            return
        if not self.left():
            self.pace.begin(self._loop.time())
        self.pace.passed += len(data)
        head, self._head = self._head, b""
        if head:
            self._transport.writelines((head, data))
        else:
            self._transport.write(data)

    @property
    def due(self) -> float:
        """When the client must have taken some more."""
        return self.pace.due if self.left() else inf

    def late(self, now: float) -> bool:
        """Whether the client takes a reply slower than it must."""
        left = self.left()
        return left > 0 and not self.pace.kept(now, left)

    def is_closing(self) -> bool:
        """Whether no reply can follow."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """Tell the reply's end; close once the rest of the request has had its time."""
        if not self.is_closing():
            self.flush()
            self.closing = True
            self._transport.write_eof()
            self._flow.resume_reading()
            self._loop.call_later(LINGER_SECONDS, self._transport.close)

    def discard(self, size: int) -> None:
        """Take note of bytes that came and are not read."""
        self._discarded += size
        if self._discarded >= LINGER_BYTES:
            self._flow.pause_reading()

    def abort(self) -> None:
        """Cut the connection; the system, too, keeps nothing of the reply."""
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
