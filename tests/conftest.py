"""The service under test: one for all tests, and others for those that need their own settings."""

import gc
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final

import httpx
import pytest
from hypothesis import settings

from tests.service import Service

# machines are shared, and a first call fills caches: what must be fast is measured where it is said so
settings.register_profile("dropout", deadline=None)
settings.load_profile("dropout")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests, which all stay to the end: looking for garbage among so many takes a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Of a test with several parameters, try each value on every change, and all their combinations in CI.

    Combinations beyond the first that have each value are marked `exhaustive`; what CI alone runs anyway is not.
    """
    tests: dict[Any, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if hasattr(item, "callspec") and not any(map(item.get_closest_marker, _OF_CI)):
            tests[item.parent, item.originalname].append(item)  # type: ignore[attr-defined]
    for combined in tests.values():
        _mark_beyond_each_once(combined)


_OF_CI: Final = ("exhaustive", "browser", "clients", "conformance", "container", "deploy", "operate", "scale")


def _mark_beyond_each_once(combined: Sequence[pytest.Item]) -> None:
    rows = [_values(item) for item in combined]
    columns = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)]
    most = max(map(len, columns))
    once = {tuple(column[k % len(column)] for column in columns) for k in range(most)}
    for item, row in zip(combined, rows, strict=True):
        if row not in once:
            item.add_marker("exhaustive")


def _values(item: pytest.Item) -> tuple[int, ...]:
    """Which value of each parameter a test has, by identity; of those that are given together, the first tells."""
    given: dict[str, object] = item.callspec.params  # type: ignore[attr-defined]
    later = {name for mark in item.iter_markers("parametrize") for name in _names(mark.args[0])[1:]}
    return tuple(id(value) for name, value in given.items() if name not in later)


def _names(names: str | Sequence[str]) -> Sequence[str]:
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else names


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
