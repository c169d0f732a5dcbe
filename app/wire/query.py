"""A URL's query → the fields of a call, for bodies that are an array and nothing else.

The values are read as JSON would read them, so that they meet the same model as a JSON body: 0.4 is a number, 42 an
integer, true a boolean. Lists are one value with commas: `shape=5000,10`, `noise_shape=5000,null`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from math import inf, nan
from typing import Any, Final

from pydantic import BaseModel

from app.errors import Invalid, Malformed
from app.wire.fields import M, brief, validated
from app.wire.task import Query


def read(query: Query, model: type[M]) -> M:
    """The fields of a query, as a model. Raises `Malformed` if one stands twice, `Invalid` if one is wrong."""
    [(name, times)] = Counter(name for name, _ in query).most_common(1) or [("", 0)]
    if times > 1:
        message = f"each field may stand once, {name[:40]!a} stands {times} times; a list is one value with commas"
        raise Malformed.of("duplicate_key", message)
    readers = _readers(model)
    return validated(model, {name: readers.get(name, scalar)(text) for name, text in query})


def refuse(query: Query) -> None:
    """Raise `Invalid` if there is a query where all fields stand in the body."""
    if query:
        message = "the fields of a JSON body stand in the body, not in the query"
        raise Invalid.of("unknown_field", message, brief(query[0][0]))


def scalar(text: str) -> Any:
    """What JSON has for a text: a number, a boolean, null; else the text itself."""
    if text in _NAMES:
        return _NAMES[text]
    if _INTEGER.fullmatch(text):
        return int(text[:4000])
    return float(text) if _NUMBER.fullmatch(text) else text


def numbers(text: str) -> Any:
    """A list of scalars, written with commas; no text is an empty one."""
    return [scalar(part.strip()) for part in text.split(",")] if text else []


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


_NAMES: Final = {"true": True, "false": False, "null": None, "NaN": nan, "Infinity": inf, "-Infinity": -inf}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(rf"{_INTEGER.pattern}(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@cache
def _readers(model: type[BaseModel]) -> Mapping[str, Callable[[str], Any]]:
    """What reads each field of a model, by its schema."""
    fields = model.model_json_schema()["properties"]
    return {
        name: _READERS.get((of.get("type"), of.get("items", {}).get("type")), scalar) for name, of in fields.items()
    }


_READERS: Final[dict[tuple[str, str | None], Callable[[str], Any]]] = {
    ("string", None): str,
    ("array", "string"): _names,
    ("array", "integer"): numbers,
    ("array", None): numbers,
}
"""Texts, lists of names, and lists of numbers, some of which may be null or text; the rest are scalars."""
