"""Checks of values: whether an element is dropped depends on neither its size nor its value."""

from math import log
from typing import Final

import numpy as np

from app.core.arrays import BoolArray, FloatArray, blocks
from app.verify.chance.check import CheckResult, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.parts import Counts, worst
from app.verify.chance.rate import rate_of_part
from app.verify.findings import Finding, finding

_BINS: Final = 16
_SAMPLE: Final = 2**12
"""Values that tell where the ranges are to begin."""


def magnitude(seen: Evidence) -> Measured | None:
    """Whether an element is dropped does not depend on its size."""
    return _by_value(seen, np.abs, "the decisions of one range of magnitude")


def value(seen: Evidence) -> Measured | None:
    """Nor on its value."""
    return _by_value(seen, np.positive, "the decisions of one range of value")


def depends(result: CheckResult, seen: Evidence) -> Finding:
    """How often those are dropped that are chosen by their value."""
    rate, usual = result.statistic, seen.decisions.rate
    said = f"of elements chosen by {result.name} {rate:.4g} are dropped, expected {usual:.4g} as of all"
    return finding("depends_on_values", said, expected=usual, seen=rate, p_value=result.p_value)


def _by_value(seen: Evidence, form: np.ufunc, part: str) -> Measured | None:
    """Decisions over the smallest values, and over those within each of 16 ranges, have the rate of the whole.

    Given the drops in all, those of a set of decisions that is chosen by value are hypergeometric. The statistic is the
    rate of the set that stands out most. The p-value is two-sided, times the number of sets. Power: that of `rate` for
    the decisions of the set, at a level divided by the number of sets. None if all are in one range.
    """
    ranges = _counts(seen.decisions, seen.values, form)
    if np.count_nonzero(ranges[0]) < 2:
        return None
    trials, drops = (np.concatenate([counts, np.cumsum(counts)[:-1]]) for counts in ranges)
    _, rate, size, log_p = worst(trials, drops, seen.decisions)
    return Measured(
        statistic=rate,
        log_p=min(0.0, log_p + log(max(1, trials.size))),
        detectable=rate_of_part(size, seen.p, trials.size, seen.level, part),
    )


def _counts(decisions: Decisions, values: FloatArray, form: np.ufunc) -> tuple[Counts, Counts]:
    """Known decisions and drops in each range of a form of the values; ranges hold about as many each."""
    known, dropped = decisions.known.reshape(-1), decisions.dropped.reshape(decisions.calls, -1)
    values = values.reshape(-1)
    bounds = _bounds(known, values, form)
    trials, drops = np.zeros((2, bounds.size + 1), np.int64)
    for at in blocks(0, known.size):
        bins = np.searchsorted(bounds, _formed(known, values, form, at), side="right")
        trials += np.bincount(bins, minlength=trials.size) * decisions.calls
        drops += np.bincount(bins, np.count_nonzero(dropped[:, at][:, known[at]], 0), drops.size).astype(np.int64)
    return trials, drops


def _bounds(known: BoolArray, values: FloatArray, form: np.ufunc) -> FloatArray:
    """What divides a sample of the known values into ranges that hold about as many each."""
    step = max(1, int(np.count_nonzero(known)) // _SAMPLE)
    some = np.sort(np.concatenate([_formed(known, values, form, at)[::step] for at in blocks(0, known.size)]))
    return np.unique(some[np.arange(1, _BINS) * some.size // _BINS])


def _formed(known: BoolArray, values: FloatArray, form: np.ufunc, at: slice) -> FloatArray:
    """The form of the known values of a block."""
    return np.asarray(form(values[at][known[at]].astype(np.float64)))
