"""The services, running."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Final, NamedTuple

HOST: Final = "127.0.0.1"
_ROOT: Final = Path(__file__).resolve().parents[1]
# the same event loop and parser as ours, and a line of log a request by default, as each does
_UVICORN: Final = ("uvicorn", "--loop=uvloop", "--http=httptools")
# Its defaults, but no debugging, no metrics and no worker process: arrays would get there and back pickled, which takes
# half as long again (and with uvloop 0.23 a worker doesn't start).
_MLSERVER: Final = {
    "PYTHONPATH": str(_ROOT),
    "MLSERVER_MODEL_NAME": "dropout",
    "MLSERVER_MODEL_IMPLEMENTATION": "benchmarks.mlserver_model.Dropout",
    "MLSERVER_PARALLEL_WORKERS": "0",
    "MLSERVER_DEBUG": "false",
    "MLSERVER_METRICS_ENDPOINT": "",
    "MLSERVER_HOST": HOST,
    "MLSERVER_GRPC_PORT": "0",
}
_PATIENCE: Final = 30.0


class Running(NamedTuple):
    """A service that listens: its port and its process."""

    port: int
    pid: int


@contextmanager
def ours(**settings: str) -> Iterator[Running]:
    """This service, as it is run: a line of log a request included. settings : by their names in small letters."""
    port = _free_port()
    environ = {f"DROPOUT_{name.upper()}": value for name, value in {**settings, "port": str(port)}.items()}
    with _running([_python(_ROOT / ".venv" / "run"), "-m", "app"], partial(_listens, port), environ) as pid:
        yield Running(port, pid)


def theirs() -> AbstractContextManager[Running]:
    """The plain one."""
    return _uvicorn("benchmarks.plain_server:app")


def bare() -> AbstractContextManager[Running]:
    """One that does but a part of the plain one's work."""
    return _uvicorn("benchmarks.bare_server:app")


def echo() -> AbstractContextManager[Running]:
    """One that sends back what it gets."""
    return _uvicorn("benchmarks.echo_server:app")


def shedding() -> AbstractContextManager[Running]:
    """One that refuses what it has no place for, and does no more than that."""
    return _uvicorn("benchmarks.shedding_server:app", "--no-access-log")


def has(peer: str) -> bool:
    """Whether a peer could be installed: not each on every Python."""
    return (_venv(peer) / "ready").exists()


@contextmanager
def mlserver() -> Iterator[Running]:
    """MLServer, with its defaults but for what would slow it down."""
    port = _free_port()
    ready = partial(_answers, port, "/v2/models/dropout/ready")
    # it looks for models in the folder it is given, below it too, and imports from there
    with TemporaryDirectory() as folder:
        command = [str(_venv("mlserver") / "bin" / "mlserver"), "start", folder]
        with _running(command, ready, {**_MLSERVER, "MLSERVER_HTTP_PORT": str(port)}, folder) as pid:
            yield Running(port, pid)


@contextmanager
def bentoml() -> Iterator[Running]:
    """BentoML, with its defaults."""
    port = _free_port()
    ready = partial(_answers, port, "/readyz")
    serve = [str(_venv("bentoml") / "bin" / "bentoml"), "serve", "benchmarks.bentoml_service:Dropout"]
    # it would tell its makers that it runs
    with _running([*serve, f"--host={HOST}", f"--port={port}"], ready, {"BENTOML_DO_NOT_TRACK": "true"}) as pid:
        yield Running(port, pid)


@contextmanager
def litserve(form: str) -> Iterator[Running]:
    """LitServe, with its defaults. form : what it takes and gives."""
    port = _free_port()
    python = str(_venv("litserve") / "bin" / "python")
    command = [python, "-m", "benchmarks.litserve_server", str(port), form]
    with _running(command, partial(_answers, port, "/health")) as pid:
        yield Running(port, pid)


def _venv(peer: str) -> Path:
    return _ROOT / f".venv-{peer}"


def _python(whole: Path) -> str:
    """The interpreter of an environment where that is whole, as this file of it says; else this one."""
    return str(whole.parent / "bin" / "python") if whole.exists() else sys.executable


@contextmanager
def _uvicorn(app: str, *options: str) -> Iterator[Running]:
    port = _free_port()
    command = [_python(_venv("plain") / "ready"), "-m", *_UVICORN, f"--port={port}", *options, app]
    with _running(command, partial(_listens, port)) as pid:
        yield Running(port, pid)


@contextmanager
def _running(
    command: list[str], ready: Callable[[], bool], settings: dict[str, str] | None = None, folder: str | None = None
) -> Iterator[int]:
    # settings of the caller's own services would change what is measured
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DROPOUT_", "MLSERVER_"))}
    environ |= settings or {}
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, env=environ, cwd=folder, stdout=silent, start_new_session=True) as process:
        try:
            _wait(process, ready)
            yield process.pid
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process, and those it leaves behind."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _wait(process: "subprocess.Popen[bytes]", ready: Callable[[], bool]) -> None:
    """Return once the process is ready."""
    deadline = monotonic() + _PATIENCE
    while process.poll() is None and monotonic() < deadline:
        if ready():
            return
        sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def _answers(port: int, path: str) -> bool:
    """Whether it has loaded what it needs: some listen before."""
    if not _listens(port):
        return False
    connection = HTTPConnection(HOST, port)
    connection.request("GET", path)
    return connection.getresponse().status == 200


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
