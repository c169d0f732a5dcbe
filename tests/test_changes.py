"""What a change takes: few files. Each is made in a copy of the house, and what follows from it tried there."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Final

import pytest

pytestmark = pytest.mark.exhaustive

ROOT: Final = Path(__file__).parent.parent
CHANGES: Final = sorted((ROOT / "tests" / "changes").glob("*.diff"))
MOST: Final = 3


@pytest.mark.parametrize("change", CHANGES, ids=lambda path: path.stem)
def test_a_change_takes_few_files(change: Path, tmp_path: Path) -> None:
    """All that lists, calls, documents and counts such things follows from them."""
    assert change.read_text().count("diff --git") <= MOST
    copytree(ROOT / "app", tmp_path / "app", ignore=ignore_patterns("__pycache__"))
    subprocess.run(["git", "apply", change], cwd=tmp_path, check=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", f"tests.changes.{change.stem}"], cwd=tmp_path, env=environment, check=True)
