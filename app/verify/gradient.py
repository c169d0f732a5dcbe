"""The gradient: it is kept where the output was, times the same factor; where the input is 0, it alone speaks."""

from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray, FloatArray, Shape
from app.verify import law
from app.verify.case import Case, Outcome
from app.verify.chance.check import LEVEL, Check, Detectable, certain
from app.verify.chance.counts import clamped, off
from app.verify.chance.decisions import Decisions
from app.verify.chance.tails import log_p_binomial, sample_size, smallest_effect
from app.verify.findings import Finding, FindingCode, finding
from app.verify.values.floats import coarsest, float_format, reread, unit
from app.verify.values.printed import SAMPLE, Digits, ways
from app.verify.values.reading import Reading, pairs
from app.verify.values.rules import Rule, informative, is_kept


class Gradients(NamedTuple):
    """Of the outputs, and of the input that each of them gives; (K, n) both."""

    output: FloatArray
    input: FloatArray


class Forward(NamedTuple):
    """What the forward pass was, as far as the outputs and the claim tell.

    factor : of what was kept; None if there is no one, or nothing was. told : (n,) the elements of which it is known
    whether they were dropped; dropped : (K, n) those that were. silent : (n,) those of which only the gradient tells.
    noise_shape : of the decisions.
    """

    factor: float | None
    told: BoolArray
    dropped: BoolArray
    silent: BoolArray
    noise_shape: Shape


class Compared(NamedTuple):
    """Gradients of the input, held against the forward pass.

    told : how many of them tell; passed : how many pass that should not; stopped : the reverse; scaled : how many pass
    times another factor; factor : the middle one of those, or of all that pass.
    mixed : how many decisions both pass and stop; silent : those of which only the gradient tells.
    """

    told: int
    passed: int
    stopped: int
    scaled: int
    factor: float | None
    mixed: int
    silent: Decisions


def forward(case: Case, reading: Reading, outcome: Outcome) -> Forward:
    """What the forward pass was: where the input tells, where it shares a decision with one that does, and by law."""
    layer, known, dropped = case.layer, reading.known, reading.dropped
    factor = None if reading.rule is None else reading.rule.scale
    noise_shape, nothing_kept = outcome.noise_shape or case.noise_shape, layer.training and layer.p == 1
    if outcome.seen.rule is None and not nothing_kept:  # too little follows a rule to tell more
        return Forward(factor, known, dropped, np.zeros_like(known), noise_shape)
    if not layer.training or layer.p in (0, 1):
        known, dropped = np.ones_like(known), np.where(known, dropped, nothing_kept)
    elif case.draw and _reproduced(outcome):
        known = np.ones_like(known)
        dropped = np.stack([~law.mask_of(case, sample=k) for k in range(len(case.y))])
    elif noise_shape != case.x.shape:
        known, dropped = _shared(Decisions.of(dropped, known, case.x.shape), noise_shape)
    return Forward(factor, known, dropped, ~known, noise_shape)


def _reproduced(outcome: Outcome) -> bool:
    """Whether all decisions are those of the seed."""
    return any(check.name == "seed" and not check.statistic for check in outcome.checks)


def _shared(elements: Decisions, noise_shape: Shape) -> tuple[BoolArray, BoolArray]:
    """The elements of which one that shares their decision tells, and those that were dropped."""
    found, shape = elements.over(noise_shape), elements.known.shape
    known = np.broadcast_to(found.known, shape)
    dropped = np.where(elements.known, elements.dropped, found.dropped)
    return known.reshape(-1), dropped.reshape(elements.calls, -1)


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
    told = x != 0
    return _compared(gradients, speaks, right, Forward(None, told, y == 0, ~told, case.x.shape), case.x.shape)


_ROUNDINGS: Final = 8
"""Units in the last place: of y, of the gradient, and of their products."""


def _middle(x: FloatArray, y: FloatArray) -> float:
    """The middle factor of what was kept of an input, as far as the first few tell."""
    told = np.flatnonzero((x != 0) & (y != 0))[:SAMPLE]
    return float(np.median(y[told].astype(np.float64) / x[told].astype(np.float64))) if told.size else np.nan


def _compared(gradients: Gradients, speaks: BoolArray, right: BoolArray, seen: Forward, shape: Shape) -> Compared:
    """What there is to tell of gradients: where they speak, and where they are scaled right."""
    passes, told, silent = gradients.input != 0, speaks & seen.told, speaks & seen.silent
    through = passes & ((told & ~seen.dropped) | silent)
    wrong = through & ~right
    alone = np.logical_and.reduce(silent, axis=0)
    decisions = Decisions.of(~passes & alone, alone, shape)
    return Compared(
        told=int(np.count_nonzero(told | silent)),
        passed=int(np.count_nonzero(passes & told & seen.dropped)),
        stopped=int(np.count_nonzero(~passes & told & ~seen.dropped)),
        scaled=int(np.count_nonzero(wrong)),
        factor=_factor(gradients, wrong if wrong.any() else through),
        mixed=decisions.mixed(seen.noise_shape),
        silent=decisions.over(seen.noise_shape),
    )


