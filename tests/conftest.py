"""The service under test: one for all tests, and others for those that need their own settings."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import settings

from tests.service import Service

# machines are shared, and a first call fills caches: what must be fast is measured where it is said so
settings.register_profile("dropout", deadline=None)
settings.load_profile("dropout")


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The service with its defaults. Whatever the tests send it, it never fails, and ends well when it is told to."""
    running = Service()
    try:
        yield running
        status = running.stop()
        assert [line for line in running.lines if " info request " not in line][1:] == []
        assert (status, running.errors()) == (0, "")
    finally:
        running.close()


@pytest.fixture(scope="session")
def url(service: Service) -> str:
    """Its address."""
    return service.url


@pytest.fixture(scope="session")
def client(service: Service) -> httpx.Client:
    """A client of it."""
    return service.client


@pytest.fixture
def start() -> Iterator[Callable[..., Service]]:
    """Starts services with other settings, which end with the test."""
    started: list[Service] = []

    def start(**settings: str) -> Service:
        started.append(Service(**settings))
        return started[-1]

    yield start
    for running in started:
        running.close()
