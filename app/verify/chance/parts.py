"""Parts of the decisions: how often each drops, beside all of them."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import FloatArray, blocks
from app.verify.chance.decisions import Decisions
from app.verify.chance.tails import log_p_hypergeometric

_OUTLIERS: Final = 1000
"""Parts that are left out, at most, of what is taken for the rest."""
Counts = NDArray[np.integer[Any]]


class Part(NamedTuple):
    """A part of the decisions: which it is, its rate, how many they are, and the log of its p-value alone."""

    which: int
    rate: float | None
    decisions: int
    log_p: float


def worst(trials: Counts, drops: Counts, decisions: Decisions) -> Part:
    """The part whose drops stand out most, of those that have so many known decisions and drops each."""
    total, dropped = decisions.count, decisions.drops
    index, furthest = 0, 0.0
    for at in blocks(0, trials.size):
        away = _away(trials[at], drops[at], max(1, total), dropped)
        here = int(np.argmax(away))
        if away[here] > furthest:
            index, furthest = at.start + here, float(away[here])
    if not furthest:
        return Part(0, decisions.rate, int(trials.max(initial=0)), 0.0)
    size, seen = int(trials[index]), int(drops[index])
    return Part(index, seen / size, size, log_p_hypergeometric(seen, size, dropped, total))


def _away(trials: Counts, drops: Counts, total: int, dropped: int) -> FloatArray:
    """How far drops are from what is expected of so many trials, in units that go with the deviation."""
    spread = np.sqrt(trials * (1 - trials / total))
    return np.asarray(np.abs(drops - trials * (dropped / total)) / np.where(spread > 0, spread, np.inf))


def outliers(trials: Counts, drops: Counts, decisions: Decisions, level: float) -> Iterator[int]:
    """The parts that have not the rate of the rest, those that stand out most first, and so many at most."""
    away = _away(trials, drops, decisions.count, decisions.drops)
    for index in np.argsort(-away)[:_OUTLIERS].tolist():
        if log_p_hypergeometric(int(drops[index]), int(trials[index]), decisions.drops, decisions.count) >= level:
            return
        yield index
