"""Row 12: a process that is told to stop loses nothing, waits for nobody for ever, and is quick when told twice."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest

from tests.api.expect import works
from tests.server.load import CLIENTS, Load
from tests.server.raw import BODY, DOWNLOAD, LIVE, LONG, Reply, answer, call, connect, refused, rest
from tests.service import READY, Service, launch

READINESS = b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n"
PROTOCOL_READINESS = READINESS.replace(b"/health", b"/v2/health")


def asked(service: Service, request: bytes) -> Reply:
    """The reply on a connection of its own."""
    with connect(service) as connection:
        connection.sendall(request)
        return answer(connection)


def lose_nothing(start: Callable[..., Service], rounds: int, **settings: str) -> None:
    """Stop a service under load, so many times, and count."""
    for _ in range(rounds):
        running = start(**settings)
        load = Load(running)
        sleep(0.3)
        assert running.stop() == 0
        seen = load.seen()
        assert seen.lost == []
        assert seen.answered > CLIENTS
        running.close()


def test_no_request_is_lost(start: Callable[..., Service]) -> None:
    """Row 12: whoever is let in is answered, and told when it was the last time."""
    lose_nothing(start, 1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_request_is_ever_lost(start: Callable[..., Service], workers: str) -> None:
    """Row 12: the same, often enough to believe it."""
    lose_nothing(start, 50, workers=workers)


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.exhaustive)])
def test_it_says_no_and_goes_on(start: Callable[..., Service], workers: str) -> None:
    """While it drains, readiness says no in both forms, calls are taken, and each reply is its connection's last."""
    running = start(drain_seconds="3", workers=workers)
    works(running.client)
    running.client.close()
    with connect(running) as kept:
        kept.sendall(LIVE)
        assert "connection" not in answer(kept).fields
        began = monotonic()
        running.tell()
        sleep(0.1)
        reply = asked(running, READINESS)
        refused(reply, 503, "draining")
        assert reply.fields["retry-after"] == "1"
        refused(asked(running, PROTOCOL_READINESS), 503, "draining", protocol=True)
        for reply in (asked(running, LIVE), asked(running, call())):
            assert (reply.status, reply.fields["connection"]) == (200, "close")
        kept.sendall(call())
        assert answer(kept).fields["connection"] == "close"
    assert running.wait() == 0
    assert 3 <= monotonic() - began < 5
    with pytest.raises(ConnectionRefusedError):
        connect(running)


@pytest.fixture
def one_core() -> Iterator[None]:
    """All that is started runs on one core: whoever is woken runs before who wakes it goes on."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.exhaustive)])
def test_it_drains_from_the_moment_it_is_ready(workers: str) -> None:
    """A stop that comes as soon as it says that it is ready is like any other."""
    with launch(port="0", drain_seconds="1", workers=workers) as process:
        assert process.stdout is not None
        assert any(READY in line for line in process.stdout)
        began = monotonic()
        process.terminate()
        assert process.wait() == 0
        assert monotonic() - began >= 1


def test_a_kept_connection_has_its_half_second(start: Callable[..., Service]) -> None:
    """Once nothing new is let in, a connection that is kept is answered once more, or closed after half a second."""
    running = start()
    with connect(running) as busy, connect(running) as idle:
        for connection in (busy, idle):
            connection.sendall(LIVE)
            answer(connection)
        running.tell()
        sleep(0.2)
        busy.sendall(call())
        assert answer(busy).fields["connection"] == "close"
        assert rest(busy) == rest(idle) == b""
    assert running.wait() == 0


@pytest.mark.exhaustive
def test_the_last_of_several_says_so(start: Callable[..., Service]) -> None:
    """Of requests that were sent together, all are answered, and the last reply is the connection's."""
    running = start(drain_seconds="3")
    running.tell()
    sleep(0.1)
    with connect(running) as connection:
        connection.sendall(call() * 3)
        assert [answer(connection).fields.get("connection") for _ in range(3)] == [None, None, "close"]
    assert running.wait() == 0


def stalled(service: Service) -> list[socket.socket]:
    """Connections that never go on: silent, with half a head, half a body, and a reply that is not read."""
    found = []
    for some in (b"", LIVE[:10], call(BODY[:5], len(BODY)), DOWNLOAD):
        found.append(connect(service))
        found[-1].sendall(some)
    sleep(0.3)
    return found


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.exhaustive)])
def test_what_stalls_is_cut(start: Callable[..., Service], workers: str) -> None:
    """Row 12: transfers that stall are not waited for: it ends with the grace, and well."""
    running = start(graceful_seconds="1", workers=workers)
    connections = stalled(running)
    began = monotonic()
    assert running.stop() == 0
    assert 1 <= monotonic() - began < 2.5
    assert running.errors() == ""
    for connection in connections:
        connection.close()


@pytest.mark.exhaustive
def test_work_is_not_waited_for_beyond_the_grace(start: Callable[..., Service]) -> None:
    """A thread that computes for longer than the grace does not keep the process."""
    running = start(graceful_seconds="1", threads="1")
    with connect(running) as connection:
        body = json.dumps(LONG | {"runs": 1000})
        connection.sendall(call(body.encode()).replace(b"/v1/dropout", b"/v1/dropout/simulate"))
        sleep(0.3)
        began = monotonic()
        assert running.stop() == 0
        assert 1 <= monotonic() - began < 2.5


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(start: Callable[..., Service], workers: str, number: int) -> None:
    """Told twice, it does not finish what is in flight."""
    running = start(workers=workers)
    connections = stalled(running)
    began = monotonic()
    running.tell()
    sleep(0.3)
    assert running.stop(number) == 0
    assert monotonic() - began < 1.5
    assert running.errors() == ""
    for connection in connections:
        connection.close()
