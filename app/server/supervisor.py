"""The parent of several processes that serve: it keeps them all there, and stops them all."""

import os
import signal
import socket
import sys
from multiprocessing.connection import wait
from threading import Event
from time import sleep
from types import FrameType
from typing import Final

from app.server.config import Config
from app.server.listen import refuse, url
from app.server.worker import Worker

START_SECONDS: Final = 60
"""How long a worker may take until it serves."""


class Supervisor:
    """Keeps `DROPOUT_WORKERS` workers.

    uvicorn's own hears of a death or a signal half a second later or more, and its workers do not drain.
    """

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        self.config = config
        self.sockets = sockets
        self.workers: list[Worker] = []
        self._stopping = Event()
        self._told, self._tell = os.pipe()  # a signal wakes who waits, whenever it comes

    def run(self) -> None:
        """Serve until a signal; then wait until all have finished what is in flight."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._signalled)
        self._fill()
        if not self._stopping.is_set():
            self.config.log.info(f"ready on {url(self.sockets)}")
        while not self._stopping.is_set():
            self._wait()
            self._fill()
        self._stop()

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        """Stop; when told so again, at once."""
        if self._stopping.is_set():
            self._kill()
            os._exit(0)
        self._stopping.set()
        os.write(self._tell, b"!")

    def _wait(self) -> None:
        """Wait until a worker ends or a signal comes."""
        wait([self._told, *(worker.process.sentinel for worker in self.workers)])

    def _fill(self) -> None:
        """Start workers in place of those that are missing, until all serve."""
        while (missing := self._missing()) and not self._stopping.is_set():
            fresh = [Worker(self.config, self.sockets) for _ in range(missing)]
            for worker in fresh:
                worker.start()
                self.workers.append(worker)
            for worker in fresh:
                self._await(worker)

    def _missing(self) -> int:
        """How many workers there are too few, once those that ended are taken leave of."""
        for worker in [worker for worker in self.workers if not worker.process.is_alive()]:
            self.workers.remove(worker)
            worker.kill()  # which closes what connects it
            self.config.log.info("a worker ended", pid=worker.pid, status=worker.exitcode)
        return self.config.settings.workers - len(self.workers)

    def _await(self, worker: Worker) -> None:
        """Wait until a worker serves; one that ends by itself before that would do so again."""
        if not worker.wait_until_ready(START_SECONDS, self._stopping) and worker.failed:
            self._kill()
            sys.exit(f"a worker could not start: it ended with status {worker.exitcode}")

    def _stop(self) -> None:
        """Have all stop; the sockets are theirs together, so they are closed to newcomers here."""
        for worker in self.workers:
            worker.process.terminate()
        sleep(self.config.settings.drain_seconds)
        refuse(self.sockets)
        for one in self.sockets:
            one.close()
        for worker in self.workers:
            worker.process.join()

    def _kill(self) -> None:
        for worker in self.workers:
            worker.process.kill()
