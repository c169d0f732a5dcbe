"""The usual ways of misreading the mask law, by the mask that each of them makes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import ldexp, prod
from typing import Final, NamedTuple

import numpy as np

from app.core.arrays import BoolArray
from app.core.bernoulli import BITS, LANE, LANES, threshold
from app.core.draw import Draw
from app.verify.case import Case
from app.verify.replay import mask_of


class Misreading(NamedTuple):
    """A way of misreading the law, and whether it comes to swapping p and keep."""

    words: str
    swaps: bool
    mask: Callable[[Case], BoolArray]


def misreading(case: Case, dropped: BoolArray, known: BoolArray) -> Misreading | None:
    """How the law was misread, if an output's decisions (n,) show one of the usual ways, as far as they are known."""
    return next((one for one in _USUAL if ((one.mask(case) != dropped) | ~known).all()), None)


def _with_p(case: Case, p: float) -> Case:
    return replace(case, layer=replace(case.layer, p=p))


def _with_seed_and_stream_swapped(case: Case) -> Case:
    draw = case.draw or Draw()
    return replace(case, draw=replace(draw, seed=draw.stream, stream=draw.seed))


def _with_rounded_p(case: Case, up: int) -> Case:
    """The case with p rounded to what a lane can have: down keeps every tie, up drops it."""
    return _with_p(case, min(1.0, ldexp(int(ldexp(case.layer.p, BITS)) + up, -BITS)))


def _hashed(case: Case, counter: int) -> BoolArray:
    """The mask of numpy's seeded Philox from a counter on, spread over the input."""
    size, draw = prod(case.noise_shape), case.draw or Draw()
    words = np.random.Philox(draw.seed, counter=counter).random_raw(-(-size * BITS // 64))
    mask = words.astype("<u8").view(LANE)[:size] >= threshold(case.layer.p) >> 64 - BITS
    return np.broadcast_to(mask.reshape(case.noise_shape), case.x.shape).reshape(-1)


_HASHED: Final = "they are of numpy's Philox(seed), which hashes its seed: Philox(key=seed) does not"
_USUAL: Final = (
    Misreading("they are the law's for 1 - p", True, lambda case: mask_of(_with_p(case, 1 - case.layer.p))),
    Misreading("they are the law's the other way round", True, lambda case: ~mask_of(case)),
    Misreading(
        "they are those of seed and stream swapped", False, lambda case: mask_of(_with_seed_and_stream_swapped(case))
    ),
    Misreading(f"{BITS} bits decided alone, and ties were kept", False, lambda case: mask_of(_with_rounded_p(case, 0))),
    Misreading(
        f"{BITS} bits decided alone, and ties were dropped", False, lambda case: mask_of(_with_rounded_p(case, 1))
    ),
    Misreading(_HASHED, False, partial(_hashed, counter=0)),
    Misreading(_HASHED, False, partial(_hashed, counter=(LANES << 192) - 1)),
)
