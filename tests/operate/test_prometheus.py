"""The configuration and the alerts of deploy/compose, held by Prometheus's own tool and against the real metrics."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.expect import GOOD, post, works
from tests.operate.prometheus import FOLDER, selectors

pytestmark = pytest.mark.operate

ALERTS: Final = (FOLDER / "alerts.yml").read_text()
OF: Final = '{job="dropout", instance="a", '
COUNT: Final = "http_server_request_duration_seconds_count" + OF + 'http_request_method="POST", '
BUCKET: Final = "http_server_request_duration_seconds_bucket" + OF + 'http_route="/v1/dropout", '
FIRING: Final = {
    "DropoutDown": {'up{job="dropout", instance="a"}': "0x20"},
    "DropoutFails": {COUNT + 'http_response_status_code="500"}': "0+1x20"},
    "DropoutRefuses": {
        "dropout_refused_total" + OF + 'reason="requests"}': "0+6x20",
        COUNT + 'http_response_status_code="200"}': "0+94x20",
        COUNT + 'http_response_status_code="503"}': "0+6x20",
    },
    "DropoutSlow": {BUCKET + 'le="2.5"}': "0+98x20", BUCKET + 'le="+Inf"}': "0+100x20", BUCKET + 'le="5"}': "0+100x20"},
    "DropoutRestarts": {'process_start_time_seconds{job="dropout", instance="a"}': "1x6 2x1 3x1 4x20"},
}
"""Series, a value a minute, with which an alert fires after 20 of them."""
QUIET: Final = {
    'up{job="dropout", instance="a"}': "1x20",
    COUNT + 'http_response_status_code="200"}': "0+97x20",
    COUNT + 'http_response_status_code="503"}': "0+3x20",
    "dropout_refused_total" + OF + 'reason="requests"}': "0+3x20",
    BUCKET + 'le="2.5"}': "0+100x20",
    BUCKET + 'le="+Inf"}': "0+100x20",
    'process_start_time_seconds{job="dropout", instance="a"}': "1x10 2x10",
}
"""Series of a service that is well: it refuses few, and was started again once."""


def promtool(*arguments: str, given: str = "") -> None:
    """Prometheus's own judgement."""
    if not (program := shutil.which("promtool")):
        pytest.skip("SKIPPED, alerts and metrics were not checked: promtool is not installed")
    done = subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def judged(folder: Path, series: dict[str, str], expected: dict[str, str]) -> None:
    """Twenty minutes into these series, the alerts that fire are those, each with its instance."""
    tests = [
        {
            "alertname": name,
            "eval_time": "20m",
            "exp_alerts": [{"exp_labels": labels(name)}] if name in expected else [],
        }
        for name in FIRING
    ]
    given = [{"series": name, "values": values} for name, values in series.items()]
    # JSON is YAML too
    document: dict[str, Any] = {
        "rule_files": ["alerts.yml"],
        "tests": [{"interval": "1m", "input_series": given, "alert_rule_test": tests}],
    }
    # what an alert says is not its law
    (folder / "alerts.yml").write_text(re.sub(r" +annotations:\n(?: {10,}.*\n| *\n)*", "", ALERTS + "\n"))
    (folder / "test.yml").write_text(json.dumps(document))
    promtool("test", "rules", str(folder / "test.yml"))


def labels(name: str) -> dict[str, str]:
    """The labels of an alert that fires."""
    severity = re.search(rf"alert: {name}\n.*?severity: (\w+)", ALERTS, re.DOTALL)
    assert severity
    whole = {"job": "dropout"} if name in ("DropoutDown", "DropoutRestarts") else {}
    return {"instance": "a", "severity": severity[1]} | whole


def test_prometheus_takes_the_files() -> None:
    """Its configuration, with the rules that it names."""
    promtool("check", "config", str(FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("name", FIRING)
def test_an_alert_fires(tmp_path: Path, name: str) -> None:
    """In the situation that it is for, and no other does."""
    judged(tmp_path, FIRING[name], {name: name})


def test_none_fires_where_all_is_well(tmp_path: Path) -> None:
    """A few refusals and one new version are no alarm."""
    judged(tmp_path, QUIET, {})


def test_every_alert_is_tried() -> None:
    """No alert is left out here."""
    assert re.findall(r"alert: (\w+)", ALERTS) == [*FIRING]


def test_alerts_ask_for_metrics_there_are(client: httpx.Client) -> None:
    """Each metric and each label in a rule is one of the service's, or Prometheus's own."""
    works(client)
    post(client, {**GOOD, "input": [1.0] * 10, "p": 2})
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = {(sample.name, label) for family in families for sample in family.samples for label in ["", *sample.labels]}
    found |= {(family, label) for family in ("dropout_refused_total", "up") for label in ("", "reason")}
    for expression in re.findall(r"expr: (?:\|\n)?(.*?)\n +(?:for|labels):", ALERTS, re.DOTALL):
        for name, labels in selectors(expression):
            for label in ["", *labels]:
                assert label == "job" or (name, label) in found


def test_the_metrics_are_as_prometheus_wants_them(client: httpx.Client) -> None:
    """Names, units and types of the page pass its linter."""
    works(client)
    promtool("check", "metrics", given=client.get("/metrics").text)
