"""Rows 10 and 11: whatever is asked of the service, health answers, and who asks for little gets it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep

from app.wire.footprint import OF_BODY, OVERHEAD
from tests.api.expect import GOOD, post, refused, works
from tests.api.test_admission import free, in_hand
from tests.server.raw import CALL, connect, replies, rest
from tests.service import Service

CHUNKS = 10**6
CLIENTS = 8
REFUSED = 200
SLOWEST = 0.5
"""Seconds for health on a machine that others use too; a probe waits twice as long."""


@contextmanager
def healthy(service: Service) -> Iterator[list[float]]:
    """The seconds that health took, asked all the while."""
    over, seconds = Event(), list[float]()

    def ask() -> None:
        while not over.is_set():
            began = monotonic()
            with connect(service) as connection:
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                [reply] = replies(rest(connection))
            assert reply.status == 200
            seconds.append(monotonic() - began)
            sleep(0.01)

    asking = Thread(target=ask)
    asking.start()
    try:
        yield seconds
    finally:
        over.set()
        asking.join()


def test_a_million_chunks(service: Service) -> None:
    """Row 10: a body in a million chunks of a byte is like any other, and takes no more memory; health goes on."""
    body = b'{"input": [' + b"1," * (CHUNKS // 2) + b'1], "seed": 1}'
    works(service.client)
    before, began = service.forget_peak(), monotonic()
    with healthy(service) as seconds, connect(service) as connection:
        connection.sendall(CALL + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        [reply] = replies(rest(connection))
        took = monotonic() - began
    assert reply.status == 200
    assert max(seconds) < took / 2
    assert service.peak() - before < footprint(len(body))


def footprint(size: int) -> int:
    """The most that a body of JSON takes, and what the system's buffers hold of it as chunks."""
    return int(OVERHEAD + OF_BODY[True, True] * size) + 6 * size


def test_health_does_not_wait(start: Callable[..., Service]) -> None:
    """Row 11: while every place is taken, each of many calls gets 503, and health is answered as ever."""
    full = start(max_requests="2")
    with in_hand(full), in_hand(full), healthy(full) as seconds, ThreadPoolExecutor(CLIENTS) as pool:
        for reply in pool.map(lambda _: post(full.client, GOOD), range(REFUSED)):
            refused(reply, 503, "saturated")
            assert reply.headers["Retry-After"]
    assert max(seconds) < SLOWEST
    free(full)
    works(full.client)
