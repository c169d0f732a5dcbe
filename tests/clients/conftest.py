"""Clients as two generators make them of the document that the running service has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

_BIN: Final = Path(sys.executable).parent
_HERE: Final = Path(__file__).parent


class Workshop:
    """A folder in which clients are made and used, with the tools of `make clients`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "node_modules").symlink_to(_BIN.parent / "node_modules")
        for name in ("package.json", "use.py", "use.ts"):
            shutil.copy(_HERE / name, folder)

    def run(self, *command: str) -> str:
        """What a command prints. It must end well."""
        path = f"{_BIN}:{self.folder / 'node_modules/.bin'}:{os.environ['PATH']}"
        here: Any = {"cwd": self.folder, "env": os.environ | {"PATH": path}}
        done = subprocess.run(command, **here, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        told: str = done.stdout + done.stderr
        return told


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The folder."""
    return Workshop(tmp_path_factory.mktemp("clients"))
