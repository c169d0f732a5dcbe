"""Errors: every code is explained, and every error is a problem."""

import codecs
import json
from typing import Final, get_args

import httpx
import pytest

from app.api.problems import PROBLEMS, problem
from app.errors import Code, Fault
from app.wire.about import ProblemKind
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
    assert {kind.status for kind in PROBLEMS.values()} == {400, 401, 404, 405, 406, 408, 413, 415, 422, 431, 500, 503}


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
        ({"input": [1], "p": 40}, "out_of_range", "p should be less than or equal to 1, got 40; 40 percent is 0.4"),
        (
            {"input": [1], "keep_prob": 12.5},
            "out_of_range",
            "keep_prob should be less than or equal to 1, got 12.5; 12.5 percent is 0.125",
        ),
        (
            {"input": [1], "noise_shape": [-1]},
            "out_of_range",
            "noise_shape.0 should be greater than or equal to 0, got -1; null stands for a dimension's own length",
        ),
        (
            {"input": [1], "shape": [-1]},
            "out_of_range",
            "shape.0 should be greater than or equal to 0, got -1; no length is worked out from the others",
        ),
        (
            {"input": [1], "seed": -1},
            "out_of_range",
            "seed should be greater than or equal to 0, got -1; leave it out to have one drawn",
        ),
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


MARKS: Final = {
    codecs.BOM_UTF8 + b"{}": "a byte order mark, that of UTF-8:",
    "{}".encode("utf-16"): "a byte order mark, that of UTF-16:",
    codecs.BOM_UTF16_BE + b"\0{\0}": "a byte order mark, that of UTF-16:",
    "{}".encode("utf-32"): "a byte order mark, that of UTF-32:",
    codecs.BOM_UTF32_BE: "a byte order mark, that of UTF-32:",
    "{}".encode("utf-16-le"): "null bytes",
    "{}".encode("utf-32-be"): "null bytes",
    codecs.BOM_UTF8 + b'{"input": [' + b"1," * 2**20 + b"1]}": "a byte order mark, that of UTF-8:",
}
"""What editors and shells of Windows write, and what is said of it."""


@pytest.mark.parametrize(("body", "words"), MARKS.items(), ids=range(len(MARKS)))
def test_another_encoding_is_named(client: httpx.Client, body: bytes, words: str) -> None:
    """It cannot be seen in an editor: a byte order mark, and UTF-16 and UTF-32 without one, are told by name."""
    assert words in refused(post(client, body), 400, "malformed_json").detail


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("POST", "/v1/dropout/", "/v1/dropout"),
        ("POST", "//v1/dropout", "/v1/dropout"),
        ("POST", "/v1/dropout/verify/", "/v1/dropout/verify"),
        ("GET", "/health/ready/", "/health/ready"),
        ("GET", "/docs/", "/docs"),
        ("GET", "/findings/wrong_rate/", "/findings/{code}"),
        ("GET", "/v1/nothing/", ""),
        ("GET", "/problems/nothing", ""),
        ("GET", "/" * 5000, "/"),
    ],
)
def test_a_slash_too_many_is_told(client: httpx.Client, method: str, path: str, meant: str) -> None:
    """The error names the path that is there, and nobody is led there: a redirected POST loses its body."""
    detail = refused(client.request(method, f"{client.base_url}".rstrip("/") + path), 404, "not_found").detail
    assert detail == "There is nothing at this path" + (
        f"; did you mean {meant}, without a slash too many?" if meant else ""
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health/live", "GET, HEAD"),
        ("DELETE", "/docs", "GET, HEAD"),
        ("OPTIONS", "/health/live", "GET, HEAD"),
        ("OPTIONS", "/v1/dropout", "POST"),
        ("HEAD", "/v1/dropout", "POST"),
        ("GET", "/v1/dropout/verify", "POST"),
        ("TRACE", "/v2/logging", "GET, HEAD, POST"),
    ],
)
def test_another_method_is_told_those_there_are(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    """405 with Allow, for a preflight too; what takes GET takes HEAD (RFC 9110, 9.3.2)."""
    reply = client.request(method, path)
    assert (reply.status_code, reply.headers["Allow"]) == (405, allowed)
    assert all(client.request(one, path).status_code != 405 for one in allowed.split(", "))


REQUEST: Final = {"path": "/v1/dropout", "state": {"request_id": "id"}}
"""As much of one as a problem is made of."""


@pytest.mark.parametrize("text", ["\ud800", "\u2028", "\x00", "\U0001f4a7", '"\\', "</script>"])
def test_no_text_breaks_a_problem(text: str) -> None:
    """Whatever a message holds, half a surrogate pair too, the reply is JSON in ASCII."""
    reply = problem((Fault("wrong_type", (text,), text),), REQUEST)
    assert bytes(reply.body).isascii()
    assert json.loads(bytes(reply.body))["detail"] == text


def test_a_problem_fits_8_kib() -> None:
    """Errors that do not fit are left out, from the end."""
    faults = tuple(Fault("unknown_field", ("\u00e9" * 100,), f"{number}" + "\u00e9" * 100) for number in range(16))
    reply = problem(faults, REQUEST)
    assert len(reply.body) <= 2**13
    assert json.loads(bytes(reply.body))["errors"][0]["message"] == faults[0].message
