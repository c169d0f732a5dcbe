"""A request and its reply, as uvicorn runs the application for them."""

from collections.abc import Coroutine, Mapping
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

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
        return super().send(message)
