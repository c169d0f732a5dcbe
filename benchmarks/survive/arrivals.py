"""When requests are due: by a clock, whatever becomes of those before."""

from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Final

Arrivals = Callable[[float], Iterator[float]]
"""Takes a rate, gives the seconds after the start at which each request is due, without an end."""


def even(rate: float) -> Iterator[float]:
    """All at the same distance."""
    return (number / rate for number in count())


def poisson(rate: float) -> Iterator[float]:
    """As those of many clients who know nothing of each other; the same each time."""
    random, due = Random(0), 0.0
    while True:
        due += random.expovariate(rate)
        yield due


ARRIVALS: Final[dict[str, Arrivals]] = {"poisson": poisson, "even": even}
