"""The checks of axes: which elements share a decision, by the claim and by what is seen."""

from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import Shape
from app.verify.chance.agreement import pairs_to_tell
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.chance.evidence import Evidence
from app.verify.findings import Finding, finding


def shared(seen: Evidence) -> bool:
    """Whether elements are claimed to share decisions."""
    return seen.case.noise_shape != seen.noise_shape


def noise_shape(seen: Evidence) -> Measured:
    """Elements that share a decision are all dropped or all kept.

    The statistic is how many decisions do both. Chance has no part. Power: decisions that are not shared by n known
    elements show it with probability 1 - pⁿ - (1-p)ⁿ each.
    """
    words = "any element on its own" if seen.decisions.count else "nothing: no element tells a decision"
    return certain(seen.decisions.mixed(seen.case.noise_shape), Detectable(words, None, 2))


def as_claimed(result: CheckResult, seen: Evidence) -> tuple[Evidence, Finding | None]:
    """The decisions in the claimed noise shape, if elements share them."""
    if result.statistic:
        return seen, None
    claimed = seen.case.noise_shape
    return replace(seen, decisions=seen.decisions.over(claimed), noise_shape=claimed), None


def long(seen: Evidence) -> bool:
    """Whether there are decisions, and an axis along which there are several."""
    return seen.decisions.count > 0 and max(seen.decisions.known.shape, default=1) > 1


def axes(seen: Evidence) -> Measured:
    """No axis is constant: decisions along it are independent.

    All n decisions of a line agree with probability pⁿ + (1-p)ⁿ, and lines are independent. The statistic is how many
    axes are constant. The p-value is exact, times the number of axes. Power: a shared axis is found for certain where
    the axes are long enough for that.
    """
    lengths = [axis for axis, length in enumerate(seen.decisions.known.shape) if length > 1]
    constant = seen.decisions.constant()
    lowest = min((_along(seen, axis) for axis in constant), default=0.0)
    clearest = min((_along(seen, axis) for axis in lengths), default=0.0) + log(max(1, len(lengths)))
    shows = "decisions shared along an axis"
    words = shows if clearest < seen.level else "nothing: the axes are too short, or there are none"
    return Measured(
        statistic=float(len(constant)),
        log_p=min(0.0, lowest + log(max(1, len(lengths)))),
        detectable=Detectable(words, enough=pairs_to_tell(seen.p, seen.level)),
    )


def as_seen(result: CheckResult, seen: Evidence) -> tuple[Evidence, Finding | None]:
    """The decisions in the noise shape that was seen, and what is wrong if that is not the claimed one."""
    claimed, shape = seen.case.noise_shape, _shape(seen)
    left = replace(seen, decisions=seen.decisions.over(shape), noise_shape=shape)
    if shape == claimed:
        return left, None
    # what is not shared as claimed is so for certain
    return left, _other_shape(claimed, shape, result.p_value if seen.noise_shape == claimed else 0.0)


def _shape(seen: Evidence) -> Shape:
    """The noise shape without the axes that are constant by more than chance."""
    shape = seen.decisions.known.shape
    level = seen.level - log(len(shape))
    shared = [axis for axis in seen.decisions.constant() if _along(seen, axis) < level]
    return tuple(1 if axis in shared else length for axis, length in enumerate(shape))


def _other_shape(claimed: Shape, shape: Shape, p_value: float) -> Finding:
    if shape == (1, *claimed[1:]):
        said = f"all {claimed[0]} entries of the first axis have the same mask, expected one of its own for each"
        return finding("mask_repeated", said, expected=list(claimed), seen=list(shape), p_value=p_value)
    said = f"decisions have the shape {list(shape)}, expected {list(claimed)}"
    return finding("wrong_noise_shape", said, expected=list(claimed), seen=list(shape), p_value=p_value)


def _along(seen: Evidence, axis: int) -> float:
    """Log of the probability that all lines along an axis are constant, at p or at the rate seen, the larger."""
    lengths = np.bincount(np.count_nonzero(seen.decisions.known, axis=axis).reshape(-1))
    lengths[:2] = 0  # what is alone is always constant
    long = np.flatnonzero(lengths)
    return seen.decisions.calls * max(_constant(long, lengths[long], rate) for rate in seen.rates)


def _constant(lengths: NDArray[np.intp], lines: NDArray[np.intp], rate: float) -> float:
    """Log of the probability that lines of those lengths, so many of each, are constant."""
    if rate in (0, 1):
        return 0.0
    return float(lines @ np.logaddexp(lengths * log(rate), lengths * log(1 - rate)))
