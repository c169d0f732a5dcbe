"""Tensors are read and written to the bit, in JSON and in binary."""

import json
from decimal import Decimal
from typing import Any, Final

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import FLOATS, BoolArray, FloatArray
from app.wire.oip import infer
from app.wire.oip.tensor import DATATYPES, NAMES, to_json
from tests.core.oracle import bits
from tests.wire.given import LIMITS, few
from tests.wire.oip.requests import request, sent, sized, with_data
from tests.wire.oip.test_infer import told

EVALUATED: Final[dict[str, Any]] = {"parameters": {"training": False, "binary_data_output": True}}
"""What makes a reply hold the bytes of the input itself."""
SHAPES: Final = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def read(body: bytes, header: str = "") -> FloatArray:
    """The input of a request."""
    return infer.decode(body, header, "dropout", LIMITS).call.x


def written(x: FloatArray, data: str) -> bytes:
    """A request with a tensor in JSON."""
    return with_data(data, list(x.shape), NAMES[x.dtype])


def floats(*names: str) -> st.SearchStrategy[FloatArray]:
    """Arrays of these types: NaN, infinities, subnormals and zeros of any rank."""
    kinds = st.sampled_from([FLOATS[name] for name in names])
    return kinds.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES, fill=st.nothing()))


@st.composite
def anything(draw: st.DrawFn) -> FloatArray:
    """Arrays of any bits of any type, bfloat16 among them."""
    dtype, shape = draw(st.sampled_from(list(FLOATS.values()))), draw(SHAPES)
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)


# Binary


@few
@given(anything(), st.integers(0, 7))
def test_binary_tensors_come_back_bit_for_bit(x: FloatArray, odd: int) -> None:
    """A binary tensor is read without a copy, wherever it lies; in evaluation it is answered with its own bytes."""
    body, header = sent(x, odd=odd, **EVALUATED)
    found = read(body, header)
    assert np.shares_memory(np.frombuffer(body, "u1"), found) == (x.size > 0)
    assert bits(found) == bits(x)
    reply = told(body, header)
    assert reply.content == x.tobytes()
    assert (reply.head["outputs"][0]["datatype"], reply.array().shape) == (NAMES[x.dtype], x.shape)


def test_bfloat16_is_read_as_it_is() -> None:
    """BF16 is the upper half of float32, little end first."""
    x = np.array([1.0, -2.5], np.float32)
    body = request(sized(4, datatype="BF16"))
    found = read(body + (x.view("u4") >> 16).astype("<u2").tobytes(), str(len(body)))
    assert (found.dtype, found.astype("f4").tolist()) == (ml_dtypes.bfloat16, x.tolist())


# JSON


def canonical(x: FloatArray) -> FloatArray:
    """An array with one NaN only, for JSON has no other."""
    return np.where(np.isnan(x), x.dtype.type("nan"), x)


@given(floats("float32", "float64"))
@example(np.array([np.nan, np.inf, -np.inf, -0.0], "f4"))
def test_numbers_come_back_as_they_were(x: FloatArray) -> None:
    """What is written reads back to every bit, NaN, Infinity and -Infinity by their names, and never null."""
    data = to_json(x).decode()
    assert bits(canonical(read(written(x, data)))) == bits(canonical(x))
    assert data.count("NaN") == np.count_nonzero(np.isnan(x))
    assert data.count("Infinity") == np.count_nonzero(np.isinf(x))
    assert "null" not in data


@few
@given(floats("float32", "float64"))
def test_numbers_are_written_in_the_fewest_digits(x: FloatArray) -> None:
    """Each is the shortest decimal that reads back to it in its own type, as numpy prints it."""
    finite = np.where(np.isfinite(x), x, x.dtype.type(0)).reshape(-1)
    assert json.loads(to_json(finite), parse_float=Decimal) == [Decimal(str(value)) for value in finite]


NUMBERS: Final = {
    "[NaN, Infinity]": [np.nan, np.inf],
    "[-Infinity,\t1]": [-np.inf, 1],
    "[1e999, -1e999]": [np.inf, -np.inf],
    "[1e-999, -1e-999]": [0.0, -0.0],
    "[-0, -0.0]": [0.0, -0.0],
    "[1E2, 1e+2]": [100, 100],
    f"[{2**53 + 1}, {2**64}]": [2.0**53, 2.0**64],
    f"[1{'0' * 400}, -1{'0' * 400}]": [np.inf, -np.inf],
    f"[1{'0' * 5000}, -1{'0' * 5000}]": [np.inf, -np.inf],
}


@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_numbers_of_any_size_are_read(datatype: str) -> None:
    """What is beyond the type is infinite, written with an exponent or digit by digit; what is below it is 0."""
    found = {data: bits(read(with_data(data, [2], datatype))) for data in NUMBERS}
    assert found == {data: bits(np.array(values, DATATYPES[datatype])) for data, values in NUMBERS.items()}


def test_numbers_beyond_float32_are_infinite() -> None:
    """A number that float64 holds and float32 does not is infinity in FP32, without a warning."""
    assert read(with_data("[1e39, -3.5e38]")).tolist() == [np.inf, -np.inf]


@few
@given(floats("float64").filter(lambda x: x.size > 0))
def test_nested_data_is_flat_data(x: FloatArray) -> None:
    """The same elements, nested as the shape says or flat, are the same array."""
    nested = read(written(x, json.dumps(x.tolist() if x.ndim else [x.item()])))
    assert bits(canonical(nested)) == bits(canonical(read(written(x, json.dumps(x.ravel().tolist())))))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (0, 2), (0, 0), (1,) * 32], ids=str)
def test_tensors_of_rank_0_and_without_elements_are_tensors(shape: tuple[int, ...]) -> None:
    """They come back with their shape, from JSON and from binary."""
    x = np.full(shape, 0.75, "f4")
    assert bits(read(written(x, json.dumps(x.ravel().tolist())))) == bits(x)
    assert bits(told(*sent(x, parameters={"training": False})).array()) == bits(x)
    assert bits(told(*sent(x, **EVALUATED)).array()) == bits(x)


@few
@given(hnp.arrays(bool, SHAPES))
def test_a_mask_is_the_same_in_json_and_in_binary(mask: BoolArray) -> None:
    """Booleans or bytes of 1 and 0: what is kept is kept."""
    head = {"name": "input", "shape": mask.shape, "datatype": "FP64", "data": [1.0] * mask.size}
    kind = {"name": "mask", "shape": mask.shape, "datatype": "BOOL"}
    in_json = told(request(head, kind | {"data": mask.ravel().tolist()}))
    body = request(head, kind | {"parameters": {"binary_data_size": mask.size}})
    assert told(body + mask.tobytes(), str(len(body))) == in_json
    assert bits(in_json.array()) == bits(np.where(mask, 2.0, 0.0))
