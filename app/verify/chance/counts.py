"""Checks of how often decisions drop: in all, in parts of the array, for some values, output after output."""

from collections.abc import Iterator
from math import log, prod
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import BoolArray, FloatArray, blocks
from app.verify.chance.check import LEVEL, Check, Detectable
from app.verify.chance.decisions import Decisions
from app.verify.chance.tails import log_mode, log_p_binomial, log_p_hypergeometric, sample_size, smallest_effect

_QUARTER: Final = 0.25
"""The share of min(p, 1-p) that a rate must be off by to be seen for certain, or the verdict is not pass."""
_RAREST: Final = 2.0**-32
"""Of what is rarer, arrays of any size show the same: that it hardly happens."""
_OUTLIERS: Final = 1000
_BINS: Final = 16
_SAMPLE: Final = 2**12
_ROW: Final = 8
"""Decisions that a row must have for their number of drops to be looked at."""
Counts = NDArray[np.integer[Any]]


def off(p: float) -> float:
    """How far off p a rate must be to be seen for certain: a quarter of min(p, 1-p)."""
    return _QUARTER * min(p, 1 - p)


def clamped(p: float) -> float:
    """The probability that counts are held against in place of p: as near to 0 or 1 as counts can tell."""
    return min(max(p, _RAREST), 1 - _RAREST)


def rate(decisions: Decisions, p: float) -> Check:
    """The rate is p: drops are Binomial(decisions, p).

    Statistic: the rate seen. The p-value is two-sided. Power: with another rate, the probability of the counts that are
    rejected, summed exactly; about p(1-p)(6.8/δ)² decisions show a rate that is off by δ.
    """
    least = smallest_effect(decisions.count, p, LEVEL)
    needed = sample_size(p, off(p), LEVEL)
    words = "nothing: too few decisions" if least is None else f"a rate off by {least:.2g}"
    words += f"; about {needed} decisions show one off by {off(p):.2g}, a quarter of min(p, 1-p)"
    if coarse := _rounding(p, 8):
        words += f", {sample_size(p, coarse, LEVEL)} a p rounded to 8 bits"
    return Check(
        name="rate",
        law="the number of drops is Binomial(decisions, p)",
        statistic=decisions.rate,
        log_p=log_p_binomial(decisions.drops, decisions.count, p),
        detectable=Detectable(words, least, needed),
    )


def _rounding(p: float, bits: int) -> float:
    """How far p is from what so many random bits can have, at least."""
    levels = float(2**bits)
    return abs(p - round(p * levels) / levels)


def slices(decisions: Decisions, p: float) -> Check:
    """Every slice of every axis has the rate of the whole.

    Given the drops in all, those in a slice are hypergeometric, whatever the rate. Statistic: the rate of the slice
    that stands out most. The p-value is two-sided, times the number of slices. Power: that of `rate` for the decisions
    of the slice, at a level divided by their number.
    """
    axes = [axis for axis, length in enumerate(decisions.dropped.shape) if length > 1]
    found = {axis: worst(*slice_counts(decisions, axis), decisions) for axis in axes}
    tried = sum(decisions.dropped.shape[axis] for axis in axes)
    axis = min(found, key=lambda one: found[one].log_p)
    place, seen, size, log_p = found[axis]
    return Check(
        name="slices",
        law="given all drops, those in a slice of an axis are hypergeometric",
        statistic=seen,
        log_p=min(0.0, log_p + log(max(1, tried))),
        detectable=_part(size, p, tried, "a slice of an axis"),
        place=f"entry {place} of axis {axis - 1}" if axis else f"output {place}",
    )


