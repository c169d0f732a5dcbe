"""GET /#view=verify, with the service that answers it."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.browser


def verified(page: Any, act: str) -> Any:
    """The reply after a click, and its findings on the page."""
    with page.expect_response("**/v1/dropout/verify") as response:
        page.click(act)
    reply = response.value.json()
    page.wait_for_selector("#findings:not([hidden])")
    return reply


def npy(array: Any) -> bytes:
    """The array as numpy.save writes it."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture
def verify(page: Any) -> Any:
    """The page's second tab, once its numbers are drawn."""
    page.goto("/")
    page.wait_for_selector("#why tbody td")
    page.click("#tab-verify")
    return page


@pytest.fixture
def rough(chromium: Any, url: str) -> Iterator[Any]:
    """The same tab, of a page that may be refused what it asks for."""
    context = chromium.new_context(base_url=url)
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector("#why tbody td")
    page.click("#tab-verify")
    yield page
    context.close()


def test_a_swapped_layer_is_found_out(verify: Any) -> None:
    """The wrong example fails as keep_drop_swapped; its sentence stands there, its code leads to the explanation."""
    reply = verified(verify, "#wrong")
    assert reply["verdict"] == "fail"
    assert "keep_drop_swapped" in [finding["code"] for finding in reply["findings"]]
    assert verify.locator("#findings h2").inner_text() == "Fail"
    for finding in reply["findings"]:
        assert verify.get_by_text(finding["message"], exact=True).first.is_visible()
        link = verify.get_by_role("link", name=finding["code"])
        assert link.get_attribute("href") == finding["type"]
        assert verify.request.get(finding["type"]).ok


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("unscaled", "missing_scale"),
        ("swapped", "keep_drop_swapped"),
        ("awake", "dropout_in_evaluation"),
        ("frozen", "mask_repeated"),
    ],
)
def test_a_wrong_layer_is_one_click_away(page: Any, fault: str, code: str) -> None:
    """From the answer to how one sees a fault, a click fills in a layer that has it, and the verdict names it."""
    page.goto("/")
    page.wait_for_selector("#why tbody td")
    reply = verified(page, f"[data-fault={fault}]")
    assert [finding["code"] for finding in reply["findings"]] == [code]
    assert page.locator("#findings").is_visible()
    assert page.input_value("#v-output")


def test_the_numbers_on_the_page_have_no_fault(verify: Any) -> None:
    """A table of 5 × 4 is too small for a pass, and nothing is found: inconclusive; what was looked at is listed."""
    reply = verified(verify, "#own")
    assert (reply["verdict"], reply["findings"]) == ("inconclusive", [])
    assert "Inconclusive" in verify.locator("#findings h2").inner_text()
    assert verify.locator(".checks tbody tr").count() == len(reply["checks"])


def test_enough_numbers_pass(page: Any) -> None:
    """The page's own 32 × 32 numbers at p = 0.5 are enough."""
    page.goto("/#p=0.5&seed=1&variant=dropout&numbers=uniform&shape=32x32&view=verify")
    page.wait_for_selector("#code:not(:empty)", state="attached")
    reply = verified(page, "#own")
    assert (reply["verdict"], reply["findings"]) == ("pass", [])
    assert page.locator("#findings h2").inner_text() == "Pass: no fault seen"


@pytest.mark.parametrize(("dtype", "order"), [("float16", "F"), ("float64", "C")])
def test_npy_files_are_read(verify: Any, dtype: str, order: str) -> None:
    """Files of numpy.save's, of either order, are what is sent."""
    x = np.asarray(np.arange(1, 25).reshape(2, 3, 4) / 4, dtype=dtype, order=order)  # type: ignore[call-overload]
    for name, array in (("input", x), ("output", x)):
        verify.set_input_files(f"#v-{name}-file", {"name": "x.npy", "mimeType": "", "buffer": npy(array)})
        verify.wait_for_selector(f"#v-{name}[data-read]")
    with verify.expect_request("**/v1/dropout/verify") as request:
        verify.click("button.main")
    sent = json.loads(request.value.post_data)
    assert sent["input"] == sent["output"] == x.tolist()


def test_what_is_wrong_is_told_at_its_field(rough: Any) -> None:
    """A refusal's pointer leads to the field, which is marked and has the focus."""
    rough.fill("#v-input", "[[1, 2], [3]]")
    rough.fill("#v-output", "[[1, 2], [3, 4]]")
    rough.click("button.main")
    rough.wait_for_selector("#v-input[aria-invalid=true]")
    assert rough.locator("#v-input-error").inner_text()
    assert rough.evaluate("document.activeElement.id") == "v-input"
