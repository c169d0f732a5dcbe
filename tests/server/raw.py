"""What goes over a socket, byte by byte."""

import json
import socket
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

from app.api.problems import PROBLEMS
from app.wire.problem import Problem
from tests.service import Service

CALL: Final = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
"""A call, but for the end of its headers."""
BODY: Final = b'{"input": [1, 2, 3], "seed": 1}'
LIVE: Final = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
_SHAPE: Final = b'{"shape": [15000000], "seed": 1}'
DOWNLOAD: Final = (
    b"POST /v1/dropout/mask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: application/x-npy\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SHAPE), _SHAPE)
)
"""A small call with a reply of 15 MB."""
LONG: Final = {"shape": [10**6], "variant": "gaussian_dropout", "runs": 120, "seed": 1}
"""An experiment of seconds."""


class Reply(NamedTuple):
    """A reply as it came."""

    status: int
    fields: dict[str, str]
    content: bytes


def call(body: bytes = BODY, length: int | None = None) -> bytes:
    """A call with that body, or what there is of it."""
    return CALL + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def replies(data: bytes, head: bool = False) -> list[Reply]:
    """The replies that some bytes are, each whole: nothing is missing, and nothing left."""
    found = []
    while data:
        top, _, rest = data.partition(b"\r\n\r\n")
        line, *lines = top.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if head else int(fields["content-length"])
        assert len(rest) >= length
        assert line.startswith("HTTP/1.1 ")
        found.append(Reply(int(line.split()[1]), fields, rest[:length]))
        data = rest[length:]
    return found


def connect(service: Service) -> socket.socket:
    """A connection."""
    return socket.create_connection(service.address, timeout=30)


def rest(connection: socket.socket) -> bytes:
    """What still comes until the other side has finished; a reset raises."""
    return b"".join(iter(lambda: connection.recv(2**16), b""))


def answer(connection: socket.socket) -> Reply:
    """The next reply, and not a byte more."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += connection.recv(1)
    [reply] = replies(data, head=True)
    return reply._replace(content=exactly(connection, int(reply.fields["content-length"])))


def exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes, however they come in: a socket with a timeout does not wait for all."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        assert more, "the connection ended too early"
        data += more
    return data


def drip(connection: socket.socket, data: bytes, pause: float, most: float = 10) -> float:
    """Send a byte at a time until an answer comes; the seconds that took."""
    began = monotonic()
    connection.settimeout(pause)
    for byte in data:
        assert monotonic() - began < most, "nobody minded"
        try:
            connection.send(bytes([byte]))
            connection.recv(1, socket.MSG_PEEK)
            break
        except TimeoutError:
            continue
    connection.settimeout(30)
    return monotonic() - began


def refused(reply: Reply, status: int, code: str, *, protocol: bool = False) -> None:
    """A reply is a problem, or the protocol's error, and the last on its connection."""
    assert reply.status == status
    assert reply.fields["connection"] == "close"
    assert reply.fields["content-type"] == ("application/json" if protocol else "application/problem+json")
    body: dict[str, Any] = json.loads(reply.content)
    assert body.pop("error", None) == (body["detail"] if protocol else None)
    problem = Problem.model_validate(body)
    assert (problem.code, problem.status) == (code, PROBLEMS[code].status)  # type: ignore[index]
    assert problem.request_id == reply.fields["x-request-id"]


def logged(service: Service, words: str, seconds: float = 5) -> str:
    """The first line of the log that has these words; it is waited for."""
    end = monotonic() + seconds
    while monotonic() < end:
        if line := next((line for line in service.lines if words in line), ""):
            return line
        sleep(0.01)
    raise AssertionError(f"{words} is not in the log")
