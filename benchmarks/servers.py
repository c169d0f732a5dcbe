"""Both services, running."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Final

HOST: Final = "127.0.0.1"
# the same server, event loop and parser under both, and a line of log a request, as each does by default
_PLAIN: Final = (
    *("uvicorn", "benchmarks.plain_server:app"),
    *("--loop=uvloop", "--http=httptools"),
)
_PATIENCE: Final = 30.0


@contextmanager
def ours() -> Iterator[int]:
    """The port of this service, as it is run: a line of log a request included."""
    port = _free_port()
    with _running("app", port=port):
        yield port


@contextmanager
def theirs() -> Iterator[int]:
    """The port of the plain one."""
    port = _free_port()
    with _running(*_PLAIN, f"--port={port}", port=port):
        yield port


@contextmanager
def _running(*module: str, port: int) -> Iterator[None]:
    # settings of the caller's own service would change what is measured
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DROPOUT_")}
    environ["DROPOUT_PORT"] = str(port)
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(process, port)
            yield
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return once the process accepts connections."""
    deadline = monotonic() + _PATIENCE
    while process.poll() is None and monotonic() < deadline:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except ConnectionRefusedError:
            sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
