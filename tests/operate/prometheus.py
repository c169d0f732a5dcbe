"""Prometheus as Debian has it, with the configuration of deploy/compose, asking a service on this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import Any, Final, NamedTuple

import httpx
import pytest

from tests.container.engine import until
from tests.ports import free_port
from tests.service import ROOT, Service

FOLDER: Final = ROOT / "deploy/compose"
SECONDS: Final = 0.5
"""Between two times that it asks the service, so that no test waits long."""


class Series(NamedTuple):
    """An element of a result: its labels and its value."""

    labels: dict[str, str]
    value: float


class Prometheus(NamedTuple):
    """One that runs."""

    client: httpx.Client

    def get(self, path: str, **parameters: str) -> Any:
        """What its API has there; an error of it, as of an expression that is none, is the test's."""
        reply = self.client.get(f"/api/v1{path}", params=parameters)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

    def query(self, expression: str) -> list[Series]:
        """What an expression comes to now."""
        found = self.get("/query", query=expression)["result"]
        return [Series(one["metric"], float(one["value"][1])) for one in found]

    def labels(self, metric: str) -> set[str]:
        """The labels that a metric has."""
        return set(self.get("/labels", **{"match[]": metric}))

    def asked(self) -> None:
        """Return once it has asked the service anew."""
        since = time()
        assert until(lambda: any(one.value > since for one in self.query('timestamp(up{job="dropout"})')), 15)


@contextmanager
def asking(service: Service, folder: Path) -> Iterator[Prometheus]:
    """Prometheus, once it is ready."""
    if not (program := shutil.which("prometheus")):
        pytest.skip("SKIPPED, the dashboard was not tried: prometheus is not installed")
    (folder / "prometheus.yml").write_text(configuration(service))
    listens = f"127.0.0.1:{free_port()}"
    options = {"config.file": folder / "prometheus.yml", "storage.tsdb.path": folder, "web.listen-address": listens}
    command = [program, "--log.level=error", *(f"--{name}={value}" for name, value in options.items())]
    process = subprocess.Popen(command)
    try:
        with httpx.Client(base_url=f"http://{listens}", trust_env=False) as client:
            assert until(lambda: ready(client), 15)
            yield Prometheus(client)
    finally:
        process.terminate()
        process.wait(30)


def ready(client: httpx.Client) -> bool:
    """Whether it answers questions."""
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False


def address(service: Service) -> str:
    """What Prometheus calls the instance."""
    return "{}:{}".format(*service.address)


def configuration(service: Service) -> str:
    """The configuration of deploy/compose, with the address of this service, and more often."""
    often = f"{round(SECONDS * 1000)}ms"
    exchanged = {
        "dropout-1:8000, dropout-2:8000": address(service),
        "scrape_interval: 15s": f"scrape_interval: {often}\n  evaluation_interval: {often}",
        "alerts.yml": str(FOLDER / "alerts.yml"),
    }
    text = (FOLDER / "prometheus.yml").read_text()
    for old, new in exchanged.items():
        assert old in text
        text = text.replace(old, new)
    return text


def selectors(expression: str) -> Iterator[tuple[str, list[str]]]:
    """Each metric that an expression names, and the labels that it selects by."""
    for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expression):
        yield name, re.findall(r"(\w+)(?:=|!=|=~|!~)\"", matchers)
