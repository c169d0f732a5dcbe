"""Where work is done: a large request does not hold up small ones, and nothing depends on the threads."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final

import httpx
import numpy as np

from tests.api.expect import answered, post, works
from tests.service import Service

LARGE: Final = json.dumps({"input": [[1.25] * 1000] * 1000, "seed": 1})
"""A call of a million elements."""


def test_health_answers_while_large_requests_run(url: str, client: httpx.Client) -> None:
    """While arrays of 1000 × 1000 are worked on, health is told within a second."""
    waits = []
    with ThreadPoolExecutor(4) as pool, httpx.Client(base_url=url, trust_env=False, timeout=60) as other:
        running = [pool.submit(post, other, LARGE) for _ in range(6)]
        while not all(future.done() for future in running):
            began = perf_counter()
            assert client.get("/health/live").status_code == 200
            waits.append(perf_counter() - began)
    assert {future.result().status_code for future in running} == {200}
    assert len({future.result().content for future in running}) == 1
    assert len(waits) > 3
    assert max(waits) < 1


def test_small_requests_are_right_beside_each_other(url: str) -> None:
    """Requests at the same time do not mix: each gets the answer to its own."""

    def ask(number: int) -> list[float]:
        with httpx.Client(base_url=url, trust_env=False) as client:
            return [answered(post(client, {"input": number, "p": 0, "seed": k}))["output"] for k in range(20)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [[float(number)] * 20 for number in range(8)]


def test_a_reply_does_not_depend_on_the_threads(client: httpx.Client, start: Callable[..., Service]) -> None:
    """Three threads give the same bytes as any other number of them."""
    body = np.random.default_rng(0).random(1_000_000, np.float32).tobytes()
    path, headers = "/v1/dropout?dtype=float32&seed=1", {"Content-Type": "application/octet-stream"}
    replies = [of.post(path, content=body, headers=headers) for of in (start(threads="3").client, client)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].content == replies[1].content
    assert replies[0].headers["Dropout-Statistics"] == replies[1].headers["Dropout-Statistics"]


def test_many_connections_are_served(service: Service, client: httpx.Client) -> None:
    """Two hundred connections that stay open are each answered."""
    connections = [socket.create_connection(service.address, timeout=30) for _ in range(200)]
    try:
        for connection in connections:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {connection.recv(15) for connection in connections} == {b"HTTP/1.1 200 OK"}
        works(client)
    finally:
        for connection in connections:
            connection.close()


def test_memory_comes_back(service: Service) -> None:
    """After large requests the service holds no more than one of them took: none is kept."""
    post(service.client, LARGE)
    first = service.forget_peak()
    for _ in range(3):
        post(service.client, LARGE)
    works(service.client)
    assert service.forget_peak() - first < 2**26