def positions(decisions: Decisions, p: float) -> Check:
    """Every position has the rate of the whole, over all outputs, or over the first axis where there is one.

    Given the drops in all, those at a position are hypergeometric. Statistic: the rate of the position that stands out
    most. The p-value is two-sided, times the number of positions. Power: that of `rate` for the decisions at the
    position, at a level divided by their number.
    """
    trials, drops = position_counts(decisions)
    place, seen, size, log_p = worst(trials, drops, decisions)
    return Check(
        name="positions",
        law="given all drops, those at a position, over the outputs or the first axis, are hypergeometric",
        statistic=seen,
        log_p=min(0.0, log_p + log(max(1, trials.size))),
        detectable=_part(size, p, trials.size, "a position"),
        place=f"position {place}",
    )


def magnitude(decisions: Decisions, p: float, values: FloatArray) -> Check | None:
    """Whether an element is dropped does not depend on its size: `_by_value` of |x|."""
    return _by_value("magnitude", decisions, p, values, np.abs)


def value(decisions: Decisions, p: float, values: FloatArray) -> Check | None:
    """Nor on its value: `_by_value` of x."""
    return _by_value("value", decisions, p, values, np.positive)


def _by_value(name: str, decisions: Decisions, p: float, values: FloatArray, form: np.ufunc) -> Check | None:
    """Decisions over the smallest values, and over those within each of 16 ranges, have the rate of the whole.

    Given the drops in all, those of a set of decisions that is chosen by value are hypergeometric. Statistic: the rate
    of the set that stands out most. The p-value is two-sided, times the number of sets. Power: that of `rate` for the
    decisions of the set, at a level divided by the number of sets. None if all are in one range.
    """
    ranges = _value_counts(decisions, values, form)
    if np.count_nonzero(ranges[0]) < 2:
        return None
    trials, drops = (np.concatenate([counts, np.cumsum(counts)[:-1]]) for counts in ranges)
    _, seen, size, log_p = worst(trials, drops, decisions)
    return Check(
        name=name,
        law=f"given all drops, those of decisions chosen by {name} are hypergeometric",
        statistic=seen,
        log_p=min(0.0, log_p + log(max(1, trials.size))),
        detectable=_part(size, p, trials.size, f"the decisions of one range of {name}"),
    )


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


def counts(decisions: Decisions, p: float) -> Check | None:
    """The number of drops varies as a binomial does, from output to output, and from row to row within them.

    The counts of K groups are all within R of the least with a probability of at most K·W^(K-1), and W^(K-1) where R
    is 0; W bounds the probability of R + 1 counts in a row. Statistic: R of the groups that stand out most. The p-value
    is that of R, times the number of ways to group. Power: a fixed number is found for certain from as many groups on
    as make W^(K-1) small enough. None if there are no groups.
    """
    spreads = _spreads(decisions, p)
    if not spreads:
        return None
    spread = min(spreads, key=lambda one: one.log_p)
    needed = int(LEVEL / spread.likeliest) + 2 if spread.likeliest < 0 else None
    told = needed is not None and spread.groups >= needed
    return Check(
        name="counts",
        law="the numbers of drops of outputs, and of rows of them, are independent, Binomial(decisions, p) each",
        statistic=float(spread.span),
        log_p=min(0.0, spread.log_p + log(len(spreads))),
        detectable=Detectable(
            "the same number of drops in each" if told else f"nothing: it needs {needed} outputs or rows", enough=needed
        ),
        place=f"{spread.groups} groups of {spread.each} decisions",
    )


def tightest(decisions: Decisions, p: float) -> Spread:
    """The groups whose numbers of drops vary least, of those that there are."""
    return min(_spreads(decisions, p), key=lambda one: one.log_p)


def _spreads(decisions: Decisions, p: float) -> list[Spread]:
    """The spreads of outputs, of their entries, of the entries of those, down to rows of a few decisions."""
    shape = decisions.dropped.shape
    levels = [axes for axes in range(1, len(shape)) if shape[axes - 1] > 1 and prod(shape[axes:]) >= _ROW]
    found = (_spread(decisions, p, axes) for axes in levels)
    return [spread for spread in found if spread is not None]


