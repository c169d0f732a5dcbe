"""An experiment: a layer run again and again on an input that is made up here, block by block, and never held whole."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Final, Literal, get_args

import numpy as np

from app.core import numbers
from app.core.arrays import BLOCK, FloatArray, Shape, blocks
from app.core.bernoulli import MASK_LAW
from app.core.draw import Draw
from app.core.indices import Indices
from app.core.layer import Layer
from app.core.philox import INPUTS, Words
from app.core.replicate import Applied, Tally, replicate
from app.core.variants import Place
from app.core.window import Window
from app.errors import Invalid

Distribution = Literal["uniform", "normal", "constant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A made-up array: slices of it, in C order, a block at most, are worked out when they are asked for.

    They are made in float64, then rounded, and stay as they are until the next is asked for.

    uniform : element i is (w(i) >> 11) · 2^-53, in [0, 1); normal : z(i) as for gaussian dropout; constant : 1. Their
    words have a tag of their own, and sample 0. indices : of the elements, in the whole where it is a block of one.
    """

    distribution: Distribution
    words: Words
    indices: Indices
    dtype: np.dtype[Any]

    def __getitem__(self, at: slice) -> FloatArray:
        values = _DISTRIBUTIONS[self.distribution](self.words, self.indices, at.start, at.stop)
        return values.astype(self.dtype, copy=False)


_DISTRIBUTIONS: Final[dict[str, Callable[[Words, Indices, int, int], FloatArray]]] = {
    "uniform": numbers.uniform,
    "normal": numbers.normal,
    "constant": lambda _words, _indices, start, stop: np.ones(stop - start),
}


_HELD: Final = 8 * BLOCK
"""Elements of an input that is held, not worked out again for each run."""


def _held(x: Input, size: int) -> FloatArray:
    """The whole of a made-up array."""
    values: FloatArray = np.empty(size, x.dtype)
    for block in blocks(0, size):
        values[block] = x[block]
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What came of it: a tally of each run, and what the layer comes to. The input is measured in the first."""

    runs: tuple[Tally, ...]
    applied: Applied
    noise_shape: Shape
    rate: float
    mask_law: str | None

    @property
    def tally(self) -> Tally:
        """Of all runs together."""
        tally = self.runs[0]
        for run in self.runs[1:]:
            tally = tally.merge(run)
        return tally


def simulate(
    shape: Shape,
    /,
    *,
    layer: Layer,
    distribution: Distribution = "uniform",
    input_seed: int | None = None,
    draw: Draw | None = None,
    window: Window | None = None,
    runs: int = 1,
    dtype: np.dtype[Any] | None = None,
    threads: int = 1,
    deadline: float = float("inf"),
) -> Experiment:
    """Run a layer on a made-up array of that shape.

    Memory does not depend on the size, but for shared decisions and blocks, which are held.

    Parameters
    ----------
    shape : of the array.
    layer : what to run.
    distribution, input_seed : what the input is made of; its seed is the draw's if absent, its stream always is.
    draw : where the first run draws; run k draws at the k-th sample from there.
    window : where the array lies in a larger one, of which it is a block: it gets the elements and the decisions that
        it has there.
    runs : how often, each time with another mask.
    dtype : float64 if absent.
    threads : so many cores may share the work; the result does not depend on it.
    deadline : when to give up, by `time.monotonic`.

    Returns
    -------
    Experiment : a tally of each run, and what the layer comes to.

    Raises
    ------
    Invalid : as `dropout` does.
    TooLarge : when the deadline is over.

    Examples
    --------
    The article's 50 million numbers, and here a thousandth of them:

    >>> from app.core import Draw, Layer, simulate
    >>> tally = simulate((5000, 10), layer=Layer(p=0.4), draw=Draw(seed=42)).tally
    >>> tally.decisions, round(tally.drop_rate, 2)
    (50000, 0.4)
    >>> round(tally.input.mean, 1), round(tally.output.mean, 1)
    (0.5, 0.5)
    """
    draw, dtype, size = draw or Draw(), dtype or np.dtype(np.float64), prod(shape)
    if distribution not in get_args(Distribution):
        raise Invalid.of("unknown_value", f"distribution must be one of {', '.join(_DISTRIBUTIONS)}", "distribution")
    x: Any = Input(
        distribution=distribution,
        words=Draw(seed=draw.seed if input_seed is None else input_seed, stream=draw.stream).words(INPUTS),
        indices=Indices.of(window or Window.all_of(shape)),
        dtype=dtype,
    )
    if runs > 1 and size <= _HELD:
        x = _held(x, size)
    decisions, tallies, effects = layer.decisions(shape, window), [], []
    for k in range(runs):
        place = Place(shape=shape, dtype=dtype, decisions=decisions, draw=draw.replicate(k))
        tally, effect = replicate(layer, place, x, before=k == 0, threads=threads, deadline=deadline)
        tallies.append(tally)
        effects.append(effect)
    return Experiment(
        runs=tuple(tallies),
        applied=Applied.of(effects),
        noise_shape=decisions.whole,
        rate=layer.rate(shape),
        mask_law=MASK_LAW if layer.training else None,
    )
