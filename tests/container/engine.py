"""The container engine."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, Final

DOCKER: Final = os.environ.get("DOCKER", "docker")


def docker(*arguments: str, seconds: float | None = None) -> str:
    """What `docker` prints; an error of it is the test's. seconds : how long it may take, if there is a limit."""
    done = subprocess.run([DOCKER, *arguments], capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, f"docker {arguments[0]}: {done.stderr}"
    return done.stdout.strip()


def until(reached: Callable[[], bool], seconds: float) -> bool:
    """Whether it was reached in this time."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def state(container: str) -> dict[str, Any]:
    """What the engine says of a container."""
    found: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", container))
    return found
