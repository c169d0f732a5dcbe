"""nginx as Debian has it, with the configuration of deploy/compose, before replicas on this machine."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.ports import free_port, until_listening
from tests.service import ROOT

CONFIGURATION: Final = ROOT / "deploy/compose/nginx.conf"
Address = tuple[str, int]


class Nginx(NamedTuple):
    """A proxy that listens."""

    address: Address

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)


@contextmanager
def before(replicas: Sequence[Address], folder: Path, **changes: str) -> Iterator[Nginx]:
    """nginx before two replicas. changes : of the text of its configuration, by name in `TEXTS`."""
    if not (program := shutil.which("nginx")):
        pytest.skip("SKIPPED, nothing was tried behind nginx: it is not installed")
    address = "127.0.0.1", free_port()
    file = folder / "nginx.conf"
    file.write_text(configuration(replicas, address, folder, changes))
    log = folder / "nginx.log"
    with log.open("w") as out:
        # root's nginx would work as nobody, who may not enter the folder
        command = [program, "-c", str(file), "-g", "daemon off; user root;"]
        process = subprocess.Popen(command, stderr=out)
    try:
        until_listening(address[1])
        assert process.poll() is None, log.read_text()
        yield Nginx(address)
    finally:
        process.terminate()
        process.wait(30)


TEXTS: Final = {"proxy_pass": "proxy_pass http://dropout;", "location": "location / {"}
"""What a test may change."""


def configuration(replicas: Sequence[Address], address: Address, folder: Path, changes: dict[str, str]) -> str:
    """The configuration of deploy/compose, with the addresses and the folder of this machine."""
    first, second = ("{}:{}".format(*replica) for replica in replicas)
    exchanged = {
        "dropout-1:8000": first,
        "dropout-2:8000": second,
        "listen 8000": "listen {}:{}".format(*address),
        "/tmp/": f"{folder}/",
        "/dev/stderr": f"{folder}/nginx.log",
    }
    text = CONFIGURATION.read_text()
    for old, new in (exchanged | {TEXTS[name]: change for name, change in changes.items()}).items():
        assert old in text
        text = text.replace(old, new)
    return text
