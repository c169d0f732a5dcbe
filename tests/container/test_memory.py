"""Row 14: in half a gigabyte, large bodies of every kind, more at once than fit: the container is never killed."""

import gzip
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from time import monotonic
from typing import Final, NamedTuple

import httpx
import pytest

from tests.api.expect import works
from tests.container.engine import state

pytestmark = pytest.mark.container

CLIENTS: Final = 64
SECONDS: Final = 60
CUT: Final = 0
"""Instead of a status: who still sends half a second after the refusal may find the connection reset, and no reply."""
JSON: Final = "application/json"
RAW: Final = "application/octet-stream"


class Large(NamedTuple):
    """A request that needs much."""

    path: str
    body: bytes
    headers: dict[str, str]


def ones(size: int) -> bytes:
    """JSON of so many bytes."""
    return b'{"input": [' + b"1," * (size // 2) + b"1]}"


def large() -> dict[str, Large]:
    """Requests of every kind; made where they are sent, for they take hundreds of megabytes."""
    return {
        "JSON": Large("/v1/dropout", ones(10**7), {"Content-Type": JSON}),
        "the largest JSON": Large("/v1/dropout", ones(2**26 - 100), {"Content-Type": JSON}),
        "JSON to npy": Large("/v1/dropout", ones(10**7), {"Content-Type": JSON, "Accept": "application/x-npy"}),
        "raw": Large("/v1/dropout?dtype=float32", bytes(2**26), {"Content-Type": RAW}),
        "gzip": Large("/v1/dropout", gzip.compress(ones(10**7)), {"Content-Type": JSON, "Content-Encoding": "gzip"}),
        "gzip of the largest": Large(
            "/v1/dropout", gzip.compress(ones(2**26 - 100)), {"Content-Type": JSON, "Content-Encoding": "gzip"}
        ),
        "replicates": Large(
            "/v1/dropout", b'{"input": [%s1.0], "samples": 10000}' % (b"1.0," * 999), {"Content-Type": JSON}
        ),
        "a mask": Large("/v1/dropout/mask", b'{"shape": [16000000]}', {"Content-Type": JSON, "Accept": RAW}),
        "a mask as JSON": Large("/v1/dropout/mask", b'{"shape": [16000000]}', {"Content-Type": JSON}),
        "an experiment": Large("/v1/dropout/simulate", b'{"shape": [50000000]}', {"Content-Type": JSON}),
    }


def asked(url: str, kind: Large, until: float) -> Iterator[int]:
    """The statuses that a client gets who asks again and again."""
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        while monotonic() < until:
            try:
                yield client.post(kind.path, content=kind.body, headers=kind.headers).status_code
            except httpx.TransportError:
                yield CUT


def test_large_bodies_do_not_kill_it(client: httpx.Client, container: str) -> None:
    """64 clients for a minute: only 200, 408, 413 and 503, and the process that began is the one that ends."""
    url, until = str(client.base_url), monotonic() + SECONDS
    begun = state(container)["Pid"]
    with ThreadPoolExecutor(CLIENTS) as pool:
        kinds = islice(cycle(large().values()), CLIENTS)
        statuses = Counter(
            status for each in pool.map(lambda kind: [*asked(url, kind, until)], kinds) for status in each
        )
    found = state(container)
    assert (found["Pid"], found["OOMKilled"], found["Running"]) == (begun, False, True)
    assert statuses.keys() <= {200, 408, 413, 503, CUT}, statuses
    assert statuses[200] > 0
    assert statuses[CUT] <= statuses.total() / 100
    works(client)
