"""nginx as an ingress of a cluster is: told anew which replicas there are, and losing nothing by that."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.ports import free_port, until_listening

_TEXT: Final = """
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
user root;
events {{ worker_connections 1024; }}
http {{
    map $upstream_addr $twice {{ "~," 1; default 0; }}
    access_log {folder}/twice.log combined if=$twice;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream dropout {{
        {servers}
        keepalive 64;
        keepalive_timeout 5s;  # less than DROPOUT_HEADER_SECONDS, after which the service closes
    }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 64m;
        location / {{
            proxy_pass http://dropout;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 1s;
            # a seed makes a call give the same answer when it is asked again, so POST may be
            proxy_next_upstream error timeout non_idempotent;
        }}
    }}
}}
"""


class Nginx:
    """A proxy that listens on `port`."""

    def __init__(self, folder: Path, replicas: Sequence[str]) -> None:
        program = shutil.which("nginx")
        if not program:
            pytest.skip("SKIPPED, nothing was tried behind nginx: it is not installed")
        self.port = free_port()
        self._folder = folder
        self._command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        self._write(replicas)
        self.process = subprocess.Popen([*self._command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        until_listening(self.port)

    def point(self, replicas: Sequence[str]) -> None:
        """Ask these, `host:port` each, from now on; what is under way is finished."""
        self._write(replicas)
        subprocess.run([*self._command, "-s", "reload"], check=True, stderr=subprocess.DEVNULL)

    @property
    def asked_twice(self) -> int:
        """How many requests it had to send to a second replica, because the first did not answer."""
        return (self._folder / "twice.log").read_text().count("\n")

    def _write(self, replicas: Sequence[str]) -> None:
        servers = " ".join(f"server {replica} max_fails=1 fail_timeout=1s;" for replica in replicas)
        text = _TEXT.format(folder=self._folder, port=self.port, servers=servers)
        (self._folder / "nginx.conf").write_text(text)


@contextmanager
def before(folder: Path, replicas: Sequence[str]) -> Iterator[Nginx]:
    """nginx before these replicas."""
    nginx = Nginx(folder, replicas)
    try:
        yield nginx
    finally:
        nginx.process.terminate()
        nginx.process.wait(30)
