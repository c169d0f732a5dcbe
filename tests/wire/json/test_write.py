"""Arrays written in pieces are the text that a writer of JSON makes of the whole."""

import numpy as np
import orjson
import pytest

from app.wire.json.write import write

LARGE = 2**15 + 1


@pytest.mark.parametrize("dtype", ["f8", "f4", "?"])
@pytest.mark.parametrize(
    "shape",
    [
        (),
        (0,),
        (3,),
        (LARGE,),
        (10 * LARGE,),
        (1, LARGE),
        (LARGE, 1),
        (LARGE, 0),
        (3, 2, LARGE),
        (50, 7, 11, 13),
        (2, 1, 90_000),
    ],
    ids=str,
)
def test_pieces_are_the_whole(shape: tuple[int, ...], dtype: str) -> None:
    """Whatever the shape, to the byte; two arrays stand in their places among the other fields."""
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    told = {"a": "b", "x": x[()], "shape": [*shape], "y": (x > 0)[()], "": {}}
    assert b"".join(write(told)) == orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)


def test_no_piece_is_long() -> None:
    """Between pieces others have their turn: none is of more than 2^15 elements, or a row and the half of another."""
    x = np.full((100, 1000, 10), 0.5)
    parts = write({"x": x})
    assert max(map(len, parts)) <= 2**15 * len("0.5,") * 1.1
    assert sum(map(len, parts)) == len(orjson.dumps({"x": x}, option=orjson.OPT_SERIALIZE_NUMPY))
