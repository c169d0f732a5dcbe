"""CORS: where origins are set, their pages may call and read what is answered, errors too."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import httpx
import pytest

from app.main import create_app
from app.settings import load
from tests.api.expect import GOOD, OUTPUT, post, refused
from tests.api.test_keys import begun
from tests.server.raw import logged
from tests.service import Service, serving

PAGE: Final = "https://page.example"
KEY: Final = "alpha-1111111111"
EXPOSED: Final = {
    *("Dropout-Replay", "Dropout-Statistics", "Dropout-Shape", "Dropout-Dtype", "Inference-Header-Content-Length"),
    *("X-Request-ID", "Retry-After"),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """A service that lets pages of two origins call, with a key, one small body at a time."""
    origins = f"{PAGE}, http://localhost:3000"
    with serving(cors_origins=origins, api_keys=KEY, max_body_bytes="1000", max_requests="1") as running:
        yield running


def asked(origin: str = PAGE, method: str = "POST", **headers: str) -> dict[str, str]:
    """The header fields of a preflight."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"Origin": origin, "Access-Control-Request-Method": method} | more


def readable(headers: Mapping[str, str], origin: str = PAGE) -> bool:
    """Whether a browser lets a page of that origin read the reply, with all of its own header fields."""
    exposed = set(headers.get("Access-Control-Expose-Headers", "").split(", "))
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Origin" in headers["Vary"].split(", ")
    return headers.get("Access-Control-Allow-Origin") == origin and exposed == EXPOSED


@pytest.mark.parametrize("path", ["/v1/dropout", "/v2/models/dropout/infer", "/v1/limits"])
@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000"])
def test_a_preflight_is_answered(shared: Service, path: str, origin: str) -> None:
    """Without a key: with the origin, the methods, and the headers that were asked for; it has an id and a line."""
    headers = "authorization,content-type,x-api-key,x-request-id,traceparent"
    reply = shared.client.options(path, headers=asked(origin, Access_Control_Request_Headers=headers))
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert reply.headers["Access-Control-Allow-Headers"] == headers
    assert {"GET", "POST"} <= set(reply.headers["Access-Control-Allow-Methods"].split(", "))
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert "method='OPTIONS'" in logged(shared, reply.headers["X-Request-ID"])


@pytest.mark.parametrize(
    "headers",
    [
        asked("https://elsewhere.example"),
        asked("null"),
        asked(f"{PAGE}:444"),
        asked("http://page.example"),
        asked(f"{PAGE}.evil.example"),
        asked(method="DELETE"),
    ],
    ids=str,
)
def test_a_preflight_that_is_not_allowed_is_a_plain_405(shared: Service, headers: dict[str, str]) -> None:
    """Row 18: of other origins, and for methods that there are not: as where nothing is set."""
    reply = shared.client.options("/v1/dropout", headers=headers)
    refused(reply, 405, "method_not_allowed")
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        (KEY, GOOD, 200),
        ("", GOOD, 401),
        (KEY, {}, 422),
        (KEY, {"input": [1.0] * 1000}, 413),
    ],
)
def test_every_reply_can_be_read(shared: Service, key: str, body: dict[str, object], status: int) -> None:
    """By pages of the origins, and by no others."""
    for origin in (PAGE, "https://elsewhere.example"):
        reply = post(shared.client, body, X_API_Key=key, Origin=origin)
        assert reply.status_code == status
        assert readable(reply.headers) == (origin == PAGE)


def test_a_refusal_can_be_read(shared: Service) -> None:
    """And when to come again."""
    with begun(shared, KEY):
        reply = post(shared.client, GOOD, X_API_Key=KEY, Origin=PAGE)
    refused(reply, 503, "saturated")
    assert readable(reply.headers)
    assert reply.headers["Retry-After"]


def test_a_failure_can_be_read() -> None:
    """What no handler has foreseen is answered from outside of all that failed, and still has the fields."""
    app = create_app(load({"DROPOUT_CORS_ORIGINS": PAGE}))

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/fails", headers={"Origin": PAGE})

    reply = asyncio.run(ask())
    refused(reply, 500, "internal_error")
    assert readable(reply.headers)


def test_all_origins(start: Callable[..., Service]) -> None:
    """With `*` every page may call, and a browser is told so by that sign: it sends no cookies then."""
    client = start(cors_origins="*").client
    reply = post(client, GOOD, Origin="https://anybody.example")
    assert readable(reply.headers, "*")
    assert reply.json()["output"] == OUTPUT
    preflight = client.options("/v1/dropout", headers=asked("https://anybody.example"))
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (200, "*")
