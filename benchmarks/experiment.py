"""The article's experiment: 50 million uniform numbers at p = 0.4, what becomes of their mean."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import prod
from time import perf_counter
from typing import Any, Final

import numpy as np
import torch

from app.core import BLOCK, Draw, Layer, simulate
from app.core.bernoulli import LANES
from app.core.philox import INPUTS, Words
from benchmarks.comparison import Comparison, Target, interleaved, timed

_SHAPE: Final = (5_000_000, 10)
_P: Final = 0.4
_THREADS: Final = 2
_SEED: Final = 42


def compare(rounds: int) -> list[Comparison]:
    """The rows of the experiment; a round takes seconds, so there are fewer."""
    works = [timed(perf_counter, of) for of in (_ours, _words, _numpy, _torch, _numpy_by_hand)]
    ours, words, by_numpy, by_torch, by_hand = interleaved(max(3, rounds // 3), *works)
    faster = [min(pair) for pair in zip(by_numpy, by_torch, strict=True)]
    return [
        Comparison("50 M simulated, the faster of numpy and PyTorch", "ms", (ours, faster), Target(0.5)),
        Comparison("50 M simulated, numpy", "ms", (ours, by_numpy)),
        Comparison("50 M simulated, PyTorch on 2 threads", "ms", (ours, by_torch)),
        Comparison("50 M simulated, numpy on 2 threads by hand", "ms", (ours, by_hand), Target(0.7)),
        Comparison("50 M simulated, the words of the laws alone", "ms", (ours, words)),
    ]


def _ours() -> Any:
    return simulate(_SHAPE, layer=Layer(p=_P), draw=Draw(seed=_SEED), threads=_THREADS).tally


def _words() -> None:
    """The least that the laws cost: a word for each number, and a lane for each decision, drawn and thrown away."""
    size = prod(_SHAPE)

    def drawn(tag: int, count: int) -> None:
        for first in range(0, count, BLOCK):
            Words(tag, _SEED).run(first, BLOCK)

    with ThreadPoolExecutor(_THREADS) as pool:
        [*pool.map(partial(drawn, INPUTS), [size // _THREADS] * _THREADS)]
        [*pool.map(partial(drawn, LANES), [size // 4 // _THREADS] * _THREADS)]


def _numpy() -> Any:
    """As most would write it."""
    return _experiment(np.random.default_rng(_SEED), _SHAPE[0])


def _numpy_by_hand() -> Any:
    """As few would: each thread with a generator of its own and half of the rows."""
    generators = np.random.default_rng(_SEED).spawn(_THREADS)
    with ThreadPoolExecutor(_THREADS) as pool:
        return np.mean([*pool.map(partial(_experiment, rows=_SHAPE[0] // _THREADS), generators)], axis=0)


def _experiment(rng: np.random.Generator, rows: int) -> tuple[Any, ...]:
    x = rng.random((rows, _SHAPE[1]))
    y = x * (rng.random(x.shape) >= _P) / (1 - _P)
    return x.mean(), y.mean(), (y == 0).mean()


def _torch() -> Any:
    torch.set_num_threads(_THREADS)
    torch.manual_seed(_SEED)
    x = torch.rand(_SHAPE, dtype=torch.float64)
    y = torch.nn.functional.dropout(x, _P)
    return x.mean(), y.mean(), (y == 0).double().mean()
