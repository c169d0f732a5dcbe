"""Keys: who has none gets 401 before anything else, and no key is ever told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from app.api.keys import is_open
from app.main import create_app
from app.settings import load
from tests.api.expect import GOOD, JSON, answered, post, refused
from tests.service import Service

KEYS: Final = ("alpha-1111111111", "beta-2222222222", "gamma-3333333333")
DOCUMENT: Final[dict[str, Any]] = create_app(load({"DROPOUT_API_KEYS": KEYS[0]})).openapi()
SMALL: Final = 2**10
HEAD: Final = (
    "POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    "Expect: 100-continue\r\nX-API-Key: {key}\r\n\r\n"
)
PREFLIGHT: Final = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with keys of both settings, and a place for one small call."""
    file = tmp_path_factory.mktemp("secrets") / "keys"
    file.write_bytes(f"{KEYS[1]}\r\n{KEYS[2]}\r\n".encode())
    settings = {"api_keys": f" {KEYS[0]} ,", "api_keys_file": str(file)}
    running = Service(max_requests="1", max_body_bytes=str(SMALL), **settings)
    yield running
    assert running.stop() == 0
    text = "\n".join(running.lines) + running.errors()
    assert [key for key in KEYS if key in text or key[:8] in text] == []
    running.close()


@pytest.fixture
def client(locked: Service) -> httpx.Client:
    """A client without a key."""
    return locked.client


def locked_out(reply: httpx.Response) -> None:
    """Hold a reply to what is said of a request without a key."""
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    detail = refused(reply, 401, "unauthorized").detail
    assert "Authorization: Bearer" in detail
    assert "X-API-Key" in detail


@pytest.mark.parametrize("key", KEYS)
def test_each_key_lets_in_by_either_header(client: httpx.Client, key: str) -> None:
    """Those of the setting and those of the file; the scheme's name has no case, and another scheme is passed by."""
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key}"},
        {"X-API-Key": key},
        {"X-API-Key": key, "Authorization": "Basic eDp5"},
    ):
        answered(client.post("/v1/dropout", json=GOOD, headers=headers))


WRONG: Final[list[list[tuple[str, bytes]]]] = [
    [],
    *(
        [("Authorization", value)]
        for value in (b"", b"Bearer", b"Bearer\t" + KEYS[0].encode(), b"Bearer \xff\xfe", b"Bearer \xce\xb1")
    ),
    *([("Authorization", f"{scheme} {KEYS[0]}".encode())] for scheme in ("Basic", "Digest", "ApiKey", "Bearer Bearer")),
    *(
        [("Authorization", value)]
        for value in (KEYS[0].encode(), f"Bearer{KEYS[0]}".encode(), b"Bearer " + b"x" * 9999)
    ),
    *(
        [("X-API-Key", value)]
        for value in (b"", b"\xe9", KEYS[0][:-1].encode(), f"{KEYS[0]}x".encode(), b"ALPHA-1111111111")
    ),
    [("X-API-Key", f"{KEYS[0]}, {KEYS[1]}".encode())],
    [("X-API-Key", f"Bearer {KEYS[0]}".encode())],
    [("X-API-Key", KEYS[0].encode()), ("X-API-Key", KEYS[0].encode())],
    [("Authorization", f"Bearer {KEYS[0]}".encode()), ("Authorization", f"Bearer {KEYS[0]}".encode())],
    [("Authorization", b"Basic eDp5"), ("Authorization", f"Bearer {KEYS[0]}".encode())],
    [("Cookie", f"X-API-Key={KEYS[0]}".encode())],
]


@pytest.mark.parametrize("headers", WRONG, ids=range(len(WRONG)))
def test_whatever_does_not_fit_is_401(client: httpx.Client, headers: list[tuple[str, bytes]]) -> None:
    """Nothing, other schemes, other lengths, other bytes, two of a kind: never let in, never a failure."""
    locked_out(client.get("/v1/limits", headers=httpx.Headers([(name.encode(), value) for name, value in headers])))


