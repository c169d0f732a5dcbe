"""Which calls are taken in: as many as there are places and memory for; the others are told so at once."""

import asyncio
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import perf_counter, sleep
from typing import Final

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.admission import Admission, Share
from app.api.metrics import Metrics
from app.api.pool import CROWD
from app.errors import TooLarge, Unavailable
from tests.api.expect import post, refused, works
from tests.service import Service, serving

RAW: Final = {"Content-Type": "application/octet-stream"}
HEAD: Final = (
    "POST /v1/dropout?dtype=float32 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    "Content-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
)
LONG: Final = {"shape": [40_000_000], "seed": 1}
"""An experiment of a quarter of a second and more."""


@contextmanager
def in_hand(service: Service, size: int = 100, kind: str = "application/json") -> Iterator[socket.socket]:
    """A call whose body has that size and is still to come, once the service has its headers."""
    with socket.create_connection(service.address, timeout=30) as connection:
        head = (
            f"POST /v1/dropout?dtype=float32 HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n"
        )
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        yield connection


@pytest.fixture(scope="module")
def tight() -> Iterator[Service]:
    """A service with little memory for bodies."""
    with serving(memory_bytes=str(20 * 2**20)) as running:
        yield running


# Counting


@given(st.lists(st.tuples(st.sampled_from(["admit", "hold", "extend", "release"]), st.integers(0, 120)), max_size=40))
def test_what_is_taken_is_given_back(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, what is free and what is held are all there is, and in the end all of it is free."""

    async def run() -> None:
        admission, shares = Admission(3, 100, Metrics()), list[Share]()
        for step, number in steps:
            with suppress(Unavailable, TooLarge):
                if step == "admit":
                    shares.append(admission.admit(number))
                elif step == "release":
                    for share in shares[number % 5 :]:
                        share.release()
                    del shares[number % 5 :]
                elif shares:
                    getattr(shares[-1], step)(number)
            assert (0 <= admission.free <= 100, admission.places) == (True, 3 - len(shares))
        for share in shares * 2:
            share.release()
        assert (admission.places, admission.free) == (3, 100)

    asyncio.run(run())


# Places


def test_a_call_too_many_is_refused_at_once(single: Service) -> None:
    """Row 11: with every place taken a call gets 503 with Retry-After before its body is read; the rest is answered."""
    with in_hand(single):
        reply = single.client.post("/v1/dropout", json={"input": [1.0]})
        assert "DROPOUT_MAX_REQUESTS" in refused(reply, 503, "saturated").detail
        assert reply.headers["Retry-After"] == "1"
        for path in ("/health/live", "/health/ready", "/v1/limits", "/v2/models/dropout", "/", "/openapi.json"):
            assert single.client.get(path).status_code == 200
    free(single)


def test_what_is_wrong_is_told_before(single: Service) -> None:
    """404, 405, 415 and 413 come first: with no place free, who can't be served is told why."""
    with in_hand(single):
        client = single.client
        refused(client.post("/v1/nothing", json={}), 404, "not_found")
        refused(client.get("/v1/dropout"), 405, "method_not_allowed")
        refused(client.post("/v1/dropout", content=b"x"), 415, "unsupported_media_type")
        refused(post(client, "x" * 1001), 413, "body_too_large")
        refused(post(client, "x"), 503, "saturated")
    free(single)


def test_a_place_comes_back_on_every_way_out(single: Service) -> None:
    """Replies, errors, refusals and hang-ups, many of each: the one place is free again after each."""
    for _ in range(25):
        works(single.client)
        refused(post(single.client, '{"input": [1,'), 400, "malformed_json")
        refused(post(single.client, {"input": [1.0] * 101}), 413, "too_many_elements")
        with in_hand(single) as connection:
            connection.sendall(b"{")
            refused(post(single.client, {"input": [1.0]}), 503, "saturated")
        free(single)


def free(service: Service) -> None:
    """Wait until there is a place again: a connection that closes is seen a moment later."""
    until = perf_counter() + 5
    while post(service.client, {"input": [1.0]}).status_code == 503:
        assert perf_counter() < until


# Memory


def test_a_body_that_never_fits_is_too_large(tight: Service) -> None:
    """Row 14: JSON comes to 23 times its bytes at worst, and what all memory is not enough for is 413, unread."""
    with socket.create_connection(tight.address, timeout=30) as connection:
        connection.sendall(b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 1000000\r\nConnection: close\r\n\r\n")
        assert b"DROPOUT_MEMORY_BYTES" in b"".join(iter(lambda: connection.recv(2**16), b""))
    body = np.ones(100_000, "<f4").tobytes()
    assert tight.client.post("/v1/dropout?dtype=float32", content=body, headers=RAW).status_code == 200


def test_bodies_share_the_memory(tight: Service) -> None:
    """Row 14: what those that are still to come will need counts from their headers on."""
    with in_hand(tight, 5 * 2**20, RAW["Content-Type"]):
        body = bytes(3 * 2**20)
        reply = tight.client.post("/v1/dropout?dtype=float32", content=body, headers=RAW)
        assert "DROPOUT_MEMORY_BYTES" in refused(reply, 503, "saturated").detail
        works(tight.client)


def test_elements_that_are_asked_for_count(tight: Service) -> None:
    """Samples, and masks of a shape, are refused before they are made: a small request can ask for much."""
    before = tight.forget_peak()
    refused(post(tight.client, {"input": [1.0] * 200, "samples": 10_000}), 413, "body_too_large")
    refused(tight.client.post("/v1/dropout/mask", json={"shape": [15_000_000]}), 413, "body_too_large")
    shared = {"shape": [8_000_000, 2], "noise_shape": [None, 1]}
    refused(tight.client.post("/v1/dropout/simulate", json=shared), 413, "body_too_large")
    assert tight.peak() - before < 2**20
    works(tight.client)


@pytest.mark.parametrize("how", ["chunked", "gzip"])
def test_a_body_of_unknown_size_counts_as_it_comes(tight: Service, how: str) -> None:
    """Row 7: chunked or compressed, a body is refused as soon as it needs more than there is."""
    body = b'{"input": [' + b"1," * 2**21 + b"1]}"
    before = tight.forget_peak()
    headers = {"Content-Type": "application/json"} | ({"Content-Encoding": "gzip"} if how == "gzip" else {})
    content = gzip.compress(body) if how == "gzip" else iter([body[k : k + 2**16] for k in range(0, len(body), 2**16)])
    reply = tight.client.post("/v1/dropout", content=content, headers=headers)
    refused(reply, 413, "body_too_large")
    assert tight.peak() - before < 20 * 2**20
    works(tight.client)


# Cores


def test_a_call_waits_no_longer_than_it_may(start: Callable[..., Service]) -> None:
    """Who gets no core in time is told so, and what was not begun is not done."""
    service = start(threads="1", queue_seconds="0.05")
    with ThreadPoolExecutor(3) as pool, httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        replies = list(pool.map(lambda _: client.post("/v1/dropout/simulate", json=LONG), range(3)))
    assert sorted(reply.status_code for reply in replies) == [200, 503, 503]
    late = next(reply for reply in replies if reply.status_code == 503)
    assert "DROPOUT_QUEUE_SECONDS" in refused(late, 503, "saturated").detail
    works(service.client)


@pytest.mark.exhaustive
def test_who_would_wait_too_long_is_told_at_once(start: Callable[..., Service]) -> None:
    """Row 11: behind a crowd whose first has waited half of what it may, nobody is kept waiting to be refused."""
    service = start(threads="1", queue_seconds="4")
    with (
        ThreadPoolExecutor(CROWD * 4) as pool,
        httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client,
    ):
        crowd = [pool.submit(client.post, "/v1/dropout/simulate", json=LONG | {"runs": 5}) for _ in range(CROWD * 2)]
        sleep(3)
        began = perf_counter()
        refused(service.client.post("/v1/dropout/simulate", json=LONG), 503, "saturated")
        assert perf_counter() - began < 1
        assert {one.result().status_code for one in crowd} == {200, 503}
    works(service.client)


def test_the_short_does_not_wait_for_the_long(one_thread: Service) -> None:
    """While every core has an experiment, and more wait, a call of milliseconds is answered before the first is."""
    body = json.dumps({"input": [1.0] * 20_000, "seed": 1})
    with ThreadPoolExecutor(3) as pool, httpx.Client(base_url=one_thread.url, timeout=60, trust_env=False) as client:
        experiments = [pool.submit(client.post, "/v1/dropout/simulate", json=LONG) for _ in range(3)]
        for _ in range(3):
            assert post(one_thread.client, body).status_code == 200
        assert not any(experiment.done() for experiment in experiments)
        assert {experiment.result().status_code for experiment in experiments} == {200}
