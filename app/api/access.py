"""Around every request: an id, a line of log, and an answer even where the application failed."""

import re
from asyncio import CancelledError
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.metrics import Metrics
from app.api.problems import PROBLEMS, problem
from app.errors import Fault
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
        self.metrics.active += 1
        started, request_id, status = perf_counter(), _request_id(scope), 0
        state = scope.setdefault("state", {})
        state["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((HEADER, request_id.encode()))
            await send(message)

        # HEAD is GET whose reply has no content (RFC 9110, 9.3.2): the server under this leaves it out
        asked = dict(scope, method="GET") if scope["method"] == "HEAD" else scope
        app = problem(state["refused"].faults, scope) if "refused" in state else self.app
        try:
            await app(asked, receive, send_with_id)
        except CancelledError:
            status = GONE
        except Exception as error:
            self.log.failure("failed", error, request_id=request_id)
            if not status:
                await _failed(scope)(scope, receive, send_with_id)
        finally:
            if "share" in state:
                state["share"].release()
            self.metrics.active -= 1
            seconds = perf_counter() - started
            route = asked["route"].path if "route" in asked else ""
            self.metrics.done(route, scope["method"], status, seconds)
            self.log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                path=scope["path"][:200],
                status=status,
                milliseconds=round(seconds * 1e3, 3),
            )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == HEADER and _SANE.fullmatch(value):
            return str(value, "ascii")
    return f"{_PROCESS}{next(_COUNT):08x}"


def _failed(scope: Scope) -> ASGIApp:
    return problem((Fault("internal_error", (), PROBLEMS["internal_error"].explanation),), scope)
