"""A server that takes little."""

from collections.abc import Iterator

import pytest

from tests.api.expect import MOST
from tests.service import Service


@pytest.fixture(scope="module")
def small() -> Iterator[Service]:
    """A server that takes bodies of a MiB."""
    running = Service(max_body_bytes=str(MOST))
    yield running
    assert running.stop() == 0
    running.close()
