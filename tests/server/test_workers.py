"""Row 13: several processes serve as one; a dead one is replaced, and none outlives its parent."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.api.expect import works
from tests.api.test_metrics import DURATION, metrics
from tests.server.load import Load
from tests.server.raw import call, connect, logged
from tests.service import READY, Service, launch, serving

WORKERS = 2
KILLS = 20


@pytest.fixture(scope="module")
def lasting() -> Iterator[Service]:
    """A service of two workers, for all that leave it with two."""
    with serving(workers=str(WORKERS)) as running:
        yield running


@pytest.fixture
def running(start: Callable[..., Service]) -> Service:
    """A service of two workers, for a test alone."""
    return start(workers=str(WORKERS))


def children(pid: int) -> list[int]:
    """The processes that a process has started to serve."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something to be so; where the time is no law, as long as a machine may take that has much else to do."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it is not so in time"
        sleep(0.02)


def answering(service: Service, most: int = 200) -> int:
    """How many processes answer: ids of requests begin with their process's."""
    found = set()
    for _ in range(most):
        with connect(service) as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            found.add(connection.recv(2**12).partition(b"x-request-id: ")[2][:8])
    return len(found)


def test_it_is_ready_once_all_are(lasting: Service) -> None:
    """The address is told once, when every worker serves, and they share its port."""
    assert sum(READY in line for line in lasting.lines) == 1
    assert len(children(lasting.process.pid)) == WORKERS
    assert answering(lasting) == WORKERS


def test_one_process_has_no_parent(service: Service) -> None:
    """Without the setting there is one process."""
    assert children(service.process.pid) == []


@pytest.mark.exhaustive
def test_a_dead_worker_is_replaced(start: Callable[..., Service]) -> None:
    """Row 13: killed, it is there again within 2 seconds, and the others serve meanwhile; the log has it.

    A machine that has much else to do, and takes longer for a start, has twice as long as that.
    """
    began = monotonic()
    running = start(workers=str(WORKERS))
    limit = max(2, 2 * (monotonic() - began))
    works(running.client)
    for _ in range(KILLS):
        first, *others = children(running.process.pid)
        os.kill(first, signal.SIGKILL)
        began = monotonic()
        running.client.close()
        running.client = type(running.client)(base_url=running.url, trust_env=False, timeout=60)
        works(running.client)
        until(lambda: answering(running) == WORKERS, limit - (monotonic() - began))
        assert first not in children(running.process.pid)
        assert set(others) < set(children(running.process.pid))
    assert running.stop() == 0
    assert sum(READY in line for line in running.lines) == 1
    assert sum("a worker ended" in line and "status=-9" in line for line in running.lines) == KILLS


@pytest.mark.exhaustive
def test_only_its_own_requests_fail(running: Service) -> None:
    """Row 13: of clients that ask all the time, those of the killed worker lose one request each, at most."""
    load = Load(running)
    sleep(0.3)
    os.kill(children(running.process.pid)[0], signal.SIGKILL)
    sleep(0.3)
    assert running.stop() == 0
    seen = load.seen()
    assert len(seen.lost) <= 8
    assert seen.answered > 100


@pytest.mark.exhaustive
def test_a_worker_that_is_told_to_stop_is_replaced(running: Service) -> None:
    """A worker that stops well, while the service does not, is replaced too."""
    first, second = children(running.process.pid)
    os.kill(first, signal.SIGTERM)
    until(lambda: gone(first) and len(children(running.process.pid)) == WORKERS)
    until(lambda: answering(running) == WORKERS)
    assert second in children(running.process.pid)


@pytest.mark.exhaustive
def test_none_outlives_its_parent(running: Service) -> None:
    """Row 13: if the parent is killed, the workers end, and finish what is in flight before."""
    pids = children(running.process.pid)
    with connect(running) as connection:
        request = call()
        connection.sendall(request[:-5])
        sleep(0.2)
        running.process.kill()
        sleep(0.2)
        connection.sendall(request[-5:])
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    until(lambda: all(map(gone, pids)))
    with pytest.raises(ConnectionRefusedError):
        connect(running)


@pytest.mark.exhaustive
def test_each_process_is_told(running: Service) -> None:
    """A supervisor of processes that tells each of them, and the parent too, is no second signal."""
    with connect(running) as connection:
        request = call()
        connection.sendall(request[:-5])
        sleep(0.2)
        for pid in (running.process.pid, *children(running.process.pid)):
            os.kill(pid, signal.SIGTERM)
        sleep(0.2)
        connection.sendall(request[-5:])
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    assert running.wait() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_start_that_fails_stops_all(workers: str) -> None:
    """A worker that cannot start ends the service as a failure, with its sentence, and no other stays."""
    process = launch("tests.broken", workers=workers, port="0")
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "there is no application" in error
    assert READY not in out
    assert "Traceback" not in out + error


@pytest.mark.exhaustive
def test_signals_before_it_is_ready() -> None:
    """Told to stop while its workers start, it stops, and well."""
    for moment in (0, 0.1):
        process = launch(workers="2", port="0")
        try:
            until(lambda: len(children(process.pid)) > 0)  # noqa: B023 - called before the next is launched
            sleep(moment)
            process.terminate()
            assert (*process.communicate(timeout=10), process.returncode) == ("", "", 0)
        finally:
            process.kill()


def test_metrics_are_those_of_all(lasting: Service) -> None:
    """Whoever is asked tells what all have counted, those that ended too; a gauge is of those that are there."""
    for _ in range(20):
        with connect(lasting) as connection:
            connection.sendall(call())
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
    counted = DURATION, "POST", "200", "/v1/dropout"
    until(lambda: metrics(lasting.client)[counted] == 20)
    before = metrics(lasting.client)
    os.kill(children(lasting.process.pid)[0], signal.SIGKILL)
    lasting.client.close()
    lasting.client = type(lasting.client)(base_url=lasting.url, trust_env=False, timeout=60)
    until(lambda: answering(lasting) == WORKERS)
    after = metrics(lasting.client)
    assert after[counted] == before[counted] == 20
    assert after["dropout_elements_total", "json", "dropout"] == 20 * 3
    assert after["http_server_active_requests",] == 1


@pytest.mark.exhaustive
def test_a_log_line_stays_whole(running: Service) -> None:
    """Lines of several processes do not mix."""
    load = Load(running)
    sleep(0.5)
    logged(running, "status=200")
    assert running.stop() == 0
    load.seen()
    assert all(" info re" in line and line.count(" info ") == 1 for line in running.lines)
