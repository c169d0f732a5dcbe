"""More and more load, and what is left of a server."""

import asyncio
from collections.abc import Sequence
from math import nan
from statistics import median
from time import monotonic
from typing import Final, NamedTuple

import uvloop

from benchmarks import process
from benchmarks.survive import recovery
from benchmarks.survive.arrivals import Arrivals
from benchmarks.survive.clients import Clients
from benchmarks.survive.health import Probes, probing
from benchmarks.survive.outcome import Outcome, quantile, refused, served, within
from benchmarks.survive.target import Target

LOADS: Final = (0.5, 1, 1.5, 2, 5, 10, 20)
_CLIENTS: Final = 4
"""Clients that keep a core busy and wait for each other little."""
_TRIES: Final = 3
_RISE: Final = 0.2
"""The part of a flood in which queues fill up: what is served then is not what can be served on and on."""


class Plan(NamedTuple):
    """How a server is flooded: at so many times its capacity, each for so many seconds."""

    loads: Sequence[float]
    seconds: float
    arrivals: Arrivals


class Capacity(NamedTuple):
    """What a few clients get who wait for each reply: replies a second, and processor seconds of each.

    quiet : the latency of a call that is alone.
    """

    rate: float
    cost: float
    quiet: float


class Flood(NamedTuple):
    """A load, and what came of it once queues were full: requests a second, and seconds each took.

    load : in capacities. lost : neither served in time nor refused. calls : seconds of those served. memory : bytes at
    the peak. processor : the share of a core that the server had. recovery : seconds after its end until a call takes
    no longer than ever. slip : how late the generator was, 99 in 100.
    """

    load: float
    offered: float
    goodput: float
    refused: float
    lost: float
    calls: Sequence[float]
    refusals: Sequence[float]
    health: Sequence[float]
    memory: int
    processor: float
    recovery: float
    slip: float


class Curve(NamedTuple):
    """A server under all loads."""

    target: Target
    capacity: Capacity
    floods: Sequence[Flood]

    @property
    def peak(self) -> float:
        """The most replies a second that it has come to."""
        return max([self.capacity.rate, *(flood.goodput for flood in self.floods)])

    @property
    def refusal_cost(self) -> float:
        """Processor seconds of a refusal: what explains best what is used beside the served; NaN if there is none."""
        pairs = [(one.refused, one.processor - one.goodput * self.capacity.cost) for one in self.floods]
        squares = sum(refused**2 for refused, _ in pairs)
        return sum(refused * used for refused, used in pairs) / squares if squares and self.capacity.cost else nan


def curve(target: Target, plan: Plan) -> Curve:
    """What a server does under all loads."""
    with probing(target) as probes:
        return uvloop.run(_curve(target, plan, probes))


async def _curve(target: Target, plan: Plan, probes: Probes) -> Curve:
    async with Clients.of(target) as clients:
        capacity = await _capacity(target, clients, plan.seconds)
        siege = _Siege(target, plan, probes, clients, capacity)
        return Curve(target, capacity, [await siege.flood(load) for load in plan.loads])


async def _capacity(target: Target, clients: Clients, seconds: float) -> Capacity:
    """The median of some tries, for others use the machine too."""
    await clients.in_turn(_CLIENTS, 1)  # the first calls pay for memory and imports
    quiet = await recovery.quiet_latency(clients)
    used = process.processor_seconds(target.pid)
    tries = [await _try(clients, seconds / _TRIES) for _ in range(_TRIES)]
    count = sum(count for count, _ in tries)
    if not count:
        raise RuntimeError(f"{target.name} answers no call of those it is to be flooded with")
    cost = (process.processor_seconds(target.pid) - used) / count
    return Capacity(median(count / passed for count, passed in tries), cost, quiet)


async def _try(clients: Clients, seconds: float) -> tuple[int, float]:
    """Replies, and the seconds they took."""
    began = monotonic()
    outcomes = await clients.in_turn(_CLIENTS, seconds)
    return len(served(outcomes)), monotonic() - began


class _Siege(NamedTuple):
    """What all floods of a server share."""

    target: Target
    plan: Plan
    probes: Probes
    clients: Clients
    capacity: Capacity

    async def flood(self, load: float) -> Flood:
        """Flood it, and wait until it is itself again."""
        self.clients.slips.clear()
        end = monotonic() + self.plan.seconds
        window = asyncio.create_task(self._window(end - self.plan.seconds * (1 - _RISE), end))
        rate = load * self.capacity.rate
        running = await self.clients.at_moments(self.plan.arrivals(rate), self.plan.seconds)
        recovered = await recovery.seconds_until_full_speed(self.clients, self.capacity.quiet)
        outcomes = await asyncio.gather(*running)
        return self._flood(load, outcomes, await window, recovered)

    async def _window(self, begin: float, end: float) -> "_Window":
        """What the server uses in that time."""
        pid = self.target.pid
        process.forget_peak(pid)
        await asyncio.sleep(begin - monotonic())
        used = process.processor_seconds(pid)
        await asyncio.sleep(end - monotonic())
        return _Window(begin, end, (process.processor_seconds(pid) - used) / (end - begin), process.peak(pid))

    def _flood(self, load: float, outcomes: Sequence[Outcome], window: "_Window", recovered: float) -> Flood:
        begin, end, processor, memory = window
        done = within(outcomes, begin, end)
        good, no = served(done), refused(done)
        health = [one.latency for one in self.probes.outcomes() if begin <= one.due < end]
        return Flood(
            load=load,
            offered=len(outcomes) / self.plan.seconds,
            goodput=len(good) / (end - begin),
            refused=len(no) / (end - begin),
            lost=(len(done) - len(good) - len(no)) / (end - begin),
            calls=[one.latency for one in good],
            refusals=[one.latency for one in no],
            health=health,
            memory=memory,
            processor=processor,
            recovery=recovered,
            slip=quantile(self.clients.slips, 0.99),
        )


class _Window(NamedTuple):
    """The part of a flood that counts, and what the server used of processor and memory."""

    begin: float
    end: float
    processor: float
    memory: int
