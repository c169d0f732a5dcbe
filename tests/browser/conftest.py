"""Chromium, and what must never happen on a page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from shutil import which
from typing import Any, Final

import pytest

_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", event => console.error("policy: " + event.violatedDirective));
"""


@dataclass(slots=True)
class Trouble:
    """What a page complained of, and the addresses it asked for that are not the service's."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    path = which("chromium")
    assert path, "no chromium on this system; on Debian: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def trouble() -> Trouble:
    """What the page complains of; a test takes out what it asked for."""
    return Trouble()


@pytest.fixture
def page(chromium: Any, url: str, trouble: Trouble) -> Iterator[Any]:
    """A page of a profile of its own. It must not complain, nor ask any other origin for anything."""
    context = chromium.new_context(base_url=url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.add_init_script(_VIOLATIONS)
    page.on("console", lambda message: trouble.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.errors.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((url, "data:", "blob:")) else trouble.foreign.append(request.url)
        ),
    )
    yield page
    context.close()
    assert trouble == Trouble()
