"""The life of pods, played with the image: as the manifest says, as a kubelet does, behind nginx, and under load."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import sleep
from typing import Any, Final

import httpx
import pytest

from app.wire.limits import Limits
from tests.api.expect import JSON
from tests.container.engine import docker, state, until
from tests.container.kubelet import Running
from tests.deploy.manifests import pod
from tests.deploy.nginx import Nginx, before
from tests.service import ROOT

pytestmark = pytest.mark.container

BUILD: Final = "base"
LEAST: Final = 100_000
HEARD: Final = 5.0
"""Seconds until a cluster's proxies know that a pod goes, or has gone: half of what its preStop waits for."""


@pytest.fixture
def run(image: str) -> Iterator[Callable[[], Running]]:
    """Starts pods, which are ready, and end with the test."""
    started: list[Running] = []

    def run() -> Running:
        started.append(Running(pod(BUILD), image))
        assert until(lambda: started[-1].ready, 60), docker("logs", started[-1].id)
        return started[-1]

    yield run
    for running in started:
        running.remove()


@contextmanager
def load(nginx: Nginx) -> Iterator[Callable[[], dict[str, Any]]]:
    """Clients in a process of their own; what they saw, once they were told that it is enough."""
    command = [sys.executable, "-m", "tests.container.load", str(nginx.port), str(LEAST)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        try:
            yield lambda: dict(json.loads(clients.communicate(timeout=600)[0]))
        finally:
            clients.kill()


def roll(nginx: Nginx, pods: list[Running], run: Callable[[], Running]) -> float:
    """Put a new pod in the place of the oldest, as a Deployment does; how long the old one took to end."""
    pods.append(run())
    old = pods.pop(0)
    nginx.point([one.address for one in [*pods, old]])
    heard = Timer(HEARD, nginx.point, [[one.address for one in pods]])
    heard.start()
    took = old.end()
    heard.join()
    return took


def test_rolls_and_a_kill_lose_nothing(run: Callable[[], Running], tmp_path: Path) -> None:
    """Two replicas are exchanged, one is killed: no request of 100,000 fails, and exchanges make nginx repeat none."""
    pods = [run(), run()]
    with before(tmp_path, [one.address for one in pods]) as nginx, load(nginx) as seen:
        sleep(HEARD)
        took = [roll(nginx, pods, run) for _ in range(2)]
        by_rolls = nginx.asked_twice
        pods.pop(0).kill()
        sleep(HEARD)
        pods.append(run())
        nginx.point([one.address for one in pods])
        found = seen() | {"asked twice by rolls": by_rolls, "and by a kill": nginx.asked_twice - by_rolls, "took": took}
    sys.stdout.write(json.dumps(found))
    assert found["failed"] == []
    assert by_rolls == 0
    assert found["answered"] >= LEAST
    assert max(took) < pod(BUILD).stop_seconds
    assert [one.restarts for one in pods] == [0, 0]


def test_the_largest_call_is_answered(run: Callable[[], Running]) -> None:
    """JSON of as many elements as are allowed fits the memory that the manifest gives, and the pod lives."""
    running = run()
    elements = b"0.5," * (Limits().max_elements - 1) + b"0.5"
    body = b'{"p": 0.4, "seed": 42, "input": [%b]}' % elements
    url = f"http://{running.address}/v1/dropout"
    reply = httpx.post(url, content=body, headers=JSON, timeout=120, trust_env=False)
    assert reply.status_code == 200, reply.text[:500]
    assert (state(running.id)["OOMKilled"], running.restarts) == (False, 0)
