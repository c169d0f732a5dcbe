"""Servers that take little."""

from collections.abc import Iterator

import pytest

from tests.api.expect import MOST
from tests.service import Service


@pytest.fixture(scope="session")
def small() -> Iterator[Service]:
    """A server that takes bodies of a MiB."""
    running = Service(max_body_bytes=str(MOST))
    yield running
    assert running.stop() == 0
    running.close()


@pytest.fixture(scope="session")
def few() -> Iterator[Service]:
    """A server that takes 200 elements, and 100 samples."""
    running = Service(max_elements="200", max_samples="100")
    yield running
    assert running.stop() == 0
    running.close()
