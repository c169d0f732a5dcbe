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
        """The next part of the body; raises the fault."""
        event = await super().receive()
        if self.fault is not None:
            raise self.fault
        return event

    def send(self, message: ASGISendEvent) -> Coroutine[Any, Any, None]:
        """Send a part of the reply; its head says so where the connection will close."""
        if not self.response_started:
            self.transport.hold()
            self.keep_alive = self.keep_alive and not self.more_body and (self.followed or "draining" not in self.state)
        return super().send(message)
