"""Pairs of decisions, and how many of them agree: both dropped, or both kept."""

from math import log

import numpy as np

from app.core.arrays import BoolArray
from app.verify.chance.check import CheckResult
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import log_p_binomial
from app.verify.findings import Finding, finding


def alike(p: float) -> float:
    """The probability that two independent decisions agree."""
    return p**2 + (1 - p) ** 2


def pairs_to_tell(p: float, level: float) -> int:
    """How many pairs that all agree are not chance."""
    return int(level / log(alike(p))) + 1


def agreement(dropped: BoolArray, known: BoolArray, lag: int) -> tuple[int, int]:
    """Of pairs of known decisions that far apart, none of them in two: how many agree, and how many there are."""
    whole = dropped.size // (2 * lag) * (2 * lag)
    agree = both = 0
    for a, b in (_halves(dropped[:whole], known[:whole], lag), _ends(dropped[whole:], known[whole:], lag)):
        tell = a[1] & b[1]
        both += int(np.count_nonzero(tell))
        agree += int(np.count_nonzero((a[0] == b[0]) & tell))
    return agree, both


_Pair = tuple[tuple[BoolArray, BoolArray], tuple[BoolArray, BoolArray]]


def _halves(dropped: BoolArray, known: BoolArray, lag: int) -> _Pair:
    d, k = dropped.reshape(-1, 2, lag), known.reshape(-1, 2, lag)
    return (d[:, 0], k[:, 0]), (d[:, 1], k[:, 1])


def _ends(dropped: BoolArray, known: BoolArray, lag: int) -> _Pair:
    rest = max(0, dropped.size - lag)
    return (dropped[:rest], known[:rest]), (dropped[lag : lag + rest], known[lag : lag + rest])


def log_p_agreement(agree: int, pairs: int, seen: Evidence) -> float:
    """Log of the p-value of an agreement, at p or at the rate seen, the larger."""
    return max(log_p_binomial(agree, pairs, alike(rate)) for rate in seen.rates)


def correlated(result: CheckResult, words: str) -> Finding:
    """That decisions depend on each other, in a sentence that has room for the statistic and its place."""
    said = words.format(result.statistic, result.place)
    return finding("mask_correlated", said, expected=0, seen=result.statistic, p_value=result.p_value)
