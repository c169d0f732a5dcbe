"""What became of a request."""

from collections.abc import Iterable, Sequence
from math import nan
from typing import Final, NamedTuple

import numpy as np

DEADLINE: Final = 5.0
"""Seconds after which nobody waits for a reply any more."""
LOST: Final = 0
"""The status of a request whose connection ended without a reply, or could not be had."""
LATE: Final = 1
"""The status of one whose client has given up."""


class Outcome(NamedTuple):
    """When a request was due and done, by `time.monotonic`; its status, and the bytes of its reply."""

    due: float
    done: float
    status: int
    size: int

    @property
    def latency(self) -> float:
        return self.done - self.due


def within(outcomes: Iterable[Outcome], begin: float, end: float) -> list[Outcome]:
    """Those that were done in that time."""
    return [one for one in outcomes if begin <= one.done < end]


def served(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that were of use: answered 200 while somebody waited."""
    return [one for one in outcomes if one.status == 200 and one.latency <= DEADLINE]


def refused(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that were told to come again."""
    return [one for one in outcomes if one.status in (429, 503)]


def quantile(latencies: Sequence[float], share: float) -> float:
    """The latency that so large a share is within; NaN if there is none at all."""
    return float(np.quantile(latencies, share, method="higher")) if latencies else nan
