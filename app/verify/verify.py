"""All of it: an input, its outputs and what they are claimed to be; what is wrong with them."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from app.core.arrays import FloatArray, Shape
from app.core.draw import Draw
from app.core.layer import Layer
from app.core.window import Window
from app.verify.case import Case, Outcome
from app.verify.chance.check import CheckResult
from app.verify.checks import CHECKS
from app.verify.comparison import Gradients
from app.verify.differentiate import differentiated
from app.verify.examine import examine
from app.verify.findings import FINDINGS, Finding, finding
from app.verify.inferred import Inferred, infer
from app.verify.values.floats import coarsest, reread

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of it.

    verdict : `pass` says that no fault was seen, and that a wrong scale, and a rate off by a quarter of min(p, 1-p),
        would have been with probability 0.9; with less it is `inconclusive`. message : the same in a sentence.
    findings : what is wrong; checks : what was looked at; layer : what the outputs are those of.
    dtype : the type in whose last places values were compared.
    """

    verdict: Verdict
    message: str
    findings: list[Finding]
    checks: list[CheckResult]
    layer: Inferred
    dtype: np.dtype[Any]


def verify(
    x: FloatArray,
    y: FloatArray,
    /,
    *,
    layer: Layer,
    draw: Draw | None = None,
    window: Window | None = None,
    dtype: np.dtype[Any] | None = None,
    gradients: Gradients | None = None,
) -> Verification:
    """Hold outputs of a dropout layer against what they are claimed to be.

    Parameters
    ----------
    x : the input, float64, float32, float16 or bfloat16, of any rank.
    y : K outputs of it, with an axis for them in front.
    layer : what they are claimed to be outputs of.
    draw : where they are claimed to be drawn, output k at replicate k. None if not in the mask law.
    window : where the input lies in a larger array, of which it is claimed to be a block. None if in none.
    dtype : the type they were computed in. By default the coarsest that holds x and y exactly, or the float32 whose
        shortest text they are.
    gradients : those of the outputs, and those of the input that each of them gives; both of y's shape.

    Returns
    -------
    Verification : the verdict, what is wrong, what was checked, and the layer that was seen.

    Raises
    ------
    Invalid : for an input that the layer does not take.

    Examples
    --------
    A layer that takes p for the probability of keeping:

    >>> import numpy as np
    >>> from app.core import Layer
    >>> from app.verify import verify
    >>> x = np.ones(1000)
    >>> keep = np.random.default_rng(0).random(1000) < 0.1
    >>> verification = verify(x, np.where(keep, x / 0.1, 0.0)[None], layer=Layer(p=0.1))
    >>> verification.verdict
    'fail'
    >>> [found.code for found in verification.findings]
    ['keep_drop_swapped']
    """
    claimed = layer.decisions(x.shape, window).shape
    compared_in = dtype or coarsest(x, y)
    if wrong := _other_shape(x, y, gradients):
        return _concluded(Outcome([], [wrong]), layer, x.shape, claimed, compared_in)
    case = Case(
        x=x,
        y=y.reshape(len(y), x.size),
        layer=layer,
        dtype=compared_in,
        draw=draw,
        window=window,
        level=CHECKS.level,
    )
    with np.errstate(all="ignore"):  # arrays may hold anything: what overflows is as far from right as can be
        outcome, reading = examine(case)
        if _digits_may_be_lost(outcome) and (narrow := _reread(case, dtype)):
            case = narrow
            outcome, reading = examine(case)
        if gradients is not None:
            outcome = differentiated(case, outcome, reading, gradients)
    return _concluded(outcome, layer, x.shape, claimed, case.dtype)


def _digits_may_be_lost(outcome: Outcome) -> bool:
    """Whether a check of last places failed: the factor, what follows it, or the numbers of a seed."""
    return any(result.check.last_places and result.p_value == 0 for result in outcome.checks)


def _reread(case: Case, dtype: np.dtype[Any] | None) -> Case | None:
    """The case as of float32 that were written as their shortest text, in the type claimed, or the coarsest of them."""
    arrays = None if dtype == np.float64 else reread(case.x, case.y)
    if arrays is None:
        return None
    return replace(case, x=arrays[0], y=arrays[1], dtype=dtype or coarsest(*arrays))


def _other_shape(x: FloatArray, y: FloatArray, gradients: Gradients | None) -> Finding | None:
    """The first array that has not the shape it should have."""
    shapes = {"an output": (y.shape[1:], x.shape)}
    if gradients is not None:
        shapes |= {f"the gradient of the {name}": (array.shape, y.shape) for name, array in gradients._asdict().items()}
    for name, (seen, wanted) in shapes.items():
        if seen != wanted:
            said = f"{name} has shape {list(seen)}, expected {list(wanted)}"
            return finding("shape_mismatch", said, expected=list(wanted), seen=list(seen))
    return None


def _concluded(outcome: Outcome, layer: Layer, shape: Shape, claimed: Shape, dtype: np.dtype[Any]) -> Verification:
    verdict: Verdict = "fail" if outcome.findings else "inconclusive" if outcome.lacking else "pass"
    messages = {
        "fail": "; ".join(FINDINGS[found.code].title for found in outcome.findings),
        "inconclusive": f"no fault seen, but {outcome.lacking}",
        "pass": f"no fault seen: {outcome.shown}",
    }
    return Verification(
        verdict=verdict,
        message=messages[verdict],
        findings=outcome.findings,
        checks=outcome.checks,
        layer=infer(layer, outcome.seen, shape, claimed, outcome.noise_shape),
        dtype=dtype,
    )
