"""What the manifests say of the service is what the service is: ports, paths, settings, times, memory, metrics."""

import os
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app import __version__
from app.settings import PREFIX, Settings, load
from app.wire.footprint import OF_BODY, OVERHEAD
from tests.deploy.manifests import BUILDS, FOLDER, Manifest, built, cores, objects, only, pod, size
from tests.service import ROOT

pytestmark = pytest.mark.deploy

NATIVE: Final = [build for build in BUILDS if build.rpartition("/")[2] not in ("kserve", "knative")]
"""Builds whose pods Kubernetes makes without help."""
PROBES: Final = {"startupProbe": "live", "readinessProbe": "ready", "livenessProbe": "live"}
IDLE: Final = 2**20 * (75 + 24)
"""Bytes of a process that does nothing, and of a core's threads."""


def settings(build: str, **more: str) -> Settings:
    """The settings a pod starts with."""
    given = {name: value for name, value in pod(build).environment.items() if name.startswith(PREFIX)}
    given.pop("DROPOUT_API_KEYS_FILE", None)
    return load(given | more)


@pytest.mark.parametrize("build", BUILDS)
def test_the_service_starts_with_what_it_is_given(build: str) -> None:
    """Each variable is a setting, with a value that the setting takes; the port is the container's."""
    ports = pod(build).container["ports"]
    assert [port["containerPort"] for port in ports] == [settings(build).port]
    assert settings(build).workers == 1


@pytest.mark.parametrize("build", BUILDS)
def test_it_computes_on_the_cores_it_asks_for(build: str) -> None:
    """The process sees all cores of a node, so it is told how many are its own."""
    assert settings(build).threads == cores(pod(build).container["resources"]["requests"]["cpu"])


@pytest.mark.parametrize("build", BUILDS)
def test_probes_ask_what_the_service_answers(build: str, client: httpx.Client) -> None:
    """Each probe's path answers 200, by what it is for: only readiness takes a pod out, only liveness ends it."""
    container = pod(build).container
    names = {port[name] for port in container["ports"] for name in ("name", "containerPort")}
    asked = {name: about for name, about in PROBES.items() if name in container}
    assert asked.keys() >= PROBES.keys() - ({"startupProbe"} if build == "overlays/knative" else set())
    for name, about in asked.items():
        get = container[name]["httpGet"]
        assert get["path"] in (f"/health/{about}", f"/v2/health/{about}")
        assert get["port"] in names
        assert client.get(get["path"]).status_code == 200


@pytest.mark.parametrize("build", BUILDS)
def test_it_is_given_the_time_it_takes(build: str) -> None:
    """Pause, drain and grace fit the time after which a pod is killed, with a sixth to spare; experiments fit in."""
    asked, given = pod(build), settings(build)
    assert asked.stop_seconds * 7 / 6 <= asked.spec["terminationGracePeriodSeconds"]
    assert given.graceful_seconds > given.deadline_seconds


@pytest.mark.parametrize("build", [build for build in BUILDS if build != "overlays/knative"])
def test_it_goes_on_until_all_have_heard(build: str) -> None:
    """It takes calls for longer than a readiness probe needs to be heard, and then says so on each connection."""
    probe = pod(build).container["readinessProbe"]
    assert pod(build).pause_seconds >= 10
    assert settings(build).drain_seconds >= probe["periodSeconds"]


@pytest.mark.parametrize("build", BUILDS)
def test_the_largest_body_fits_its_memory(build: str) -> None:
    """A body as large as is allowed, in the form that needs most, fits beside the idle process."""
    resources = pod(build).container["resources"]
    need = max(OF_BODY.values()) * settings(build).max_body_bytes + OVERHEAD
    assert need + IDLE <= size(resources["limits"]["memory"])
    assert resources["limits"]["memory"] == resources["requests"]["memory"]


