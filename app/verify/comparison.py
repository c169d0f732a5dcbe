"""The gradient of the input, held against the forward pass: kept where the output was, times the same factor."""

from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, Shape
from app.verify.case import Case
from app.verify.chance.decisions import Decisions
from app.verify.forward import Forward
from app.verify.values.floats import float_format, unit
from app.verify.values.printed import SAMPLE, Digits, ways
from app.verify.values.reading import pairs
from app.verify.values.rules import Rule, informative, is_kept


class Gradients(NamedTuple):
    """Of the outputs, and of the input that each of them gives; of the shape of the outputs both."""

    output: FloatArray
    input: FloatArray


class Compared(NamedTuple):
    """Gradients of the input, held against the forward pass.

    speaking : how many of them tell something. passed : how many pass that should not. stopped : the reverse.
    scaled : how many pass times another factor. factor : the middle one of those, or of all that pass.
    mixed : how many decisions both pass and stop. silent : those of which only the gradient tells.
    """

    speaking: int
    passed: int
    stopped: int
    scaled: int
    factor: float | None
    mixed: int
    silent: Decisions


def compare(gradients: Gradients, seen: Forward, shape: Shape, dtype: np.dtype[Any]) -> Compared:
    """How the gradients of an input of that shape differ from what the forward pass makes of them.

    Where they are not right as they are, but to the digits that they may have been printed with, they are that.
    """
    plain = _compare(gradients, seen, shape, dtype, None)
    if not (plain.scaled or plain.stopped):
        return plain
    printed = (_compare(gradients, seen, shape, dtype, digits) for digits in ways(*gradients))
    return next((one for one in printed if not (one.scaled or one.stopped)), plain)


def _compare(
    gradients: Gradients, seen: Forward, shape: Shape, dtype: np.dtype[Any], digits: Digits | None
) -> Compared:
    rule, factor = Rule(seen.factor), abs(seen.factor or 1.0)
    speaks, right = np.empty(gradients.output.shape, bool), np.ones(gradients.output.shape, bool)
    for call, at, g, dx in pairs(gradients.output, gradients.input):
        slack = 0.0 if digits is None else digits.slack(g, dx, factor)
        speaks[call, at] = informative(g, rule, dtype) & (np.abs(g) * factor > 2 * slack)
        if seen.factor is not None:
            right[call, at] = is_kept(g, dx, rule, dtype, slack)
    return _compared(gradients, speaks, right, seen, shape)


def compare_each(gradients: Gradients, case: Case, dtype: np.dtype[Any]) -> Compared:
    """The same where elements or outputs have factors of their own, y / x; of outputs, a 0 of the input has theirs.

    Of a number that is next to nothing, x or y, the factor is not known.
    """
    x, y, drops = case.flat, case.y, "mask" in case.layer.row.parameters
    least = 2.0 ** float_format(case.dtype).least
    factors = [_middle(x, one) if drops else np.nan for one in y]
    speaks, right = np.empty(y.shape, bool), np.empty(y.shape, bool)
    for (call, at, g, dx), (_, _, before, after) in zip(pairs(*gradients), pairs(x, y), strict=True):
        wanted = g * np.where(before == 0, factors[call], after / before)
        clear = np.minimum(np.abs(before), np.abs(after)) >= least
        speaks[call, at] = np.isfinite(wanted) & (g != 0) & (clear | (drops & ((before == 0) | (after == 0))))
        right[call, at] = np.abs(wanted - dx) <= _ROUNDINGS * unit(np.where(np.isfinite(wanted), wanted, 0), dtype)
    known = x != 0
    return _compared(gradients, speaks, right, Forward(None, known, y == 0, ~known, case.x.shape), case.x.shape)


_ROUNDINGS: Final = 8
"""Units in the last place: of y, of the gradient, and of their products."""


def _middle(x: FloatArray, y: FloatArray) -> float:
    """The middle factor of what was kept of an input, as far as the first few tell."""
    some = np.flatnonzero((x != 0) & (y != 0))[:SAMPLE]
    return float(np.median(y[some].astype(np.float64) / x[some].astype(np.float64))) if some.size else np.nan


def _compared(gradients: Gradients, speaks: BoolArray, right: BoolArray, seen: Forward, shape: Shape) -> Compared:
    """What there is to tell of gradients: where they speak, and where they are scaled right."""
    passes, known, silent = gradients.input != 0, speaks & seen.known, speaks & seen.silent
    through = passes & ((known & ~seen.dropped) | silent)
    wrong = through & ~right
    alone = np.logical_and.reduce(silent, axis=0)
    decisions = Decisions.of(~passes & alone, alone, shape)
    return Compared(
        speaking=int(np.count_nonzero(known | silent)),
        passed=int(np.count_nonzero(passes & known & seen.dropped)),
        stopped=int(np.count_nonzero(~passes & known & ~seen.dropped)),
        scaled=int(np.count_nonzero(wrong)),
        factor=_factor(gradients, wrong if wrong.any() else through),
        mixed=decisions.mixed(seen.noise_shape),
        silent=decisions.over(seen.noise_shape),
    )


def _factor(gradients: Gradients, through: BoolArray) -> float | None:
    """The middle one of the factors of the first few of those."""
    some = np.flatnonzero(through)[:SAMPLE]
    if not some.size:
        return None
    g, dx = (array.reshape(-1)[some].astype(np.float64) for array in gradients)
    return float(np.median(dx / g))
