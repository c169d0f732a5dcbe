"""Small bodies that inflate to large ones, many at once, and the memory that they take."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Mapping
from time import monotonic
from typing import Final, NamedTuple

import uvloop

from benchmarks import process
from benchmarks.survive import contestants
from benchmarks.survive.clients import Clients
from benchmarks.survive.table import table
from benchmarks.survive.target import Target, post

COUNT: Final = 24
INFLATED: Final = 48 * 10**6
"""Bytes of each, which come as 47 KB."""
BUDGET: Final = 400 * 2**20
"""Bytes that all calls may need together."""
_PATIENCE: Final = 60.0


class Exploded(NamedTuple):
    """What became of them: how many had which status, and the bytes of memory more than before, at the peak."""

    size: int
    statuses: Mapping[int, int]
    memory: int


def explode(count: int = COUNT, inflated: int = INFLATED, budget: int = BUDGET) -> Exploded:
    """Send so many at once to this service, which may use so much for all."""
    with contestants.running(contestants.OURS, settings={"memory_bytes": str(budget)}) as target:
        return uvloop.run(_explode(target, count, bomb(inflated)))


def bomb(inflated: int) -> bytes:
    """A call whose body is so many bytes, and far fewer as it is sent."""
    body = b'{"input": [' + b"1," * (inflated // 2) + b"1]}"
    request = post("/v1/dropout", gzip.compress(body))
    return request.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)


async def _explode(target: Target, count: int, request: bytes) -> Exploded:
    before = process.memory(target.pid)
    process.forget_peak(target.pid)
    async with Clients.of(target) as clients:
        now = monotonic()
        outcomes = await asyncio.gather(*(clients.ask(now, request, _PATIENCE) for _ in range(count)))
    memory = process.peak(target.pid) - before
    return Exploded(len(request), Counter(one.status for one in outcomes), memory)


def rows(exploded: Exploded) -> str:
    """The figures as a table."""
    size, statuses, memory = exploded
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    sizes = f"{sum(statuses.values())} of {size / 1e3:,.0f} KB, {INFLATED / 1e6:,.0f} MB inflated"
    cells = (sizes, f"{BUDGET / 2**20:,.0f} MiB", f"{memory / 2**20:,.0f} MiB", told)
    return table(("gzip bodies at once", "memory they may take", "taken", "answers"), [cells])
