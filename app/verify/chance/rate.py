"""The check of the rate: how many decisions drop, in all."""

from math import log
from typing import Final

from app.verify.chance.check import Detectable, Measured
from app.verify.chance.decisions import Decisions
from app.verify.chance.evidence import Evidence
from app.verify.chance.tails import log_p_binomial, sample_size, smallest_effect

_QUARTER: Final = 0.25
"""The share of min(p, 1-p) that a rate must be off by to be seen for certain, or the verdict is not pass."""


def off(p: float) -> float:
    """How far off p a rate must be to be seen for certain: a quarter of min(p, 1-p)."""
    return _QUARTER * min(p, 1 - p)


def rate(seen: Evidence) -> Measured:
    """Drops are Binomial(decisions, p).

    The statistic is the rate seen. The p-value is two-sided. Power: with another rate, the probability of the counts
    that are rejected, summed exactly; about p(1-p)(6.8/δ)² decisions show a rate that is off by δ.
    """
    p = seen.p
    measured = binomial(seen.decisions, p, seen.level)
    message, least, needed = measured.detectable
    message += f"; about {needed} decisions show one off by {off(p):.2g}, a quarter of min(p, 1-p)"
    if coarse := _rounding(p, 8):
        message += f", {sample_size(p, coarse, seen.level)} a p rounded to 8 bits"
    return measured._replace(detectable=Detectable(message, least, needed))


def binomial(decisions: Decisions, p: float, level: float) -> Measured:
    """The rate of some decisions held against p, two-sided."""
    least = smallest_effect(decisions.count, p, level)
    words = "nothing: too few decisions" if least is None else f"a rate off by {least:.2g}"
    detectable = Detectable(words, least, sample_size(p, off(p), level))
    return Measured(decisions.rate, log_p_binomial(decisions.drops, decisions.count, p), detectable)


def _rounding(p: float, bits: int) -> float:
    """How far p is from what so many random bits can have, at least."""
    levels = float(2**bits)
    return abs(p - round(p * levels) / levels)


def rate_of_part(size: int, p: float, tried: int, level: float, part: str) -> Detectable:
    """What the rate of a part of so many decisions shows, where so many parts are tried."""
    shared = level - log(max(1, tried))
    least, needed = smallest_effect(size, p, shared), sample_size(p, off(p), shared)
    words = f"nothing: {part} has too few" if least is None else f"a rate off by {least:.2g} in {part}"
    return Detectable(f"{words}; {needed} decisions in it show one off by a quarter of min(p, 1-p)", least, needed)
