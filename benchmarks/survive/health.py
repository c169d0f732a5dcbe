"""Whether a server is alive, asked all the while: `python -m benchmarks.survive.health HOST PORT PATH`.

A process of its own, so that what it measures is not the generator's work. As an orchestrator's probe does, it takes a
new connection each time, and does not wait for the reply before.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import Final

import uvloop

from benchmarks.survive.connection import Connection
from benchmarks.survive.outcome import DEADLINE, LATE, LOST, Outcome
from benchmarks.survive.target import Target, get

_EVERY: Final = 0.05


class Probes:
    """What a prober has written so far."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def outcomes(self) -> list[Outcome]:
        """Those that are done."""
        return [_outcome(line) for line in self._path.read_text().splitlines(keepends=True) if line.endswith("\n")]


@contextmanager
def probing(target: Target) -> Iterator[Probes]:
    """Ask a server all the while."""
    command = [sys.executable, "-m", __name__, target.host, str(target.port), target.health]
    with NamedTemporaryFile() as file, subprocess.Popen(command, stdout=file) as prober:
        try:
            yield Probes(Path(file.name))
        finally:
            prober.kill()


def _outcome(line: str) -> Outcome:
    due, done, status, size = line.split()
    return Outcome(float(due), float(done), int(status), int(size))


async def _probe(host: str, port: int, request: bytes) -> None:
    began = monotonic()
    async with asyncio.TaskGroup() as group:
        for number in count():
            due = began + number * _EVERY
            await asyncio.sleep(max(0, due - monotonic()))
            group.create_task(_report(host, port, request, due))


async def _report(host: str, port: int, request: bytes, due: float) -> None:
    """Ask once, and write a line about it."""
    status = LATE
    try:
        async with asyncio.timeout(DEADLINE):
            connection = await Connection.open(host, port)
            try:
                status = (await connection.ask(request)).status
            finally:
                connection.close()
    except TimeoutError:
        pass
    except OSError:
        status = LOST
    sys.stdout.write(f"{due} {monotonic()} {status} 0\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_probe(sys.argv[1], int(sys.argv[2]), get(sys.argv[3])))
