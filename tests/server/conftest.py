"""A server that does not wait for long."""

from collections.abc import Iterator

import pytest

from tests.service import Service

SECONDS = 1
"""How long it waits."""


@pytest.fixture(scope="package")
def hasty() -> Iterator[Service]:
    """A service with short deadlines. Whatever happens to its connections, it says nothing but what was asked."""
    running = Service(header_seconds=str(SECONDS), transfer_seconds=str(SECONDS), min_bytes_per_second="250000")
    yield running
    status = running.stop()
    assert [line for line in running.lines if " info request " not in line][1:] == []
    assert (status, running.errors()) == (0, "")
    running.close()
