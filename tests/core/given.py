"""Strategies: any integer of the law, any probability, any array of floats."""

from typing import Any

import hypothesis.extra.numpy as hnp
from hypothesis import strategies as st

from app.core import BoolArray, Draw, FloatArray, Shape, Window
from app.core.indices import Indices
from app.core.noise import decide

words = st.integers(0, 2**64 - 1)
probabilities = st.floats(0, 1)
draws = st.builds(Draw, seed=words, stream=words, offset=st.integers(0, 2**64 - 2**12), sample=words)
dtypes = hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))


def decisions(p: float, draw: Draw, shape: Shape) -> BoolArray:
    """The decisions of a whole noise array."""
    return decide(p, draw, Indices.of(Window.all_of(shape), draw.offset)).reshape(shape)


shapes = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3)


def arrays(shape: Any = shapes) -> st.SearchStrategy[FloatArray]:
    """Arrays of the three types in both byte orders; NaN, infinities, −0.0 and subnormals among their elements."""
    return hnp.arrays(dtypes, shape)
