"""One of several processes that serve."""

import signal
import socket

from uvicorn.supervisors.multiprocess import Process

from app.server.config import Config
from app.server.server import Server


class Worker(Process):
    """A process that serves on sockets it is given, until it is told to stop or its parent ends."""

    config: Config

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """What the process does."""
        # a terminal tells all processes; they are told once, by the parent
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._server = Server(self.config, alone=False)
        super().target(sockets)

    @property
    def failed(self) -> bool:
        """Whether it ended by itself, as a failure; what is killed has a negative status."""
        return (self.exitcode or 0) > 0
