"""The server and the model under test."""

import json
import os
from collections.abc import Iterator

import httpx
import pytest

from .model import Answer, Model, Refused, lacks, same

URL = os.environ.get("OIP_URL")
# without OIP_URL this is the repository the suite lives in, whose own model draws at random unless it is given a seed
# its mask is as large as its output, and few want it
ON_REQUEST = os.environ.get("OIP_ON_REQUEST", "" if URL else "mask").split(",")
PARAMETERS = os.environ.get("OIP_PARAMETERS", "{}" if URL else '{"seed": 1}')


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker wherever the folder is."""
    config.addinivalue_line(
        "markers", "robust: beyond the Open Inference Protocol, and relied upon by clients all the same"
    )


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of the server, which sends as few headers as HTTP allows."""
    try:
        url = URL or request.getfixturevalue("url")
    except pytest.FixtureLookupError:
        pytest.fail("set OIP_URL to the address of the server under test", pytrace=False)
    # a connection for each request: what one request did to its own is no fault of the next
    apart = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=url, timeout=60, trust_env=False, follow_redirects=True, limits=apart) as client:
        client.headers.update({"Accept-Encoding": "identity"} | json.loads(os.environ.get("OIP_HEADERS", "{}")))
        yield client


@pytest.fixture(scope="session")
def model(server: httpx.Client) -> Model:
    """The model."""
    name = os.environ.get("OIP_MODEL") or _first(server.post("/v2/repository/index", json={}))
    return Model(server, name, os.environ.get("OIP_VERSION", ""), json.loads(PARAMETERS))


def _first(index: httpx.Response) -> str:
    if index.is_error or not index.json():
        pytest.fail("set OIP_MODEL: the server does not list its models", pytrace=False)
    return str(index.json()[0]["name"])


@pytest.fixture(scope="session")
def usual(model: Model) -> set[str]:
    """The outputs that come if none is asked for: all, but for those that were said to come on request only."""
    return {tensor["name"] for tensor in model.metadata["outputs"]} - set(ON_REQUEST)


@pytest.fixture(scope="session")
def text(model: Model) -> Model:
    """The model, for tests whose tensors are JSON."""
    if "FP16" in [tensor["datatype"] for tensor in model.metadata["inputs"] + model.metadata["outputs"]]:
        lacks("tensors that are all fit for JSON, which the protocol calls problematic for FP16")
    return model


@pytest.fixture(scope="session")
def expected(text: Model) -> Answer:
    """The answer to the model's request, for tests that compare it with another."""
    answer = text.infer()
    try:
        for _ in range(9):  # few elements may be the same by chance
            same(answer, text.infer())
    except AssertionError:
        lacks("answers that repeat: set OIP_PARAMETERS to what makes the model deterministic")
    return answer


def is_error(reply: httpx.Response) -> None:
    """Hold a reply to be the protocol's error."""
    seen = f"{reply.status_code} {reply.text[:200]!r}"
    assert reply.status_code >= 400, f"a failure must be indicated by an HTTP error status, got {seen}"
    try:
        error = json.loads(reply.content)["error"]
    except (ValueError, LookupError, TypeError):
        error = None
    assert isinstance(error, str), f'the body must contain {{"error": $string}}, got {seen}'


def is_clients_error(reply: httpx.Response) -> None:
    """Hold a reply, if it is an error, to blame the client, and to say that it is JSON."""
    assert reply.status_code < 500, f"a client's mistake is 4xx, got {reply.status_code}"
    assert "json" in reply.headers.get("Content-Type", ""), "JSON is called so"


@pytest.fixture(params=[is_error, pytest.param(is_clients_error, marks=pytest.mark.robust)], ids=["law", "robust"])
def refused(request: pytest.FixtureRequest) -> Refused:
    """Holds a reply to be an error: by the law, and as clients tell their own mistakes from the server's."""
    check: Refused = request.param
    return check
