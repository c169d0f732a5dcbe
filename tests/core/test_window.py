"""A block of a larger array has the decisions, normals and made-up elements that it has there, whatever the cut."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import BLOCK, Draw, Layer, Shape, Window, dropout
from app.core.indices import Indices
from app.core.noise import decide
from app.core.philox import INPUTS, Words
from app.errors import Invalid
from tests.core import oracle
from tests.core.given import draws, probabilities

SEED_42 = Draw(seed=42)


@st.composite
def windows(draw: st.DrawFn, most: int = 5, longest: int = 6, shortest: int = 1) -> Window:
    """A block of up to `most` dimensions of a larger array; empty ones too where the shortest length is 0."""
    whole = draw(st.lists(st.integers(shortest, longest), max_size=most))
    lengths = [draw(st.integers(shortest, full)) for full in whole]
    origin = [draw(st.integers(0, full - own)) for full, own in zip(whole, lengths, strict=True)]
    return Window(tuple(lengths), tuple(whole), tuple(origin))


# block, whole, origin, noise shape, offset, the block's decisions: of seed 42 at p = 0.5
GOLDEN = [
    ((2, 3), (5, 7), (2, 3), (None, None), 0, "101000"),
    ((2, 2, 3), (4, 3, 5), (1, 1, 2), (None, 1, None), 0, "011011101101"),
    ((2, 2, 3), (4, 3, 5), (1, 1, 2), (None, 1, None), 2**40, "101101000000"),
]


@pytest.mark.parametrize(("shape", "whole", "origin", "noise_shape", "offset", "bits"), GOLDEN)
def test_golden_windows(
    shape: Shape, whole: Shape, origin: Shape, noise_shape: tuple[int | None, ...], offset: int, bits: str
) -> None:
    """The golden windows of the contract come out."""
    result = dropout(
        np.ones(shape),
        layer=Layer(p=0.5, noise_shape=noise_shape),
        draw=Draw(seed=42, offset=offset),
        window=Window.of(shape, whole, origin),
        masks=True,
    )
    assert result.mask is not None
    assert "".join(str(int(keep)) for keep in result.mask.ravel()) == bits


@given(windows(), st.integers(0, 2**60))
def test_indices_are_those_of_the_whole(window: Window, offset: int) -> None:
    """Each element of a block has the C-order index that it has in the whole, `offset` added."""
    indices = Indices.of(window, offset)
    ends = zip(window.origin, window.shape, strict=True)
    expected = np.arange(prod(window.whole)).reshape(window.whole)[tuple(slice(a, a + n) for a, n in ends)].ravel()
    assert indices.size == expected.size
    assert indices.at(np.arange(indices.size, dtype=np.uint64)).tolist() == [offset + i for i in expected.tolist()]


@given(windows(), st.data())
def test_runs_cover_a_range_in_its_order(window: Window, data: st.DataObject) -> None:
    """The runs of any range of elements, one after another, are their indices; whole axes at the end are in one run."""
    indices = Indices.of(window)
    start = data.draw(st.integers(0, indices.size - 1))
    stop = data.draw(st.integers(start + 1, indices.size))
    runs = indices.runs(start, stop)
    found = [first + k for first, count in runs for k in range(count)]
    assert found == indices.at(np.arange(start, stop, dtype=np.uint64)).tolist()
    if window.shape[1:] == window.whole[1:]:
        assert len(runs) == 1


@given(windows(shortest=0, most=4, longest=4), probabilities, draws.filter(lambda draw: draw.offset < 2**63))
def test_decisions_of_a_block_equal_the_law(window: Window, p: float, draw: Draw) -> None:
    """Whatever the cut, runs of any length, decisions are those of the written law at the indices of the whole."""
    seen = decide(p, draw, Indices.of(window, draw.offset)).reshape(window.shape)
    assert np.array_equal(seen, oracle.mask(window.shape, p, draw, (window.whole, window.origin)))


@pytest.mark.parametrize("columns", [1, 2, 11, 12, 40])
def test_short_runs_and_long_ones_draw_the_same(columns: int) -> None:
    """Over more than a block, columns of a matrix have its decisions, be they drawn one by one or in a row."""
    rows, width = BLOCK // columns + 7, 64
    whole = decide(0.4, SEED_42, Indices(0, rows * width)).reshape(rows, width)
    window = Window.of((rows, columns), (rows, width), (0, 5))
    assert np.array_equal(decide(0.4, SEED_42, Indices.of(window)), whole[:, 5 : 5 + columns].ravel())


@given(windows(most=4, longest=4, shortest=0), st.data())
def test_decisions_that_touch_a_block(window: Window, data: st.DataObject) -> None:
    """Of a noise shape of the whole a block has those decisions that broadcast to it, each once, and no others."""
    noise = tuple(data.draw(st.sampled_from([1, length])) for length in window.whole)
    own = tuple(slice(a, a + n) for a, n in zip(window.origin, window.shape, strict=True))
    index = np.broadcast_to(np.arange(prod(noise)).reshape(noise), window.whole)[own]
    touching = window.decisions(noise)
    assert prod(touching.shape) == np.unique(index).size
    if index.size:
        found = Indices.of(touching).at(np.arange(prod(touching.shape), dtype=np.uint64)).reshape(touching.shape)
        assert np.array_equal(np.broadcast_to(found, window.shape), index)


def test_the_last_index_there_is() -> None:
    """A block may end with index 2^64 - 1, and what it draws there is the law's."""
    window = Window.of((2, 3), (2**32, 2**32), (2**32 - 2, 2**32 - 3))
    seen = decide(0.4, SEED_42, Indices.of(window)).reshape(2, 3)
    assert np.array_equal(seen, oracle.mask((2, 3), 0.4, SEED_42, (window.whole, window.origin)))
    assert Indices.of(Window.of((3,), (2**64,), (2**64 - 3,))).runs(0, 3) == [(2**64 - 3, 3)]


