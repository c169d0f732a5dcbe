"""Below a path that a proxy takes off, or does not: every address that the service gives leads somewhere."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urljoin

import httpx
import pytest

from app.main import create_app
from app.settings import OWN, load
from tests.api.expect import GOOD, OUTPUT
from tests.proxy import below
from tests.service import Service, serving

ROOT: Final = "/ml/dropout"
SWAPPED: Final = {"input": [[1.0] * 100], "output": [[0.0] * 100], "p": 0.4}


@pytest.fixture(scope="module")
def rooted() -> Iterator[Service]:
    """A service below a path."""
    with serving(root_path=ROOT) as running:
        yield running


@pytest.fixture(scope="module", params=["stripped", "left on", "no proxy"])
def client(request: pytest.FixtureRequest, rooted: Service) -> Iterator[httpx.Client]:
    """A client that reaches it by a proxy that takes the path off, by one that does not, or by none."""
    if request.param == "no proxy":
        with httpx.Client(base_url=rooted.url, trust_env=False) as made:
            yield made
        return
    with (
        below(ROOT, rooted.url, strip=request.param == "stripped") as proxy,
        httpx.Client(base_url=f"{proxy}{ROOT}/", trust_env=False) as made,
    ):
        yield made


def follow(client: httpx.Client, reply: httpx.Response, link: str) -> httpx.Response:
    """What an address in a reply leads to."""
    return client.get(urljoin(str(reply.url), link))


def test_the_service_is_there(client: httpx.Client) -> None:
    """A call is answered as everywhere."""
    assert client.post("v1/dropout", json=GOOD).json()["output"] == OUTPUT


@pytest.mark.parametrize("path", ["", "docs"])
def test_a_page_finds_its_files(client: httpx.Client, path: str) -> None:
    """Every address in a page leads to what is there: modules, styles, the other pages."""
    page = client.get(path)
    links = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    assert links
    assert {link: follow(client, page, link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_document_is_found_and_says_where_calls_go(client: httpx.Client) -> None:
    """The script of /docs names the document, whose server is the path."""
    script = client.get("docs/start.js")
    [link] = re.findall(r'url: "([^"]*)"', script.text)
    document = follow(client, script, link)
    [server] = document.json()["servers"]
    assert follow(client, document, f"{server['url']}/v1/limits").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [("v1/dropout", {}), ("v2/models/dropout/infer", {}), ("nowhere", {}), ("v1/dropout/verify", SWAPPED)],
)
def test_a_type_leads_to_its_explanation(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    """Of problems and of findings."""
    reply = client.post(path, json=body)
    told = reply.json()
    for found in told.get("findings", [told]):
        assert follow(client, reply, found["type"]).json()["code"] == found["code"]


def test_the_protocol_stays_the_protocol(client: httpx.Client) -> None:
    """Errors of /v2 are its own, wherever /v2 is."""
    assert "error" in client.post("v2/models/dropout/infer", json={}).json()


def test_a_slash_too_many_is_told(client: httpx.Client) -> None:
    """With the address as the client knows it."""
    assert f"did you mean {ROOT}/docs," in client.get("docs/").json()["detail"]


def test_what_is_documented_is_what_is_answered() -> None:
    """Examples in the document have the path in their types, and nothing else has changed."""
    plain, rooted = (create_app(load(of)).openapi() for of in ({}, {"DROPOUT_ROOT_PATH": ROOT}))
    assert f'"type": "{ROOT}/problems/' in str(rooted).replace("'", '"')
    assert str(rooted).replace(ROOT, "") == str(plain)


def test_no_path_is_the_services_own() -> None:
    """Settings refuse whatever the paths of the service begin with: no address has two readings."""
    paths = [getattr(route, "path", "/") for route in create_app(load({})).routes]
    assert {path.split("/")[1] for path in paths} - {""} <= OWN
