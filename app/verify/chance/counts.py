"""The check of counts: the numbers of drops of outputs, and of rows of them, vary as those of a binomial do."""

from math import log, prod
from typing import Final, NamedTuple

import numpy as np

from app.verify.chance.check import CheckResult, Detectable, Measured
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import log_mode
from app.verify.findings import Finding, finding

_ROW: Final = 8
"""Decisions that a row must have for their number of drops to be looked at."""


class Spread(NamedTuple):
    """How much the numbers of drops of groups of decisions differ.

    groups, each : how many there are, of so many decisions. span : the most that two numbers differ by.
    likeliest : log of a bound of any number's probability; log_p : of that span.
    """

    groups: int
    each: int
    span: int
    likeliest: float
    log_p: float


def counts(seen: Evidence) -> Measured | None:
    """The number of drops varies as a binomial does, from output to output, and from row to row within them.

    The counts of K groups are all within R of the least with a probability of at most K·W^(K-1), and W^(K-1) where R
    is 0; W bounds the probability of R + 1 counts in a row. The statistic is R of the groups that stand out most. The
    p-value is that of R, times the number of ways to group. Power: a fixed number is found for certain from as many
    groups on as make W^(K-1) small enough. None if there are no groups.
    """
    spreads = _spreads(seen)
    if not spreads:
        return None
    spread = _tightest(spreads)
    needed = int(seen.level / spread.likeliest) + 2 if spread.likeliest < 0 else None
    shows = needed is not None and spread.groups >= needed
    words = "the same number of drops in each" if shows else f"nothing: it needs {needed} outputs or rows"
    return Measured(
        statistic=float(spread.span),
        log_p=min(0.0, spread.log_p + log(len(spreads))),
        detectable=Detectable(words, enough=needed),
        place=f"{spread.groups} groups of {spread.each} decisions",
    )


def fixed(result: CheckResult, seen: Evidence) -> Finding:
    """How little the numbers of drops differ."""
    spread, p = _tightest(_spreads(seen)), seen.p
    deviation = (spread.each * p * (1 - p)) ** 0.5
    said = (
        f"the numbers of drops in {spread.groups} outputs or rows of {spread.each} decisions differ by {spread.span} "
        f"at most, expected a deviation of {deviation:.3g}"
    )
    return finding("fixed_count", said, expected=deviation, seen=result.statistic, p_value=result.p_value)


def _tightest(spreads: list[Spread]) -> Spread:
    """That of the groups whose numbers of drops vary least, beside chance."""
    return min(spreads, key=lambda one: one.log_p)


def _spreads(seen: Evidence) -> list[Spread]:
    """The spreads of outputs, of their entries, of the entries of those, down to rows of a few decisions."""
    shape = seen.decisions.dropped.shape
    levels = [axes for axes in range(1, len(shape)) if shape[axes - 1] > 1 and prod(shape[axes:]) >= _ROW]
    found = (_spread(seen, axes) for axes in levels)
    return [spread for spread in found if spread is not None]


def _spread(seen: Evidence, axes: int) -> Spread | None:
    """That of the groups that stand at the first axes; of rows, only those are looked at that are known as a whole."""
    decisions = seen.decisions
    size = prod(decisions.dropped.shape[axes:])
    least = np.min_scalar_type(size)
    known = np.broadcast_to(decisions.known, decisions.dropped.shape).reshape(-1, size).sum(1, least)
    each = int(known[0]) if axes == 1 else size
    drops = decisions.dropped.reshape(-1, size).sum(1, least)[known == each]
    if drops.size < 2 or not each:
        return None
    span = int(np.ptp(drops))
    likeliest = max(log_mode(each, rate) for rate in seen.rates)
    window = min(0.0, likeliest + log(span + 1))
    log_p = (drops.size - 1) * window + (log(drops.size) if span else 0)
    return Spread(drops.size, each, span, likeliest, min(0.0, log_p))
