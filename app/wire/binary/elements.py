"""Arrays as they lie in memory: bytes ↔ elements, without a look at any of them."""

from math import prod
from typing import Any, Final, Literal

import numpy as np

from app.core import FloatArray, Shape
from app.errors import Invalid, Malformed, Where
from app.wire.json.text import Buffer

LITTLE: Final = "<"


def elements(
    body: Buffer, dtype: np.dtype[Any], shape: Shape, *, offset: int = 0, order: Literal["C", "F"] = "C"
) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of that type and shape whose elements begin at `offset`: a view, whatever its alignment."""
    return np.frombuffer(body, dtype, prod(shape), offset).reshape(shape, order=order)


def check_length(dtype: np.dtype[Any], shape: Shape, length: int, *, where: Where = ("x",)) -> None:
    """Raise `Malformed` unless so many bytes are an array of that type and shape. Shapes of any size may be asked."""
    needed = prod(shape) * dtype.itemsize
    if needed != length:
        short = str(needed) if needed < 10**20 else "more than 10^20"
        message = f"an array of {dtype.name} and shape {brief_shape(shape)} has {short} bytes, got {length}"
        raise Malformed.of("length_mismatch", message, *where)


def check_dtype(asked: str | None, x: FloatArray) -> None:
    """Raise `Invalid` if a type was asked for that is not the array's own."""
    if asked not in (None, x.dtype.name):
        message = f"binary arrays are computed in their own dtype, {x.dtype.name}; got {asked}"
        raise Invalid.of("conflicting_fields", message, "dtype")


def brief_shape(shape: Shape) -> str:
    """A shape in few characters, whatever it is."""
    lengths = [str(length) if length < 10**20 else "…" for length in shape[:8]]
    return f"[{', '.join(lengths)}{', …' if len(shape) > 8 else ''}]"


def as_bytes(x: np.ndarray[Any, np.dtype[Any]]) -> memoryview:
    """The bytes of an array in C order, little end first: its own memory, where it lies like that."""
    little = x.astype(x.dtype.newbyteorder(LITTLE), order="C", copy=False)
    return little.reshape(-1).view(np.uint8).data