def test_a_key_in_the_address_is_none(client: httpx.Client) -> None:
    """Addresses are logged on their way: a key there does not count."""
    locked_out(client.get("/v1/limits", params={"api_key": "x", "X-API-Key": "y"}))


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", "/nowhere", {}, b""),
        ("DELETE", "/v1/dropout", {}, b""),
        ("OPTIONS", "/v1/dropout", {"Origin": "https://page.example"}, b""),
        ("POST", "/v1/dropout", {"Content-Type": "text/plain"}, b"{}"),
        ("POST", "/v1/dropout", JSON, b"{" + b" " * 2 * SMALL),
        ("POST", "/v1/dropout", JSON, b"{"),
        ("GET", "//v1/limits", {}, b""),
        ("GET", "/v1/variants", {}, b""),
        ("GET", "/metrics", {}, b""),
        ("GET", "/docsx", {}, b""),
        ("GET", "/health", {}, b""),
    ],
)
def test_401_comes_before_all_else(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    """Before 404, 405, 415, 413 and what is in the body."""
    url = f"{client.base_url}".rstrip("/") + path
    locked_out(client.request(method, url, headers=headers, content=body))


@contextmanager
def begun(service: Service, key: str) -> Iterator[bytes]:
    """What is answered to the headers of a call whose body is still to come."""
    with socket.create_connection(service.address, timeout=30) as connection:
        connection.sendall(HEAD.format(key=key).encode())
        yield connection.recv(2**16)


def test_without_a_key_no_place_is_taken_and_no_body_read(locked: Service) -> None:
    """While the only place is taken, a call without a key gets its 401 at once, and one with a key 503."""
    with begun(locked, "") as refusal:
        assert refusal.startswith(b"HTTP/1.1 401 ")
        with begun(locked, KEYS[0]) as go_on:
            assert go_on.startswith(b"HTTP/1.1 100 ")
            locked_out(post(locked.client, GOOD))
            refused(post(locked.client, GOOD, X_API_Key=KEYS[1]), 503, "saturated")


OPEN: Final = (
    *("/", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/playground/main.js", "/playground/style.css"),
    *("/openapi.json", "/problems/unauthorized", "/findings/wrong_rate"),
    *("/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"),
)


@pytest.mark.parametrize("path", OPEN)
def test_what_a_browser_opens_and_health_need_no_key(client: httpx.Client, path: str) -> None:
    """A page is opened without headers, and whoever restarts containers has no key."""
    assert client.get(path).status_code == 200


def test_a_preflight_needs_no_key(client: httpx.Client) -> None:
    """Browsers send none with it: it gets the 405 that it gets without keys."""
    refused(client.options("/v1/dropout", headers=PREFLIGHT), 405, "method_not_allowed")


def test_the_protocol_says_it_in_its_own_words(client: httpx.Client) -> None:
    """On /v2 the same problem has an error, as its clients know them."""
    reply = client.get("/v2/models/dropout")
    assert (reply.status_code, reply.headers["Content-Type"]) == (401, "application/json")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json()["error"] == reply.json()["detail"]


def test_tritonclient_sends_a_key(locked: Service) -> None:
    """As headers, in which its users send whatever their server asks for; without it, it hears why."""
    x = triton.InferInput("input", [2], "FP32")
    x.set_data_from_numpy(np.ones(2, np.float32))
    client = triton.InferenceServerClient(locked.url.removeprefix("http://"))
    assert client.is_server_ready()
    with pytest.raises(InferenceServerException, match="a key is needed"):
        client.infer("dropout", [x])
    reply = client.infer("dropout", [x], parameters={"p": 0.0}, headers={"Authorization": f"Bearer {KEYS[2]}"})
    assert reply.as_numpy("output").tolist() == [1, 1]
    client.close()


def test_the_document_says_which_operations_need_a_key() -> None:
    """Those that are not open, each by either scheme, with the 401 it is answered; without keys, none says anything."""
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert [(of["type"], of.get("scheme", of.get("name"))) for of in schemes.values()] == [
        ("http", "bearer"),
        ("apiKey", "X-API-Key"),
    ]
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            assert operation.get("security", []) == ([] if is_open(path) else [{name: []} for name in schemes])
            assert ("401" in operation["responses"]) == (not is_open(path))
    plain = create_app(load({})).openapi()
    assert "security" not in str(plain)
    assert "unauthorized" not in str(plain)
