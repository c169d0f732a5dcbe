"""The manifests of deploy/kubernetes, as they are built for a cluster."""

import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.service import ROOT

FOLDER: Final = ROOT / "deploy" / "kubernetes"
BUILDS: Final = ("base", *(f"overlays/{path.name}" for path in sorted((FOLDER / "overlays").iterdir())))
Manifest = dict[str, Any]


def built(folder: Path) -> str:
    """What kustomize makes of a folder."""
    command = [str(Path(sys.executable).with_name("kubectl")), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"{folder}: {done.stderr}"
    return done.stdout


@cache
def text(build: str) -> str:
    """A build, as it stands."""
    return built(FOLDER / build)


def objects(build: str) -> list[Manifest]:
    """The objects that a cluster is told of."""
    return [*import_module("yaml").safe_load_all(text(build))]


def only(build: str, kind: str) -> Manifest:
    """The one object of a kind."""
    [found] = [one for one in objects(build) if one["kind"] == kind]
    return found


class Pod(NamedTuple):
    """A pod that a manifest asks for: its labels, and the rest."""

    labels: dict[str, str]
    spec: Manifest

    @property
    def container(self) -> Manifest:
        """The only one."""
        [container] = self.spec["containers"]
        return dict(container)

    @property
    def environment(self) -> dict[str, str]:
        """Its variables; one that refers to a resource has the resource's value."""
        return {one["name"]: one["value"] if "value" in one else self._resource(one) for one in self.container["env"]}

    def _resource(self, variable: Manifest) -> str:
        asked, resource = variable["valueFrom"]["resourceFieldRef"]["resource"].split(".")
        return str(self.container["resources"][asked][resource])

    @property
    def stop_seconds(self) -> int:
        """How long it may take to end by itself, once it is told."""
        settings = (self.environment.get(f"DROPOUT_{name}_SECONDS", "0") for name in ("DRAIN", "GRACEFUL"))
        return self.pause_seconds + sum(map(int, settings))

    @property
    def pause_seconds(self) -> int:
        """How long it goes on before it is told."""
        return int(self.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0))


# What an InferenceService and a Knative Service say of a pod besides
_NOT_OF_PODS: Final = {
    *("labels", "minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "deploymentStrategy"),
    *("containerConcurrency", "timeoutSeconds"),
}


def pod(build: str) -> Pod:
    """The pod, whoever makes it in the end."""
    for one in objects(build):
        spec = one.get("spec", {})
        if "predictor" in spec:
            predictor = spec["predictor"]
            return Pod(predictor["labels"], _of_pods(predictor))
        if "template" in spec:
            template = spec["template"]
            grace = {"terminationGracePeriodSeconds": template["spec"].get("timeoutSeconds")}
            return Pod(
                template["metadata"]["labels"], {k: v for k, v in grace.items() if v} | _of_pods(template["spec"])
            )
    raise AssertionError(f"{build} has no pod")


def _of_pods(spec: Manifest) -> Manifest:
    return {name: value for name, value in spec.items() if name not in _NOT_OF_PODS}


def size(quantity: str) -> int:
    """Bytes."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return int(quantity[:-2]) * units[quantity[-2:]]


def cores(quantity: str) -> float:
    """Cores, which may be told in thousandths."""
    return int(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)
