"""Around every request: an id, a line of log, and an answer even where the application failed."""

import json
import re
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from app.main import create_app
from app.settings import load
from tests.api.expect import GOOD, post, refused
from tests.server.raw import logged
from tests.service import Service

SANE = ["a", "0", "5f0c4e8a-1b2d-3c6f", "A.b_c-9", "x" * 64]
INSANE = ["", "x" * 65, "a b", "a\tb", "<b>", "é", '"', "a,b", "a/b", "../x", "%0a"]


@pytest.mark.parametrize("sent", SANE)
def test_a_sane_id_is_kept(client: httpx.Client, sent: str) -> None:
    """The client's own id comes back on success and on failure."""
    assert post(client, GOOD, X_Request_ID=sent).headers["X-Request-ID"] == sent
    assert refused(post(client, "{", X_Request_ID=sent), 400, "malformed_json").request_id == sent


@pytest.mark.parametrize("sent", INSANE)
def test_an_insane_id_is_replaced(client: httpx.Client, sent: str) -> None:
    """Anything that could forge a log or break a header is exchanged for an id of ours."""
    reply = client.get("/health/live", headers={b"X-Request-ID": sent.encode()})
    assert re.fullmatch("[0-9a-f]{16}", reply.headers["X-Request-ID"])


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/health/live", "/v1/limits", "/openapi.json", "/nowhere", "/docs/swagger-ui.css"]
)
def test_every_reply_has_an_id(client: httpx.Client, path: str) -> None:
    """Every reply has one id, and no two have the same."""
    ids = [client.get(path).headers.get_list("X-Request-ID") for _ in range(2)]
    assert [len(found) for found in ids] == [1, 1]
    assert ids[0] != ids[1]


HALF = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nX-Request-ID: fourth\r\nContent-Type: application/json\r\n"
IDS = ["first", "second", "third", "fourth"]
STATUSES = [200, 400, 404, 499]


def lines_of(running: Service) -> list[str]:
    """What a service logs of a good request, a bad one, a lost one and one whose client hangs up."""
    before = len(running.lines)
    post(running.client, GOOD, X_Request_ID="first")
    post(running.client, "{", X_Request_ID="second")
    running.client.get("/no%0A%1B[31mwhere" + "x" * 500, headers={"X-Request-ID": "third"})
    assert running.exchange(HALF + b"Content-Length: 1000\r\n\r\n{", finish=True) == b""
    logged(running, IDS[-1])
    return running.lines[before:]


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/variants", "/v2/models/dropout", "/nowhere", "/v1/dropout"])
def test_head_is_get_without_content(client: httpx.Client, path: str) -> None:
    """The same status and the same fields, but for the moment, the id and what that makes of them."""
    whole, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == whole.status_code
    own = {"date", "x-request-id"}
    assert {*head.headers.items()} - {*whole.headers.items()} <= {(name, head.headers[name]) for name in own}


def test_a_request_is_a_line_of_json(start: Callable[..., Service]) -> None:
    """In JSON, every line is an object; a request's has its id, method, path, status and time."""
    running = start(log_format="json")
    assert json.loads(running.lines[0])["message"].startswith("ready on http://")
    lines = [json.loads(line) for line in lines_of(running)]
    assert [line["request_id"] for line in lines] == IDS
    assert [line["status"] for line in lines] == STATUSES
    assert [line["method"] for line in lines] == ["POST", "POST", "GET", "POST"]
    assert [line["path"][:11] for line in lines] == ["/v1/dropout", "/v1/dropout", "/no\n\x1b[31mwh", "/v1/dropout"]
    assert all(line["milliseconds"] > 0 for line in lines)
    assert all(line["level"] == "info" and line["message"] == "request" and line["time"] for line in lines)
    assert len(lines[2]["path"]) == 200


def test_a_request_is_a_line_of_text(service: Service) -> None:
    """In text, a request is a line too: no path can forge another, or send a terminal commands."""
    assert " info ready on http://" in service.lines[0]
    lines = lines_of(service)
    assert [re.findall(r"request_id=.(\w+)", line) for line in lines] == [[name] for name in IDS]
    assert [re.findall(r"status=(\d+)", line) for line in lines] == [[str(status)] for status in STATUSES]
    assert all(" info request " in line and line.isprintable() and line.isascii() for line in lines)


def failing() -> Any:
    """The application with routes that fail: before a reply, and in the middle of one."""
    app = create_app(load({"DROPOUT_LOG_FORMAT": "json"}))

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError("secret")

    return app


def ask(app: Any, path: str) -> httpx.Response:
    """The reply of an application, in this process."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers={"X-Request-ID": "mine"})

    return anyio.run(asked)


def test_an_unexpected_exception_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake of the service is a fixed text and the id; what it was stands in the log alone, under the id."""
    problem = refused(ask(failing(), "/fails"), 500, "internal_error")
    assert problem.request_id == "mine"
    assert "secret" not in problem.model_dump_json()
    failure, request = map(json.loads, capsys.readouterr().out.splitlines())
    assert (failure["level"], failure["request_id"]) == ("error", "mine")
    assert "RuntimeError: secret" in failure["exception"]
    assert (request["request_id"], request["status"]) == ("mine", 500)


def test_after_a_failure_the_next_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception ends its own request only."""
    app = failing()
    assert [ask(app, path).status_code for path in ("/fails", "/health/live")] == [500, 200]
    assert capsys.readouterr().out.count("Traceback") == 1
