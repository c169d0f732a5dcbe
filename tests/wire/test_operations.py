"""The calls: every reply is as it is documented."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError

from app.wire.backward import BACKWARD
from app.wire.dropout import DROPOUT
from app.wire.mask import MASK
from app.wire.oip.infer import INFER
from app.wire.operations import OPERATIONS
from app.wire.simulate import SIMULATE
from app.wire.task import Operation
from app.wire.verify import VERIFY
from tests.wire.given import answered

CALLS: Final[dict[str, tuple[Operation, dict[str, Any]]]] = {
    "dropout": (DROPOUT, {"input": [1, 2], "include": ["output", "mask", "statistics"], "whole": [9]}),
    "backward": (BACKWARD, {"grad_output": [1, 2], "mask": [True, False], "include": ["grad_input", "statistics"]}),
    "mask": (MASK, {"shape": [2, 2], "noise_shape": [None, 1], "samples": 2}),
    "simulate": (SIMULATE, {"shape": [2, 2], "runs": 2, "seed": 2**64 - 1}),
    "verify": (VERIFY, {"input": [1, 2, 3], "output": [1, 2, 3], "p": 0.9}),
    "infer": (INFER, {"id": "1", "inputs": [{"name": "input", "shape": [1], "datatype": "FP32", "data": [1]}]}),
}


def reply(name: str) -> Any:
    """What a call is answered."""
    operation, body = CALLS[name]
    return answered(body, operation, path={"model": "dropout"})


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects within a reply, itself among them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def test_every_call_is_tried() -> None:
    """None of the table is left out."""
    assert [operation for operation, _ in CALLS.values()] == list(OPERATIONS)


@pytest.mark.parametrize("name", CALLS)
def test_a_reply_is_as_documented(name: str) -> None:
    """It fits its type, which has no room: no object in it may have another member."""
    found = reply(name)
    fits = TypeAdapter(CALLS[name][0].replies)
    fits.validate_json(json.dumps(found), strict=True)
    for inner in objects(found):
        inner["extra"] = None
        with pytest.raises(ValidationError):
            fits.validate_json(json.dumps(found), strict=True)
        del inner["extra"]


@pytest.mark.parametrize(
    "change", [{"shape": ["2"]}, {"shape": [2.5]}, {"layer": {}}, {"statistics": {}}, {"dtype": "int8"}], ids=str
)
def test_what_is_said_of_a_reply_is_strict(change: dict[str, Any]) -> None:
    """A reply with a member of another type, or with one too few, would not fit."""
    with pytest.raises(ValidationError):
        TypeAdapter(DROPOUT.replies).validate_json(json.dumps(reply("dropout") | change), strict=True)
