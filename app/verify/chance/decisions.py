"""Decisions, as the outputs show them: which were to drop, in the noise shape."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from app.core.arrays import BoolArray, Shape


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The decisions of K outputs of one input.

    dropped : (K, …) those that dropped, false where that is not known; known : (…) those that the input tells.
    """

    dropped: BoolArray
    known: BoolArray

    @classmethod
    def of(cls, dropped: BoolArray, known: BoolArray, shape: Shape) -> Self:
        """The decisions of elements (K, n) of arrays of that shape, each on its own."""
        return cls(dropped=dropped.reshape(len(dropped), *shape), known=known.reshape(shape))

    @property
    def calls(self) -> int:
        """How many outputs there are."""
        return len(self.dropped)

    @cached_property
    def count(self) -> int:
        """How many decisions are known."""
        return self.calls * int(np.count_nonzero(self.known))

    @cached_property
    def drops(self) -> int:
        """How many of them dropped."""
        return int(np.count_nonzero(self.dropped))

    @property
    def rate(self) -> float | None:
        """The share that dropped; None where nothing is known."""
        return self.drops / self.count if self.count else None

    @property
    def sequence(self) -> tuple[BoolArray, BoolArray]:
        """All of them in the order they were drawn in, output after output: dropped and known, flat."""
        return self.dropped.reshape(-1), np.tile(self.known.reshape(-1), self.calls)

    def over(self, noise_shape: Shape) -> "Decisions":
        """Those of a smaller noise shape: one dropped if all that share it did."""
        axes = _shared(self.known.shape, noise_shape)
        kept = np.asarray((~self.dropped & self.known).any(tuple(axis + 1 for axis in axes), keepdims=True))
        known = np.asarray(self.known.any(axes, keepdims=True))
        return Decisions(dropped=~kept & known, known=known)

    def mixed(self, noise_shape: Shape) -> int:
        """How many decisions of a smaller noise shape would have both dropped and kept."""
        axes = tuple(axis + 1 for axis in _shared(self.known.shape, noise_shape))
        kept = (~self.dropped & self.known).any(axes)
        return int(np.count_nonzero(kept & self.dropped.any(axes)))

    def constant(self) -> list[int]:
        """The axes, longer than 1, along which no two decisions differ."""
        shape = self.known.shape
        return [axis for axis in range(len(shape)) if shape[axis] > 1 and not self.mixed(_with_one(shape, axis))]

    def first(self, count: int) -> "Decisions":
        """The first so many in the order they were drawn in, in a row, as of one output."""
        dropped, known = self.sequence
        return Decisions(dropped=dropped[None, :count], known=known[:count])


def _shared(shape: Shape, noise_shape: Shape) -> tuple[int, ...]:
    return tuple(axis for axis, (full, own) in enumerate(zip(shape, noise_shape, strict=True)) if own != full)


def _with_one(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], 1, *shape[axis + 1 :])


def mean_over(values: Any, noise_shape: Shape) -> Any:
    """The mean of an array over what shares a decision."""
    axes = _shared(values.shape, noise_shape)
    return values.mean(axes, np.float64, keepdims=True) if axes else values
