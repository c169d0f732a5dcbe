"""Each example is a program that shows what it does."""

import os
import subprocess
import sys
from typing import Final

import pytest

from tests.service import ROOT

SHOWN: Final = {
    "call": "a block alone is that block of the whole: True",
    "merge": "the same counts: True\nthe same moments: True",
    "dask_array": "blocks (3, 3) and (6, 1) give the same: True",
    "zarr_array": "chunk by chunk equals one call: True",
    "cubed_array": "blocks (3, 4) equal one call: True",
    "experiment": "dropped 16,004,010 of 40,000,000: 0.400100\nmean 0.499976 before, 0.499938 after",
    "torch_shard": "a shard of (6, 4), all shards equal one call: True",
    "jax_shard": "4 shards of (3, 4), all shards equal one call: True",
}
FRAMEWORKS: Final = {"torch_shard", "jax_shard"}


def marked(name: str) -> object:
    """The example's name; those of frameworks are run where the frameworks are."""
    return pytest.param(name, marks=pytest.mark.conformance if name in FRAMEWORKS else pytest.mark.scale)


@pytest.mark.parametrize("name", [*map(marked, SHOWN)])
def test_an_example_shows_what_it_does(name: str, url: str) -> None:
    """Run as it stands, it prints what it should."""
    command, environ = [sys.executable, "-m", f"examples.{name}"], os.environ | {"EXAMPLES_URL": url}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, SHOWN[name]), done.stderr


def test_every_example_is_tried() -> None:
    """No program is left out."""
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == SHOWN.keys()
