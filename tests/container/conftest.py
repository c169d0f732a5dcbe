"""The image under test."""

import subprocess
from typing import Final

import pytest

from tests.container.engine import DOCKER, docker

IMAGE: Final = "dropout-api"


@pytest.fixture(scope="session")
def image() -> str:
    """The image's name; skips where there is no engine to run it."""
    try:
        subprocess.run([DOCKER, "info"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"SKIPPED, the container was not tried: no container engine answers ({error})")
    docker("image", "inspect", IMAGE)
    return IMAGE
