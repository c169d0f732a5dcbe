"""Row 16: minutes of mixed load, large and small, right and wrong, leave no more memory taken than their beginning."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Final

import httpx
import pytest

from tests.api.expect import GOOD, works
from tests.api.test_memory import CASES, JSON, Case, N
from tests.server.raw import call, connect
from tests.service import Service

pytestmark = pytest.mark.exhaustive

CLIENTS: Final = 8
SECONDS: Final = 60
MEASURES: Final = 3
"""Times that long. Before them all that is large is asked for once by each client, which warms up."""
TRIMMED: Final = 8
"""Seconds after which what is free has gone back to the system."""
SLACK: Final = 8 * N
"""Bytes by which a process differs from itself: room of one large array, between blocks that are in use."""
A_REQUEST: Final = 100
"""Bytes that a request may leave behind: a MB in 10,000 of them."""

Step = Callable[[Service, httpx.Client], int]


def well(_: Service, client: httpx.Client) -> int:
    """A small call."""
    return client.post("/v1/dropout", json=GOOD).status_code


def wrong(_: Service, client: httpx.Client) -> int:
    """A small call that is refused."""
    return client.post("/v1/dropout", content=b'{"input": [1, 2, "x"]}', headers={"Content-Type": JSON}).status_code


def seen(_: Service, client: httpx.Client) -> int:
    """What is counted, and what there is."""
    return min(client.get(path).status_code for path in ("/metrics", "/", "/openapi.json", "/v2/models/dropout"))


def hung_up(service: Service, _: httpx.Client) -> int:
    """A call whose client leaves in the middle of its body, or before its reply."""
    for some in (call()[:-5], call()):
        with connect(service) as connection:
            connection.sendall(some)
    return 0


def large(case: Case) -> Step:
    """One of the calls that need much memory."""
    headers = {"Content-Type": case.of, "Accept": case.form, **case.headers}
    return lambda _, client: client.post(f"{case.path}?{case.query}", content=case.body, headers=headers).status_code


LARGE: Final = [large(case) for case in CASES.values()]
STEPS: Final[Sequence[Step]] = [well, well, well, wrong, seen, hung_up]
EACH: Final = 50
"""Small steps to a large one."""


def driven(service: Service, seed: int, until: float) -> Counter[int]:
    """The statuses that a client gets who asks all the while."""
    chosen, statuses = random.Random(seed), Counter[int]()
    with httpx.Client(base_url=service.url, timeout=120, trust_env=False) as client:
        while monotonic() < until:
            step = chosen.choice(LARGE if chosen.random() * EACH < 1 else STEPS)
            statuses[step(service, client)] += 1
    return statuses


def warmed(service: Service) -> None:
    """All that is large, twice by several clients at once, and some time of the rest."""
    with ThreadPoolExecutor(CLIENTS) as pool, httpx.Client(base_url=service.url, timeout=120) as client:
        assert {*pool.map(lambda step: step(service, client), LARGE * 2)} <= {200, 503}
    load(service, 0)


def load(service: Service, measure: int) -> Counter[int]:
    """What all clients get; what is free goes back afterwards."""
    until = monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        each = pool.map(lambda number: driven(service, measure * CLIENTS + number, until), range(CLIENTS))
        statuses = sum(each, Counter[int]())
    sleep(TRIMMED)
    return statuses


def test_memory_stays_level(start: Callable[..., Service]) -> None:
    """From a warm service on, a request leaves 100 bytes at most, whatever was asked and however it ended."""
    service = start()
    warmed(service)
    before = service.forget_peak()
    statuses = sum((load(service, measure) for measure in range(1, MEASURES)), Counter[int]())
    after = service.forget_peak()
    assert statuses.keys() <= {0, 200, 422, 503}
    assert after - before <= SLACK + A_REQUEST * statuses.total(), (before, after, statuses)
    works(service.client)
