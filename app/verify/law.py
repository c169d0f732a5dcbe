"""A claimed seed: the outputs held against the mask law."""

from dataclasses import dataclass
from functools import cached_property
from math import log, log1p
from typing import Final

import numpy as np

from app.core.arrays import BoolArray, FloatArray, blocks
from app.core.layer import Layer
from app.verify.case import Case
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.chance.rate import off
from app.verify.chance.tails import POWER
from app.verify.findings import Finding, finding
from app.verify.misreadings import Misreading, misreading
from app.verify.replay import mask_of, output_of
from app.verify.values.floats import unit
from app.verify.values.reading import Reading

_NORMAL: Final = 1e-12
"""How far the normals of the law are promised to be right."""


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """A case with a seed. reading : its elements; without them, outputs are held against those of the law."""

    case: Case
    reading: Reading | None

    @property
    def layer(self) -> Layer:
        """What the outputs are claimed to be those of."""
        return self.case.layer

    @cached_property
    def misreading(self) -> Misreading | None:
        """How the law was misread, if the first output shows that; not where decisions are others than elements'."""
        if self.reading is None or self.layer.factors() is None:
            return None
        return misreading(self.case, self.reading.dropped[0], self.reading.known)


def reproduced(seen: Seeded) -> Measured:
    """Output k is that of the law's sample k: each decision that can be seen, or each number where noise is no mask.

    The statistic is how many elements are not. Chance has no part. Power: a rate that is off by δ changes each decision
    with probability δ, another deviation every number.
    """
    reading = seen.reading
    different = _outputs(seen.case) if reading is None else _decisions(seen.case, reading)
    tell = int(np.count_nonzero(seen.case.x if reading is None else reading.known))
    words = "any other decision" if tell else "nothing: no element tells a decision"
    return certain(different, Detectable(words, 1.0 if tell else None, 1))


def missed(result: CheckResult, seen: Seeded) -> Finding:
    """That decisions are not those of the seed, and how that may have come."""
    how = f" ({seen.misreading.words})" if seen.misreading else ""
    said = f"{result.statistic:.0f} elements are not those of the seed, expected none{how}"
    return finding("mask_not_reproduced", said, expected=0, seen=result.statistic)


def too_few(decisions: int, rate: float) -> str:
    """Why so many decisions that are all the law's would not have shown another rate, "" if they would.

    One that is off by a quarter of min(rate, 1 - rate) changes each decision with that probability.
    """
    if not 0 < rate < 1 or decisions * log1p(-off(rate)) <= log(1 - POWER):
        return ""
    return f"{decisions} decisions would not show another rate"


def _decisions(case: Case, reading: Reading) -> int:
    """How many decisions are not those of the law."""
    return sum(
        int(np.count_nonzero((dropped == mask_of(case, sample=k)) & reading.known))
        for k, dropped in enumerate(reading.dropped)
    )


def _outputs(case: Case) -> int:
    """How many outputs are not those of the law."""
    return sum(_different(output_of(case, sample=k), seen) for k, seen in enumerate(case.y))


def _different(wanted: FloatArray, seen: FloatArray) -> int:
    return sum(int(np.count_nonzero(~_equal(wanted[at], seen[at]))) for at in blocks(0, wanted.size))


def _equal(wanted: FloatArray, seen: FloatArray) -> BoolArray:
    """Which outputs are those wanted, to two units in the last place and what the normals are promised to."""
    ours, theirs = wanted.astype(np.float64), seen.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(ours - theirs) <= 2 * unit(ours, wanted.dtype) + 16 * _NORMAL * np.abs(ours)
    return np.asarray(near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
