"""The check of periods: the mask does not repeat itself."""

from dataclasses import replace
from math import log
from typing import Final

import numpy as np

from app.core.arrays import BoolArray
from app.verify.chance.agreement import agreement, alike, correlated, log_p_agreement
from app.verify.chance.check import CheckResult, Detectable, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.lags import NEIGHBOURS
from app.verify.findings import Finding, finding

_SEARCHED: Final = 2**20
"""Decisions that all lags are looked at in, at most."""


def long(seen: Evidence) -> bool:
    """Whether there are decisions, and more than a few."""
    return seen.decisions.count > 0 and seen.decisions.dropped.size > NEIGHBOURS


def periods(seen: Evidence) -> Measured:
    """Decisions do not repeat.

    The autocorrelation at all lags shows the likeliest period, and pairs that far apart, as in `lags`, whether it is.
    The statistic is that lag. The p-value is two-sided, times the number of lags looked at. Power: a period is found
    for certain if so many decisions follow it that their agreement is not chance at any lag.
    """
    dropped, known = seen.decisions.sequence
    lag = _likeliest(dropped[:_SEARCHED], known[:_SEARCHED])
    agree, pairs = agreement(dropped, known, lag) if lag else (0, 0)
    tried = min(dropped.size, _SEARCHED)
    return Measured(
        statistic=float(lag) if lag else None,
        log_p=min(0.0, log_p_agreement(agree, pairs, seen) + log(max(1, tried))) if pairs else 0.0,
        detectable=_detectable(tried, seen),
    )


def first_period(result: CheckResult, seen: Evidence) -> tuple[Evidence, Finding | None]:
    """The first period alone, if all that follows is the same again."""
    period = int(result.statistic or 0)
    if result.log_p > seen.level or not _repeats(seen.decisions, period):
        return seen, None
    said = f"the mask repeats itself after {period} decisions, expected never"
    repeated = finding("mask_repeated", said, expected=None, seen=period, p_value=result.p_value)
    return replace(seen, decisions=seen.decisions.first(period)), repeated


def correlated_at_period(result: CheckResult, _seen: Evidence) -> Finding:
    """At which distance decisions depend on each other, where they are not all the same again."""
    words = "decisions {0:.0f} apart agree more or less often than by chance, expected as often"
    return correlated(result, words)


def _repeats(decisions: Decisions, period: int) -> bool:
    """Whether every known decision is that of a period before."""
    dropped, known = decisions.sequence
    tell = known[period:] & known[:-period]
    return bool((dropped[period:] == dropped[:-period])[tell].all())


def _detectable(tried: int, seen: Evidence) -> Detectable:
    needed = int((seen.level - log(max(2, tried))) / log(alike(seen.p))) + 1
    longest = tried - needed
    if longest <= 0:
        return Detectable("nothing: too few decisions", None, 2 * needed)
    return Detectable(f"a mask that repeats after {longest} decisions or fewer", float(longest), 2 * needed)


def _likeliest(dropped: BoolArray, known: BoolArray) -> int:
    """The lag at which decisions are most alike, beside what chance would make of so many pairs; 0 if there is none."""
    size = dropped.size
    lags = np.arange(1, max(1, size - NEIGHBOURS))
    if not lags.size or not known.any():
        return 0
    centred = np.where(known, dropped - np.float32(dropped.sum() / known.sum()), np.float32(0))
    spectrum = np.fft.rfft(centred, 2 ** (2 * size - 1).bit_length())
    likeness = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[1 : lags.size + 1]
    return int(lags[np.argmax(likeness / np.sqrt(size - lags))])
