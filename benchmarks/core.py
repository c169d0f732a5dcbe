"""The core on 10 million float32, beside PyTorch and numpy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import torch

from app.core import BLOCK, Draw, Layer, Shape, Window, dropout
from app.core.bernoulli import LANES
from app.core.philox import Words
from benchmarks.comparison import Comparison, Target, interleaved, timed

_SIZE: Final = 10_000_000
_P: Final = 0.4
_LAYER: Final = Layer(p=_P)
_DRAW: Final = Draw(seed=42)
_THREADS: Final = 2

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def compare(rounds: int) -> list[Comparison]:
    """The rows of the core."""
    x = np.random.default_rng(0).random(_SIZE, np.float32)
    return [*_beside_torch(rounds, x), *_on_threads(rounds, x), *_masks(rounds, x), *_windows(rounds)]


def _beside_torch(rounds: int, x: Floats) -> list[Comparison]:
    """CPU time of one thread. Those that are compared stand next to each other, as near in time as can be."""
    bare = partial(dropout, x, layer=_LAYER, draw=_DRAW, statistics=False)
    plain, core, copy, theirs, measured, words = interleaved(
        rounds,
        timed(process_time, partial(_numpy, x)),
        timed(process_time, bare),
        timed(process_time, x.copy),
        timed(process_time, _torch(x, 1)),
        timed(process_time, partial(dropout, x, layer=_LAYER, draw=_DRAW)),
        timed(process_time, _words),
    )
    return [
        Comparison("core, PyTorch, CPU", "ms", (core, theirs), Target(0.20)),
        Comparison("core with statistics, PyTorch, CPU", "ms", (measured, theirs), Target(0.30)),
        Comparison("core, a copy of the array, CPU", "ms", (core, copy), Target(4)),
        Comparison("core, numpy, CPU", "ms", (core, plain)),
        Comparison("words of the mask law alone, PyTorch, CPU", "ms", (words, theirs)),
        Comparison("the same, a copy of the array, CPU", "ms", (words, copy)),
    ]


def _on_threads(rounds: int, x: Floats) -> list[Comparison]:
    """Time by the clock, on two threads."""
    ours, theirs, by_hand = interleaved(
        rounds,
        timed(perf_counter, partial(dropout, x, layer=_LAYER, draw=_DRAW, threads=_THREADS)),
        timed(perf_counter, _torch(x, _THREADS)),
        timed(perf_counter, partial(_numpy_by_hand, x)),
    )
    return [
        Comparison("core with statistics, PyTorch, 2 threads, wall", "ms", (ours, theirs), Target(0.20)),
        Comparison("the same, numpy on 2 threads by hand, wall", "ms", (ours, by_hand)),
    ]


def _masks(rounds: int, x: Floats) -> list[Comparison]:
    ours, theirs = interleaved(rounds, timed(process_time, _mask), timed(process_time, _torch(x, 1)))
    # 25 ms where PyTorch's dropout takes 130
    return [Comparison("mask of 10 million as bits, PyTorch's dropout, CPU", "ms", (ours, theirs), Target(0.19))]


def _windows(rounds: int) -> list[Comparison]:
    """A block in the middle of 10^15 elements, beside the first block of a million, and one that is alone."""
    x, far = np.ones((1000, 1000), np.float32), 10**7
    middle, first, alone = interleaved(
        rounds,
        timed(process_time, _block(x, (far, 10 * far), (far // 2, 5 * far))),
        timed(process_time, _block(x, (2000, 2000), (0, 0))),
        timed(process_time, partial(dropout, x, layer=_LAYER, draw=_DRAW)),
    )
    return [
        Comparison("1000 × 1000 inside 10^15, inside 2000 × 2000, CPU", "ms", (middle, first), Target(1.1)),
        Comparison("the same, 1000 × 1000 alone, CPU", "ms", (middle, alone)),
    ]


def _block(x: Floats, whole: Shape, origin: Shape) -> Callable[[], Any]:
    return partial(dropout, x, layer=_LAYER, draw=_DRAW, window=Window.of(x.shape, whole, origin))


def _mask() -> Any:
    """The mask of an array that nobody holds, as bits."""
    nothing = np.broadcast_to(np.zeros(()), _SIZE)
    mask = dropout(nothing, layer=_LAYER, draw=_DRAW, outputs=False, masks=True, statistics=False).mask
    assert mask is not None
    return np.packbits(mask, bitorder="little")


def _words() -> None:
    """The least that the mask law costs: its words, drawn and thrown away."""
    words = Words(LANES, 42)
    for first in range(0, _SIZE // 4, BLOCK // 4):
        words.run(first, BLOCK // 4)


def _torch(x: Floats, threads: int) -> Callable[[], Any]:
    tensor = torch.from_numpy(x)

    def run() -> Any:
        torch.set_num_threads(threads)
        return torch.nn.functional.dropout(tensor, _P)

    return run


def _numpy(x: Floats) -> Any:
    """Dropout as most would write it."""
    rng = np.random.default_rng(42)
    return x * (rng.random(x.shape) >= _P) / (1 - _P)


def _numpy_by_hand(x: Floats) -> Any:
    """As few would: each thread with a generator of its own, a half of the array, and no array too many."""
    y = np.empty_like(x)

    def half(part: tuple[np.random.Generator, Floats, Floats]) -> None:
        rng, given, out = part
        np.multiply(given, rng.random(given.shape, np.float32) >= np.float32(_P), out=out)
        out *= np.float32(1 / (1 - _P))

    rngs = np.random.default_rng(42).spawn(_THREADS)
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(half, zip(rngs, np.split(x, _THREADS), np.split(y, _THREADS), strict=True)))
    return y
