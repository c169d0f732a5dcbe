"""A process that serves, and stops without losing a request.

At a stop, readiness says no at once, and each reply that it is its connection's last; after a while the sockets that
listen are closed, once all who came before are let in; then what is in flight is finished.
"""

import asyncio
import gc
import os
import socket
import sys
from math import inf
from multiprocessing import parent_process
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn

from app.server.config import Config
from app.server.connection import Connection
from app.server.listen import refuse, url

_ACCEPT_SECONDS: Final = 0.05
"""How long the loop takes, with room to spare, to accept those who wait."""
_LOOKS: Final = 5
"""In so many steps."""
_STEP_SECONDS: Final = 0.01
"""How often what is in flight is looked after."""


class Server(uvicorn.Server):
    """Serves until it is told to stop.

    alone : no parent looks after this process, so that it says itself when it is ready, and ends at a second signal.
    """

    config: Config

    def __init__(self, config: Config, *, alone: bool = True) -> None:
        super().__init__(config)
        self.alone = alone
        self._until = inf

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and end the process: it does not wait for threads that work for clients that are gone."""
        super().run(sockets)
        sys.stdout.flush()
        os._exit(0)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Make the application, and listen."""
        await super().startup(sockets)
        # what is there now stays, and what a request leaves behind is rarely a cycle: no use in looking again and again
        gc.freeze()
        gc.set_threshold(10_000)
        if self.alone:
            self.config.log.info(f"ready on {url(sockets or [])}")
        elif parent := parent_process():
            asyncio.get_running_loop().add_reader(parent.sentinel, self._orphaned, parent.sentinel)

    def _orphaned(self, sentinel: int) -> None:
        asyncio.get_running_loop().remove_reader(sentinel)
        self.alone = True
        self.stop(drain_seconds=0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - what signal handlers are given
        """Stop; told so again, at once."""
        if self.alone and self._until < inf:
            os._exit(0)
        self.stop(self.config.settings.drain_seconds)

    def stop(self, drain_seconds: float) -> None:
        """Say that no more is wanted, and stop so many seconds later; at once if nobody was served yet."""
        self._until = min(self._until, monotonic() + drain_seconds)
        if self.started:
            self.lifespan.state["draining"] = True
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now."""
        return await super().on_tick(counter) or monotonic() >= self._until

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who waits, finish what is in flight, and cut what is not finished in time."""
        until = monotonic() + self.config.settings.graceful_seconds
        await self._close(sockets or [])
        for connection in self._connections():
            connection.shutdown()
        while self.server_state.connections and monotonic() < until:  # noqa: ASYNC110 - uvicorn tells nobody of their ends
            await asyncio.sleep(_STEP_SECONDS)
        for connection in self._connections():
            connection.outlet.abort()
        await asyncio.sleep(0)  # for the work to hear of it
        await self.lifespan.shutdown()

    async def _close(self, sockets: list[socket.socket]) -> None:
        if self.alone:
            refuse(sockets)
        for _ in range(_LOOKS):  # a loop that was held up runs what is due before it accepts
            await asyncio.sleep(_ACCEPT_SECONDS / _LOOKS)
        for server in self.servers:
            server.close()
        for one in sockets:
            one.close()

    def _connections(self) -> list[Connection]:
        return [connection for connection in self.server_state.connections if isinstance(connection, Connection)]