def test_made_up_numbers_of_a_column() -> None:
    """Words that are drawn one by one are those that are drawn in a row."""
    words, window = Words(INPUTS, 42, 3, 5), Window.of((500, 1), (500, 7), (0, 3))
    column = words.at(Indices.of(window).at(np.arange(500, dtype=np.uint64)))
    assert np.array_equal(column, words.run(0, 3500).reshape(500, 7)[:, 3])


WRONG = [
    ((2, 3), (5,), None, "shape_mismatch", "/whole"),
    ((2, 3), (5, 7), (1,), "shape_mismatch", "/origin"),
    ((2, 3), (5, 2), None, "out_of_range", "/origin"),
    ((2, 3), (5, 7), (4, 0), "out_of_range", "/origin"),
    ((0, 3), (5, 7), (6, 0), "out_of_range", "/origin"),
    ((1,), (2**64 + 1,), None, "out_of_range", "/whole"),
]


@pytest.mark.parametrize(("shape", "whole", "origin", "code", "pointer"), WRONG)
def test_what_is_no_block(shape: Shape, whole: Shape, origin: Shape | None, code: str, pointer: str) -> None:
    """A block has the rank of the whole and lies in it, and no length of the whole is beyond 2^64."""
    with pytest.raises(Invalid) as error:
        Window.of(shape, whole, origin)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [(code, pointer)]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64), st.booleans())
def test_the_last_index_fits_64_bits(offset: int, size: int, block: bool) -> None:
    """Decisions run up to index 2^64 - 1, and not one further; at fault is the whole, or the offset without one."""
    window = Window.of((0,), (size,)) if block and size else Window.all_of((size,))
    if offset + size <= 2**64:
        window.check_indices(offset)
        return
    with pytest.raises(Invalid, match=str(offset)) as error:
        window.check_indices(offset)
    pointer = "/offset" if window.shape == window.whole else "/whole"
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("out_of_range", pointer)]
