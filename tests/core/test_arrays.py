"""Arrays of the three float types are worked on in their C order, in blocks and ranges of blocks."""

from math import ceil
from re import escape
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import BLOCK, FLOATS
from app.core.arrays import blocks, flat, native, parts
from app.errors import Invalid

sizes = st.integers(0, 9 * BLOCK)


@pytest.mark.parametrize("order", ["<", ">", "="])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_results_are_in_native_order(name: str, order: Literal["<", ">", "="]) -> None:
    """The three float types are read in both byte orders and written in this machine's."""
    assert native(np.zeros(1, np.dtype(name).newbyteorder(order))) == FLOATS[name] == np.dtype(name)


@pytest.mark.parametrize("name", ["bool", "int8", "int64", "uint64", "complex64", "longdouble", "datetime64[s]", "U1"])
def test_other_types_are_refused(name: str) -> None:
    """Nothing but the three float types is taken, and the error names what came."""
    x = np.zeros(1, name)
    with pytest.raises(Invalid, match=escape(f"got {x.dtype.name}")) as error:
        native(x)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("wrong_type", "/x")]


def test_flat_is_c_order() -> None:
    """Slices are of the elements in C order, of whatever memory; only what is in another order is copied."""
    x = np.arange(24.0).reshape(2, 3, 4)
    for view in (x, x.copy("F"), x.T, x[::-1, ::2, 1:], x[:, :0], x[0, 0, 0].reshape(())):
        assert np.array_equal(flat(view)[1:9], view.ravel()[1:9])
    assert np.shares_memory(flat(x)[3:5], x)


@given(sizes, sizes)
def test_blocks_cover(start: int, stop: int) -> None:
    """Blocks cover their range in order, none longer than BLOCK and none empty."""
    cover = list(blocks(start, stop))
    assert [start, *(block.stop for block in cover)] == [*(block.start for block in cover), max(start, stop)]
    assert all(0 < block.stop - block.start <= BLOCK for block in cover)


@given(sizes, st.integers(1, 16))
def test_parts_cover(size: int, count: int) -> None:
    """Ranges cover all elements in order, at most as many as asked for, each as long as any but the last."""
    spans = parts(size, count)
    assert [start for start, _ in spans] == [0, *(stop for _, stop in spans[:-1])]
    assert spans[-1][1] == size
    assert len(spans) <= count
    assert len({stop - start for start, stop in spans[:-1]}) <= 1


@given(sizes, st.integers(1, 16))
def test_parts_end_with_blocks(size: int, count: int) -> None:
    """No range cuts a block: the blocks of all ranges are those of the whole, so sums do not depend on the count."""
    cover = [block for span in parts(size, count) for block in blocks(*span)]
    assert cover == list(blocks(0, size))
    assert len(cover) == ceil(size / BLOCK)