def _factor(gradients: Gradients, through: BoolArray) -> float | None:
    """The middle one of the factors of the first few of those."""
    told = np.flatnonzero(through)[:SAMPLE]
    if not told.size:
        return None
    g, dx = (array.reshape(-1)[told].astype(np.float64) for array in gradients)
    return float(np.median(dx / g))


def differentiated(case: Case, outcome: Outcome, reading: Reading | None, gradients: Gradients) -> Outcome:
    """The outcome with the checks of the gradients, in their own type where the arrays are in theirs."""
    own = case.dtype == coarsest(case.x, case.y)
    flat = Gradients(*(array.reshape(case.y.shape) for array in gradients))
    seen = None if reading is None else forward(case, reading, outcome)

    def looked_at(flat: Gradients) -> Compared:
        dtype = coarsest(*flat) if own else case.dtype
        return compare_each(flat, case, dtype) if seen is None else compare(flat, seen, case.x.shape, dtype)

    compared = looked_at(flat)
    if compared.scaled and (narrow := reread(*flat)):
        compared = looked_at(Gradients(*narrow))
    chance = rate(compared, case.layer.p) if seen and 0 < case.layer.p < 1 and case.layer.training else None
    checks = [mask(compared), scale(compared), *([chance] if chance else [])]
    odd = chance if chance and chance.log_p <= LEVEL and not _blamed(outcome) else None
    found = findings(compared, None if seen is None else seen.factor, odd, case.layer.p)
    return outcome._replace(checks=[*outcome.checks, *checks], findings=[*outcome.findings, *found])


_BLAMED: Final[frozenset[FindingCode]] = frozenset(
    (
        *("wrong_rate", "keep_drop_swapped", "identity_in_training", "wrong_noise_shape", "mask_repeated"),
        *("mask_frozen", "fixed_count", "mask_correlated", "rate_not_uniform", "depends_on_values"),
    )
)
"""What is wrong with decisions, and explains that of those at zeros too."""


def _blamed(outcome: Outcome) -> bool:
    return any(found.code in _BLAMED for found in outcome.findings)


def mask(compared: Compared) -> Check:
    """The gradient is 0 where the output was dropped, and not where it was kept; what is shared is shared by it.

    Statistic: how many differ. Chance has no part. Power: one is enough; a mask drawn anew differs in 2p(1-p) of all.
    """
    law = "the gradient passes where the output was kept, and nowhere else"
    return certain("gradient_mask", law, compared.passed + compared.stopped + compared.mixed, _told(compared))


def scale(compared: Compared) -> Check:
    """What passes is multiplied by the factor of the forward pass.

    Statistic: how many are not. Chance has no part. Power: one is enough.
    """
    law = "what passes is multiplied by the factor of the forward pass"
    return certain("gradient_scale", law, compared.scaled, _told(compared))


def rate(compared: Compared, p: float) -> Check | None:
    """Where the input is 0, or else tells nothing, the gradient stops as often as outputs are dropped.

    Statistic: the share that stops. The p-value is two-sided. Power: that of the check `rate` of the outputs. None if
    there are no such decisions.
    """
    decisions, p = compared.silent, clamped(p)
    if not decisions.count:
        return None
    least, needed = smallest_effect(decisions.count, p, LEVEL), sample_size(p, off(p), LEVEL)
    words = "nothing: too few decisions" if least is None else f"a rate off by {least:.2g}"
    return Check(
        name="gradient_rate",
        law="where the input tells nothing, the gradient stops in a Binomial(decisions, p)",
        statistic=decisions.rate,
        log_p=log_p_binomial(decisions.drops, decisions.count, p),
        detectable=Detectable(words, least, needed),
    )


def _told(compared: Compared) -> Detectable:
    words = "a single element" if compared.told else "nothing: no gradient tells"
    return Detectable(words, 1.0 if compared.told else None, 1)


def findings(compared: Compared, expected: float | None, odd: Check | None, p: float) -> list[Finding]:
    """What is wrong with the gradients; `expected` is the factor of the forward pass, None if it is not one.

    odd : the check of the decisions that only the gradient shows, if it failed.
    """
    found = []
    differ = compared.passed + compared.stopped + compared.mixed
    if differ:
        said = (
            f"the gradient passes at {compared.passed} elements that were dropped and is 0 at {compared.stopped} that "
            f"were kept, and {compared.mixed} decisions that are shared do both, expected none"
        )
        found.append(finding("gradient_mask_differs", said, expected=0, seen=differ))
    elif odd:
        drops, count = compared.silent.drops, compared.silent.count
        said = f"where the input is 0, the gradient stops at {drops} of {count} decisions, expected a share of {p:.4g}"
        found.append(finding("gradient_mask_differs", said, expected=p, seen=odd.statistic, p_value=odd.p_value))
    straight = compared.passed and not compared.stopped and compared.factor == 1  # which explains the factor too
    if compared.scaled and not straight:
        wanted = "the output's own factors" if expected is None else f"{expected:.8g}, as the output is"
        said = f"{compared.scaled} gradients are not scaled right, by about {compared.factor:.8g}, expected {wanted}"
        found.append(finding("gradient_scale_differs", said, expected=expected, seen=compared.factor))
    return found
