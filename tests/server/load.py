"""Clients that ask and ask again, over connections they keep, until nobody is there any more, or they are told."""

import random
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from time import sleep
from typing import NamedTuple, Protocol

from tests.server.raw import call

CLIENTS = 8
REQUEST = call()


class Seen(NamedTuple):
    """What a client saw: replies, and requests that none came to."""

    answered: int
    lost: list[str]


class Listening(Protocol):
    """What can be asked."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""


class Load:
    """Half of the clients ask without a pause, half with short ones."""

    def __init__(self, service: Listening) -> None:
        self._address = service.address
        self._stopping = Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._clients: list[Future[Seen]] = [self._pool.submit(self._ask, number) for number in range(CLIENTS)]

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    def seen(self) -> Seen:
        """What all of them saw, once the service is gone."""
        all_seen = [client.result(60) for client in self._clients]
        self._pool.shutdown()
        return Seen(sum(seen.answered for seen in all_seen), [one for seen in all_seen for one in seen.lost])

    def _ask(self, number: int) -> Seen:
        seen, pauses = Seen(0, []), random.Random(number)
        while not self._stopping.is_set():
            try:
                connection = socket.create_connection(self._address, timeout=10)
            except ConnectionRefusedError:
                return seen
            with connection:
                while not self._stopping.is_set():
                    outcome = _asked(connection)
                    if outcome.startswith("lost"):
                        seen.lost.append(outcome)
                        break
                    seen = Seen(seen.answered + 1, seen.lost)
                    if outcome == "close":
                        break
                    if number % 2:
                        sleep(pauses.random() / 50)
        return seen


def _asked(connection: socket.socket) -> str:
    """Whether the connection stays, closes, or lost a request."""
    data = b""
    with suppress(ConnectionError):
        connection.sendall(REQUEST)
        while not _whole(data) and (some := connection.recv(2**16)):
            data += some
    if not _whole(data):
        return f"lost after {len(data)} bytes"
    if not data.startswith(b"HTTP/1.1 200 "):
        return f"lost, for it was answered {data[:12].decode()}"
    return "close" if b"\r\nconnection: close\r\n" in data.lower() else "stay"


def _whole(data: bytes) -> bool:
    head, end, content = data.partition(b"\r\n\r\n")
    if not end:
        return False
    return len(content) == int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
