"""Checks of what decisions have to do with each other: shared, repeated, correlated."""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import BoolArray
from app.verify.chance.check import LEVEL, Check, Detectable
from app.verify.chance.decisions import Decisions
from app.verify.chance.tails import log_p_binomial, log_sf, sample_size, smallest_effect

SEARCHED: Final = 2**20
"""Decisions that all lags are looked at in, at most."""
NEIGHBOURS: Final = 16


def axes(decisions: Decisions, p: float) -> Check:
    """No axis is constant: decisions along it are independent.

    Under the law all n decisions of a line agree with probability pⁿ + (1-p)ⁿ, and lines are independent. Statistic:
    how many axes are constant. The p-value is exact, times the number of axes. Power: a shared axis is found for
    certain where the axes are long enough for that.
    """
    lengths = [axis for axis, length in enumerate(decisions.known.shape) if length > 1]
    constant = decisions.constant()
    lowest = min((along(decisions, axis, p) for axis in constant), default=0.0)
    told = min((along(decisions, axis, p) for axis in lengths), default=0.0) + log(max(1, len(lengths)))
    return Check(
        name="axes",
        law="decisions along an axis are independent: it is not constant",
        statistic=float(len(constant)),
        log_p=min(0.0, lowest + log(max(1, len(lengths)))),
        detectable=Detectable(
            "decisions shared along an axis" if told < LEVEL else "nothing: the axes are too short, or there are none",
            enough=_agreeing(p),
        ),
    )


def along(decisions: Decisions, axis: int, p: float) -> float:
    """Log of the probability that all lines along an axis are constant, at p or at the rate seen, the larger."""
    lengths = np.bincount(np.count_nonzero(decisions.known, axis=axis).reshape(-1))
    lengths[:2] = 0  # what is alone is always constant
    long = np.flatnonzero(lengths)
    return decisions.calls * max(_constant(long, lengths[long], rate) for rate in _rates(decisions, p))


def _constant(lengths: NDArray[np.intp], lines: NDArray[np.intp], rate: float) -> float:
    """Log of the probability that lines of those lengths, so many of each, are constant."""
    if rate in (0, 1):
        return 0.0
    return float(lines @ np.logaddexp(lengths * log(rate), lengths * log(1 - rate)))


def _rates(decisions: Decisions, p: float) -> tuple[float, float]:
    """Two rates to be safe under: the claimed, and, as a wrong one is another fault, the one seen."""
    return p, p if decisions.rate is None else decisions.rate


def _agreeing(p: float) -> int:
    """How many pairs that all agree are not chance."""
    return int(LEVEL / log(p**2 + (1 - p) ** 2)) + 1


def calls(decisions: Decisions, p: float) -> Check:
    """Outputs have masks of their own.

    Two independent masks agree in a Binomial(n, p² + (1-p)²) of n decisions. Statistic: the largest share in which two
    outputs in a row agree. The p-value is that of its upper tail, times the number of pairs. Power: one mask for both
    is found for certain from n decisions on for which (p² + (1-p)²)ⁿ is small enough.
    """
    known = decisions.known
    agree = [
        int(np.count_nonzero((a == b) & known)) for a, b in zip(decisions.dropped, decisions.dropped[1:], strict=False)
    ]
    each = decisions.count // decisions.calls
    log_p = max(log_sf(max(agree) - 1, each, rate**2 + (1 - rate) ** 2) for rate in _rates(decisions, p))
    return Check(
        name="calls",
        law="two outputs agree in a Binomial(n, p² + (1-p)²) of their n decisions",
        statistic=max(agree) / each if each else None,
        log_p=min(0.0, log_p + log(len(agree))),
        detectable=Detectable(
            "outputs with one mask" if each >= _agreeing(p) else "nothing: too few decisions", enough=_agreeing(p)
        ),
    )


def lags(decisions: Decisions, p: float) -> Check:
    """Neighbours are independent, and so are decisions a row, a channel, a power of two apart.

    Pairs i, i + lag that have no decision in common agree in a Binomial(pairs, p² + (1-p)²). Statistic: the correlation
    at the lag that stands out most. The p-value is two-sided, times the number of lags. Power: that of a binomial of
    so many pairs, half as many as decisions, with a probability of agreement that is off by 2p(1-p) of the correlation.
    """
    dropped, known = decisions.sequence
    tried = _lags(decisions)
    pairs = {lag: agreement(dropped, known, lag) for lag in tried}
    p_values = {lag: _chance(*pairs[lag], decisions, p) for lag in tried}
    worst = min(p_values, key=lambda lag: p_values[lag])
    return Check(
        name="lags",
        law="pairs at a lag agree in a Binomial(n, p² + (1-p)²) of n pairs without a decision in common",
        statistic=correlation(*pairs[worst], p),
        log_p=min(0.0, p_values[worst] + log(len(tried))),
        detectable=_correlated(pairs[1][1], p, len(tried)),
        place=f"{worst} apart" if worst > 1 else "next to each other",
    )


