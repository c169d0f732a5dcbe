"""The gradient: it is kept where the output was, times the same factor."""

from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray
from app.core.verify.check import Check, Detectable, certain
from app.core.verify.findings import Finding, finding
from app.core.verify.printed import SAMPLE
from app.core.verify.rules import Rule, informative, is_kept, unit
from app.core.verify.values import Reading, pairs


class Gradients(NamedTuple):
    """Of the outputs, and of the input that each of them gives; (K, n) both."""

    output: FloatArray
    input: FloatArray


class Compared(NamedTuple):
    """Gradients of the input, held against the forward pass.

    told : how many of them tell; passed : how many pass that should not; stopped : the reverse; scaled : how many pass
    times another factor; factor : the middle one of the factors of what passes.
    """

    told: int = 0
    passed: int = 0
    stopped: int = 0
    scaled: int = 0
    factor: float | None = None


def compare(gradients: Gradients, reading: Reading, dtype: np.dtype[Any]) -> Compared:
    """How the gradients differ from what the forward pass makes of them."""
    rule = reading.rule or Rule(None)
    told, right = np.empty(gradients.output.shape, bool), np.ones(gradients.output.shape, bool)
    for call, at, g, dx in pairs(gradients.output, gradients.input):
        told[call, at] = reading.known[at] & informative(g, rule, dtype)
        if rule.scale is not None:
            right[call, at] = is_kept(g, dx, Rule(rule.scale), dtype)
    return _compared(gradients, told, reading.dropped, right)


def compare_each(gradients: Gradients, x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> Compared:
    """The same where elements or outputs have factors of their own, y / x."""
    told, right = np.empty(y.shape, bool), np.empty(y.shape, bool)
    for (call, at, g, dx), (_, _, before, after) in zip(pairs(*gradients), pairs(x, y), strict=True):
        wanted = g * (after / before)
        told[call, at] = np.isfinite(wanted) & (before != 0) & (g != 0)
        right[call, at] = np.abs(wanted - dx) <= _ROUNDINGS * unit(np.where(np.isfinite(wanted), wanted, 0), dtype)
    return _compared(gradients, told, y == 0, right)


_ROUNDINGS: Final = 8
"""Units in the last place: of y, of the gradient, and of their products."""


def _compared(gradients: Gradients, told: BoolArray, dropped: BoolArray, right: BoolArray) -> Compared:
    """What there is to tell of gradients: where they tell, where the output was dropped, and which are scaled right."""
    passes = gradients.input != 0
    through = passes & told & ~dropped
    return Compared(
        told=int(np.count_nonzero(told)),
        passed=int(np.count_nonzero(passes & told & dropped)),
        stopped=int(np.count_nonzero(~passes & told & ~dropped)),
        scaled=int(np.count_nonzero(through & ~right)),
        factor=_factor(gradients, through),
    )


def _factor(gradients: Gradients, through: BoolArray) -> float | None:
    """The middle one of the factors of the first few of those."""
    told = np.flatnonzero(through)[:SAMPLE]
    if not told.size:
        return None
    g, dx = (array.reshape(-1)[told].astype(np.float64) for array in gradients)
    return float(np.median(dx / g))


def mask(compared: Compared) -> Check:
    """The gradient is 0 where the output was dropped, and not where it was kept.

    Statistic: how many differ. Chance has no part. Power: one is enough; a mask drawn anew differs in 2p(1-p) of all.
    """
    law = "the gradient passes where the output was kept, and nowhere else"
    return certain("gradient_mask", law, compared.passed + compared.stopped, _told(compared))


def scale(compared: Compared) -> Check:
    """What passes is multiplied by the factor of the forward pass.

    Statistic: how many are not. Chance has no part. Power: one is enough.
    """
    law = "what passes is multiplied by the factor of the forward pass"
    return certain("gradient_scale", law, compared.scaled, _told(compared))


def _told(compared: Compared) -> Detectable:
    words = "a single element" if compared.told else "nothing: no gradient tells"
    return Detectable(words, 1.0 if compared.told else None, 1)


def findings(compared: Compared, expected: float | None) -> list[Finding]:
    """What is wrong with the gradients; `expected` is the factor of the forward pass, None if it is not one."""
    found = []
    if compared.passed or compared.stopped:
        said = (
            f"the gradient passes at {compared.passed} elements that were dropped and is 0 at {compared.stopped} that "
            "were kept, expected neither"
        )
        found.append(finding("gradient_mask_differs", said, expected=0, seen=compared.passed + compared.stopped))
    straight = compared.passed and not compared.stopped and compared.factor == 1  # which explains the factor too
    if compared.scaled and not straight:
        wanted = "the output's own factors" if expected is None else f"{expected:.8g}, as the output is"
        said = f"{compared.scaled} gradients are not scaled right, by about {compared.factor:.8g}, expected {wanted}"
        found.append(finding("gradient_scale_differs", said, expected=expected, seen=compared.factor))
    return found
