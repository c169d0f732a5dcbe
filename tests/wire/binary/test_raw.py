"""Raw elements: what they are stands beside them."""

from typing import Any, Final

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, FloatArray, Shape
from app.errors import Invalid, Malformed, TooLarge
from app.wire.binary import raw
from tests.core.oracle import bits
from tests.wire.binary.files import floats
from tests.wire.given import LIMITS, few, refusal

SIX: Final = np.arange(6, dtype="<f4")


def read(body: bytes, dtype: str | None, shape: Shape | None = None) -> FloatArray:
    """The array of these bytes."""
    return raw.read(body, dtype, shape, LIMITS)


bfloats: st.SearchStrategy[FloatArray] = hnp.arrays("u2", hnp.array_shapes(min_dims=0, min_side=0)).map(
    lambda x: x.view(FLOATS["bfloat16"])
)


@few
@given(floats() | bfloats)
def test_what_is_written_is_read(x: FloatArray) -> None:
    """Elements of any bits travel little-endian in C order; the headers say what they are."""
    [content], headers = raw.write(x)
    assert content == np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<")).tobytes()
    assert headers == {raw.SHAPE: ",".join(map(str, x.shape)), raw.DTYPE: x.dtype.name}
    assert bits(read(bytes(content), x.dtype.name, x.shape)) == bits(x)


@few
@given(hnp.arrays(bool, hnp.array_shapes(min_dims=0, min_side=0)))
def test_a_mask_is_written_in_bits(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """The first decision in the lowest bit, as numpy.packbits does with bitorder="little"."""
    [content], headers = raw.write(mask)
    assert len(content) == -(-mask.size // 8)
    assert [content[k // 8] >> k % 8 & 1 for k in range(mask.size)] == mask.ravel().tolist()
    assert headers == {raw.SHAPE: ",".join(map(str, mask.shape)), raw.DTYPE: "bit"}


def test_elements_have_the_shape_that_is_said() -> None:
    """In C order, or flat where nothing is said; of rank 0, where that is."""
    assert read(SIX.tobytes(), "float32").tolist() == SIX.tolist()
    assert read(SIX.tobytes(), "float32", (2, 3)).tolist() == SIX.reshape(2, 3).tolist()
    assert read(SIX.tobytes()[:4], "float32", ()).shape == ()


WRONG: Final = {
    (None, None): (Invalid, "missing_field", "/dtype"),
    ("float64", (6,)): (Malformed, "length_mismatch", "/x"),
    ("float32", (7,)): (Malformed, "length_mismatch", "/x"),
    ("float32", (2**32, 2**32)): (Malformed, "length_mismatch", "/x"),
    ("float32", (2**62, 4)): (Malformed, "length_mismatch", "/x"),
    ("float32", (2, 13, 419, 691, 823, 2977518503)): (Malformed, "length_mismatch", "/x"),
    ("float32", (0, 2**63 - 1)): (Malformed, "length_mismatch", "/x"),
    ("float32", (1,) * 40 + (6,)): (Invalid, "rank_too_high", "/shape"),
    ("float32", (10**4000,) * 5000): (Invalid, "rank_too_high", "/shape"),
}


def test_elements_that_disagree_are_refused() -> None:
    """With their length, with the limits, or with nothing at all to go by."""
    assert {beside: refusal(read, SIX.tobytes(), *beside) for beside in WRONG} == WRONG
    assert refusal(read, b"", "float32", (2**62, 0)) == (TooLarge, "too_many_elements", "/shape")


def test_bytes_are_whole_elements() -> None:
    """A rest of bytes is no element."""
    assert refusal(read, b"1234567", "float32") == (Malformed, "length_mismatch", "/x")
    with pytest.raises(Malformed, match="4 bytes each, got 7"):
        read(b"1234567", "float32")


def test_reading_and_writing_copy_nothing() -> None:
    """The elements lie where they were received, and are sent from where they lie."""
    body = bytearray(8)
    x = raw.read(body, "float32", None, LIMITS)
    body[4:] = np.float32(1.5).tobytes()
    assert x.tolist() == [0, 1.5]
    [content], _ = raw.write(x)
    assert np.shares_memory(np.frombuffer(content, "u1"), x)
