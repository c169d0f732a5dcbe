"""deploy/compose/compose.yaml as it stands: two hardened replicas behind nginx, of which one may always be missing."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

import httpx
import pytest

from tests.api.expect import works
from tests.container.engine import DOCKER, until
from tests.ports import free_port
from tests.server.load import Load
from tests.service import ROOT

pytestmark = pytest.mark.container

FILE: Final = ROOT / "deploy/compose/compose.yaml"
PROJECT: Final = "dropout-tried"
Compose = Callable[..., str]


class Proxy(NamedTuple):
    """Where nginx listens."""

    address: tuple[str, int]


def composed(command: list[str], port: int, *arguments: str) -> str:
    """What Docker Compose prints; an error of it is the test's."""
    whole = [*command, "--project-name", PROJECT, "--file", str(FILE), *arguments]
    done = subprocess.run(whole, env=os.environ | {"PORT": str(port)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def command() -> list[str]:
    """Docker Compose, as a part of Docker or by itself."""
    if subprocess.run([DOCKER, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [DOCKER, "compose"]
    if not (alone := shutil.which("docker-compose")):
        pytest.skip("SKIPPED, compose.yaml was not tried: Docker Compose is not installed")
    return [alone]


@pytest.fixture(scope="module")
def running(image: str) -> Iterator[tuple[Compose, Proxy]]:  # noqa: ARG001 - the replicas are made of it
    """Docker Compose, once all runs, and where nginx listens."""
    if subprocess.run([DOCKER, "image", "inspect", "nginx:stable"], capture_output=True, check=False).returncode:
        pytest.skip("SKIPPED, compose.yaml was not tried: there is no image nginx:stable here")
    port = free_port()
    compose = partial(composed, command(), port)
    try:
        compose("up", "--detach")
        yield compose, Proxy(("127.0.0.1", port))
    finally:
        compose("down", "--timeout", "1")


def test_replicas_can_be_exchanged(running: tuple[Compose, Proxy]) -> None:
    """Row 12: one after the other is stopped and started again under load, and no request of any client is lost."""
    compose, proxy = running
    with httpx.Client(base_url="http://{}:{}".format(*proxy.address), trust_env=False) as client:
        assert until(lambda: ready(client), 60), compose("logs")
        works(client)
        load = Load(proxy)
        for replica in ("dropout-1", "dropout-2"):
            compose("stop", replica)
            compose("start", replica)
            assert until(lambda: healthy(compose, replica), 40)  # noqa: B023 - called at once
        load.stop()
        assert load.seen().lost == []
        works(client)


def ready(client: httpx.Client) -> bool:
    """Whether a request gets through."""
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def healthy(compose: Compose, replica: str) -> bool:
    """Whether the engine knows that a replica is well."""
    container = compose("ps", "--quiet", replica).strip()
    told = subprocess.run(
        [DOCKER, "inspect", "--format", "{{.State.Health.Status}}", container], capture_output=True, check=True
    )
    return told.stdout.strip() == b"healthy"
