"""Behind nginx, as deploy/compose sets it up: a replica that stops is not missed, and addresses lead somewhere."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Final

import httpx
import pytest

from tests.api.expect import GOOD, OUTPUT, post, refused, works
from tests.api.test_admission import free, in_hand
from tests.api.test_root_path import follow
from tests.operate.nginx import Nginx, before
from tests.ports import free_port
from tests.server.load import Load
from tests.server.raw import call
from tests.service import Service

pytestmark = pytest.mark.operate

ROOT: Final = "/ml/dropout"
REQUESTS: Final = 200


@pytest.fixture
def replicas(start: Callable[..., Service]) -> list[Service]:
    """Two replicas that nobody else asks."""
    return [start(), start()]


@pytest.fixture
def nginx(replicas: list[Service], tmp_path: Path) -> Iterator[Nginx]:
    """nginx before them."""
    with before([replica.address for replica in replicas], tmp_path) as running:
        yield running


@pytest.fixture
def client(nginx: Nginx) -> Iterator[httpx.Client]:
    """A client of nginx."""
    with httpx.Client(base_url=nginx.url, trust_env=False, timeout=60) as made:
        yield made


ASKED_AGAIN = 2.5
"""Seconds until nginx surely asks a replica again that did not answer: it counts whole ones, and more than one."""


def sockets(port: int) -> int:
    """Connections to a port, those included that ended in the last minute."""
    ends = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = "0A"
    return sum(f"{port:04X}" in (local[-4:], remote[-4:]) for local, remote, state in ends if state != listening)


def test_replicas_share_what_is_asked(client: httpx.Client, replicas: list[Service]) -> None:
    """Both answer, over connections that are kept: far fewer are made than there are requests."""
    answers = {client.post("/v1/dropout", json=GOOD).headers["X-Request-ID"][:8] for _ in range(REQUESTS)}
    assert len(answers) == 2
    assert sum(sockets(replica.address[1]) for replica in replicas) < REQUESTS / 4


def test_a_replica_that_stops_is_not_missed(start: Callable[..., Service], tmp_path: Path) -> None:
    """Row 12: one replica after the other is told to stop and starts again, and no request of any client is lost."""
    ports = free_port(), free_port()
    running = [start(port=str(port)) for port in ports]
    with ExitStack() as stack:
        nginx = stack.enter_context(before([replica.address for replica in running], tmp_path))
        load = Load(nginx)
        for turn in range(4):
            sleep(0.5)
            assert running[turn % 2].stop() == 0
            sleep(0.5)
            running[turn % 2] = start(port=str(ports[turn % 2]))
            sleep(ASKED_AGAIN)
        load.stop()
        seen = load.seen()
    assert seen.lost == []
    assert seen.answered > REQUESTS


def test_a_replica_that_is_killed_is_not_missed(replicas: list[Service], nginx: Nginx) -> None:
    """Row 13: what it had in hand is asked again at the other, since every call may be; each client gets its reply."""
    load = Load(nginx)
    sleep(0.5)
    replicas[0].process.kill()
    sleep(0.5)
    load.stop()
    seen = load.seen()
    assert seen.lost == []
    assert seen.answered > REQUESTS


def test_a_refusal_is_passed_on(start: Callable[..., Service], tmp_path: Path) -> None:
    """A replica that is full is none that failed: its 503 arrives, and it is asked again as soon as it has a place."""
    full = [start(max_requests="1"), start(max_requests="1")]
    with before([replica.address for replica in full], tmp_path) as nginx, httpx.Client(base_url=nginx.url) as client:
        with in_hand(full[0]), in_hand(full[1]):
            for _ in range(10):
                reply = client.post("/v1/dropout", json=GOOD)
                refused(reply, 503, "saturated")
                assert reply.headers["Retry-After"]
        for replica in full:
            free(replica)
        works(client)


def test_slow_bodies_hold_no_place(start: Callable[..., Service], tmp_path: Path) -> None:
    """Row 10: nginx passes a body on once it is whole, so that many more than there are places keep nobody out."""
    few = [start(max_requests="2"), start(max_requests="2")]
    with ExitStack() as stack:
        nginx = stack.enter_context(before([replica.address for replica in few], tmp_path))
        for _ in range(20):
            connection = stack.enter_context(socket.create_connection(nginx.address))
            connection.sendall(call()[:-5])
        client = stack.enter_context(httpx.Client(base_url=nginx.url, trust_env=False))
        for _ in range(REQUESTS):
            works(client)


def test_too_large_is_told_by_the_service(client: httpx.Client) -> None:
    """nginx lets pass what is a little too large, so that a client reads what to do instead."""
    refused(post(client, " " * (2**26 + 1)), 413, "body_too_large")


@pytest.mark.parametrize("slash", ["", "/"], ids=["left on", "stripped"])
def test_below_a_path(start: Callable[..., Service], tmp_path: Path, slash: str) -> None:
    """With a root path all addresses lead somewhere, whether nginx takes it off or not: docs/running.md shows both."""
    rooted = start(root_path=ROOT)
    changes = {"location": f"location {ROOT}/ {{", "proxy_pass": f"proxy_pass http://dropout{slash};"}
    with (
        before([rooted.address] * 2, tmp_path, **changes) as nginx,
        httpx.Client(base_url=f"{nginx.url}{ROOT}/", trust_env=False) as client,
    ):
        assert client.post("v1/dropout", json=GOOD).json()["output"] == OUTPUT
        problem = client.post("v1/dropout", json={})
        assert follow(client, problem, problem.json()["type"]).status_code == 200
        for path in ("", "docs"):
            page = client.get(path)
            links = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
            assert {follow(client, page, link).status_code for link in links} == {200}
