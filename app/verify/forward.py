"""What the forward pass was, as far as the outputs and the claim tell."""

from typing import NamedTuple

import numpy as np

from app.core.arrays import BoolArray, Shape
from app.verify.case import Case, Outcome
from app.verify.chance.decisions import Decisions
from app.verify.replay import mask_of
from app.verify.values.reading import Reading


class Forward(NamedTuple):
    """The forward pass.

    factor : of what was kept; None if there is no one, or nothing was. known : (n,) the elements of which it is known
    whether they were dropped. dropped : (K, n) those that were. silent : (n,) those of which only the gradient tells.
    noise_shape : of the decisions.
    """

    factor: float | None
    known: BoolArray
    dropped: BoolArray
    silent: BoolArray
    noise_shape: Shape


def forward(case: Case, reading: Reading, outcome: Outcome) -> Forward:
    """What the forward pass was: where the input tells, where it shares a decision with one that does, and by law."""
    layer, known, dropped = case.layer, reading.known, reading.dropped
    factor = None if reading.rule is None else reading.rule.scale
    noise_shape, nothing_kept = outcome.noise_shape or case.noise_shape, layer.training and layer.p == 1
    if outcome.seen.rule is None and not nothing_kept:  # too little follows a rule to tell more
        return Forward(factor, known, dropped, np.zeros_like(known), noise_shape)
    if not layer.training or layer.p in (0, 1):
        known, dropped = np.ones_like(known), np.where(known, dropped, nothing_kept)
    elif outcome.reproduced:
        known = np.ones_like(known)
        dropped = np.stack([~mask_of(case, sample=k) for k in range(len(case.y))])
    elif noise_shape != case.x.shape:
        known, dropped = _shared(Decisions.of(dropped, known, case.x.shape), noise_shape)
    return Forward(factor, known, dropped, ~known, noise_shape)


def _shared(elements: Decisions, noise_shape: Shape) -> tuple[BoolArray, BoolArray]:
    """The elements of which one that shares their decision tells, and those that were dropped."""
    found, shape = elements.over(noise_shape), elements.known.shape
    known = np.broadcast_to(found.known, shape)
    dropped = np.where(elements.known, elements.dropped, found.dropped)
    return known.reshape(-1), dropped.reshape(elements.calls, -1)
