"""Two replicas of the service, and a cluster of two workers that ask one each."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.service import Service

# where the engines are not installed, nothing here would be run, and what needs them can't be imported
collect_ignore = [] if find_spec("dask") else ["test_arrays.py", "test_merge.py"]


@pytest.fixture(scope="session")
def replicas() -> Iterator[tuple[Service, Service]]:
    """Two that know nothing of each other, with a core each."""
    running = Service(threads="1"), Service(threads="1")
    try:
        yield running
    finally:
        for replica in running:
            replica.close()


@pytest.fixture
def one(replicas: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the examples ask for from this process is answered by the first."""
    monkeypatch.setenv("EXAMPLES_URL", replicas[0].url)


@pytest.fixture(scope="session")
def workers(replicas: tuple[Service, Service]) -> Iterator[object]:
    """The cluster; while it is there, Dask computes on it."""
    from tests.scale.cluster import cluster

    with cluster([replica.url for replica in replicas]) as client:
        yield client
