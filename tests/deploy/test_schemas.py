"""Whoever reads the manifests finds nothing to complain of: Kubernetes' schemas, the operators' models, a critic."""

import ast
import json
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.manifests import BUILDS, Manifest, objects, only, pod, text
from tests.service import ROOT

pytestmark = pytest.mark.deploy

# from the first that sleeps before a stop without being asked to, to the last that is known here
VERSIONS: Final = [f"1.{minor}" for minor in range(30, 38)]
OURS: Final = "keda.sh", "serving.kserve.io", "serving.knative.dev", "monitoring.coreos.com"
"""Groups that are not Kubernetes' own."""


def foreign(one: Manifest) -> bool:
    """Whether Kubernetes itself does not know an object."""
    return str(one["apiVersion"]).startswith(OURS)


def as_pod(build: str) -> Manifest:
    """The pod of a build, as if it were asked for by itself."""
    labels, spec = pod(build)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "dropout", "labels": labels}, "spec": spec}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("build", BUILDS)
def test_kubernetes_takes_it(build: str, version: str) -> None:
    """Each object, and the pod that KServe or Knative is asked for, is one by the schemas, and no field is unknown."""
    for one in [*objects(build), as_pod(build)]:
        if not foreign(one):
            import_module("kubernetes_validate").validate(one, version, strict=True)


MODELS: Final = {
    "v1": "kubernetes.core.v1",
    "apps/v1": "kubernetes.apps.v1",
    "policy/v1": "kubernetes.policy.v1",
    "autoscaling/v2": "kubernetes.autoscaling.v2",
    "networking.k8s.io/v1": "kubernetes.networking.v1",
    "keda.sh/v1alpha1": "keda.v1alpha1",
    "serving.knative.dev/v1": "knative_serving.serving.v1",
    "monitoring.coreos.com/v1": "prometheus_operator.v1",
}


@pytest.mark.parametrize("build", BUILDS)
def test_models_know_every_field(build: str) -> None:
    """Read into the models of each API and written again, each object is what it was: nothing was unknown."""
    for one in [*objects(build), as_pod(build)]:
        if one["kind"] != "InferenceService":
            models = import_module(f"cloudcoil.models.{MODELS[one['apiVersion']]}")
            read = getattr(models, one["kind"]).model_validate(one)
            assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == one


def fields(model: str) -> set[str]:
    """The fields of a model of KServe's client, whose package would want a server's dependencies to be imported."""
    package = find_spec("kserve")
    assert package
    assert package.origin
    tree = ast.parse((Path(package.origin).parent / "models" / f"{model}.py").read_text())
    maps = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and _name(node) == "attribute_map"]
    return set(ast.literal_eval(maps[0].value).values())


def _name(node: ast.Assign) -> Any:
    return getattr(node.targets[0], "id", None)


def test_kserve_knows_every_field() -> None:
    """An InferenceService has no field that KServe's own client does not know; its pod is a pod, see above."""
    service = only("overlays/kserve", "InferenceService")
    assert service.keys() <= fields("v1beta1_inference_service")
    assert service["spec"].keys() <= fields("v1beta1_inference_service_spec")
    assert service["spec"]["predictor"].keys() <= fields("v1beta1_predictor_spec")


EXPLAINED: Final = {
    "CKV_K8S_11": "a limit of the processor slows a pod down while cores are idle; what is asked for is guaranteed",
    "CKV_K8S_15": "the default is right: a tag that names a version is never another image",
    "CKV_K8S_29": "Knative takes the security context of a container, not of a pod: there it has all that is asked for",
    "CKV_K8S_43": "whose digest is known once the image is pushed: kustomize edit set image writes it down",
}
"""What the critic finds, and why it stays."""


@pytest.mark.parametrize("build", BUILDS)
def test_nothing_unsafe_is_unexplained(build: str, tmp_path: Path) -> None:
    """Checkov finds nothing that has no reason above."""
    (tmp_path / "build.yaml").write_text(text(build))
    in_namespace = as_pod(build) | {"metadata": {"name": "dropout", "namespace": "dropout"}}
    (tmp_path / "pod.yaml").write_text(json.dumps(in_namespace))
    options = ("--framework", "kubernetes", "--output", "json", "--quiet", "--compact", "--skip-download")
    command = [str(ROOT / ".venv-checkov" / "bin" / "checkov"), "--directory", str(tmp_path), *options]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert found["summary"]["passed"] > 50
    failed = {check["check_id"]: check["check_name"] for check in found["results"]["failed_checks"]}
    assert failed.keys() <= EXPLAINED.keys(), failed
