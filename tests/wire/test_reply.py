"""The replies, as documented: every one that is made fits its model."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.core import VARIANTS
from app.wire.json import CODEC, decode
from app.wire.reply import DropoutReply, Replay, VariantsReply
from tests.wire.given import LIMITS

CALLS: list[dict[str, Any]] = [
    {"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42},
    {"input": [1, 2, 3]},
    {"input": 1.5},
    {"input": []},
    {"input": [], "shape": [0, 5]},
    {"input": [[], []], "samples": 2},
    {"input": [1, 2, 3, 4], "shape": [2, 2], "include": ["mask"]},
    {"input": [1, 2], "training": False},
    {"input": [1, 2], "training": False, "samples": 3, "include": ["output", "mask", "statistics"]},
    {"input": [1, 2], "training": False, "scaling": "inference", "seed": 1},
    {"input": [1, 2], "p": 1},
    {"input": [1, 2], "p": 1, "scaling": "none"},
    {"input": [1, 2], "p": 0},
    {"input": [[1, 2], [3, 4]], "mask": [True, False]},
    {"input": [[1, 2], [3, 4]], "mask": True, "include": ["mask"]},
    {"input": [[1, 2], [3, 4]], "noise_shape": [None, 1], "seed": 2**64 - 1, "stream": 2**63, "offset": 2**53},
    {"input": [[1, 2], [3, 4]], "samples": 3, "dtype": "float16", "include": ["mask", "output"]},
    {"input": [1], "sample": "18446744073709551615", "dtype": "float32", "include": []},
    {"input": [1], "keep_prob": 0.1},
]
"""A call of every kind."""


def answer(body: dict[str, Any]) -> Any:
    """The reply to a body."""
    return json.loads(b"".join(CODEC.answer(decode(json.dumps(body).encode(), LIMITS)).parts))


@pytest.mark.parametrize("body", CALLS, ids=str)
def test_a_reply_fits_its_model(body: dict[str, Any]) -> None:
    """A reply has the documented members and types, no other, and the parts that were asked for."""
    reply = answer(body)
    DropoutReply.model_validate(reply, strict=True)
    wanted = set(body.get("include", ["output", "statistics"]))
    assert set(reply) == {"shape", "dtype", "replay", "layer"} | wanted


@pytest.mark.parametrize("body", CALLS, ids=str)
def test_a_replay_fits_its_model(body: dict[str, Any]) -> None:
    """What a replay may have is documented, and it has nothing that is null but where null is a value."""
    replay = answer(body)["replay"]
    Replay.model_validate(replay, strict=True)
    assert None not in replay.values()


@pytest.mark.parametrize("change", [{"extra": 1}, {"shape": "2"}, {"layer": {}}, {"statistics": {}}, {"dtype": "int8"}])
def test_the_model_is_strict(change: dict[str, Any]) -> None:
    """A reply with another member, or one of another type, would not fit."""
    with pytest.raises(ValidationError):
        DropoutReply.model_validate(answer(CALLS[0]) | change, strict=True)


def test_the_variants_are_the_cores() -> None:
    """The table lists what the core serves, with every column filled."""
    rows = VariantsReply.table().variants
    assert [row.name for row in rows] == list(VARIANTS)
    assert all(all(row.model_dump(exclude={"parameters"}).values()) for row in rows)
