"""GET /docs, as people see and use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from app.main import create_app
from app.settings import load
from tests.browser.conftest import Trouble

pytestmark = pytest.mark.browser

DOCUMENT: dict[str, Any] = create_app(load({})).openapi()
OPERATIONS = {of["operationId"]: of for path in DOCUMENT["paths"].values() for of in path.values()}
TAGS = {
    tag["name"]: {name: of for name, of in OPERATIONS.items() if of["tags"] == [tag["name"]]}
    for tag in DOCUMENT["tags"]
}


def test_the_pages_show_every_call(page: Any) -> None:
    """Each call of the document has its place on the page, which needs nothing from elsewhere."""
    page.goto("/docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() == len(OPERATIONS)
    assert page.locator(".opblock-tag").count() == len(DOCUMENT["tags"])


@pytest.mark.parametrize("tag", TAGS)
def test_every_example_can_be_executed(page: Any, trouble: Trouble, tag: str) -> None:
    """Chosen and executed by its button, an example is answered; one of an error, by a problem shown."""
    page.goto("/docs")
    for name, operation in TAGS[tag].items():
        with opened(page, tag, name) as block:
            for summary in summaries(operation):
                if summary:
                    block.locator(".examples-select-element").first.select_option(label=summary)
                if summary.startswith("Error"):
                    assert refused(page, block, trouble) in problems(operation), (name, summary)
                else:
                    assert executed(page, block).ok, (name, summary)


def test_a_file_can_be_sent(page: Any) -> None:
    """Raw elements are chosen as the body, their fields filled in, and the output is there to download, as it is."""
    page.goto("/docs")
    with opened(page, "Dropout", "dropout") as block:
        block.locator(".body-param-content-type select").select_option("application/octet-stream")
        block.locator("[data-param-name=dtype] select").select_option("float32")
        block.locator("[data-param-name=p] input").fill("1")
        sent = {"name": "ones", "mimeType": "application/octet-stream", "buffer": np.ones(20, "<f4").tobytes()}
        block.locator("input[type=file]").set_input_files(sent)
        assert executed(page, block).ok
        with page.expect_download() as awaited:
            block.get_by_text("Download file").click()
    assert awaited.value.path().read_bytes() == bytes(80)


def test_a_link_leads_to_its_call(page: Any) -> None:
    """The address that the page shows for a call opens it, also where tag and name are of several words."""
    tag, name = "Open Inference Protocol", "modelInfer"
    page.goto(f"/docs#/{quote(tag)}/{name}")
    page.locator(f".is-open#{place(tag, name)} .execute").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_in_the_playgrounds_manner(page: Any, scheme: str) -> None:
    """It has the playground's paper and ink, in light and in dark, and its header leads back there."""
    page.emulate_media(color_scheme=scheme)
    look = "[getComputedStyle(document.body)].map(({ backgroundColor, color }) => [backgroundColor, color])"
    colours = []
    for path in ("/", "/docs"):
        page.goto(path)
        page.wait_for_selector("#unit-chart svg" if path == "/" else ".opblock")
        page.wait_for_load_state("networkidle")
        colours.append(page.evaluate(look))
    assert colours[0] == colours[1]
    assert page.locator("html.dark-mode").count() == (scheme == "dark")
    page.get_by_role("link", name="Dropout, seen").click()
    page.wait_for_selector("#unit-chart svg")
    page.wait_for_load_state("networkidle")


def test_the_header_breaks_no_rule(page: Any) -> None:
    """Axe finds nothing in what is the page's own."""
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("/docs")
        page.wait_for_selector(".opblock")
        found = Axe().run(page, context="body > header")
        assert [violation["id"] for violation in found.response["violations"]] == []


def test_the_page_fits_a_telephone(page: Any) -> None:
    """At 400 pixels nothing has to be scrolled sideways, though all that have most to show are open."""
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto("/docs")
    page.wait_for_selector(".opblock")
    page.evaluate("document.querySelectorAll('.opblock-post .opblock-summary-control').forEach(of => of.click())")
    page.locator(".responses-wrapper").nth(page.locator(".opblock-post").count() - 1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def place(tag: str, name: str) -> str:
    """The id that the page gives a call."""
    return f"operations-{tag.replace(' ', '_')}-{name}"


@contextmanager
def opened(page: Any, tag: str, name: str) -> Iterator[Any]:
    """A call's place on the page, open for as long as it is needed."""
    block = page.locator(f"#{place(tag, name)}")
    block.locator(".opblock-summary-control").click()
    # its button is there before, and does nothing yet
    block.locator(".responses-wrapper").wait_for()
    yield block
    block.locator(".opblock-summary-control").click()


def summaries(operation: dict[str, Any]) -> list[str]:
    """What the examples are called that one can choose from; an empty name where there is nothing to choose."""
    choices = [*operation.get("parameters", []), *operation.get("requestBody", {}).get("content", {}).values()]
    return [of["summary"] for choice in choices for of in choice.get("examples", {}).values()] or [""]


def executed(page: Any, block: Any) -> Any:
    """The reply to what a call's place has, once the page shows it."""
    # by the keyboard, which need not wait until nothing moves on a long page
    with page.expect_response(lambda reply: "/docs" not in reply.url and "openapi" not in reply.url) as awaited:
        block.locator(".execute").press("Enter")
    status = str(awaited.value.status)
    block.locator(".live-responses-table .response .response-col_status", has_text=status).wait_for()
    return awaited.value


def refused(page: Any, block: Any, trouble: Trouble) -> tuple[str, Any]:
    """The status and the body of a reply that is an error. Chromium complains of it; of that only, and once."""
    with page.expect_console_message(lambda message: message.type == "error") as awaited:
        reply = executed(page, block)
    complaint = awaited.value
    assert complaint.text.startswith(f"Failed to load resource: the server responded with a status of {reply.status} ")
    assert complaint.location["url"] == reply.url
    trouble.errors.remove(complaint.text)
    return str(reply.status), reply.json() | {"request_id": ""}


def problems(operation: dict[str, Any]) -> list[tuple[str, Any]]:
    """Status and body of each problem that the call shows; the request's id is left open."""
    return [
        (status, of["value"] | {"request_id": ""})
        for status, response in operation["responses"].items()
        if status != "200"
        for content in response["content"].values()
        for of in content.get("examples", {}).values()
    ]
