"""Around every request: an id, a line of log, and an answer even where the application failed."""

import re
from asyncio import CancelledError
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.metrics import Metrics
from app.api.problems import failure, problem
from app.log import Log

HEADER: Final = b"x-request-id"
# unique as long as processes are told apart, and without asking the system for each
_PROCESS: Final = token_hex(4)
_COUNT: Final = count()
GONE: Final = 499
"""What the log says of a client that hung up: nobody is there to be told a status."""
_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Access:
    """ASGI middleware. The client's own `X-Request-ID` is kept if it is 1 to 64 letters, digits, dots, dashes.

    A request that the server under this found to be wrong comes with the error in its state, as `refused`.
    """

    def __init__(self, app: ASGIApp, log: Log, metrics: Metrics) -> None:
        self.app = app
        self.log = log
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        app = problem(scope["state"]["refused"].faults, scope) if "refused" in scope["state"] else self.app
        self.metrics.active += 1
        try:
            await app(exchange.asked, receive, exchange.send)
        except CancelledError:
            exchange.status = GONE
        except Exception as error:
            self.log.failure("failed", error, request_id=exchange.request_id)
            if not exchange.status:
                await failure(scope)(scope, receive, exchange.send)
        finally:
            self._done(exchange)

    def _done(self, exchange: "_Exchange") -> None:
        """Give back what the request held, count it, and log it."""
        scope, asked, seconds = exchange.scope, exchange.asked, perf_counter() - exchange.started
        if "share" in scope["state"]:
            scope["state"]["share"].release()
        self.metrics.active -= 1
        self.metrics.done(asked["route"].path if "route" in asked else "", scope["method"], exchange.status, seconds)
        self.log.info(
            "request",
            request_id=exchange.request_id,
            method=scope["method"],
            path=scope["path"][:200],
            status=exchange.status,
            milliseconds=round(seconds * 1e3, 3),
        )


class _Exchange:
    """A request, and what becomes of it.

    asked : its scope as the application sees it. status : of the reply, 0 until it has begun.
    """

    __slots__ = ("_send", "asked", "request_id", "scope", "started", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started, self.status = perf_counter(), 0
        self.request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = self.request_id
        self._send, self.scope = send, scope
        # HEAD is GET whose reply has no content (RFC 9110, 9.3.2): the server under this leaves it out
        self.asked = dict(scope, method="GET") if scope["method"] == "HEAD" else scope

    async def send(self, message: Message) -> None:
        """Send a part of the reply, the id with its head."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"].append((HEADER, self.request_id.encode()))
        await self._send(message)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == HEADER and _SANE.fullmatch(value):
            return str(value, "ascii")
    return f"{_PROCESS}{next(_COUNT):08x}"
