"""Tails of counts: p-values that are never too small, and what a count can show.

Logarithms are natural. Both distributions are log-concave: from a count outwards, the ratio of neighbouring
probabilities only falls, so a tail is at most its first term times a geometric series. Beyond two deviations that is
within a quarter of the tail, beyond five within a twentieth.
"""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, inf, lgamma, log, log1p, sqrt
from typing import Final

import numpy as np

POWER: Final = 0.9
"""The power that makes an effect detectable: the probability with which it is seen."""
_FINE: Final = 200
"""Effects and sizes that show are found to a part of that."""
_COUNTED: Final = 2**26
"""Counts beyond are normal: twelve deviations of them are too many numbers to sum."""
_REMEMBERED: Final = 2**12
"""Calls whose values are kept: the same claim is held against many arrays."""


def log_p_binomial(k: int, n: int, p: float) -> float:
    """Log of a bound of the two-sided p-value of k successes out of n, each of probability p in (0, 1)."""
    return _two_sided(log_sf(k - 1, n, p), log_sf(n - k - 1, n, 1 - p))


def log_p_hypergeometric(k: int, n: int, successes: int, total: int) -> float:
    """Log of a bound of the two-sided p-value of k successes among n of `total`, of which so many are successes."""
    return _two_sided(_drawn(k, n, successes, total), _drawn(n - k, n, total - successes, total))


def log_sf(k: int, n: int, p: float) -> float:
    """Log of a bound of P(X > k), X binomial of n and p."""
    least = k + 1
    if p in (0, 1) or least <= 0:
        return 0.0 if least <= n * p else -inf
    return _geometric(_log_pmf(least, n, p), (n - least) / (least + 1) * p / (1 - p))


def log_mode(n: int, p: float) -> float:
    """Log of the probability of the count that a binomial has most often."""
    return 0.0 if p in (0, 1) else _log_pmf(min(n, int((n + 1) * p)), n, p)


def interval(k: int, n: int, share: float = 0.99) -> tuple[float, float]:
    """The probabilities that k of n speaks for: at least that share of such intervals holds the true one.

    Clopper, Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial" (1934).
    """
    level = log((1 - share) / 2)
    low = 0.0 if k == 0 else _edge(lambda p: log_sf(k - 1, n, p) < level, 0.0, k / n)
    high = 1.0 if k == n else 1 - _edge(lambda q: log_sf(n - k - 1, n, q) < level, 0.0, 1 - k / n)
    return min(low, k / n), max(high, k / n)


@lru_cache(_REMEMBERED)
def power(n: int, p: float, seen: float, level: float) -> float:
    """The probability that a count of n shows, at a log level, that its probability is `seen` and not p."""
    if n == 0:
        return 0.0
    if seen < p:
        p, seen = 1 - p, 1 - seen
    return _survival(_least(n, p, level), n, seen)


def shows(n: int, p: float, off: float, level: float) -> bool:
    """Whether a count of n shows a probability that is off by so much, to either side as far as there is one."""
    others = [other for other in (p - off, p + off) if 0 <= other <= 1]
    return bool(others) and all(power(n, p, other, level) >= POWER for other in others)


def smallest_effect(n: int, p: float, level: float) -> float | None:
    """How far off the probability of a count of n must be to be seen; None if nothing would be."""
    low, high = 0.0, max(p, 1 - p)
    if not shows(n, p, high, level):
        return None
    while high - low > high / _FINE:
        middle = (low + high) / 2
        low, high = (low, middle) if shows(n, p, middle, level) else (middle, high)
    return high


@lru_cache(_REMEMBERED)
def sample_size(p: float, off: float, level: float) -> int:
    """About how large a count must be to show a probability that is off by so much."""
    guess = ceil(p * (1 - p) * ((sqrt(-2 * level) + 1.3) / off) ** 2)
    if guess > _COUNTED:
        return guess
    low, high = guess // 8, guess
    while not shows(high, p, off, level):
        low, high = high, high * 2
    while high - low > max(1, high // _FINE):
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle, p, off, level) else (middle, high)
    return high


def _two_sided(upper: float, lower: float) -> float:
    return min(0.0, log(2) + min(upper, lower))


def _log_pmf(k: int, n: int, p: float) -> float:
    return _log_choose(n, k) + k * log(p) + (n - k) * log1p(-p)


def _drawn(k: int, n: int, successes: int, total: int) -> float:
    """Log of a bound of P(X ≥ k) where X of n drawn are successes."""
    if k <= max(0, n + successes - total):
        return 0.0
    failures = total - successes
    log_pmf = _log_choose(successes, k) + _log_choose(failures, n - k) - _log_choose(total, n)
    return _geometric(log_pmf, (successes - k) * (n - k) / ((k + 1) * (failures - n + k + 1)))


def _geometric(first: float, ratio: float) -> float:
    return min(0.0, first - log1p(-ratio)) if ratio < 1 else 0.0


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _least(n: int, p: float, level: float) -> int:
    """The least count above the mean whose p-value is at most the level; n + 1 if there is none."""
    low, high = int(n * p), n + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if log(2) + log_sf(middle - 1, n, p) <= level else (middle, high)
    return high


def _survival(k: int, n: int, p: float) -> float:
    """P(X ≥ k), summed over all that matters: twelve deviations."""
    if k > n or p in (0, 1):
        return float(k <= n * p)
    reach = 12 * sqrt(n * p * (1 - p)) + 12
    first, last = max(k, int(n * p - reach)), min(n, int(n * p + reach))
    if first > last:
        return 0.0
    j = np.arange(first, last, dtype=np.float64)
    ratios = np.log((n - j) / (j + 1) * (p / (1 - p)))
    return min(1.0, float(np.exp(_log_pmf(first, n, p) + np.concatenate([[0.0], np.cumsum(ratios)])).sum()))


def _edge(outside: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number between the two, nearly, up to which it is outside."""
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if outside(middle) else (low, middle)
    return low
