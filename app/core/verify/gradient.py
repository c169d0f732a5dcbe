"""The gradient: it is kept where the output was, times the same factor."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, blocks
from app.core.verify.check import Check, Detectable, certain
from app.core.verify.findings import Finding, finding
from app.core.verify.rules import Rule, near, telling, unit
from app.core.verify.values import SAMPLE, Reading


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
    rule = Rule(None if reading.rule is None else reading.rule.scale)
    told, right = (_over(gradients, test, rule, dtype) for test in (_tells, near))
    told &= reading.known
    passes = gradients.input != 0
    through = passes & told & ~reading.dropped
    return Compared(
        told=int(np.count_nonzero(told)),
        passed=int(np.count_nonzero(passes & told & reading.dropped)),
        stopped=int(np.count_nonzero(~passes & told & ~reading.dropped)),
        scaled=int(np.count_nonzero(through & ~right)) if rule.scale is not None else 0,
        factor=_factor(gradients, through),
    )


def compare_each(gradients: Gradients, x: FloatArray, y: FloatArray, dtype: np.dtype[Any]) -> Compared:
    """The same where elements or outputs have factors of their own, y / x."""
    told = np.isfinite(x) & np.isfinite(y) & np.isfinite(gradients.output) & (x != 0) & (gradients.output != 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wanted = gradients.output.astype(np.float64) * (y.astype(np.float64) / x.astype(np.float64))
        far = np.abs(wanted - gradients.input) > _ROUNDINGS * unit(np.where(told, wanted, 0), dtype)
    passes, dropped = gradients.input != 0, y == 0
    return Compared(
        told=int(np.count_nonzero(told)),
        passed=int(np.count_nonzero(passes & told & dropped)),
        stopped=int(np.count_nonzero(~passes & told & ~dropped)),
        scaled=int(np.count_nonzero(far & told & passes & ~dropped)),
        factor=_factor(gradients, told & passes & ~dropped),
    )


_ROUNDINGS: Final = 8
"""Units in the last place: of y, of the gradient, and of their products."""


def _tells(g: FloatArray, _dx: FloatArray, rule: Rule, dtype: np.dtype[Any]) -> BoolArray:
    return telling(g, rule, dtype)


_Test = Callable[[FloatArray, FloatArray, Rule, np.dtype[Any]], BoolArray]


def _over(gradients: Gradients, test: _Test, rule: Rule, dtype: np.dtype[Any]) -> BoolArray:
    """The test's answers for all of them, in float64, block by block."""
    calls, size = gradients.output.shape
    found = np.empty((calls, size), bool)
    for call in range(calls):
        for at in blocks(0, size):
            g, dx = gradients.output[call, at].astype(np.float64), gradients.input[call, at].astype(np.float64)
            found[call, at] = test(g, dx, rule, dtype)
    return found


def _factor(gradients: Gradients, through: BoolArray) -> float | None:
    """The middle one of the factors of the first few of those."""
    call, place = (some[:SAMPLE] for some in np.nonzero(through))
    if not call.size:
        return None
    g, dx = (array[call, place].astype(np.float64) for array in gradients)
    return float(np.median(dx / g))


def mask(compared: Compared) -> Check:
    """The gradient is 0 where the output was dropped, and not where it was kept. Statistic: how many differ."""
    law = "the gradient passes where the output was kept, and nowhere else"
    return certain("gradient_mask", law, compared.passed + compared.stopped, _told(compared))


def scale(compared: Compared) -> Check:
    """What passes is multiplied by the factor of the forward pass. Statistic: how many are not."""
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
