"""What chance has a part in: the checks of independent decisions, and what it means if some of them fail."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.core.arrays import FloatArray, Shape
from app.verify.chance import counts, patterns
from app.verify.chance.check import LEVEL, Check
from app.verify.chance.decisions import Decisions, mean_over
from app.verify.chance.tails import log_p_binomial
from app.verify.findings import Finding, finding


def checks(decisions: Decisions, p: float, x: FloatArray, noise_shape: Shape) -> list[Check]:
    """All checks that these decisions, in some noise shape over an input, allow."""
    if not decisions.count:
        return []
    means = values_of(x, noise_shape, decisions)
    run = [counts.rate(decisions, p)]
    if max(decisions.dropped.shape) > 1:
        run += [counts.slices(decisions, p), patterns.lags(decisions, p)]
    if decisions.calls > 1 or decisions.known.ndim > 2:
        run.append(counts.positions(decisions, p))
    by_value = (check(decisions, p, means) for check in (counts.magnitude, counts.value))
    return run + [check for check in (*by_value, counts.counts(decisions, p)) if check is not None]


def values_of(x: FloatArray, noise_shape: Shape, decisions: Decisions) -> Any:
    """What the input is where each decision was made: the mean of what shares it."""
    means, known = mean_over(x, noise_shape), decisions.known
    return means.reshape(known.shape) if means.size == known.size else np.resize(means, known.shape)


def findings(decisions: Decisions, p: float, rejected: dict[str, Check]) -> list[Finding]:
    """What is wrong with the decisions, but for their rate: the explanation that the data speak for most."""
    most, fixed = explanation(rejected), rejected.get("counts")
    if most and most.name in _BY_VALUE:  # what is chosen by value may well be as many each time
        fixed = None
    if fixed and most and most.name in _TOGETHER and fixed.log_p < most.log_p:  # and a fixed number is correlated
        most = None
    found = [_EXPLANATIONS[most.name](most, decisions)] if most else []
    return found + ([_fixed(fixed, decisions, p)] if fixed else [])


def explanation(rejected: dict[str, Check]) -> Check | None:
    """The check that speaks most clearly: what depends on values or places is correlated too, and vice versa."""
    candidates = [check for name, check in rejected.items() if name in _EXPLANATIONS]
    return min(candidates, key=lambda check: check.log_p, default=None)


def _depends(check: Check, decisions: Decisions) -> Finding:
    seen, usual = check.statistic, decisions.rate
    said = f"of elements chosen by {check.name} {seen:.4g} are dropped, expected {usual:.4g} as of all"
    return finding("depends_on_values", said, expected=usual, seen=seen, p_value=check.p_value)


def _not_uniform(check: Check, decisions: Decisions) -> Finding:
    seen, usual = check.statistic, decisions.rate
    said = f"of {check.place} {seen:.4g} are dropped, expected {usual:.4g} as everywhere"
    return finding("rate_not_uniform", said, expected=usual, seen=seen, p_value=check.p_value)


def _correlated(check: Check, _decisions: Decisions) -> Finding:
    words = {
        "lags": "decisions {1} have a correlation of {0:.3g}, expected 0",
        "periods": "decisions {0:.0f} apart agree more or less often than by chance, expected as often",
        "calls": "two outputs agree in {0:.4g} of their decisions, expected as many as by chance",
    }
    said = words[check.name].format(check.statistic, check.place)
    return finding("mask_correlated", said, expected=0, seen=check.statistic, p_value=check.p_value)


_BY_VALUE: Final = ("magnitude", "value")
_TOGETHER: Final = ("lags", "periods", "calls")
_EXPLANATIONS: Final[dict[str, Callable[[Check, Decisions], Finding]]] = {
    **dict.fromkeys(_BY_VALUE, _depends),
    **dict.fromkeys(("slices", "positions"), _not_uniform),
    **dict.fromkeys(_TOGETHER, _correlated),
}
"""What the failure of a check means."""


def _fixed(check: Check, decisions: Decisions, p: float) -> Finding:
    spread = counts.tightest(decisions, p)
    deviation = (spread.each * p * (1 - p)) ** 0.5
    said = (
        f"the numbers of drops in {spread.groups} outputs or rows of {spread.each} decisions differ by {spread.span} "
        f"at most, expected a deviation of {deviation:.3g}"
    )
    return finding("fixed_count", said, expected=deviation, seen=check.statistic, p_value=check.p_value)


def explained(decisions: Decisions, p: float, rejected: dict[str, Check]) -> bool:
    """Whether a wrong rate is only that of some places, or of decisions that depend on each other."""
    most = explanation(rejected)
    if most is None or most.name in _BY_VALUE:
        return False
    rest = _uniform_part(decisions, most) if most.name in ("slices", "positions") else _thinned(decisions)
    return rest.count > 0 and log_p_binomial(rest.drops, rest.count, p) > LEVEL


def _uniform_part(decisions: Decisions, check: Check) -> Decisions:
    """The decisions without the places whose rate stands out."""
    known = np.broadcast_to(decisions.known, decisions.dropped.shape).copy()
    for axis, length in enumerate(decisions.dropped.shape):
        if length > 1 and check.name == "slices":
            moved = np.moveaxis(known, axis, 0)
            moved[list(counts.outliers(*counts.slice_counts(decisions, axis), decisions))] = False
    if check.name == "positions":
        places = list(counts.outliers(*counts.position_counts(decisions), decisions))
        first = 1 if decisions.calls > 1 else 2
        known.reshape(int(np.prod(known.shape[:first])), -1)[:, places] = False
    flat = known.reshape(-1)
    return Decisions(dropped=(decisions.dropped.reshape(-1) & flat)[None], known=flat)


def _thinned(decisions: Decisions) -> Decisions:
    """Decisions so far from each other that neighbours have no part in it."""
    dropped, known = (array[:: patterns.NEIGHBOURS + 1] for array in decisions.sequence)
    return Decisions(dropped=dropped[None], known=known)
