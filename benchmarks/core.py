"""The core on 10 million float32, beside PyTorch and plain numpy."""

from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import torch

from app.core import BLOCK, Draw, Layer, dropout
from app.core.philox import LANES, Words
from benchmarks.comparison import Comparison, Target, interleaved, timed

_SIZE: Final = 10_000_000
_P: Final = 0.4


def compare(rounds: int) -> list[Comparison]:
    """The rows of the core."""
    x = np.random.default_rng(0).random(_SIZE, np.float32)
    ours = partial(dropout, x, layer=Layer(p=_P), draw=Draw(seed=42))
    # those that are compared stand next to each other, as near in time as can be
    plain, bare, cpu, words, single, double, wall = interleaved(
        rounds,
        timed(process_time, partial(_numpy, x)),
        timed(process_time, partial(ours, statistics=False)),
        timed(process_time, _torch(x, 1)),
        timed(process_time, _words),
        timed(process_time, ours),
        timed(perf_counter, partial(ours, threads=2)),
        timed(perf_counter, _torch(x, 2)),
    )
    return [
        Comparison("core, PyTorch, CPU", "ms", (bare, cpu), Target(0.40)),
        Comparison("core with statistics, PyTorch, CPU", "ms", (single, cpu), Target(0.55)),
        Comparison("core with statistics, PyTorch, 2 threads, wall", "ms", (double, wall), Target(0.30)),
        Comparison("core, numpy, CPU", "ms", (bare, plain)),
        Comparison("words of the mask law alone, PyTorch, CPU", "ms", (words, cpu)),
    ]


def _words() -> None:
    """The least that the mask law costs: its words, drawn and thrown away."""
    words = Words(LANES, 42)
    for first in range(0, _SIZE // 4, BLOCK // 4):
        words.run(first, BLOCK // 4)


def _torch(x: "np.ndarray[tuple[int], np.dtype[np.float32]]", threads: int) -> Callable[[], Any]:
    tensor = torch.from_numpy(x)

    def run() -> Any:
        torch.set_num_threads(threads)
        return torch.nn.functional.dropout(tensor, _P)

    return run


def _numpy(x: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> Any:
    """Dropout as most would write it."""
    rng = np.random.default_rng(42)
    return x * (rng.random(x.shape) >= _P) / (1 - _P)
