"""The pages of a service that has keys: they ask for one, once, and send it with each call."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from app.web.first import number
from tests.service import Service, serving

pytestmark = pytest.mark.browser

KEY: Final = "alpha-1111111111"


@pytest.fixture(scope="module")
def locked() -> Iterator[Service]:
    """A service with a key."""
    with serving(api_keys=KEY) as running:
        yield running


@pytest.fixture
def page(chromium: Any, locked: Service) -> Iterator[Any]:
    """A page of a profile of its own, whose console tells of each refusal; nothing else is wrong."""
    context = chromium.new_context(base_url=locked.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def unlocked(page: Any) -> None:
    """Wait until the page has drawn what was answered, experiments too, and asks for nothing."""
    page.wait_for_selector("#runs-chart svg")
    page.wait_for_selector("#why tbody td")
    assert not page.locator("#unlock").is_visible()


def test_the_page_asks_for_a_key_once(page: Any) -> None:
    """By the keyboard alone: a wrong one is told, a right one is sent with each call, also once it is loaded anew."""
    keys: list[str | None] = []
    page.on("request", lambda one: keys.append(one.headers.get("authorization")) if "/v1/" in one.url else None)
    page.goto("/")
    field = page.get_by_label("The service asks for a key")
    field.wait_for()
    page.locator("#live", has_text="asks for a key").wait_for(state="attached")
    assert page.evaluate("document.activeElement.id") == "key"
    page.keyboard.type("alpha-2")
    page.keyboard.press("Enter")
    page.get_by_text("This key does not fit.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    page.keyboard.type(f" {KEY} ")
    page.keyboard.press("Enter")
    unlocked(page)
    assert {None, "Bearer alpha-2", f"Bearer {KEY}"} == set(keys)
    keys.clear()
    page.reload()
    unlocked(page)
    assert set(keys) == {f"Bearer {KEY}"}


def test_a_key_is_kept_for_the_tab_alone(page: Any) -> None:
    """Another tab asks anew; nothing is left in what a browser keeps; code that is copied has a place for it."""
    page.goto("/")
    page.fill("#key", KEY)
    page.press("#key", "Enter")
    unlocked(page)
    assert page.evaluate("[localStorage.length, document.cookie, location.href.includes('alpha')]") == [0, "", False]
    assert "Bearer YOUR_KEY" in page.locator("#code").inner_text()
    assert KEY not in page.content()
    other = page.context.new_page()
    other.goto("/")
    other.wait_for_selector("#unlock:not([hidden])")


def test_what_is_no_key_is_not_sent(page: Any) -> None:
    """A header can't hold it: the browser says so at the field."""
    page.goto("/")
    page.wait_for_selector("#unlock:not([hidden])")
    for text, valid in (("k\u00e9y", False), ("two words", False), ("", False), (" a-Z_0~!/+= ", True)):
        page.fill("#key", text)
        assert page.evaluate("document.getElementById('key').checkValidity()") == valid


def test_a_key_that_is_withdrawn_is_asked_for_again(page: Any, start: Callable[..., Service]) -> None:
    """The call that was refused is made with the new one, and drawn."""
    first = start(api_keys=KEY)
    page.goto(first.url)
    page.fill("#key", KEY)
    page.press("#key", "Enter")
    unlocked(page)
    first.stop()
    start(api_keys="beta-2222222222", port=str(first.address[1]))
    page.fill("#p", "0.8")
    page.get_by_text("This key does not fit.").wait_for()
    page.fill("#key", "beta-2222222222")
    page.press("#key", "Enter")
    page.locator("#shares", has_text=f"drops {number(80)} %").wait_for()
    assert not page.locator("#unlock").is_visible()


def test_axe_finds_nothing_where_a_key_is_asked_for(page: Any) -> None:
    """Its field has a name, and enough contrast; nothing lies beyond the width of a telephone."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/")
    page.wait_for_selector("#unlock:not([hidden])")
    found = Axe().run(page)
    assert [violation["id"] for violation in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["bearer", "key"])
def test_docs_can_authorise(page: Any, scheme: str) -> None:
    """A key that is given to its button is sent by either scheme, and the call is answered."""
    page.goto("/docs#/About/listLimits")
    page.locator(".is-open .execute").wait_for()
    page.locator(".auth-wrapper .authorize").first.click()
    form = page.locator(".auth-container", has_text=f"{scheme} (")
    form.locator("input").fill(KEY)
    form.locator("button.authorize").click()
    page.locator(".btn-done").first.click()
    with page.expect_response("**/v1/limits") as awaited:
        page.locator(".is-open .execute").click()
    assert awaited.value.ok