@pytest.mark.parametrize("build", BUILDS)
def test_it_may_do_no_more_than_it_must(build: str) -> None:
    """What the restricted profile of Pod Security asks for, and a file system that is read only."""
    spec, container = pod(build).spec, pod(build).container
    both = spec.get("securityContext", {}) | container["securityContext"]
    assert both["runAsNonRoot"] is True
    assert both["seccompProfile"] == {"type": "RuntimeDefault"}
    assert both["allowPrivilegeEscalation"] is False
    assert both["capabilities"] == {"drop": ["ALL"]}
    assert both["readOnlyRootFilesystem"] is True
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    labels = only(build, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("build", BUILDS)
def test_it_runs_as_the_user_of_the_image(build: str) -> None:
    """The user and the group are the image's, and the image's version the service's."""
    both = pod(build).spec.get("securityContext", {}) | pod(build).container["securityContext"]
    assert f"USER {both['runAsUser']}:{both['runAsGroup']}" in (ROOT / "Dockerfile").read_text()
    assert pod(build).container["image"] == f"dropout-api:{__version__}"


@pytest.mark.parametrize("build", BUILDS)
def test_the_image_may_be_anywhere(build: str, tmp_path: Path) -> None:
    """A kustomization of one's own, as the page shows it, says where it is, whoever makes the pod."""
    [shown] = re.findall(
        r"^(resources: .*\n)(images: .*\n)", (ROOT / "docs" / "kubernetes.md").read_text(), re.MULTILINE
    )
    resources, images = shown
    there = os.path.relpath(FOLDER / build, tmp_path)
    resources = resources.replace("deploy/kubernetes/overlays/production", there)
    (tmp_path / "kustomization.yaml").write_text(resources + images)
    assert f"image: where-it-is/dropout-api:{__version__}\n" in built(tmp_path)


def selectors(one: Manifest) -> list[dict[str, str]]:
    """What an object says of the pods or the Service it is for."""
    spec = one["spec"]
    if one["kind"] == "Service" and one["apiVersion"] == "v1":
        return [spec["selector"]]
    found = [spec[name]["matchLabels"] for name in ("selector", "podSelector") if name in spec]
    return found + [
        spread["labelSelector"]["matchLabels"] for spread in pod_spec(one).get("topologySpreadConstraints", [])
    ]


def pod_spec(one: Manifest) -> Manifest:
    """What an object says of pods, if anything."""
    spec: Manifest = one["spec"].get("predictor") or one["spec"].get("template", {}).get("spec", {})
    return spec


@pytest.mark.parametrize("build", BUILDS)
def test_selectors_find_the_pods(build: str) -> None:
    """Each selector matches the pod's labels, those that KServe adds among them."""
    added = {"serving.kserve.io/inferenceservice": "dropout"} if build == "overlays/kserve" else {}
    labels = pod(build).labels | added
    for one in objects(build):
        if one["kind"] not in ("Namespace", "HorizontalPodAutoscaler", "ScaledObject"):
            for selector in selectors(one):
                assert selector.items() <= labels.items(), one["kind"]


@pytest.mark.parametrize("build", NATIVE)
def test_the_service_leads_to_the_port(build: str) -> None:
    """The Service, the policy and the monitor name the container's port."""
    [port] = pod(build).container["ports"]
    [served] = only(build, "Service")["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    for one in objects(build):
        if one["kind"] == "NetworkPolicy":
            assert one["spec"]["ingress"][0]["ports"] == [{"port": port["name"]}]
        if one["kind"] == "ServiceMonitor":
            assert {end["port"] for end in one["spec"]["endpoints"]} == {served["name"]}


@pytest.mark.parametrize("build", [build for build in BUILDS if build != "overlays/knative"])
def test_one_pod_is_left_whatever_goes(build: str) -> None:
    """Nodes that are emptied take one pod at a time of at least two, and so does a roll."""
    assert only(build, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    least = {
        "Deployment": lambda spec: spec.get("replicas"),
        "HorizontalPodAutoscaler": lambda spec: spec["minReplicas"],
        "ScaledObject": lambda spec: spec["minReplicaCount"],
        "InferenceService": lambda spec: spec["predictor"]["minReplicas"],
    }
    replicas = [least[one["kind"]](one["spec"]) for one in objects(build) if one["kind"] in least]
    assert [count for count in replicas if count is not None] == [2]


def test_what_scales_is_what_there_is() -> None:
    """Both autoscalers mean the Deployment, and there is never more than one of them."""
    hpa, keda = only("overlays/production", "HorizontalPodAutoscaler"), only("overlays/keda", "ScaledObject")
    for one in (hpa, keda):
        assert one["spec"]["scaleTargetRef"]["name"] == only("base", "Deployment")["metadata"]["name"]
    assert "HorizontalPodAutoscaler" not in {one["kind"] for one in objects("overlays/keda")}


def test_keda_asks_for_a_metric_there_is(client: httpx.Client) -> None:
    """The query's metric is on the page, with labels that a monitor gives; it scales before calls are refused."""
    [trigger] = only("overlays/keda", "ScaledObject")["spec"]["triggers"]
    [metric] = re.findall(r"(\w+)\{", trigger["metadata"]["query"])
    page, service = client.get("/metrics").text, only("overlays/keda", "Service")["metadata"]
    assert f"\n{metric} " in page
    labels = dict(re.findall(r'(\w+)="(\w+)"', trigger["metadata"]["query"]))
    assert labels == {"namespace": service["namespace"], "service": service["name"]}
    assert float(trigger["metadata"]["threshold"]) < settings("overlays/keda").max_requests / 4


def test_the_monitor_reads_a_page_there_is(client: httpx.Client) -> None:
    """It asks for /metrics, with a key of the Secret that the pods' keys are from."""
    [end] = only("overlays/keda", "ServiceMonitor")["spec"]["endpoints"]
    assert client.get(end["path"]).status_code == 200
    [volume] = pod("overlays/keda").spec["volumes"]
    assert end["authorization"]["credentials"]["name"] == volume["secret"]["secretName"]


@pytest.mark.parametrize("build", ["overlays/production", "overlays/keda"])
def test_keys_are_in_a_file_of_a_secret(build: str) -> None:
    """The setting names the file that the Secret is mounted as; no key is in the environment."""
    [volume], [mount] = pod(build).spec["volumes"], pod(build).container["volumeMounts"]
    [item] = volume["secret"]["items"]
    assert pod(build).environment["DROPOUT_API_KEYS_FILE"] == f"{mount['mountPath']}/{item['path']}"
    assert mount["readOnly"] is True
    assert "DROPOUT_API_KEYS" not in pod(build).environment
    assert "Secret" not in {one["kind"] for one in objects(build)}


def test_kserve_speaks_version_2(client: httpx.Client) -> None:
    """The container says which protocol it has; the InferenceService's name is that of the model."""
    service = only("overlays/kserve", "InferenceService")
    assert service["metadata"]["annotations"] == {"serving.kserve.io/deploymentMode": "Standard"}
    assert pod("overlays/kserve").environment["PROTOCOL"] == "v2"
    assert client.get(f"/v2/models/{service['metadata']['name']}/ready").status_code == 200


def test_kserve_and_kubernetes_make_the_same_pod() -> None:
    """Everything but the name, the paths of the probes and the limit of the processor."""

    def same(build: str) -> tuple[Any, ...]:
        spec, container = dict(pod(build).spec), pod(build).container
        del spec["containers"]
        environ = {name: value for name, value in pod(build).environment.items() if name.startswith(PREFIX)}
        return spec, environ, container["securityContext"], container["lifecycle"], container["resources"]["requests"]

    assert same("overlays/kserve") == same("base")


def test_knative_lets_in_what_the_service_takes() -> None:
    """No more requests than the service has places for, and no longer than it lets them take."""
    template = only("overlays/knative", "Service")["spec"]["template"]
    given = settings("overlays/knative")
    assert template["spec"]["containerConcurrency"] == given.max_requests
    assert template["spec"]["timeoutSeconds"] > given.deadline_seconds + given.queue_seconds + given.transfer_seconds
    assert float(template["metadata"]["annotations"]["autoscaling.knative.dev/target"]) < given.max_requests / 4