def _lags(decisions: Decisions) -> list[int]:
    size = decisions.dropped.size
    strides = np.cumprod([1, *decisions.dropped.shape[:0:-1]])
    near = {*range(1, NEIGHBOURS + 1), *(int(stride) + step for stride in strides for step in (-1, 0, 1))}
    return sorted(lag for lag in near | {2**j for j in range(40)} if 0 < lag < size)


def agreement(dropped: BoolArray, known: BoolArray, lag: int) -> tuple[int, int]:
    """Of pairs of known decisions that far apart, none of them in two: how many agree, and how many there are."""
    whole = dropped.size // (2 * lag) * (2 * lag)
    agree = both = 0
    for a, b in (_halves(dropped[:whole], known[:whole], lag), _ends(dropped[whole:], known[whole:], lag)):
        told = a[1] & b[1]
        both += int(np.count_nonzero(told))
        agree += int(np.count_nonzero((a[0] == b[0]) & told))
    return agree, both


_Pair = tuple[tuple[BoolArray, BoolArray], tuple[BoolArray, BoolArray]]


def _halves(dropped: BoolArray, known: BoolArray, lag: int) -> _Pair:
    d, k = dropped.reshape(-1, 2, lag), known.reshape(-1, 2, lag)
    return (d[:, 0], k[:, 0]), (d[:, 1], k[:, 1])


def _ends(dropped: BoolArray, known: BoolArray, lag: int) -> _Pair:
    rest = max(0, dropped.size - lag)
    return (dropped[:rest], known[:rest]), (dropped[lag : lag + rest], known[lag : lag + rest])


def _chance(agree: int, pairs: int, decisions: Decisions, p: float) -> float:
    """Log of the p-value of an agreement, at p or at the rate seen, the larger."""
    return max(log_p_binomial(agree, pairs, rate**2 + (1 - rate) ** 2) for rate in _rates(decisions, p))


def correlation(agree: int, pairs: int, p: float) -> float | None:
    """The correlation of decisions in pairs of which so many agree."""
    return (agree / pairs - p**2 - (1 - p) ** 2) / (2 * p * (1 - p)) if pairs else None


def _correlated(pairs: int, p: float, tried: int) -> Detectable:
    level, share = LEVEL - log(tried), p**2 + (1 - p) ** 2
    least = smallest_effect(pairs, share, level)
    if least is None:
        return Detectable("nothing: too few decisions", enough=2 * sample_size(share, p * (1 - p), level))
    least = min(1.0, least / (2 * p * (1 - p)))
    return Detectable(
        f"a correlation of {least:.2g} between neighbours", least, 2 * sample_size(share, p * (1 - p), level)
    )


def periods(decisions: Decisions, p: float) -> Check:
    """Decisions do not repeat.

    The autocorrelation at all lags shows the likeliest period, and pairs that far apart, as in `lags`, whether it is.
    Statistic: that lag. The p-value is two-sided, times the number of lags looked at. Power: a period is found for
    certain if so many decisions follow it that their agreement is not chance at any lag.
    """
    dropped, known = decisions.sequence
    lag = likeliest(dropped[:SEARCHED], known[:SEARCHED])
    agree, pairs = agreement(dropped, known, lag) if lag else (0, 0)
    tried = min(dropped.size, SEARCHED)
    return Check(
        name="periods",
        law="decisions a period apart agree in a Binomial(n, p² + (1-p)²) of n pairs, whatever the period",
        statistic=float(lag) if lag else None,
        log_p=min(0.0, _chance(agree, pairs, decisions, p) + log(max(1, tried))) if pairs else 0.0,
        detectable=Detectable(*_period(tried, p)),
    )


def repeats(decisions: Decisions, period: int) -> bool:
    """Whether every known decision is that of a period before."""
    dropped, known = decisions.sequence
    told = known[period:] & known[:-period]
    return bool((dropped[period:] == dropped[:-period])[told].all())


def _period(tried: int, p: float) -> tuple[str, float | None, int]:
    needed = int((LEVEL - log(max(2, tried))) / log(p**2 + (1 - p) ** 2)) + 1
    longest = tried - needed
    words = f"a mask that repeats after {longest} decisions or fewer" if longest > 0 else "nothing: too few decisions"
    return words, float(longest) if longest > 0 else None, 2 * needed


def likeliest(dropped: BoolArray, known: BoolArray) -> int:
    """The lag at which decisions are most alike, beside what chance would make of so many pairs; 0 if there is none."""
    size = dropped.size
    lags = np.arange(1, max(1, size - NEIGHBOURS))
    if not lags.size or not known.any():
        return 0
    centred = np.where(known, dropped - np.float32(dropped.sum() / known.sum()), np.float32(0))
    spectrum = np.fft.rfft(centred, 2 ** (2 * size - 1).bit_length())
    alike = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[1 : lags.size + 1]
    return int(lags[np.argmax(alike / np.sqrt(size - lags))])
