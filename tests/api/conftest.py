"""Servers that have little, for all tests that need no less."""

from collections.abc import Iterator

import pytest

from tests.api.expect import MOST
from tests.service import Service, serving


@pytest.fixture(scope="session")
def small() -> Iterator[Service]:
    """A server that takes bodies of a MiB."""
    with serving(max_body_bytes=str(MOST)) as running:
        yield running


@pytest.fixture(scope="session")
def few() -> Iterator[Service]:
    """A server that takes 200 elements, and 100 samples."""
    with serving(max_elements="200", max_samples="100") as running:
        yield running


@pytest.fixture(scope="session")
def single() -> Iterator[Service]:
    """A server with a place for one small call."""
    with serving(max_requests="1", max_body_bytes="1000", max_elements="100") as running:
        yield running


@pytest.fixture(scope="session")
def one_thread() -> Iterator[Service]:
    """A server that does one thing after another."""
    with serving(threads="1") as running:
        yield running
