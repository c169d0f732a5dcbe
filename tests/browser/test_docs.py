"""GET /docs, as people see it."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_the_pages_show_every_call(page: Any) -> None:
    """Each call of the document has its place on the page, which needs nothing from elsewhere."""
    page.goto("/docs")
    page.wait_for_selector(".opblock")
    document = page.request.get("/openapi.json").json()
    assert page.locator(".opblock").count() == sum(len(path) for path in document["paths"].values())
