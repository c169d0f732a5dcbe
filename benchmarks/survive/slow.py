"""Clients that hold a connection and do not get on: how soon they are gone, and what they cost everybody else."""

import asyncio
import select
import socket
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from time import monotonic
from typing import Final, NamedTuple

import uvloop

from benchmarks import process
from benchmarks.survive.arrivals import even
from benchmarks.survive.clients import Clients
from benchmarks.survive.health import Probes, probing
from benchmarks.survive.outcome import Outcome, quantile, served
from benchmarks.survive.table import milliseconds, quantiles, table
from benchmarks.survive.target import Target, array_body, get, post

_CALL: Final = post("/v1/dropout", array_body(5))
_BIG: Final = post("/v1/dropout", array_body(700))
"""A call whose reply, of 6 MB, is more than the system keeps for a client that does not read."""
_LITTLE: Final = 4096
"""Bytes that a client which does not read has the system take for it."""
_RATE: Final = 20
_COMPUTING: Final = 20.0
_QUIET_SECONDS: Final = 5.0
_DRIP_SECONDS: Final = 1.0


class Slow(NamedTuple):
    """Slow clients of a kind: what they send at once, and byte by byte from then on. reads : whether they read."""

    name: str
    begin: bytes
    drip: bytes = b""
    reads: bool = True
    number: int = 1


_BODY: Final = _CALL.replace(b"Content-Length: ", b"Content-Length: 1")
KINDS: Final = (
    Slow("silent", b""),
    Slow("dripping headers", get("/")[:-4], b"x"),
    Slow("dripping bodies", _BODY[:-20], b"1"),
    Slow("stalled bodies", _BODY[:-20]),
    Slow("never reading", _BIG, reads=False),
)


class Held(NamedTuple):
    """What became of slow clients, and of others meanwhile.

    gone : seconds after which each was; infinite for those that stayed. memory : bytes more than before, at the peak.
    """

    target: Target
    kind: Slow
    gone: Sequence[float]
    memory: int
    quiet: Sequence[float]
    good: Sequence[Outcome]
    health: Sequence[float]


def hold(target: Target, seconds: float, number: int) -> list[Held]:
    """What becomes of so many slow clients of each kind, watched for so long."""
    kinds = [kind._replace(number=number) for kind in KINDS]
    with probing(target) as probes:
        return uvloop.run(_hold(target, kinds, seconds, probes))


async def _hold(target: Target, kinds: Sequence[Slow], seconds: float, probes: Probes) -> list[Held]:
    async with Clients.of(target._replace(request=_CALL)) as clients:
        quiet = [one.latency for one in await _good(clients, min(seconds, _QUIET_SECONDS))]
        return [await _one(target, kind, seconds, clients, probes, quiet) for kind in kinds]


async def _one(
    target: Target, kind: Slow, seconds: float, clients: Clients, probes: Probes, quiet: Sequence[float]
) -> Held:
    before, began = process.memory(target.pid), monotonic()
    process.forget_peak(target.pid)
    # those who do not read are late once their reply is there, which takes its time
    seconds += 0 if kind.reads else _COMPUTING
    gone, good = await asyncio.gather(asyncio.to_thread(_held, target, kind, seconds), _good(clients, seconds))
    memory = process.peak(target.pid) - before
    health = [one.latency for one in probes.outcomes() if one.due >= began]
    return Held(target, kind, gone, memory, quiet, good, health)


async def _good(clients: Clients, seconds: float) -> list[Outcome]:
    """What becomes of small calls that are asked all the while."""
    return list(await asyncio.gather(*await clients.at_moments(even(_RATE), seconds)))


def _held(target: Target, kind: Slow, seconds: float) -> list[float]:
    """The seconds after which the server had ended each connection, of those it ended in time."""
    poll, until = select.poll(), monotonic() + seconds
    there, gone, dripped = dict[int, socket.socket](), list[float](), monotonic()
    began = dict[int, float]()
    for one in _opened(target, kind):
        there[one.fileno()], began[one.fileno()] = one, monotonic()
    for number in there:
        poll.register(number, select.POLLRDHUP)
    while there and monotonic() < until:
        for number, _ in poll.poll(100):
            gone.append(monotonic() - began[number])
            poll.unregister(number)
            there.pop(number).close()
        if monotonic() > dripped + _DRIP_SECONDS:
            dripped = monotonic()
            _drip(there.values(), kind)
    for one in there.values():
        one.close()
    return gone + [inf] * len(there)


def _opened(target: Target, kind: Slow) -> Iterator[socket.socket]:
    for _ in range(kind.number):
        connection = socket.socket()
        if not kind.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LITTLE)
        connection.connect((target.host, target.port))
        connection.sendall(kind.begin)
        yield connection


def _drip(connections: Iterable[socket.socket], kind: Slow) -> None:
    """A byte of each."""
    for one in connections if kind.drip else ():
        try:
            one.send(kind.drip)
        except OSError:
            continue  # it is gone, which is noticed next


_HEADINGS: Final = (
    "clients",
    "server",
    "gone after, first … last",
    "still there",
    "memory for them",
    "good calls p99, alone → beside them",
    "good calls answered",
    "health p99",
)


def rows(held: Sequence[Held]) -> str:
    """The figures as a table."""
    return table(_HEADINGS, [_cells(one) for one in held])


def _cells(held: Held) -> tuple[str, ...]:
    left = [seconds for seconds in held.gone if seconds < inf]
    good = served(held.good)
    latencies = [one.latency for one in good]
    return (
        f"{held.kind.number} {held.kind.name}",
        held.target.name,
        f"{min(left):.1f} … {max(left):.1f} s" if left else "never",
        str(len(held.gone) - len(left)),
        f"{held.memory / 2**20:,.0f} MiB",
        f"{milliseconds(quantile(held.quiet, 0.99))} → {milliseconds(quantile(latencies, 0.99))}",
        f"{len(good) / len(held.good):.0%}",
        quantiles(held.health, 0.99),
    )
