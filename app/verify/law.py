"""A claimed seed: the outputs held against the mask law."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import ldexp, log, log1p, prod
from typing import Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, blocks
from app.core.bernoulli import threshold
from app.core.draw import Draw
from app.core.dropout import Result, dropout
from app.core.philox import LANES, MASK_LAW
from app.verify.case import Case, Outcome
from app.verify.chance.check import Check, Detectable, certain
from app.verify.chance.counts import off
from app.verify.chance.tails import POWER
from app.verify.findings import Finding, finding
from app.verify.values.floats import unit
from app.verify.values.reading import Reading

_NORMAL: Final = 1e-12
"""How far the normals of the law are promised to be right."""


CERTAIN: Final = "every element and every decision is what it has to be; nothing was left to chance"


def by_seed(case: Case, outcome: Outcome, reading: Reading | None) -> Outcome:
    """The outcome of a layer whose noise is known by the law alone; without a reading, its numbers are held to it."""
    if case.draw is None:
        lacking = f"of {case.layer.variant} only what is certain is checked, not its rate; claim a seed for that"
        return outcome._replace(lacking=lacking)
    check = normals(case) if reading is None else seed(reading, case)
    outcome.checks.append(check)
    missing = [missed(check)] if check.statistic else []
    lacking = "" if check.detectable.smallest else "no element of the input tells"
    if reading is not None:
        rate, decisions = case.layer.rate(case.x.shape), len(case.y) * prod(case.noise_shape)
        lacking = lacking or few(decisions, rate)
    return outcome._replace(findings=[*outcome.findings, *missing], shown=CERTAIN, lacking=lacking)


def few(decisions: int, rate: float) -> str:
    """Why so many decisions of the law would not show another rate, if they would not.

    One that is off by a quarter of min(rate, 1 - rate) changes each decision with that probability.
    """
    if not 0 < rate < 1 or decisions * log1p(-off(rate)) <= log(1 - POWER):
        return ""
    return f"{decisions} decisions would not show another rate"


def missed(check: Check, slip: str = "") -> Finding:
    """What the seed says of decisions that are not its own, and how that may have come."""
    said = f"{check.statistic:.0f} elements are not those of the seed, expected none{slip}"
    return finding("mask_not_reproduced", said, expected=0, seen=check.statistic)


def seed(reading: Reading, case: Case) -> Check:
    """Every decision that can be seen is the law's, output k's that of sample k.

    Statistic: how many are not. Chance has no part. Power: a rate that is off by δ changes each with probability δ.
    """
    different = sum(
        int(np.count_nonzero((dropped == mask_of(case, sample=k)) & reading.known))
        for k, dropped in enumerate(reading.dropped)
    )
    return _reproduced(different, int(np.count_nonzero(reading.known)))


def normals(case: Case) -> Check:
    """Every output of gaussian dropout is that of the law's normal.

    Statistic: how many are not. Chance has no part. Power: another deviation changes every one.
    """
    different = sum(_different(_replicate(case, k).output, seen) for k, seen in enumerate(case.y))
    return _reproduced(different, int(np.count_nonzero(case.x)))


def _replicate(case: Case, k: int, *, masks: bool = False) -> Result:
    """What the law makes of the input, in the type it is compared in, at the k-th sample."""
    return dropout(
        case.x.astype(case.dtype, copy=False),
        layer=case.layer,
        draw=(case.draw or Draw()).replicate(k),
        window=case.window,
        outputs=not masks,
        masks=masks,
        statistics=False,
    )


def _reproduced(different: int, told: int) -> Check:
    law = f"each decision is the one that {MASK_LAW} makes of the seed"
    words = "any other decision" if told else "nothing: no element tells a decision"
    return certain("seed", law, different, Detectable(words, 1.0 if told else None, 1))


def _different(wanted: FloatArray | None, seen: FloatArray) -> int:
    """How many outputs are not those wanted."""
    assert wanted is not None
    ours = wanted.reshape(-1)
    return sum(int(np.count_nonzero(~_alike(ours[at], seen[at]))) for at in blocks(0, ours.size))


def _alike(wanted: FloatArray, seen: FloatArray) -> BoolArray:
    """Which outputs are those wanted, to two units in the last place and what the normals are promised to."""
    ours, theirs = wanted.astype(np.float64), seen.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(ours - theirs) <= 2 * unit(ours, wanted.dtype) + 16 * _NORMAL * np.abs(ours)
    return np.asarray(near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))


def mask_of(case: Case, sample: int = 0) -> BoolArray:
    """The law's mask of the input, flat, true = kept."""
    found = _replicate(case, sample, masks=True).mask
    assert found is not None
    return found.reshape(-1)


class Slip(NamedTuple):
    """A way of misreading the law, and whether it comes to swapping p and keep."""

    words: str
    swaps: bool
    mask: Callable[[Case], BoolArray]


def misreading(reading: Reading, case: Case) -> Slip | None:
    """How the law was misread, if the first output shows one of the usual ways."""
    kept, known = ~reading.dropped[0], reading.known
    return next((slip for slip in _SLIPS if ((slip.mask(case) == kept) | ~known).all()), None)


def _with_p(case: Case, p: float) -> Case:
    return replace(case, layer=replace(case.layer, p=p))


def _swapped(case: Case) -> Case:
    draw = case.draw or Draw()
    return replace(case, draw=replace(draw, seed=draw.stream, stream=draw.seed))


def _rounded(case: Case, up: int) -> Case:
    """The case with p rounded to what 16 bits can have: down keeps every tie, up drops it."""
    return _with_p(case, min(1.0, ldexp(int(ldexp(case.layer.p, 16)) + up, -16)))


def _hashed(case: Case, counter: int) -> BoolArray:
    """The mask of numpy's seeded Philox from a counter on, spread over the input."""
    size, draw = prod(case.noise_shape), case.draw or Draw()
    words = np.random.Philox(draw.seed, counter=counter).random_raw(-(-size // 4))
    mask = words.astype("<u8").view("<u2")[:size] >= threshold(case.layer.p) >> 48
    return np.broadcast_to(mask.reshape(case.noise_shape), case.x.shape).reshape(-1)


_HASHED: Final = "they are of numpy's Philox(seed), which hashes its seed: Philox(key=seed) does not"
_SLIPS: Final = (
    Slip("they are the law's for 1 - p", True, lambda case: mask_of(_with_p(case, 1 - case.layer.p))),
    Slip("they are the law's the other way round", True, lambda case: ~mask_of(case)),
    Slip("they are those of seed and stream swapped", False, lambda case: mask_of(_swapped(case))),
    Slip("16 bits decided alone, and ties were kept", False, lambda case: mask_of(_rounded(case, 0))),
    Slip("16 bits decided alone, and ties were dropped", False, lambda case: mask_of(_rounded(case, 1))),
    Slip(_HASHED, False, partial(_hashed, counter=0)),
    Slip(_HASHED, False, partial(_hashed, counter=(LANES << 192) - 1)),
)
