"""Servers that have little, for all tests that need no less."""

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


@pytest.fixture(scope="session")
def single() -> Iterator[Service]:
    """A server with a place for one small call."""
    running = Service(max_requests="1", max_body_bytes="1000", max_elements="100")
    yield running
    assert running.stop() == 0
    running.close()


@pytest.fixture(scope="session")
def one_thread() -> Iterator[Service]:
    """A server that does one thing after another."""
    running = Service(threads="1")
    yield running
    assert running.stop() == 0
    running.close()
