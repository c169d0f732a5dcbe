"""The arrays that are sent, and what dropout makes of them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from app.core import Draw, Layer, dropout

Shape = tuple[int, ...]
Array = np.ndarray[Shape, np.dtype[Any]]

P: Final = 0.4
SEED: Final = 42


@lru_cache(maxsize=2)
def array(shape: Shape, dtype: str) -> Array:
    """The array that is sent: the same numbers in every type."""
    return np.random.default_rng(0).random(shape).astype(dtype)


def unchanged(dtype: str) -> Callable[[Shape], Array]:
    """It comes back as it went."""
    return lambda shape: array(shape, dtype)


def by_our_law(dtype: str) -> Callable[[Shape], Array]:
    """What our mask law makes of it."""

    def output(shape: Shape) -> Array:
        result = dropout(array(shape, dtype), layer=Layer(p=P), draw=Draw(seed=SEED)).output
        assert result is not None
        return result

    return output


def by_numpy(dtype: str) -> Callable[[Shape], Array]:
    """What numpy's generator makes of it, as all the others are written."""

    def output(shape: Shape) -> Array:
        result: Array = array(shape, dtype) * (np.random.default_rng(SEED).random(shape) >= P) / (1 - P)
        return result

    return output
