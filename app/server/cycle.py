"""A request and its reply, as uvicorn runs the application for them."""

from collections.abc import Coroutine, Mapping
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, HTTPResponseStartEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from app.errors import DropoutError
from app.server.outlet import Outlet


class Cycle(RequestResponseCycle):
    """A request whose body may prove wrong on its way, and a reply that says whether the connection stays.

    fault : what is wrong with the body. followed : another request came behind it. state : the server's.
    """

    fault: DropoutError | None = None
    followed = False
    state: Mapping[str, Any]
    transport: Outlet

    def fail(self, error: DropoutError) -> None:
        """Tell the application, when it asks for the body, that no more of it comes."""
        self.fault = error
        self.message_event.set()

    async def receive(self) -> ASGIReceiveEvent:
        """The next part of the body, as it was put together: uvicorn would copy it. Raises the fault."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self._over:
            self.flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.fault is not None:
            raise self.fault
        if self._over:
            return {"type": "http.disconnect"}
        part, self.body = self.body, bytearray()
        return {"type": "http.request", "body": part, "more_body": self.more_body}  # type: ignore[typeddict-item]

    @property
    def _over(self) -> bool:
        return self.disconnected or self.response_complete

    def send(self, message: ASGISendEvent) -> Coroutine[Any, Any, None]:
        """Send a part of the reply; its head says so where the connection will close."""
        if not self.response_started:
            self.transport.hold()
            self.keep_alive = self.keep_alive and not self.more_body and (self.followed or "draining" not in self.state)
            if message["type"] == "http.response.start" and not (self.flow.write_paused or self.disconnected):
                fields = dict(message["headers"])
                if b"content-length" in fields and b"connection" not in fields:
                    return self._begin(message, int(fields[b"content-length"]))
        return super().send(message)

    async def _begin(self, message: HTTPResponseStartEvent, size: int) -> None:
        """Send a head as most are: uvicorn looks at each field, lower or upper case, for what others may have."""
        lines = [b"%s: %s\r\n" % field for field in (*self.default_headers, *message["headers"])]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if head.count(b"\r") + head.count(b"\n") != 2 * len(lines):
            raise RuntimeError("a header field of the reply has the end of a line in it")
        self.response_started, self.waiting_for_100_continue = True, False
        self.expected_content_length, self.chunked_encoding = size, False
        self.transport.write(STATUS_LINE[message["status"]] + head + b"\r\n")
