"""What a kubelet does for a pod: starts it as its manifest says, asks its probes, and ends it."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from subprocess import TimeoutExpired
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Final

import httpx

from tests.container.engine import docker, state
from tests.deploy.manifests import Pod, cores, size

_PROBES: Final = ("startup", "readiness", "liveness")


def arguments(pod: Pod) -> Iterator[str]:
    """How the engine is told what the manifest says. Its own seccomp profile is what RuntimeDefault means."""
    security = pod.spec["securityContext"] | pod.container["securityContext"]
    resources = pod.container["resources"]
    yield f"--user={security['runAsUser']}:{security['runAsGroup']}"
    yield from ["--read-only"] * security["readOnlyRootFilesystem"]
    yield from ["--security-opt=no-new-privileges"] * (not security["allowPrivilegeEscalation"])
    yield from (f"--cap-drop={name}" for name in security["capabilities"]["drop"])
    yield from (f"--{name}={size(resources['limits']['memory'])}" for name in ("memory", "memory-swap"))
    yield f"--cpu-shares={1024 * cores(resources['requests']['cpu']):.0f}"
    yield from (f"--env={name}={value}" for name, value in pod.environment.items())


class Probe:
    """A probe of the manifest."""

    def __init__(self, address: str, spec: dict[str, Any]) -> None:
        self.period, self._threshold = int(spec["periodSeconds"]), int(spec["failureThreshold"])
        self._url, self._timeout = f"http://{address}{spec['httpGet']['path']}", float(spec["timeoutSeconds"])
        self._failures = 0

    def succeeds(self) -> bool:
        """Whether it succeeds now."""
        with suppress(httpx.TransportError):
            return 200 <= httpx.get(self._url, timeout=self._timeout, trust_env=False).status_code < 400
        return False

    def stands(self, stood: bool) -> bool:
        """Whether it stands at success once it has been asked again: it falls after several failures in a row."""
        self._failures = 0 if self.succeeds() else self._failures + 1
        return not self._failures or (stood and self._failures < self._threshold)


class Running:
    """A pod that runs.

    address : where it listens. ready : whether requests should be sent to it. restarts : how often liveness failed.
    """

    def __init__(self, pod: Pod, image: str) -> None:
        self._pod = pod
        self.id = docker("run", "--detach", *arguments(pod), image)
        ip = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.id)
        self.address = f"{ip}:{pod.container['ports'][0]['containerPort']}"
        self.ready, self.restarts = False, 0
        self._gone, self._ending = Event(), False
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        """Ask the probes, each in its time; of a pod that ends, only whether it is ready."""
        started, ready, live = (Probe(self.address, self._pod.container[f"{name}Probe"]) for name in _PROBES)
        while not started.succeeds():
            if self._gone.wait(started.period):
                return
        for second in count():
            if second % ready.period == 0:
                self.ready = ready.stands(self.ready)
            if second % live.period == 0 and not self._ending:
                self.restarts += not live.stands(True)
            if self._gone.wait(1):
                return

    def end(self) -> float:
        """End it as a kubelet does, and tell how long it took; it must not have to be killed."""
        began, self._ending = monotonic(), True
        sleep(self._pod.pause_seconds)
        docker("kill", "--signal", "TERM", self.id)
        left = self._pod.spec["terminationGracePeriodSeconds"] - (monotonic() - began)
        with suppress(TimeoutExpired):
            docker("wait", self.id, seconds=left)
        took, found = monotonic() - began, state(self.id)
        self.remove()
        assert (found["Status"], found["ExitCode"]) == ("exited", 0)
        return took

    def kill(self) -> None:
        """What the kernel does when a node has no memory left."""
        docker("kill", "--signal", "KILL", self.id)
        self.remove()

    def remove(self) -> None:
        """Leave nothing."""
        if self._gone.is_set():
            return
        self._gone.set()
        self._thread.join()
        docker("rm", "--force", self.id)
