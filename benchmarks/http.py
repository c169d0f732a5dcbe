"""Both services over HTTP: requests a second where they are small, time a request where they are large."""

from functools import partial
from http.client import HTTPConnection
from json import dumps
from time import perf_counter
from typing import Final

import numpy as np
import orjson

from benchmarks import load, servers
from benchmarks.comparison import Comparison, Measure, Target, interleaved, timed

_PATH: Final = "/v1/dropout"
_FIELDS: Final = {"p": 0.4, "seed": 42}
_CONNECTIONS: Final = 8
_SECONDS: Final = 0.5


def compare(rounds: int) -> list[Comparison]:
    """The rows of HTTP."""
    with servers.ours() as ours, servers.theirs() as theirs:
        return [_small(rounds, ours.port, theirs.port), *_large(rounds, ours.port, theirs.port)]


def _small(rounds: int, ours: int, theirs: int) -> Comparison:
    request = _request(_body(np.random.default_rng(0).random((5, 4))))

    def measure(port: int) -> Measure:
        return lambda: load.rate(port, request, connections=_CONNECTIONS, seconds=_SECONDS)

    rates = interleaved(rounds, measure(ours), measure(theirs))
    return Comparison("HTTP, 5 × 4", "/s", rates, Target(2, at_least=True))


def _large(rounds: int, ours: int, theirs: int) -> list[Comparison]:
    x = np.random.default_rng(0).random((1000, 1000))
    bodies = _body(x), _short_body(x.astype(np.float32))
    connections = HTTPConnection(servers.HOST, ours), HTTPConnection(servers.HOST, theirs)
    long, short = (
        interleaved(rounds, *(timed(perf_counter, partial(post, to, _PATH, body)) for to in connections))
        for body in bodies
    )
    return [
        Comparison("HTTP, 1000 × 1000", "ms", long, Target(0.55)),
        Comparison("HTTP, 1000 × 1000 in float32", "ms", short),
    ]


def post(connection: HTTPConnection, path: str, body: bytes, media_type: str = "application/json") -> None:
    """Send a request, and read the reply to its end. Raises `RuntimeError` if it is refused."""
    connection.request("POST", path, body, {"Content-Type": media_type})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"answered {response.status}")


def _body(x: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> bytes:
    """A request as most clients write it: all digits of a float64."""
    return dumps({"input": x.tolist(), **_FIELDS}).encode()


def _short_body(x: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> bytes:
    """A request with the digits of a float32; the plain service has no such type, and passes over the field."""
    return orjson.dumps({"input": x, **_FIELDS, "dtype": "float32"}, option=orjson.OPT_SERIALIZE_NUMPY)


def _request(body: bytes) -> bytes:
    head = f"POST {_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body
