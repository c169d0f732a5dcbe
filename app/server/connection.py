"""A connection: requests as HTTP has them, in time, and replies that arrive.

uvicorn's protocol takes what its parser takes, waits for ever, and works on for clients that are gone. This one refuses
what two servers could read differently, cuts what is late, closes so that a reply is not lost, and stops the work for a
client that hangs up.
"""

import asyncio
import urllib.parse
from math import inf
from typing import Any, Final

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.errors import DropoutError, TooSlow
from app.server import head
from app.server.config import Config
from app.server.cycle import Cycle
from app.server.outlet import Outlet
from app.server.pace import Pace

QUIET_SECONDS: Final = 0.5
"""How long a kept connection waits for another request once the process stops."""
PIPELINED: Final = 8
"""Requests that are read ahead; who is not read from any more cannot be seen to hang up."""
_HELD_UP: Final = 0.1
"""Seconds that a timer may be late, before it was us and not the client who was slow."""
_MOMENT: Final = 0.01
"""Seconds in which the loop reads what waits in the system's buffers."""


class Connection(HttpToolsProtocol):
    """One client's connection.

    running, cycle : the request that is worked on, and the newest. began : when the head that is being read began, 0 if
    none is. idle : since when there is nothing to do. body : the pace of the body that is being read. deaf : what still
    comes is not read. leaving : the process stops.
    """

    config: Config
    cycle: Cycle

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.settings = config.settings
        self.body = Pace(self.settings.transfer_seconds, self.settings.min_bytes_per_second)
        self.running: RequestResponseCycle | None = None
        self.began = 0.0
        self.deaf = False
        self.leaving = False
        self._segment = self._first = self._since = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        pace = Pace(self.settings.transfer_seconds, self.settings.min_bytes_per_second)
        self.outlet = Outlet(transport, self.flow, pace)
        self.idle = self.loop.time()
        # no further: whatever begins after one look is due after the next
        self._step: float = min(self.settings.header_seconds, self.settings.transfer_seconds)
        self._look_at(self.idle + self._step)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the work for a client that is gone; what it asked for besides is not begun."""
        self._watch.cancel()
        self.pipeline.clear()
        super().connection_lost(exc)
        if self.running and self.busy:
            self.running.disconnected = True
            self.task.cancel()

    def shutdown(self) -> None:
        """Close once there is nothing to do, and nothing more is asked."""
        self.leaving = True
        self.idle = max(self.idle, self.loop.time())
        self._step = min(self._step, QUIET_SECONDS)
        self._watch.cancel()
        self._look()

    # What comes

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.deaf or self.outlet.closing:
            self.outlet.discard(len(data))
            return
        self._segment = len(data)
        self._since += self._segment
        try:
            self._feed(data)
        except DropoutError as error:
            self._refuse(error)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :]
            except httptools.HttpParserCallbackError as error:
                raise error.__context__ or error from None
            except httptools.HttpParserError as error:
                raise head.malformed(f"what came is not HTTP/1.1: {error}") from None
        if self._since > head.MOST_COMING:
            raise head.too_large()

    def _without_upgrade(self) -> bytes:
        """The head as if no other protocol had been offered, which a server may pass by (RFC 9110, section 7.8).

        The parser has taken the body for the other protocol's.
        """
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        return b"\r\n".join([line, *fields, b"", b""])

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.began = self.loop.time()
        self._first, self._since = self._segment, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the head; those behind a body are passed by (RFC 9110, section 6.5.1)."""
        if self.began:
            name = name.lower()
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take a request, if all servers would read it alike."""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        head.check(version, self.headers)
        if self._first + self._since > head.MOST_BYTES:
            head.check_size(self.url, self.headers)
        path, query = head.target(method, self.url)
        if self.parser.should_upgrade():
            return
        self.scope["http_version"] = version
        self._take(method, path, query, keep_alive=version == "1.1" and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body until the application asks for it."""
        self._since = 0
        self.body.passed += len(body)
        self.cycle.body += body
        self.cycle.message_event.set()
        if len(self.cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """Tell the application that the body is whole."""
        if not self.began:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    # What is done

    @property
    def busy(self) -> bool:
        """Whether a request is in hand."""
        return self.running is not None and not self.running.response_complete

    def _take(self, method: bytes, path: bytes, query: bytes, *, keep_alive: bool) -> None:
        """Begin with a request, or queue it behind the one before."""
        self.began, self._since = 0.0, 0
        self.body.begin(self.loop.time())
        self._route(method, path, query)
        before, self.cycle = self.cycle, self._cycle(keep_alive)
        self.cycle.state = self.app_state
        if self.busy:
            before.followed = True
            self.pipeline.appendleft((self.cycle, self.app))
            if len(self.pipeline) >= PIPELINED:
                self.flow.pause_reading()
        else:
            self._start_asgi_task(self.cycle, self.app)

    def _route(self, method: bytes, path: bytes, query: bytes) -> None:
        """Write into the scope what is asked for."""
        text = path.decode("latin-1")
        self.scope["method"] = method.decode("ascii")
        self.scope["path"] = self.root_path + (urllib.parse.unquote(text) if "%" in text else text)
        self.scope["raw_path"] = self.root_path.encode("ascii") + path
        self.scope["query_string"] = query

    def _cycle(self, keep_alive: bool) -> Cycle:
        return Cycle(
            scope=self.scope,
            transport=self.outlet,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue and self.scope["http_version"] == "1.1",
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.running = cycle
        self.task = self.loop.create_task(cycle.run_asgi(app))
        self.task.add_done_callback(self.tasks.discard)
        self.tasks.add(self.task)

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for it."""
        self.server_state.total_requests += 1
        self.outlet.flush()
        if self.outlet.is_closing():
            return
        self.idle = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self.body.begin(self.idle)
            self._start_asgi_task(*self.pipeline.pop())

    # What is wrong, or late

    def _refuse(self, error: DropoutError) -> None:
        """Answer in its turn what is no request or did not come in time; nothing more is read."""
        self.deaf = True
        if not self.began and self.busy and self.cycle.more_body:
            self.cycle.fail(error)
            return
        if not self.began:
            self.on_message_begin()
        self.scope["state"]["refused"] = error
        path, _, query = self.url.partition(b"?")
        self._take(self.parser.get_method() if path else b"", path, query, keep_alive=False)
        self.cycle.more_body = False

    def _look_at(self, time: float) -> None:
        self._looking = time
        self._watch = self.loop.call_at(time, self._look)

    def _look(self) -> None:
        """Cut what is late, and look again when something can be."""
        now = self.loop.time()
        if now > self._looking + _HELD_UP:
            # what came meanwhile is read first
            self._looking, self._watch = inf, self.loop.call_later(_MOMENT, self._look)
            return
        if self.outlet.late(now):
            self.outlet.abort()
            return
        if self.outlet.left():
            self.idle = now
        self._look_at(min(now + self._step, self.outlet.due, self._due(now)))

    def _due(self, now: float) -> float:
        """When the client must have sent what is waited for; refuses it where that is over."""
        if self.outlet.is_closing():
            return inf
        if self.busy:
            return self._due_of_body(now)
        quiet = self.leaving and not self.began
        due = max(self.began, self.idle) + (QUIET_SECONDS if quiet else self.settings.header_seconds)
        if now < due:
            return due
        if self.began or (self.running is None and not quiet):
            self._refuse(_late_head(self.settings.header_seconds))
        else:
            self.transport.close()
        return inf

    def _due_of_body(self, now: float) -> float:
        cycle = self.cycle
        if not cycle.more_body or cycle.response_started or self.deaf:
            return inf
        if self.flow.read_paused:  # it is us who do not read
            self.body.begin(now)
        if not self.body.kept(now):
            self._refuse(_late_body(self.body))
            return inf
        return self.body.due


def _late_head(seconds: int) -> TooSlow:
    return TooSlow.of("too_slow", f"headers must be whole after {seconds} seconds (DROPOUT_HEADER_SECONDS)")


def _late_body(pace: Pace) -> TooSlow:
    least = f"{pace.least:.0f} bytes in each {pace.period:.0f} seconds"
    names = "DROPOUT_TRANSFER_SECONDS, DROPOUT_MIN_BYTES_PER_SECOND"
    return TooSlow.of("too_slow", f"a body must bring {least} ({names}), or its rest")