def _spread(decisions: Decisions, p: float, axes: int) -> Spread | None:
    """That of the groups that stand at the first axes; of rows, only those are looked at that are known as a whole."""
    size = prod(decisions.dropped.shape[axes:])
    least = np.min_scalar_type(size)
    known = np.broadcast_to(decisions.known, decisions.dropped.shape).reshape(-1, size).sum(1, least)
    each = int(known[0]) if axes == 1 else size
    drops = decisions.dropped.reshape(-1, size).sum(1, least)[known == each]
    if drops.size < 2 or not each:
        return None
    span = int(np.ptp(drops))
    likeliest = max(log_mode(each, rate) for rate in (p, decisions.drops / decisions.count))
    window = min(0.0, likeliest + log(span + 1))
    log_p = (drops.size - 1) * window + (log(drops.size) if span else 0)
    return Spread(drops.size, each, span, likeliest, min(0.0, log_p))


def slice_counts(decisions: Decisions, axis: int) -> tuple[Counts, Counts]:
    """Known decisions and drops in each slice of an axis; the first axis are the outputs."""
    known = np.broadcast_to(decisions.known, decisions.dropped.shape)
    others = tuple(other for other in range(known.ndim) if other != axis)
    least = np.min_scalar_type(known.size)  # there may be as many slices as decisions
    return known.sum(others, least), decisions.dropped.sum(others, least)


def position_counts(decisions: Decisions) -> tuple[Counts, Counts]:
    """Known decisions and drops at each position."""
    if decisions.calls > 1:
        known = decisions.known.reshape(-1).astype(np.int64) * decisions.calls
        return known, np.count_nonzero(decisions.dropped, 0).reshape(-1)
    return np.count_nonzero(decisions.known, 0).reshape(-1), np.count_nonzero(decisions.dropped[0], 0).reshape(-1)


def _value_counts(decisions: Decisions, values: FloatArray, form: np.ufunc) -> tuple[Counts, Counts]:
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


class Part(NamedTuple):
    """A part of the decisions: its place, its rate, how many they are, and the log of its p-value alone."""

    place: int
    rate: float | None
    decisions: int
    log_p: float


def worst(trials: Counts, drops: Counts, decisions: Decisions) -> Part:
    """The part whose drops stand out most."""
    total, dropped = decisions.count, decisions.drops
    place, furthest = 0, 0.0
    for at in blocks(0, trials.size):
        away = _away(trials[at], drops[at], max(1, total), dropped)
        here = int(np.argmax(away))
        if away[here] > furthest:
            place, furthest = at.start + here, float(away[here])
    if not furthest:
        return Part(0, decisions.rate, int(trials.max(initial=0)), 0.0)
    size, seen = int(trials[place]), int(drops[place])
    return Part(place, seen / size, size, log_p_hypergeometric(seen, size, dropped, total))


def _away(trials: Counts, drops: Counts, total: int, dropped: int) -> FloatArray:
    """How far drops are from what is expected of so many trials, in units that go with the deviation."""
    spread = np.sqrt(trials * (1 - trials / total))
    return np.asarray(np.abs(drops - trials * (dropped / total)) / np.where(spread > 0, spread, np.inf))


def outliers(trials: Counts, drops: Counts, decisions: Decisions) -> Iterator[int]:
    """The parts that have not the rate of the rest, those that stand out most first, and so many at most."""
    away = _away(trials, drops, decisions.count, decisions.drops)
    for place in np.argsort(-away)[:_OUTLIERS].tolist():
        if log_p_hypergeometric(int(drops[place]), int(trials[place]), decisions.drops, decisions.count) >= LEVEL:
            return
        yield place


def _part(size: int, p: float, tried: int, what: str) -> Detectable:
    level = LEVEL - log(max(1, tried))
    least = smallest_effect(size, p, level)
    needed = sample_size(p, off(p), level)
    words = f"nothing: {what} has too few" if least is None else f"a rate off by {least:.2g} in {what}"
    return Detectable(f"{words}; {needed} decisions in it show one off by a quarter of min(p, 1-p)", least, needed)
