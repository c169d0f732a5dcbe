"""Errors: every code is explained, and every error is a problem."""

import json
from typing import get_args

import httpx
import pytest

from app.api.problems import PROBLEMS, problem
from app.errors import Code, Fault
from app.wire.reply import ProblemKind
from tests.api.expect import GOOD, JSON, post, refused

CODES = get_args(Code)


def test_every_code_is_explained() -> None:
    """The table has the codes there are, no more and no fewer."""
    assert set(PROBLEMS) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_problem_has_a_page(client: httpx.Client, code: Code) -> None:
    """`type` leads to a page that explains the kind of problem."""
    reply = client.get(f"/problems/{code}")
    assert reply.status_code == 200
    kind = ProblemKind.model_validate_json(reply.content, strict=True)
    assert (kind.code, kind.status, kind.title, kind.explanation) == (code, *PROBLEMS[code])
    assert len(kind.explanation) > 20


def test_titles_tell_problems_apart() -> None:
    """No two codes have one title or one explanation."""
    assert len({kind.title for kind in PROBLEMS.values()}) == len(PROBLEMS)
    assert len({kind.explanation for kind in PROBLEMS.values()}) == len(PROBLEMS)


def test_statuses_are_the_contracts() -> None:
    """Each kind has one of the statuses the contract has."""
    assert {kind.status for kind in PROBLEMS.values()} == {400, 404, 405, 406, 413, 415, 422, 500}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/problems/nothing", {}, 404, "not_found"),
        ("GET", "/problems/OUT_OF_RANGE", {}, 404, "not_found"),
        ("GET", "/docs/nothing.js", {}, 404, "not_found"),
        ("GET", "/redoc", {}, 404, "not_found"),
        ("POST", "/health/live", {}, 405, "method_not_allowed"),
        ("DELETE", "/docs", {}, 405, "method_not_allowed"),
        ("POST", "/openapi.json", {}, 405, "method_not_allowed"),
        ("POST", "/v1/dropout", {"Accept": "text/html"} | JSON, 406, "not_acceptable"),
        ("POST", "/v1/dropout", {}, 415, "unsupported_media_type"),
        ("POST", "/v1/dropout", JSON, 400, "malformed_json"),
    ],
)
def test_every_error_is_a_problem(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Errors of routing too, whatever the route."""
    reply = client.request(method, path, headers=headers)
    refused(reply, status, code)
    assert ("Allow" in reply.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"input": [1], "p": 1.5}, "out_of_range", "p should be less than or equal to 1, got 1.5"),
        ({"input": [1], "p": "0.5"}, "wrong_type", 'p should be a valid number, got "0.5"'),
        ({"input": [1], "drop_prob": 0.4}, "unknown_field", "drop_prob is not a field; did you mean p?"),
        ({}, "missing_field", "input is required"),
    ],
)
def test_a_detail_has_the_rule_and_the_value(
    client: httpx.Client, body: dict[str, object], code: str, detail: str
) -> None:
    """What the rule is, and what was received, in one sentence."""
    assert refused(post(client, body), 422, code).detail == detail


def test_errors_are_at_most_16(client: httpx.Client) -> None:
    """Of a hundred things wrong, 16 are told."""
    body = GOOD | {f"x{number}": 1 for number in range(100)}
    assert len(refused(post(client, body), 422, "unknown_field").errors) == 16


def test_the_first_of_several_gives_the_kind(client: httpx.Client) -> None:
    """All that is wrong is told, each with its own code and pointer."""
    found = refused(post(client, {"input": [1], "p": 2, "seed": -1.5, "x": 1}), 422, "out_of_range")
    assert [(fault.pointer, fault.code) for fault in found.errors] == [
        ("/p", "out_of_range"),
        ("/seed", "wrong_type"),
        ("/x", "unknown_field"),
    ]


@pytest.mark.parametrize("text", ["\ud800", "\u2028", "\x00", "\U0001f4a7", '"\\', "</script>"])
def test_no_text_breaks_a_problem(text: str) -> None:
    """Whatever a message holds, half a surrogate pair too, the reply is JSON in ASCII."""
    reply = problem((Fault("wrong_type", text, text),), "id", "/v1/dropout")
    assert bytes(reply.body).isascii()
    assert json.loads(bytes(reply.body))["detail"] == text


def test_a_problem_fits_8_kib() -> None:
    """Errors that do not fit are left out, from the end."""
    faults = tuple(Fault("unknown_field", "/" + "\u00e9" * 100, f"{number}" + "\u00e9" * 100) for number in range(16))
    reply = problem(faults, "id", "/v1/dropout")
    assert len(reply.body) <= 2**13
    assert json.loads(bytes(reply.body))["errors"][0]["message"] == faults[0].message
