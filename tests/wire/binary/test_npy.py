"""numpy's files are read bit for bit, and any other bytes are refused before they cost memory."""

import io
from tokenize import TokenError
from typing import Any, Final
from warnings import catch_warnings

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, FloatArray
from app.errors import DropoutError, Invalid, Malformed
from app.wire.binary import npy
from tests.core.oracle import bits
from tests.wire.binary.files import GOOD, HEAD, HOSTILE, OTHERS, file, floats, head, saved
from tests.wire.given import LIMITS, Refusal, few, memory, refusal, seconds


def read(body: bytes) -> FloatArray:
    """The array of a file."""
    return npy.read(body, LIMITS)


def written(x: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    """The file of an array."""
    return b"".join(npy.write(x)[0])


# What is refused

ALLOWED: Final = 2**16
"""Bytes of memory that refusing may take."""


def test_a_hostile_file_is_refused() -> None:
    """Bytes that are no file of floats get one kind of error, with the code of what is wrong and a short message."""
    found = {name: refusal(read, hostile.body) for name, hostile in HOSTILE.items()}
    assert found == {name: Refusal(hostile.error, hostile.code, "/x") for name, hostile in HOSTILE.items()}


def test_a_hostile_file_costs_nothing() -> None:
    """Whatever memory a file asks for, none is taken before it is known to be one; no header takes long to read."""
    for name, hostile in HOSTILE.items():
        with memory(ALLOWED):
            assert seconds(refusal, read, hostile.body) < 0.1, name


def test_a_file_cut_off_anywhere_is_refused() -> None:
    """Within its header it is no file, and behind it has too few elements."""
    codes = [refusal(read, GOOD[:size]).code for size in range(len(GOOD))]
    assert codes == ["malformed_npy"] * HEAD + ["length_mismatch"] * (len(GOOD) - HEAD)


def test_a_bfloat16_is_refused_with_the_way_out() -> None:
    """ml_dtypes has numpy write two bytes of no type: the sentence says how the elements can be sent."""
    with pytest.raises(Invalid, match=r"raw \(application/octet-stream, dtype=bfloat16\), or as float32"):
        read(saved(np.ones(2, ml_dtypes.bfloat16)))


# What numpy writes is read


@few
@given(floats(), st.sampled_from([None, (1, 0), (2, 0), (3, 0)]))
def test_what_numpy_writes_is_read(x: FloatArray, version: tuple[int, int] | None) -> None:
    """A file of any version, type, byte order, memory order and shape is that array, bit for bit, and no copy."""
    body = saved(x, version)
    found = read(body)
    assert bits(found) == bits(x)
    assert np.shares_memory(np.frombuffer(body, "u1"), found) == (x.size > 0)


@few
@given(floats(), st.integers(0, 63))
def test_elements_may_lie_anywhere(x: FloatArray, shift: int) -> None:
    """Padding is not needed: elements at odd addresses, and a header without its newline, are read alike."""
    order = "True" if x.flags.f_contiguous and not x.flags.c_contiguous else "False"
    header = head(f"'{x.dtype.newbyteorder('<').str}'", order, str(x.shape)) + " " * shift
    content = x.astype(x.dtype.newbyteorder("<")).tobytes("A" if order == "True" else "C")
    assert bits(read(file(header, content))) == bits(x)


@pytest.mark.parametrize("header", OTHERS.values(), ids=OTHERS)
def test_what_others_write_is_read(header: str) -> None:
    """Blanks, quotes, commas, padding, the order of keys and the names of types are as free as numpy leaves them."""
    body = file(header, GOOD[HEAD:])
    with catch_warnings(action="ignore"):  # numpy's about what Python 2 wrote
        assert bits(read(body)) == bits(np.lib.format.read_array(io.BytesIO(body)))


blanks = st.text(" \t\r\n\f", max_size=2)
types = st.sampled_from([*npy._DTYPES, "<f16", "<i4", "|V8", "<f1", "", "<f8 ", '<f8"', "Float32", "1f4"])
lengths = st.sampled_from(["0", "1", "2", "00", "01", "3L", "-1", "1.0", "", "x"])


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A header in any spelling, right and wrong ones."""

    def quoted(text: str) -> str:
        quote = draw(st.sampled_from("'\""))
        return f"{quote}{text}{quote}"

    def spaced(*tokens: str) -> str:
        return "".join(f"{token}{draw(blanks)}" for token in ("", *tokens))

    sides = draw(st.lists(lengths, max_size=3))
    separated = [token for side in sides for token in (side, ",")]
    tail = draw(st.sampled_from([[], [","]])) if len(sides) != 1 else [","]
    shape = spaced("(", *separated[:-1], *(tail if sides else []), ")")
    values = {"descr": quoted(draw(types)), "fortran_order": draw(st.sampled_from(["True", "False", "1"]))}
    entries = draw(st.permutations([*values.items(), ("shape", shape)]))
    words = [token for key, value in entries for token in (quoted(key), ":", value, ",")]
    return "{" + spaced(*words[: len(words) - draw(st.integers(0, 1))]) + "}"


@given(
    spellings(), st.text(" \t", max_size=2), st.sampled_from(["", "\n", " \n", "\t\n\n"]), st.sampled_from([1, 2, 3])
)
def test_a_header_is_what_numpy_says_it_is(header: str, before: str, after: str, version: int) -> None:
    """However it is spelt: where numpy reads floats of ours, so do we, with its type, shape and order; else nothing."""
    written = file(before + header + after, b"", version=bytes([version, 0]))
    assert numpys(written) == ours(written)


def numpys(body: bytes) -> tuple[Any, ...] | None:
    """Type, shape and order of a file, as numpy reads its header; None if it refuses, or they are none of an array."""
    read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
    try:
        with catch_warnings(action="ignore"):
            # of version 3.0 there is no reader but that of all; both others read what is no fault of Python 2
            shape, fortran, dtype = read[min(body[6], 2)](io.BytesIO(body[8:]))
    except (ValueError, TokenError):
        return None
    legal = dtype.newbyteorder("=") in FLOATS.values() and all(side >= 0 for side in shape)
    strange = body[6] > 2 and b"L" in body[12:]
    return (dtype, shape, "F" if fortran else "C") if legal and not strange else None


def ours(body: bytes) -> tuple[Any, ...] | None:
    """The same as we read it."""
    try:
        return tuple(npy.header(body))[:3]
    except DropoutError:
        return None


@pytest.mark.parametrize("header", [head(shape="(2L,)"), head() + "\n "])
def test_version_3_is_as_strict_as_numpy(header: str) -> None:
    """No Python 2 wrote it, so that its slips are refused in it, and read in the versions before."""
    body = file(header, version=b"\x03\x00")
    with pytest.raises(ValueError, match="Cannot parse header"):
        np.lib.format.read_array(io.BytesIO(body))
    assert refusal(read, body) == (Malformed, "malformed_npy", "/x")
    assert read(file(header, version=b"\x02\x00")).shape == (2,)


# What is written is read by numpy


@few
@given(floats() | hnp.arrays(bool, hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=3)))
def test_what_is_written_is_what_numpy_would_write(x: np.ndarray[Any, np.dtype[Any]]) -> None:
    """To the byte: version, header, padding and elements are those of numpy.save, in C order."""
    little = np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<")).reshape(x.shape)
    assert written(x) == saved(little)


def test_the_highest_rank_is_written() -> None:
    """An array of as many dimensions as there may be is read back, its elements at a multiple of 64."""
    x = np.full((1,) * LIMITS.max_ndim, 0.5, "f4")
    body = written(x)
    assert bits(np.load(io.BytesIO(body), allow_pickle=False)) == bits(read(body)) == bits(x)
    assert npy.header(body).offset % 64 == 0
