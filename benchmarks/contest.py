"""All ways at every size, in one run: time and memory, and whether what came back is right."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from math import prod
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from benchmarks import process, servers
from benchmarks.arrays import Shape
from benchmarks.comparison import alternated
from benchmarks.way import WAYS, Service, Way


class Figure(NamedTuple):
    """A way at a size.

    milliseconds : of each round. memory : the most bytes that the service had while it answered, 0 if that is not told.
    lacks : why it could not be measured.
    """

    way: Way
    shape: Shape
    milliseconds: Sequence[float] = ()
    memory: int = 0
    lacks: str = ""

    @property
    def time(self) -> float:
        return median(self.milliseconds)


class _Entrant:
    """A way, ready to be asked for an array of a shape."""

    def __init__(self, way: Way, shape: Shape, running: servers.Running) -> None:
        self.way, self._shape, self._pid = way, shape, running.pid
        self._ask = way.asking(running.port, shape)
        self._reply: Any = None
        self.memory = 0

    def first(self) -> None:
        """Ask once, for the memory: later requests find what this one leaves."""
        process.forget_peak(self._pid)
        self._reply = self._ask()
        self.memory = process.peak(self._pid) if self._pid else 0
        self.check()

    def once(self) -> float:
        """The milliseconds of a request."""
        self._reply = None  # not while the clock runs
        started = perf_counter()
        self._reply = self._ask()
        return (perf_counter() - started) * 1e3

    def check(self) -> None:
        """Raise unless the last reply is right, exactly."""
        if not np.array_equal(self.way.read(self._reply, self._shape), self.way.expected(self._shape)):
            raise RuntimeError("the reply is wrong")


def at(shape: Shape, rounds: int, ways: Sequence[Way] = WAYS) -> list[Figure]:
    """Every way at one size. Bytes first: a process keeps some of the memory that it needed for JSON."""
    ways = sorted((way for way in ways if prod(shape) <= way.most), key=lambda way: way.is_text)
    lacking = {way: way.service.lacks for way in ways if not way.service.there}
    with _running([way for way in ways if way not in lacking]) as running:
        entrants = []
        for way in running:
            try:
                entrants.append(_entered(way, shape, running[way]))
            except Exception as error:  # whatever a peer fails by, the others are measured
                lacking[way] = f"{type(error).__name__}: {error}"[:100]
        times = alternated(rounds, *(entrant.once for entrant in entrants))
    for entrant in entrants:
        entrant.check()
    figures = [Figure(one.way, shape, of, one.memory) for one, of in zip(entrants, times, strict=True)]
    return figures + [Figure(way, shape, lacks=why) for way, why in lacking.items()]


def _entered(way: Way, shape: Shape, running: servers.Running) -> _Entrant:
    entrant = _Entrant(way, shape, running)
    entrant.first()
    return entrant


@contextmanager
def _running(ways: Sequence[Way]) -> Iterator[dict[Way, servers.Running]]:
    """The services of these ways, each started once, and anew for each size."""
    with ExitStack() as stack:
        of: dict[Service, servers.Running] = {}
        for service in dict.fromkeys(way.service for way in ways):
            of[service] = stack.enter_context(service.start()) if service.start else servers.Running(0, 0)
        yield {way: of[way.service] for way in ways}
