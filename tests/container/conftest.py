"""The image under test, and a container of it, run as a careful operator would: nothing to write on, little memory."""

import subprocess
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.container.engine import DOCKER, docker, until

IMAGE: Final = "dropout-api"
HARDENED: Final = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "512m")


@pytest.fixture(scope="session")
def image() -> str:
    """The image's name; skips where there is no engine to run it."""
    try:
        subprocess.run([DOCKER, "info"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"SKIPPED, the container was not tried: no container engine answers ({error})")
    docker("image", "inspect", IMAGE)
    return IMAGE


@pytest.fixture
def container(image: str) -> Iterator[str]:
    """The id of a container that has just been started."""
    started = docker("run", "--detach", *HARDENED, "--publish", "127.0.0.1::8000", image)
    try:
        yield started
    finally:
        docker("rm", "--force", started)


@pytest.fixture
def client(container: str) -> Iterator[httpx.Client]:
    """A client of the container, which is ready."""
    address = docker("port", container, "8000/tcp").splitlines()[0]

    with httpx.Client(base_url=f"http://{address}", trust_env=False) as client:

        def ready() -> bool:
            try:
                return client.get("/health/ready").is_success
            except httpx.TransportError:
                return False

        assert until(ready, 30), docker("logs", container)
        yield client
