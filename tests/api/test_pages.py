"""GET /docs: pages that need nobody else."""

import re

import httpx
import pytest

ASSETS = {
    "/docs/swagger-ui-bundle.js": "text/javascript",
    "/docs/swagger-ui.css": "text/css",
    "/docs/page.css": "text/css",
    "/docs/favicon-32x32.png": "image/png",
    "/docs/start.js": "text/javascript",
}


def test_the_page_loads_what_is_here(client: httpx.Client) -> None:
    """Every script, style and picture of the page is a file of this service."""
    page = client.get("/docs")
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    named = set(re.findall(r'(?:src|href)="([^"]*)"', page.text))
    assert named == set(ASSETS) | {"/", "/openapi.json"}
    assert "//" not in page.text


@pytest.mark.parametrize(("path", "kind"), ASSETS.items())
def test_a_file_has_its_type(client: httpx.Client, path: str, kind: str) -> None:
    """A browser is told what each file is."""
    reply = client.get(path)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].partition(";")[0] == kind
    assert len(reply.content) > 100


def test_the_page_may_load_nothing_else(client: httpx.Client) -> None:
    """The policy lets in no other host, no inline script, no frame around it."""
    header = client.get("/docs").headers["Content-Security-Policy"]
    policy = {name: set(values) for name, *values in map(str.split, header.split(";"))}
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == policy["connect-src"] == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == {"'none'"}
    assert not {value for values in policy.values() for value in values if "." in value or "http" in value}


@pytest.mark.parametrize("path", ["/docs", *ASSETS])
def test_a_browser_stays_within_the_service(client: httpx.Client, path: str) -> None:
    """Row 18: page and files are of the type they say, load nothing from elsewhere, and tell nobody where one was."""
    reply = client.get(path)
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; ")


def test_no_script_stands_in_the_page(client: httpx.Client) -> None:
    """Scripts are files: the policy needs no exception for them."""
    assert not re.findall(r"<script(?![^>]*\bsrc=)", client.get("/docs").text)


def test_the_start_script_asks_only_here(client: httpx.Client) -> None:
    """The page shows this service's own document, and has no validator elsewhere check it."""
    script = client.get("/docs/start.js").text
    assert 'url: "/openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "http" not in script


def test_other_sites_may_not_read_replies(client: httpx.Client) -> None:
    """Row 18: no reply allows another origin, for nothing was set that would."""
    for reply in (client.get("/docs", headers={"Origin": "https://elsewhere"}), client.get("/v1/limits")):
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]
