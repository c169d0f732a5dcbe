"""How soon a server is itself again."""

import asyncio
from statistics import median
from time import monotonic
from typing import Final

from benchmarks.survive.clients import Clients

_CALLS: Final = 9
_PAUSE: Final = 0.1
_SLACK: Final = 2
"""How many times a quiet server's latency still is full speed: a call takes so long at times without any load."""
PATIENCE: Final = 30.0
"""Seconds after which nobody waits for it any more."""


async def quiet_latency(clients: Clients) -> float:
    """What a call takes that is alone."""
    return median([(await clients.ask(monotonic())).latency for _ in range(_CALLS)])


async def seconds_until_full_speed(clients: Clients, quiet: float) -> float:
    """How long until a call is sent that takes no longer than one that is alone; infinite if it is too long."""
    began = monotonic()
    while (sent := monotonic()) < began + PATIENCE:
        outcome = await clients.ask(sent, patience=1)
        if outcome.status == 200 and outcome.latency <= _SLACK * quiet:
            return sent - began
        await asyncio.sleep(_PAUSE)
    return float("inf")
