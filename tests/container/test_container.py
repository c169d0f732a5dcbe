"""The image of `make image`, run as a careful operator would: nothing to write on, no capability, little memory."""

import time

import httpx
import pytest

from tests.api.expect import works
from tests.container.engine import docker, state, until

pytestmark = pytest.mark.container


def test_main_job(client: httpx.Client) -> None:
    """The image does the main job with nothing but itself: no writable disk, no capability, half a gigabyte."""
    works(client)


def test_pages_need_no_network(client: httpx.Client) -> None:
    """The playground and the API's pages are in the image."""
    for page in ("/", "/docs"):
        reply = client.get(page, follow_redirects=True)
        assert reply.is_success
        assert reply.headers["content-type"].startswith("text/html")
    for file in ("style.css", "main.js"):
        assert client.get(f"/playground/{file}").is_success


def test_turns_healthy(container: str) -> None:
    """The image knows its own health."""
    assert until(lambda: state(container)["Health"]["Status"] == "healthy", 40), state(container)["Health"]


def test_not_root(container: str) -> None:
    """Nothing in the container runs as root."""
    _heading, *processes = docker("top", container, "-eo", "pid,uid").splitlines()
    assert {process.split()[1] for process in processes} == {"10001"}


def test_nothing_to_install_with(image: str) -> None:
    """A break-in finds no installer among the service's packages."""
    packages = docker(
        "run", "--rm", "--entrypoint", "ls", image, "-1", "/opt/venv/bin", "/opt/venv/lib/python3.13/site-packages"
    )
    assert not {"pip", "setuptools", "wheel"} & set(packages.split())


def test_stops_when_told(client: httpx.Client, container: str) -> None:
    """SIGTERM ends it by itself, within the grace, and as a success."""
    assert client.get("/health/live").is_success
    begun = time.monotonic()
    docker("stop", "--time", "10", container)
    assert time.monotonic() - begun < 9
    assert state(container)["ExitCode"] == 0
