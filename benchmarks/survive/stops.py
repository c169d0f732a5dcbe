"""Stops under load: requests over kept connections that nobody answers, because the server was told to stop."""

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Final, NamedTuple

import uvloop

from benchmarks.survive import contestants
from benchmarks.survive.connection import Connection
from benchmarks.survive.table import table
from benchmarks.survive.target import Target, array_body, post

ROUNDS: Final = 50
_CLIENTS: Final = 8
_CALL: Final = post("/v1/dropout", array_body(5))


class Stops(NamedTuple):
    """How many requests were answered, and how many were not, in so many stops."""

    name: str
    rounds: int
    answered: int
    lost: int


def stop(name: str, rounds: int = ROUNDS, seconds: float = 0.5) -> Stops:
    """Start a server, ask it for so long, have it stop, again and again."""
    answered = lost = 0
    for _ in range(rounds):
        with contestants.running(name) as target:
            seen = uvloop.run(_stop(target, seconds))
        answered, lost = answered + seen[0], lost + seen[1]
    return Stops(name, rounds, answered, lost)


async def _stop(target: Target, seconds: float) -> tuple[int, int]:
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(_ask(target)) for _ in range(_CLIENTS)]
        await asyncio.sleep(seconds)
        os.kill(target.pid, signal.SIGTERM)
    seen = [client.result() for client in clients]
    return sum(answered for answered, _ in seen), sum(lost for _, lost in seen)


async def _ask(target: Target) -> tuple[int, int]:
    """Requests answered and lost, until nobody is there any more."""
    answered = lost = 0
    while True:
        try:
            connection = await Connection.open(target.host, target.port)
        except OSError:
            return answered, lost
        try:
            while connection.usable:
                await connection.ask(_CALL)
                answered += 1
        except OSError:
            lost += 1


def rows(stops: Sequence[Stops]) -> str:
    """The figures as a table."""
    headings = "server", "stops under load", "requests answered", "requests lost"
    return table(headings, [(one.name, str(one.rounds), f"{one.answered:,}", str(one.lost)) for one in stops])
