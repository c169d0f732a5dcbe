"""Checks of places: every slice of an axis, and every position, drops as often as the whole."""

from math import log, prod

import numpy as np

from app.core.arrays import BoolArray
from app.verify.chance.check import CheckResult, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.parts import Counts, outliers, worst
from app.verify.chance.rate import rate_of_part
from app.verify.findings import Finding, finding


def several(seen: Evidence) -> bool:
    """Whether there is more than one decision along some axis."""
    return any(length > 1 for length in seen.decisions.dropped.shape)


def repeated(seen: Evidence) -> bool:
    """Whether there are several decisions at each position: of several outputs, or along a first axis of many."""
    return seen.decisions.calls > 1 or seen.decisions.known.ndim > 2


def slices(seen: Evidence) -> Measured:
    """Every slice of every axis has the rate of the whole.

    Given the drops in all, those in a slice are hypergeometric, whatever the rate. The statistic is the rate of the
    slice that stands out most. The p-value is two-sided, times the number of slices. Power: that of `rate` for the
    decisions of the slice, at a level divided by their number.
    """
    decisions = seen.decisions
    axes = [axis for axis, length in enumerate(decisions.dropped.shape) if length > 1]
    found = {axis: worst(*_slice_counts(decisions, axis), decisions) for axis in axes}
    tried = sum(decisions.dropped.shape[axis] for axis in axes)
    axis = min(found, key=lambda one: found[one].log_p)
    index, rate, size, log_p = found[axis]
    return Measured(
        statistic=rate,
        log_p=min(0.0, log_p + log(max(1, tried))),
        detectable=rate_of_part(size, seen.p, tried, seen.level, "a slice of an axis"),
        place=f"entry {index} of axis {axis - 1}" if axis else f"output {index}",
    )


def positions(seen: Evidence) -> Measured:
    """Every position has the rate of the whole, over all outputs, or over the first axis where there is one.

    Given the drops in all, those at a position are hypergeometric. The statistic is the rate of the position that
    stands out most. The p-value is two-sided, times the number of positions. Power: that of `rate` for the decisions at
    the position, at a level divided by their number.
    """
    trials, drops = _position_counts(seen.decisions)
    index, rate, size, log_p = worst(trials, drops, seen.decisions)
    return Measured(
        statistic=rate,
        log_p=min(0.0, log_p + log(max(1, trials.size))),
        detectable=rate_of_part(size, seen.p, trials.size, seen.level, "a position"),
        place=f"position {index}",
    )


def not_uniform(result: CheckResult, seen: Evidence) -> Finding:
    """Which place drops more or less often than the rest."""
    rate, usual = result.statistic, seen.decisions.rate
    said = f"of {result.place} {rate:.4g} are dropped, expected {usual:.4g} as everywhere"
    return finding("rate_not_uniform", said, expected=usual, seen=rate, p_value=result.p_value)


def without_slices(seen: Evidence) -> Decisions:
    """The decisions without the slices whose rate stands out."""
    decisions = seen.decisions
    known = np.broadcast_to(decisions.known, decisions.dropped.shape).copy()
    for axis, length in enumerate(decisions.dropped.shape):
        if length > 1:
            odd = outliers(*_slice_counts(decisions, axis), decisions, seen.level)
            np.moveaxis(known, axis, 0)[list(odd)] = False
    return _only(decisions, known)


def without_positions(seen: Evidence) -> Decisions:
    """The decisions without the positions whose rate stands out."""
    decisions = seen.decisions
    known = np.broadcast_to(decisions.known, decisions.dropped.shape).copy()
    odd = outliers(*_position_counts(decisions), decisions, seen.level)
    first = 1 if decisions.calls > 1 else 2
    known.reshape(prod(known.shape[:first]), -1)[:, list(odd)] = False
    return _only(decisions, known)


def _only(decisions: Decisions, known: BoolArray) -> Decisions:
    """Those of the decisions, in a row, as of one output."""
    flat = known.reshape(-1)
    return Decisions(dropped=(decisions.dropped.reshape(-1) & flat)[None], known=flat)


def _slice_counts(decisions: Decisions, axis: int) -> tuple[Counts, Counts]:
    """Known decisions and drops in each slice of an axis; the first axis are the outputs."""
    known = np.broadcast_to(decisions.known, decisions.dropped.shape)
    others = tuple(other for other in range(known.ndim) if other != axis)
    least = np.min_scalar_type(known.size)  # there may be as many slices as decisions
    return known.sum(others, least), decisions.dropped.sum(others, least)


def _position_counts(decisions: Decisions) -> tuple[Counts, Counts]:
    """Known decisions and drops at each position."""
    if decisions.calls > 1:
        known = decisions.known.reshape(-1).astype(np.int64) * decisions.calls
        return known, np.count_nonzero(decisions.dropped, 0).reshape(-1)
    return np.count_nonzero(decisions.known, 0).reshape(-1), np.count_nonzero(decisions.dropped[0], 0).reshape(-1)
