"""`python -m app`: it says where it listens, serves, and ends when it is told to."""

import signal
import socket
from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

import httpx
import pytest

from tests.api.expect import OUTPUT, works
from tests.service import READY, Service, launch

BODY: Final = b'{"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42}'
HEAD: Final = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def test_it_says_where_it_listens(service: Service) -> None:
    """One line has the address once it is ready; it listens on this machine alone unless told otherwise."""
    assert sum(READY in line for line in service.lines) == 1
    assert service.url.startswith("http://127.0.0.1:")


def test_a_signal_ends_it(start: Callable[..., Service]) -> None:
    """SIGINT, as SIGTERM elsewhere here, ends it at once where nothing is in flight, as a success, without a word."""
    running = start()
    works(running.client)
    began = monotonic()
    assert running.stop(signal.SIGINT) == 0
    assert monotonic() - began < 5
    assert running.errors() == ""
    assert len(running.lines) == 2


def begun(running: Service, body: bytes) -> socket.socket:
    """A connection with a request of which a little is there."""
    connection = socket.create_connection(running.address, timeout=60)
    connection.sendall(HEAD % len(body) + body[:10])
    return connection


def finished(connection: socket.socket) -> bytes:
    """The content of a reply that succeeded and is there in full."""
    head, _, content = b"".join(iter(lambda: connection.recv(2**16), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert f"content-length: {len(content)}\r\n".encode() in head.lower() + b"\r\n"
    return content


def test_what_is_in_flight_is_finished(start: Callable[..., Service]) -> None:
    """Half a request, and a large one that is worked on, are answered after the signal; new connections are refused."""
    running, large = start(), b'{"input": [%s], "seed": 1}' % b",".join([b"1.25"] * 2_000_000)
    with begun(running, BODY) as half, begun(running, large) as worked_on:
        sleep(0.2)
        works(running.client)
        running.client.close()
        worked_on.sendall(large[10:])
        running.tell()
        sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(running.address, timeout=5)
        half.sendall(BODY[10:])
        assert str(OUTPUT).replace(" ", "").encode() in finished(half)
        assert finished(worked_on)
    assert running.wait() == 0


def test_an_address_in_use_is_told(service: Service) -> None:
    """A port that is taken stops the start with a sentence that has the address and the settings."""
    second = launch(port=str(service.address[1]))
    out, error = second.communicate(timeout=30)
    assert (second.returncode, out) == (1, "")
    assert error.startswith("DROPOUT_HOST and DROPOUT_PORT: cannot listen on ")
    assert f"('127.0.0.1', {service.address[1]})" in error
    assert "ddress already in use" in error
    assert error.count("\n") == 1


def test_it_listens_on_ipv6(start: Callable[..., Service]) -> None:
    """An address of version 6 is told as URLs write it."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine")
    running = start(host="::1")
    assert running.url.startswith("http://[::1]:")
    works(running.client)


def test_it_does_not_name_its_server(client: httpx.Client) -> None:
    """Nobody is told what runs underneath."""
    assert "Server" not in client.get("/health/live").headers
