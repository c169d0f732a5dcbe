"""Row 10: who is slow is cut at a deadline, whatever it is that is slow, and who is slow but steady is served."""

import select
import socket
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest

from tests.api.expect import works
from tests.server.conftest import SECONDS
from tests.server.raw import BODY, CALL, DOWNLOAD, LIVE, LONG, answer, call, connect, drip, refused, replies, rest
from tests.service import Service

MARGIN = 0.5
"""Seconds by which a loaded machine may be late."""
RATE = 250_000
"""Bytes a second that the service wants."""
SIZE = 15_000_000
"""Bytes of a reply."""
UPLOAD = (
    b"POST /v1/dropout?dtype=float32 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: %d\r\n\r\n"
)


def due(began: float) -> bool:
    """Whether the deadline is now, for what began then."""
    return SECONDS <= monotonic() - began + 0.01 < SECONDS + MARGIN


def test_a_silent_connection_is_cut(hasty: Service) -> None:
    """Row 10: a client that says nothing is told so, and closed."""
    began = monotonic()
    with connect(hasty) as connection:
        [reply] = replies(rest(connection))
    assert due(began)
    refused(reply, 408, "too_slow")


def test_dripping_headers_are_cut(hasty: Service) -> None:
    """Row 10: headers that do not end are cut, from their first byte on, however steadily they come."""
    with connect(hasty) as connection:
        sleep(SECONDS / 2)
        began = monotonic()
        drip(connection, CALL + b"X: " + b"x" * 1000, 0.05)
        [reply] = replies(rest(connection))
    assert due(began)
    refused(reply, 408, "too_slow")


@pytest.mark.parametrize(
    "sent",
    [
        call(b"{", 10**6),
        call(b"x" * (RATE - 1), 10**6),
        CALL + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        CALL + b"Transfer-Encoding: chunked\r\n\r\n",
        CALL + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 50_000,
    ],
    ids=["begun", "a byte too few", "in a chunk", "before a chunk", "all but content"],
)
def test_a_stalled_body_is_cut(hasty: Service, sent: bytes) -> None:
    """Row 10: a body that does not go on is cut, however it announced its length."""
    began = monotonic()
    with connect(hasty) as connection:
        connection.sendall(sent)
        [reply] = replies(rest(connection))
    assert due(began)
    refused(reply, 408, "too_slow")


def test_a_dripping_body_is_cut(hasty: Service) -> None:
    """Row 10: a byte now and then does not hold a place."""
    with connect(hasty) as connection:
        connection.sendall(call(b"", 1000))
        began = monotonic()
        drip(connection, BODY * 30, 0.05)
        [reply] = replies(rest(connection))
    assert due(began)
    refused(reply, 408, "too_slow")


@pytest.mark.exhaustive
def test_a_body_is_held_to_its_rate_to_the_end(hasty: Service) -> None:
    """A good beginning is no credit: each period brings its own bytes."""
    with connect(hasty) as connection:
        began = monotonic()
        connection.sendall(call(b" " * 2 * RATE, 10**7))
        [reply] = replies(rest(connection))
    assert 2 * SECONDS <= monotonic() - began + 0.01 < 2 * SECONDS + MARGIN
    refused(reply, 408, "too_slow")


def test_the_protocol_has_its_own_error(hasty: Service) -> None:
    """What is too slow on /v2 is told in the protocol's form."""
    with connect(hasty) as connection:
        connection.sendall(b"POST /v2/models/dropout/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        [reply] = replies(rest(connection))
    refused(reply, 408, "too_slow", protocol=True)


def steps(seconds: float) -> Iterator[None]:
    """Ten steps a second."""
    for _ in range(round(seconds * 10)):
        yield
        sleep(0.1)


def test_a_slow_but_steady_body_arrives(hasty: Service) -> None:
    """Row 10: twice the least rate, for three periods, is well."""
    some = bytes(RATE // 5)
    with connect(hasty) as connection:
        connection.sendall(UPLOAD % (30 * len(some)))
        for _ in steps(3 * SECONDS):
            connection.sendall(some)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


def narrow(service: Service, size: int) -> socket.socket:
    """A connection whose system takes little that is not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    connection.settimeout(30)
    connection.connect(service.address)
    return connection


def test_who_does_not_read_is_cut(hasty: Service) -> None:
    """Row 10: a reply that is not taken is not kept, and nothing of it stays in the service."""
    works(hasty.client)
    before = hasty.forget_peak()
    with narrow(hasty, 2**14) as connection:
        connection.sendall(DOWNLOAD)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        began = monotonic()
        ended = select.poll()
        ended.register(connection, select.POLLERR)
        assert ended.poll(10_000)
        assert due(began)
    works(hasty.client)
    assert hasty.forget_peak() - before < SIZE / 2


@pytest.mark.exhaustive
def test_a_slow_but_steady_reader_is_served(hasty: Service) -> None:
    """Row 10: who takes a reply at four times the least rate gets all of it."""
    with narrow(hasty, 2**17) as connection:
        connection.sendall(DOWNLOAD)
        taken = 0
        for _ in steps(3 * SECONDS):
            taken += len(connection.recv(4 * RATE // 10, socket.MSG_WAITALL))
        while taken < SIZE and (some := connection.recv(2**20)):
            taken += len(some)
        assert taken > SIZE


def test_an_idle_connection_is_closed(hasty: Service) -> None:
    """A kept connection that is not used is closed, without a word."""
    with connect(hasty) as connection:
        connection.sendall(LIVE)
        assert answer(connection).status == 200
        began = monotonic()
        assert rest(connection) == b""
    assert due(began)


@pytest.mark.exhaustive
def test_a_connection_in_use_stays(hasty: Service) -> None:
    """Each request has the whole time, however many came before."""
    with connect(hasty) as connection:
        for _ in range(4):
            connection.sendall(LIVE[:-1])
            sleep(SECONDS / 2)
            connection.sendall(LIVE[-1:])
            assert answer(connection).status == 200


def test_many_slow_clients_cost_nothing(hasty: Service) -> None:
    """Row 10: hundreds that are slow in every way are gone at their deadline, and health answers meanwhile."""
    beginnings = [b"", b"GET / HT", call(b"{", 1000)]
    connections = [connect(hasty) for _ in range(300)]
    began = monotonic()
    for number, connection in enumerate(connections):
        connection.sendall(beginnings[number % 3])
    while monotonic() - began < SECONDS:
        assert hasty.client.get("/health/live").elapsed.total_seconds() < MARGIN
    for connection in connections:
        [reply] = replies(rest(connection))
        refused(reply, 408, "too_slow")
        connection.close()
    assert monotonic() - began < SECONDS + 2 * MARGIN


@pytest.mark.exhaustive
def test_who_waits_for_the_service_is_not_slow(start: Callable[..., Service]) -> None:
    """A call that is worked on for longer than any deadline is answered."""
    running = start(header_seconds="1", transfer_seconds="1")
    reply = running.client.post("/v1/dropout/simulate", json=LONG)
    assert reply.elapsed.total_seconds() > SECONDS + MARGIN
    assert reply.status_code == 200
