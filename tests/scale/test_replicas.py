"""Two replicas know nothing of each other, and answer with the same bytes."""

import random
from math import prod
from typing import Any

import httpx
import numpy as np
import pytest

from app.core import VARIANTS
from tests.api.test_transports import TRANSPORTS, Case
from tests.service import Service

pytestmark = [pytest.mark.scale, pytest.mark.usefixtures("one")]

REQUESTS = 1000
OF_ONE = {"date", "x-request-id"}
"""Headers that name a moment or a request."""


def case(variant: str, lots: random.Random) -> Case:
    """A call of a layer, with a seed."""
    fields: dict[str, Any] = VARIANTS[variant].example | {"variant": variant}
    shape = fields.pop("shape", (3, 4, 5))
    fields = {name: value for name, value in fields.items() if name not in ("input", "include")}
    x = np.random.default_rng(lots.getrandbits(32)).uniform(-9, 9, prod(shape)).reshape(shape)
    fields |= {"p": lots.uniform(0, 0.9), "seed": lots.getrandbits(64), "stream": lots.getrandbits(64)}
    return Case(x.astype(lots.choice(["float16", "float32", "float64"])), fields)


def heard(replica: Service) -> tuple[httpx.Client, list[Any]]:
    """A client, and where all it is answered is written down."""
    replies: list[Any] = []

    def hear(reply: httpx.Response) -> None:
        headers = [(name, value) for name, value in reply.headers.items() if name not in OF_ONE]
        replies.append((reply.status_code, headers, reply.read()))

    return httpx.Client(base_url=replica.url, event_hooks={"response": [hear]}), replies


def test_a_seed_has_the_same_bytes_from_both(replicas: tuple[Service, Service]) -> None:
    """A thousand calls, each layer by each transport: status, headers and body are equal."""
    lots, listeners = random.Random(0), [heard(replica) for replica in replicas]
    for number in range(REQUESTS):
        asked = case([*VARIANTS][number % len(VARIANTS)], lots)
        transport = TRANSPORTS[number // len(VARIANTS) % len(TRANSPORTS)]
        for client, _ in listeners:
            transport(client, asked, "output")
    (_, first), (_, second) = listeners
    assert len(first) == REQUESTS
    assert {status for status, _, _ in first} == {200}
    assert first == second
    for client, _ in listeners:
        client.close()
