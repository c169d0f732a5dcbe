"""Strategies and yardsticks: arrays, the ways JSON may write them down, and what a careful reader makes of any text."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from math import isfinite
from time import thread_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any, Final, NamedTuple, TypeVar

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from app.core import BoolArray, FloatArray
from app.errors import DropoutError
from app.wire.dropout import DROPOUT
from app.wire.json.text import BOOLEANS, NUMBERS, ElementType, Text
from app.wire.limits import Limits
from app.wire.task import Operation, Reply, Sent

LIMITS: Final = Limits()
Body = bytes | bytearray | str | dict[str, Any]

few: Final = settings(max_examples=40)
"""Of laws that a single element or axis breaks, where it breaks them at all: any example has all there is to try."""

# Arrays and texts

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
    tokens = json.dumps(values, separators=("\0,\0", ":")).replace("[", "[\0").replace("]", "\0]").split("\0")
    between = draw(st.lists(blanks, min_size=1, max_size=7))
    return "".join(token + blank for token, blank in zip(tokens, cycle(between), strict=False))


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
    return Text(body, 0, len(body), ("input",))


# Requests


def sent(body: Body, **more: Any) -> Sent:
    """A request with that body, of JSON if nothing else is said."""
    body = json.dumps(body) if isinstance(body, dict) else body
    return Sent(body.encode() if isinstance(body, str) else body, **more)


def content(reply: Reply) -> bytes:
    """The body of a reply."""
    return b"".join(reply.parts)


def answered(body: Body, operation: Operation = DROPOUT, limits: Limits = LIMITS, **more: Any) -> Any:
    """The JSON that a request is answered with."""
    return json.loads(content(operation.answer(sent(body, **more), limits)))


class Refusal(NamedTuple):
    """What is wrong: the kind of error, and the code and the place of its first fault."""

    error: type[DropoutError]
    code: str
    pointer: str


def refusal(call: Callable[..., object], *given: object) -> Refusal:
    """How something is refused. Whatever it is, its faults are few, and what they say is short."""
    with pytest.raises(DropoutError) as caught:
        call(*given)
    faults = caught.value.faults
    assert len(faults) <= 16
    assert all(0 < len(fault.message) < 300 and len(fault.pointer) < 100 for fault in faults)
    return Refusal(type(caught.value), faults[0].code, faults[0].pointer)


R = TypeVar("R")


def refusals(call: Callable[[R], object], rows: Iterable[R]) -> dict[R, Refusal]:
    """How each of several is refused."""
    return {row: refusal(call, row) for row in rows}


# Costs


def seconds(call: Callable[..., object], *given: object) -> float:
    """What a call takes of a processor's time, its own thread's: machines are shared."""
    began = thread_time()
    call(*given)
    return thread_time() - began


@contextmanager
def memory(most: int) -> Iterator[None]:
    """Hold what is done within to so many bytes of memory, of Python's and of numpy's."""
    start()
    try:
        yield
        peak = get_traced_memory()[1]
    finally:
        stop()
    assert peak < most


# A careful reader


def legal(body: bytes) -> bool:
    """Whether the standard library reads it as JSON; NaN and infinity it takes too."""
    try:
        json.loads(body.decode())
    except (UnicodeDecodeError, json.JSONDecodeError):
        return False
    return True


def read(body: bytes, kind: ElementType) -> np.ndarray[Any, np.dtype[Any]] | None:
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


def _fits(element: Any, kind: ElementType) -> bool:
    if kind is BOOLEANS:
        return isinstance(element, bool)
    assert kind is NUMBERS
    return isinstance(element, int | float) and not isinstance(element, bool) and isfinite(float(element))
