"""Strategies and yardsticks: arrays, the ways JSON may write them down, and what a careful reader makes of any text."""

import json
from math import isfinite
from typing import Any, Final

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

from app.core import BoolArray, FloatArray
from app.wire.limits import Limits
from app.wire.text import BOOLEANS, NUMBERS, Kind, Text

LIMITS: Final = Limits(body_bytes=2**26, elements=16_000_000, ndim=32, samples=10_000)

shapes = hnp.array_shapes(min_dims=1, max_dims=6, min_side=1, max_side=4)
finite = st.floats(allow_nan=False, allow_infinity=False)
blanks = st.text(" \t\r\n", max_size=3)


def arrays(dtype: str = "f8") -> st.SearchStrategy[FloatArray]:
    """Arrays of finite numbers of ranks 1 to 6."""
    return hnp.arrays(dtype, shapes, elements={"allow_nan": False, "allow_infinity": False})


masks: st.SearchStrategy[BoolArray] = hnp.arrays(bool, shapes)


@st.composite
def written(draw: st.DrawFn, values: Any) -> str:
    """A nested list as JSON, with blanks of any kind wherever JSON allows them."""
    tokens = iter(json.dumps(values, separators=("\0,\0", ":")).replace("[", "[\0").replace("]", "\0]").split("\0"))
    return "".join(token + draw(blanks) for token in tokens)


@st.composite
def literals(draw: st.DrawFn) -> str:
    """A number in any notation that JSON allows, within float64."""
    sign, fraction = (
        draw(st.sampled_from(["", "-"])),
        draw(st.sampled_from(["", ".0", ".5", ".000123", ".1234567890123456789"])),
    )
    exponent = draw(st.sampled_from(["", "e5", "E5", "e+05", "E-12", "e-400", "e0", "e00"]))
    return sign + str(draw(st.integers(0, 10**30))) + fraction + exponent


def text(body: bytes | str) -> Text:
    """All of a body as the text of an array."""
    body = body.encode() if isinstance(body, str) else body
    return Text(body, 0, len(body), "/input")


def legal(body: bytes) -> bool:
    """Whether the standard library reads it as JSON; NaN and infinity it takes too."""
    try:
        json.loads(body.decode())
    except (UnicodeDecodeError, json.JSONDecodeError):
        return False
    return True


def read(body: bytes, kind: Kind) -> np.ndarray[Any, np.dtype[Any]] | None:
    """The array a text writes down, read with the standard library and numpy; None if there is none."""
    if not legal(body):
        return None
    values = json.loads(body.decode())
    if not isinstance(values, list) or not all(_fits(element, kind) for element in _elements(values)):
        return None
    try:
        return np.array(values, kind.dtype)
    except ValueError:  # rows of different lengths
        return None


def _elements(value: Any) -> list[Any]:
    return [element for item in value for element in _elements(item)] if isinstance(value, list) else [value]


def _fits(element: Any, kind: Kind) -> bool:
    if kind is BOOLEANS:
        return isinstance(element, bool)
    assert kind is NUMBERS
    return isinstance(element, int | float) and not isinstance(element, bool) and isfinite(float(element))
