"""The array of a reply."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import orjson

from benchmarks.arrays import Array, Shape, array

Read = Callable[[Any, Shape], Array]
"""Gives the array of a reply to one of that shape."""


def json(reply: bytes, shape: Shape) -> Array:
    """All of a JSON reply."""
    return np.array(orjson.loads(reply), "float64").reshape(shape)


def member(name: str, dtype: str) -> Read:
    """A member of a JSON object."""
    return lambda reply, shape: np.array(orjson.loads(reply)[name], dtype).reshape(shape)


def tensor(reply: bytes, shape: Shape) -> Array:
    """The tensor of an inference."""
    return np.array(orjson.loads(reply)["outputs"][0]["data"], "float64").reshape(shape)


def npy(reply: bytes, _shape: Shape) -> Array:
    """A file as numpy saves it."""
    loaded: Array = np.load(BytesIO(reply))
    return loaded


def raw(reply: bytes, shape: Shape) -> Array:
    """Elements as they lie in memory."""
    return np.frombuffer(reply, "float32").reshape(shape)


def itself(reply: Any, _shape: Shape) -> Array:
    """An array already."""
    return np.asarray(reply)


def counted(reply: bytes, shape: Shape) -> Array:
    """None: only how many rows there were."""
    return array(shape, "float64") if orjson.loads(reply)["rows"] == shape[0] else np.empty(0)
