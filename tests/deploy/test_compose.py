"""What deploy/compose/compose.yaml asks for, of services that no test runs too."""

from importlib import import_module
from typing import Any, Final

import pytest

from tests.service import ROOT

pytestmark = pytest.mark.deploy

FOLDER: Final = ROOT / "deploy" / "compose"
NAMES: Final = "dropout-1", "dropout-2", "nginx", "prometheus", "grafana"


def read(name: str) -> Any:
    """A file of the folder."""
    return import_module("yaml").safe_load((FOLDER / name).read_text())


def service(name: str) -> dict[str, Any]:
    """What is asked for a service."""
    return dict(read("compose.yaml")["services"][name])


def mounted(name: str) -> dict[str, str]:
    """The files that a service finds, each by its place there; it may write into none."""
    volumes = [volume.split(":") for volume in service(name).get("volumes", [])]
    assert {mode for _, _, mode in volumes} <= {"ro"}
    return {inside: outside for outside, inside, _ in volumes}


def test_every_service_is_held_to_the_rules() -> None:
    """None is left out here."""
    assert sorted(read("compose.yaml")["services"]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_may_do_nothing_that_it_need_not(name: str) -> None:
    """It has no capability, gets none, and comes back when it ends; the files it finds are there."""
    asked = service(name)
    assert asked["cap_drop"] == ["ALL"]
    assert asked["security_opt"] == ["no-new-privileges:true"]
    assert asked["restart"] == "unless-stopped"
    assert [outside for outside in mounted(name).values() if not (FOLDER / outside).is_file()] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "prometheus"])
def test_a_service_keeps_nothing(name: str) -> None:
    """It writes into memory alone, of which it has so much; Prometheus is the one that keeps what it read."""
    asked = service(name)
    assert asked["read_only"] is True
    assert asked["mem_limit"]
    assert all("size=" in folder for folder in asked.get("tmpfs", []))


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_who_looks_inside_is_on_this_machine(name: str) -> None:
    """Prometheus and Grafana run where they are asked for, and listen for this machine alone."""
    asked = service(name)
    assert asked["profiles"] == ["metrics"]
    assert all(port.startswith("127.0.0.1:") for port in asked["ports"])


def test_grafana_finds_the_dashboard_and_prometheus() -> None:
    """The dashboard lies where Grafana looks for it, and its source is where Prometheus listens."""
    [provider], [source] = read("grafana-dashboards.yml")["providers"], read("grafana-source.yml")["datasources"]
    [place] = (inside for inside, outside in mounted("grafana").items() if outside == "./dashboard.json")
    assert place.startswith(provider["options"]["path"] + "/")
    assert service("grafana")["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == place
    assert source["url"] == "http://prometheus:" + service("prometheus")["ports"][0].split(":")[-1]
