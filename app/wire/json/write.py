"""Array → JSON text, in the shortest digits that read back to the same number.

A writer of JSON lets nothing else run in the meantime, and 16 million numbers take it half a second. So large arrays
are written in pieces, between which others have their turn; the pieces are the parts of a reply, and never joined.
"""

from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any, Final

import numpy as np
import orjson

from app.core import FLOATS
from app.wire.json.text import Buffer

Part = Buffer | memoryview
_PIECE: Final = 2**15
"""Elements that are written in less than a millisecond."""
_MARK: Final = token_hex(16)
"""What stands for an array that is written in pieces: nobody outside knows it, so nobody can forge one."""
_QUOTED: Final = f'"{_MARK}"'.encode()


def writable(array: Any) -> Any:
    """The writer takes arrays of numpy's own types, from rank 1: bfloat16 is exact in float32, one element a scalar."""
    known = array.astype(np.float32) if array.dtype == FLOATS["bfloat16"] else array
    return known[()]


def write(told: Mapping[str, Any]) -> tuple[Part, ...]:
    """An object as JSON, in parts: those of its own arrays that are large are written in pieces."""
    large = {name: value for name, value in told.items() if type(value) is np.ndarray and value.size > _PIECE}
    texts = _dumps({name: _MARK if name in large else value for name, value in told.items()} if large else told)
    first, *others = texts.split(_QUOTED) if large else [texts]
    parts: list[Part] = [first]
    for array, after in zip(large.values(), others, strict=True):
        parts += [*pieces_of_array(array), after]
    return tuple(parts)


def pieces_of_array(x: Any) -> Iterator[Part]:
    """The text of an array of rank 1 or more, in pieces."""
    row = x[0].size if x.ndim > 1 and len(x) else 1
    rows = max(1, _PIECE // max(1, row))
    yield b"["
    for at in range(0, len(x), rows):
        if at:
            yield b","
        if row > _PIECE:
            yield from pieces_of_array(x[at])
        else:
            yield memoryview(_dumps(x[at : at + rows]))[1:-1]
    yield b"]"


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
