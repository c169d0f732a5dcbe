"""The check of lags: decisions that stand some places apart are independent."""

from math import log
from typing import Final

import numpy as np

from app.verify.chance.agreement import agreement, alike, correlated, log_p_agreement
from app.verify.chance.check import CheckResult, Detectable, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import sample_size, smallest_effect
from app.verify.findings import Finding

NEIGHBOURS: Final = 16
"""Decisions that stand next to one, and further on, which a simple generator may give one random word."""


def lags(seen: Evidence) -> Measured:
    """Neighbours are independent, and so are decisions a row, a channel, a power of two apart.

    Pairs i, i + lag that have no decision in common agree in a Binomial(pairs, p² + (1-p)²). The statistic is the
    correlation at the lag that stands out most. The p-value is two-sided, times the number of lags. Power: that of a
    binomial of so many pairs, half as many as decisions, with a probability of agreement that is off by 2p(1-p) of the
    correlation.
    """
    dropped, known = seen.decisions.sequence
    tried = _tried(seen.decisions)
    pairs = {lag: agreement(dropped, known, lag) for lag in tried}
    log_ps = {lag: log_p_agreement(*pairs[lag], seen) for lag in tried}
    worst = min(log_ps, key=lambda lag: log_ps[lag])
    return Measured(
        statistic=_correlation(*pairs[worst], seen.p),
        log_p=min(0.0, log_ps[worst] + log(len(tried))),
        detectable=_detectable(pairs[1][1], len(tried), seen),
        place=f"{worst} apart" if worst > 1 else "next to each other",
    )


def correlated_at_lag(result: CheckResult, _seen: Evidence) -> Finding:
    """How much those that stand that far apart are correlated."""
    return correlated(result, "decisions {1} have a correlation of {0:.3g}, expected 0")


def thinned(seen: Evidence) -> Decisions:
    """Decisions so far from each other that neighbours have no part in it."""
    dropped, known = (array[:: NEIGHBOURS + 1] for array in seen.decisions.sequence)
    return Decisions(dropped=dropped[None], known=known)


def _tried(decisions: Decisions) -> list[int]:
    """Those of neighbours, of strides and next to them, and the powers of two."""
    size = decisions.dropped.size
    strides = np.cumprod([1, *decisions.dropped.shape[:0:-1]])
    near = {*range(1, NEIGHBOURS + 1), *(int(stride) + step for stride in strides for step in (-1, 0, 1))}
    return sorted(lag for lag in near | {2**j for j in range(40)} if 0 < lag < size)


def _correlation(agree: int, pairs: int, p: float) -> float | None:
    """The correlation of decisions in pairs of which so many agree."""
    return (agree / pairs - p**2 - (1 - p) ** 2) / (2 * p * (1 - p)) if pairs else None


def _detectable(pairs: int, tried: int, seen: Evidence) -> Detectable:
    p, level = seen.p, seen.level - log(tried)
    least, needed = smallest_effect(pairs, alike(p), level), 2 * sample_size(alike(p), p * (1 - p), level)
    if least is None:
        return Detectable("nothing: too few decisions", enough=needed)
    least = min(1.0, least / (2 * p * (1 - p)))
    return Detectable(f"a correlation of {least:.2g} between neighbours", least, needed)
