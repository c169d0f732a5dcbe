"""What every reply is held to."""

from typing import Any, Final

import httpx
from pydantic import TypeAdapter

from app.api.problems import PROBLEMS
from app.wire.dropout import DropoutReply
from app.wire.problem import Problem

JSON: Final = {"Content-Type": "application/json"}
GOOD: Final = {"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42}
MOST: Final = 2**20
"""The limit of a server that takes little."""
OUTPUT: Final = [[0.0, 0.3114 * (1 / 0.6)], [0.0, 0.4634 * (1 / 0.6)]]


def post(client: httpx.Client, body: bytes | str | dict[str, Any], **headers: str) -> httpx.Response:
    """A reply of the main job; a header's name has _ for -."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        return client.post("/v1/dropout", json=body, headers=more)
    return client.post("/v1/dropout", content=body, headers=JSON | more)


def answered(reply: httpx.Response, kind: Any = DropoutReply) -> Any:
    """The value of a reply that succeeded, once it fits its type."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["X-Request-ID"]
    TypeAdapter(kind).validate_json(reply.content, strict=True)
    return reply.json()


def refused(reply: httpx.Response, status: int, code: str) -> Problem:
    """The problem a reply is, once it fits all that is promised of problems."""
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.content.isascii()
    assert len(reply.content) <= 2**13
    problem = Problem.model_validate_json(reply.content, strict=True)
    assert problem.code == code
    assert (problem.status, problem.title) == (status, PROBLEMS[problem.code].title)  # type: ignore[index]
    assert problem.type == f"/problems/{problem.code}"
    assert problem.request_id == reply.headers["X-Request-ID"]
    assert 1 <= len(problem.errors) <= 16
    first = problem.errors[0]
    assert (first.code, first.message) == (problem.code, problem.detail)
    for word in ("Traceback", "site-packages", "pydantic", "numpy", "/app/"):
        assert word not in reply.text
    return problem


def works(client: httpx.Client) -> None:
    """The service still does the main job."""
    assert answered(post(client, GOOD))["output"] == OUTPUT
