"""deploy/compose/dashboard.json: its form, and each of its queries, asked of Prometheus, which asks the service."""

import json
import platform
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from typing import Any, Final, NamedTuple

import pytest

from app import __version__
from tests.api.expect import GOOD, post, refused, works
from tests.api.test_admission import free, in_hand
from tests.container.engine import until
from tests.operate.prometheus import FOLDER, Prometheus, address, asking, selectors
from tests.service import Service

pytestmark = pytest.mark.operate

TEXT: Final = (FOLDER / "dashboard.json").read_text()
DASHBOARD: Final = json.loads(TEXT)
PANELS: Final = {panel["title"]: panel for panel in DASHBOARD["panels"]}
VARIABLES: Final = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
TARGETS: Final = [(title, target["refId"]) for title, panel in PANELS.items() for target in panel["targets"]]


class Sane(NamedTuple):
    """What a panel's query comes to: the names of its series as Grafana writes them, and bounds of their values."""

    names: set[str]
    least: float
    most: float


AT: Final = "the service"
"""How the instance is called here."""
RARE: Final = 0.001, 20.0
"""Bounds of what happens a few times a minute."""
ROUTES: Final = "/v1/dropout", "/v2/models/{model}/infer"
SANE: Final = {
    ("Replicas up", "A"): Sane({""}, 1, 1),
    ("Versions", "A"): Sane({f"{__version__} on Python {platform.python_version()}"}, 1, 1),
    ("Since the last start", "A"): Sane({""}, 0.1, 120),
    ("Failed", "A"): Sane({""}, 0.5, 10),
    ("Refused", "A"): Sane({""}, 0.01, 0.9),
    ("Slowest in 100", "A"): Sane({""}, 1e-5, 30),
    ("Requests by route", "A"): Sane({*ROUTES, "/metrics", "no such path"}, *RARE),
    ("Failures and refusals", "A"): Sane({"500 /v1/dropout"}, *RARE),
    ("Failures and refusals", "B"): Sane({"refused: requests"}, *RARE),
    ("Duration of calls by route", "A"): Sane({f"p50 {route}" for route in ROUTES}, 1e-5, 30),
    ("Duration of calls by route", "B"): Sane({f"p90 {route}" for route in ROUTES}, 1e-5, 30),
    ("Duration of calls by route", "C"): Sane({f"p99 {route}" for route in ROUTES}, 1e-5, 30),
    ("Requests in hand", "A"): Sane({AT}, 2, 2),  # the one below, and Prometheus's own
    ("Elements by layer and form", "A"): Sane({f"dropout, {form}" for form in ("json", "npy", "raw", "v2")}, 0.01, 100),
    ("Memory", "A"): Sane({f"{AT} reserved"}, 1, 2**30),
    ("Memory", "B"): Sane({f"{AT} resident"}, 2**24, 2**30),
    ("Processor", "A"): Sane({AT}, 1e-4, 8),
    ("Replicas and versions", "A"): Sane({"up"}, 1, 1),
    ("Replicas and versions", "B"): Sane({f"version {__version__}"}, 1, 1),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service that nobody else asks, with little room, and a mistake in one layer."""
    running = Service("tests.failing", max_requests="2")
    yield running
    running.close()


@pytest.fixture(scope="module")
def prometheus(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus, once it has seen so many calls that there is a rate of each kind; one is still in hand.

    Three times, for its own question is first counted in what it hears the next time.
    """
    with ExitStack() as stack:
        running = stack.enter_context(asking(service, tmp_path_factory.mktemp("prometheus")))
        stack.enter_context(in_hand(service))
        for _ in range(3):
            call(service)
            running.asked()
        yield running


def call(service: Service) -> None:
    """Call it in each form, and so that it fails, refuses, or knows no such path."""
    works(service.client)
    file = post(service.client, GOOD, Accept="application/x-npy").content
    for kind, query, body in (("x-npy", "", file), ("octet-stream", "?dtype=float32", bytes(16))):
        headers = {"Content-Type": f"application/{kind}"}
        assert service.client.post(f"/v1/dropout{query}", content=body, headers=headers).is_success
    tensor = {"name": "input", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}
    assert service.client.post("/v2/models/dropout/infer", json={"inputs": [tensor]}).is_success
    refused(post(service.client, GOOD | {"variant": "failing"}), 500, "internal_error")
    refused(service.client.post("/nowhere"), 404, "not_found")
    with in_hand(service):
        refused(post(service.client, GOOD), 503, "saturated")
    free(service)


# What is asked


@pytest.mark.parametrize(("title", "reference"), TARGETS)
def test_a_query_finds_what_went_on(title: str, reference: str, prometheus: Prometheus, service: Service) -> None:
    """Each query of each panel has a result, whose series have the names and values that the calls led to."""
    [target] = (target for target in PANELS[title]["targets"] if target["refId"] == reference)
    series = prometheus.query(substituted(target["expr"], service))
    names = [named(target.get("legendFormat", ""), one.labels, service) for one in series]
    sane = SANE[title, reference]
    assert sorted(names) == sorted(sane.names)
    assert [one for one in series if not sane.least <= one.value <= sane.most] == []


def substituted(expression: str, service: Service) -> str:
    """An expression as Grafana sends it, of a minute."""
    at = re.escape(address(service)).replace("\\", "\\\\")
    values = {"$instance": at, "$__rate_interval": "1m", "$__range": "1m"}
    return re.sub(r"\$\w+", lambda name: values[name[0]], expression)


def named(legend: str, labels: dict[str, str], service: Service) -> str:
    """The name of a series; one of its labels that is not there is the test's error."""
    known = labels | {"instance": AT} if labels.get("instance") == address(service) else labels
    return re.sub(r"\{\{(\w+)\}\}", lambda label: known[label[1]], legend)


@pytest.mark.parametrize("title", PANELS)
def test_a_query_selects_by_labels_there_are(title: str, prometheus: Prometheus) -> None:
    """By those that all panels select by, and no other than its metric has: a wrong one in `!=` would let all pass."""
    for target in PANELS[title]["targets"]:
        for metric, labels in selectors(target["expr"]):
            assert {"job", "instance"} <= {*labels} <= prometheus.labels(metric)


def test_every_metric_is_shown(service: Service) -> None:
    """Each that is the service's own is in a query."""
    found = re.findall(r"^# HELP (\w+)", service.client.get("/metrics").text, re.MULTILINE)
    expressions = (target["expr"] for panel in PANELS.values() for target in panel["targets"])
    asked = {re.sub("_(bucket|count|sum)$", "", metric) for one in expressions for metric, _ in selectors(one)}
    assert {metric for metric in found if metric.startswith(("http_server_", "dropout_"))} <= asked


def test_an_instance_can_be_chosen(prometheus: Prometheus, service: Service) -> None:
    """The variable's query lists each address that Prometheus asks."""
    [(selector, label)] = re.findall(r"^label_values\((.*), (\w+)\)$", VARIABLES["instance"]["query"]["query"])
    assert prometheus.get(f"/label/{label}/values", **{"match[]": selector}) == [address(service)]


def test_alerts_know_what_went_on(prometheus: Prometheus) -> None:
    """Prometheus can compute each alert: a failure fires at once, refusals have to last, all else is well."""
    expected = {"DropoutFails": "firing", "DropoutRefuses": "pending"}
    assert until(lambda: risen(prometheus) == expected, 15), risen(prometheus)
    assert {(rule["health"], rule.get("lastError")) for rule in rules(prometheus)} == {("ok", None)}


def risen(prometheus: Prometheus) -> dict[str, str]:
    """The state of each alert that has something to say."""
    return {rule["name"]: rule["state"] for rule in rules(prometheus) if rule["state"] != "inactive"}


def rules(prometheus: Prometheus) -> list[dict[str, Any]]:
    """What Prometheus has made of the alerts."""
    return list(prometheus.get("/rules")["groups"][0]["rules"])


# How it is drawn


def test_panels_have_each_its_place() -> None:
    """Numbers and titles are there once, and no panel covers another, or is beyond the 24 columns."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(PANELS) == len(panels)
    places = [place for panel in panels for place in covered(**panel["gridPos"])]
    assert len(set(places)) == len(places)
    assert {x for x, _ in places} == set(range(24))


def covered(*, x: int, y: int, w: int, h: int) -> Iterator[tuple[int, int]]:
    """The places that a panel covers."""
    return product(range(x, x + w), range(y, y + h))


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_says_what_it_shows(title: str) -> None:
    """It has a sentence and a unit, asks the source that was chosen, and needs nothing that Grafana has not itself."""
    panel = PANELS[title]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": VARIABLES["datasource"]["query"], "uid": "${datasource}"}
    assert panel["type"] in ("stat", "timeseries")


def test_the_file_is_written_so_that_changes_can_be_read() -> None:
    """What has room on a line of 120 stands on one; all else has a line for each member."""
    assert written(DASHBOARD) + "\n" == TEXT


def written(value: Any, indent: str = "", before: int = 0) -> str:
    """A value, that many characters into a line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + before + len(line) < 120:
        return line
    inner = indent + "  "
    names = [json.dumps(name) + ": " for name in value] if isinstance(value, dict) else [""] * len(value)
    values = value.values() if isinstance(value, dict) else value
    parts = (inner + name + written(one, inner, len(name)) for name, one in zip(names, values, strict=True))
    return line[0] + "\n" + ",\n".join(parts) + "\n" + indent + line[-1]
