"""The real service: a process of its own, told by its environment and heard by its log."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import httpx

ROOT: Final = Path(__file__).parent.parent
READY: Final = "ready on "


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("DROPOUT_")}
    return others | {f"DROPOUT_{name.upper()}": value for name, value in settings.items()}


def launch(module: str = "app", **settings: str) -> subprocess.Popen[str]:
    """`python -m app` with these settings, or another module of its kind."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Service:
    """A running service.

    url : where it listens; lines : what it has logged; client : for requests to it.
    """

    def __init__(self, module: str = "app", **settings: str) -> None:
        self.process = launch(module, **{"port": "0"} | settings)
        self.lines: list[str] = []
        self.url = ""
        self._ready = Event()
        # read all along, or the pipe fills up and the service waits
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(30), "the service was not ready in time"
        assert self.url, self.errors()
        # no certificates: to read them takes longer than many a test, and nothing here is encrypted
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=60, verify=False)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if READY in line and not self.url:
                self.url = line.partition(READY)[2].strip().strip('"}')
                self._ready.set()
        self._ready.set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        url = httpx.URL(self.url)
        assert url.port is not None
        return url.host, url.port

    def exchange(self, *data: bytes, finish: bool = False) -> bytes:
        """What it answers on a connection of its own to these bytes, until it closes it; `finish` ends our side."""
        with socket.create_connection(self.address, timeout=30) as connection:
            for some in data:
                connection.sendall(some)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(2**16), b""))

    def tell(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit status, once it has ended and all it logged is read."""
        status = self.process.wait(60)
        self._reader.join(30)
        return status

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait for its exit status."""
        self.client.close()
        self.tell(number)
        return self.wait()

    def errors(self) -> str:
        """What it wrote to standard error, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def close(self) -> None:
        """End it, whatever state it is in."""
        self.client.close()
        self.process.kill()
        self.process.wait()
        self._reader.join(30)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def forget_peak(self) -> int:
        """Bytes of memory it has now; `peak` starts anew from here."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self._memory("VmRSS")

    def peak(self) -> int:
        """The most bytes of memory it has had."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) * 1024


@contextmanager
def serving(**settings: str) -> Iterator[Service]:
    """A service with these settings, which ends well when it is told to."""
    running = Service(**settings)
    try:
        yield running
        assert running.stop() == 0
    finally:
        running.close()
