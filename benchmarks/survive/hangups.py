"""Clients that hang up: the work that is done for them all the same, and when others have their turn."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final, NamedTuple

import orjson
import uvloop

from benchmarks import process
from benchmarks.survive.clients import Clients
from benchmarks.survive.connection import Connection
from benchmarks.survive.table import milliseconds, table
from benchmarks.survive.target import Target, array_body, post

CLIENTS: Final = 10
_ELEMENTS: Final = 30_000_000
_LONG: Final = post("/v1/dropout/simulate", orjson.dumps({"shape": [_ELEMENTS], "p": 0.4, "seed": 42}))
"""An experiment of a tenth of a second and more."""
_SMALL: Final = post("/v1/dropout", array_body(5))
_MOMENT: Final = 0.05
_STILL: Final = 0.02
"""The share of a core that an idle server uses at most."""


class HungUp(NamedTuple):
    """What becomes of a server whose clients are gone.

    one : processor seconds of one of their calls. wasted : those it uses once they are gone. next : seconds that the
    next call takes.
    """

    name: str
    one: float
    wasted: float
    next: float


def hang_up(target: Target) -> HungUp:
    """Ask for long work, and hang up at once."""
    return uvloop.run(_hang_up(target))


async def _hang_up(target: Target) -> HungUp:
    async with Clients.of(target) as clients:
        await clients.ask(monotonic(), _SMALL)
        used = process.processor_seconds(target.pid)
        await clients.ask(monotonic(), _LONG, patience=60)
        one = process.processor_seconds(target.pid) - used
        gone = [await Connection.open(target.host, target.port) for _ in range(CLIENTS)]
        asked = [asyncio.ensure_future(connection.ask(_LONG)) for connection in gone]
        await asyncio.sleep(_MOMENT)
        for connection in gone:
            connection.close()
        await asyncio.gather(*asked, return_exceptions=True)
        used = process.processor_seconds(target.pid)
        following = (await clients.ask(monotonic(), _SMALL, patience=60)).latency
        await _quiet(target)
        return HungUp(target.name, one, process.processor_seconds(target.pid) - used, following)


async def _quiet(target: Target) -> None:
    """Wait until the server does nothing any more."""
    while True:
        used = process.processor_seconds(target.pid)
        await asyncio.sleep(0.5)
        if process.processor_seconds(target.pid) - used <= _STILL:
            return


def rows(hung_up: Sequence[HungUp]) -> str:
    """The figures as a table."""
    headings = "server", "processor time of a call", f"spent on {CLIENTS} after they hung up", "the next small call"
    cells = [(one.name, *(milliseconds(seconds) for seconds in one[1:])) for one in hung_up]
    return table(headings, cells)
