"""Strategies: any integer of the law, any probability, any array of floats."""

from typing import Any

import hypothesis.extra.numpy as hnp
from hypothesis import strategies as st

from app.core import Draw, FloatArray

words = st.integers(0, 2**64 - 1)
probabilities = st.floats(0, 1)
draws = st.builds(Draw, seed=words, stream=words, offset=st.integers(0, 2**64 - 2**12), sample=words)
dtypes = hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))
shapes = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3)


def arrays(shape: Any = shapes) -> st.SearchStrategy[FloatArray]:
    """Arrays of the three types in both byte orders; NaN, infinities, −0.0 and subnormals among their elements."""
    return hnp.arrays(dtypes, shape)
