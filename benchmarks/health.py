"""How long a health check waits while large JSON requests are in hand."""

from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from typing import Final

from benchmarks import request, servers
from benchmarks.ask import posted
from benchmarks.bound import Bound

_CLIENTS: Final = 2
_SHAPE: Final = (1000, 1000)
_PAUSE: Final = 0.01


def compare(rounds: int) -> list[Bound]:
    """The row of health: as many seconds as there are rounds."""
    # clients in processes of their own: what they do with large bodies would have the checks wait
    spawn, name = get_context("spawn"), f"health check beside {_CLIENTS} clients with 1000 × 1000 JSON, p99"
    with servers.ours() as ours:
        ready = spawn.Barrier(_CLIENTS + 1)
        clients = [spawn.Process(target=flood, args=(ours.port, rounds, ready)) for _ in range(_CLIENTS)]
        for client in clients:
            client.start()
        ready.wait()
        waits = _waits(ours.port, rounds)
        for client in clients:
            client.join()
    if any(client.exitcode for client in clients):
        raise RuntimeError("a large request was refused")
    return [Bound(name, "ms", quantiles(waits, n=100)[-1], 25)]


def flood(port: int, seconds: float, ready: Barrier) -> None:
    """Ask for so long, one request after the other, once all are ready."""
    ask = posted(request.json)(port, _SHAPE)
    ask()
    ready.wait()
    until = monotonic() + seconds
    while monotonic() < until:
        ask()


def _waits(port: int, seconds: float) -> list[float]:
    """The milliseconds that each check took."""
    connection, until, waits = HTTPConnection(servers.HOST, port), monotonic() + seconds, list[float]()
    while monotonic() < until:
        started = perf_counter()
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        waits.append((perf_counter() - started) * 1e3)
        sleep(_PAUSE)
    return waits
