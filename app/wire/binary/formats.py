"""The forms in which one array can be sent and returned: a row each."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from app.core import FloatArray, Shape
from app.wire.binary import npy, raw
from app.wire.json.text import Buffer
from app.wire.limits import Limits

Array = np.ndarray[Any, np.dtype[Any]]


class Format(NamedTuple):
    """A form of an array.

    name : what it is counted by. read : a body, with the type and the shape that the query names, if any → the array, a
    view of the body. Raises `Malformed`, `Invalid` or `TooLarge`. write : an array → its bytes in parts, and header
    fields of its own. headers : what these are, by their names. without : the types of arrays that it has no name for.
    """

    name: str
    read: Callable[[Buffer, str | None, Shape | None, Limits], FloatArray]
    write: Callable[[Array], tuple[tuple[Buffer | memoryview, ...], Mapping[str, str]]]
    headers: Mapping[str, str] = {}
    without: tuple[str, ...] = ()


FORMATS: Final = {
    npy.MEDIA_TYPE: Format("npy", npy.read_as, npy.write, without=("bfloat16",)),
    raw.MEDIA_TYPE: Format("raw", raw.read, raw.write, headers=raw.HEADERS),
}
"""The formats by media type."""
HEADERS: Final = {name: about for form in FORMATS.values() for name, about in form.headers.items()}
"""The header fields that they have."""
