"""What a house is asked: its document, and calls of it."""

from collections.abc import Sequence
from json import loads
from typing import Any

from app.errors import DropoutError
from app.main import create_app
from app.settings import load
from app.wire.dropout import DROPOUT
from app.wire.limits import Limits
from app.wire.task import Operation, Reply, Sent


def document(**settings: str) -> Any:
    """The OpenAPI document under these settings."""
    return create_app(load(settings)).openapi()


def answer(body: bytes, media_type: str = "application/json", query: Sequence[tuple[str, str]] = ()) -> Reply:
    """The reply in the request's own form."""
    return DROPOUT.answer(Sent(body, media_type, media_type, query), Limits())


def told(body: bytes) -> Any:
    """What a reply in JSON says."""
    return loads(b"".join(answer(body).parts))


def fault(body: bytes, call: Operation = DROPOUT) -> tuple[str, str]:
    """Code and message of a request that is refused."""
    try:
        call.answer(Sent(body), Limits())
    except DropoutError as error:
        return error.faults[0].code, error.faults[0].message
    raise AssertionError("it was not refused")
