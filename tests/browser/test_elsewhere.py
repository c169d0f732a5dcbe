"""Pages below a path, and pages of other origins."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.api.expect import GOOD, OUTPUT
from tests.proxy import below
from tests.service import Service

pytestmark = pytest.mark.browser

ROOT: Final = "/ml/dropout"
_CALL: Final = """async ([url, key, call]) => {
  const headers = { "Content-Type": "application/json", "Authorization": `Bearer ${key}` };
  const reply = await fetch(url, { method: "POST", headers, body: JSON.stringify(call) });
  return [reply.status, reply.headers.get("X-Request-ID") !== null, await reply.json()];
}"""


def test_the_pages_work_below_a_path(chromium: Any, start: Callable[..., Service]) -> None:
    """Behind a proxy that takes it off, the playground draws and links to what is there, and /docs executes calls."""
    with below(ROOT, start(root_path=ROOT).url) as proxy:
        page = chromium.new_page(base_url=proxy)
        asked: list[str] = []
        page.on("response", lambda reply: asked.append(f"{reply.status} {reply.url.removeprefix(proxy)}"))
        page.goto(f"{ROOT}/")
        page.wait_for_selector("#why tbody td")
        assert f"{proxy}{ROOT}/v1/dropout" in page.locator("#code").inner_text()
        page.click("#tab-verify")
        page.click("#wrong")
        page.locator("#findings a").first.click()
        page.get_by_text("explanation").wait_for()
        page.goto(f"{ROOT}/docs#/About/listLimits")
        page.locator(".is-open .execute").click()
        page.locator(".live-responses-table", has_text="max_elements").first.wait_for()
        assert [line for line in asked if not line.startswith(f"200 {ROOT}/") and "data:" not in line] == []
        page.close()


def test_a_page_of_an_origin_that_is_set_may_call(chromium: Any, url: str, start: Callable[..., Service]) -> None:
    """With a key, after a preflight; it can read a refusal and the id of the request. Others can read nothing."""
    locked = start(cors_origins=url, api_keys="alpha").url
    page = chromium.new_page()
    page.goto(f"{url}/health/live")  # of another origin by its port
    status, has_id, reply = page.evaluate(_CALL, [f"{locked}/v1/dropout", "alpha", GOOD])
    assert (status, has_id, reply["output"]) == (200, True, OUTPUT)
    assert page.evaluate(_CALL, [f"{locked}/v1/dropout", "beta", GOOD])[2]["code"] == "unauthorized"
    page.goto(f"{url.replace('127.0.0.1', 'localhost')}/health/live")
    with pytest.raises(Exception, match="Failed to fetch"):
        page.evaluate(_CALL, [f"{locked}/v1/dropout", "alpha", GOOD])
    page.close()
