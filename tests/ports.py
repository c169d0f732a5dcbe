"""Ports of this machine."""

import socket
from time import monotonic, sleep


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until_listening(port: int, seconds: float = 10) -> None:
    """Return once somebody does."""
    deadline = monotonic() + seconds
    while not _listens(port):
        assert monotonic() < deadline, f"nobody listens on {port}"
        sleep(0.02)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
