"""Blocks of larger arrays, so that any part of an array can be computed alone."""

from math import prod
from typing import NamedTuple, Self

from app.core.arrays import Shape
from app.core.philox import WORDS
from app.errors import Code, Invalid


class Window(NamedTuple):
    """A block of a larger array.

    shape : of the block. whole : shape of the larger array. origin : index in it of the block's first element; nothing
    where the block is the whole.

    Examples
    --------
    What a block gets alone is what it has in the whole:

    >>> import numpy as np
    >>> from app.core import Draw, Layer, Window, dropout
    >>> x, layer, draw = np.ones((6, 8)), Layer(p=0.5), Draw(seed=1)
    >>> block = dropout(x[2:4, 3:6], layer=layer, draw=draw, window=Window.of((2, 3), (6, 8), (2, 3)))
    >>> np.array_equal(block.output, dropout(x, layer=layer, draw=draw).output[2:4, 3:6])
    True
    """

    shape: Shape
    whole: Shape
    origin: Shape

    @classmethod
    def all_of(cls, shape: Shape) -> Self:
        """The block that is the whole."""
        return cls(shape, shape, ())

    @classmethod
    def of(cls, shape: Shape, whole: Shape, origin: Shape | None = None) -> Self:
        """The block of that shape; no origin is all zeros. Raises `Invalid` if it is no part of the whole."""
        origin = (0,) * len(whole) if origin is None else origin
        for name, entries in (("whole", whole), ("origin", origin)):
            if len(entries) != len(shape):
                rule = f"{name} must have an entry for each dimension of the array"
                raise _invalid("shape_mismatch", f"{rule}, {len(shape)}; got {len(entries)}", name)
        if max(whole, default=0) > WORDS:
            raise _invalid("out_of_range", "a length of whole must not exceed 2^64", "whole")
        for axis, (first, length, full) in enumerate(zip(origin, shape, whole, strict=True)):
            if first + length > full:
                rule = f"origin + the array's own shape must not exceed whole; in dimension {axis} {full}"
                raise _invalid("out_of_range", f"{rule}, got {first} + {length}", "origin")
        return cls(shape, whole, origin)

    def decisions(self, noise_shape: Shape) -> "Window":
        """The decisions that touch the block, of the whole's noise shape: 1 where they are shared, or its length."""
        shape = (min(1, own) if entry == 1 else own for own, entry in zip(self.shape, noise_shape, strict=True))
        origin = (0 if entry == 1 else first for first, entry in zip(self.origin, noise_shape, strict=True))
        return Window(tuple(shape), noise_shape, tuple(origin))

    def check_indices(self, offset: int = 0) -> None:
        """Raise `Invalid` unless the last element of the whole has a 64-bit index, `offset` added."""
        size = prod(self.whole)
        if offset + size > WORDS:
            rule = f"offset + the decisions of all the array must not exceed 2^64, got {offset} + {_brief(size)}"
            raise _invalid("out_of_range", rule, "offset" if self.whole == self.shape else "whole")


def _invalid(code: Code, message: str, name: str) -> Invalid:
    return Invalid.of(code, message, name)


def _brief(size: int) -> str:
    return str(size) if size <= WORDS else "more than 2^64"
