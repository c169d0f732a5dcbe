"""A server, and what it is asked."""

from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import orjson

Call = Literal["experiment", "array"]
"""What a server is asked: for numbers that it makes up itself, or to read, compute and write an array."""
SIZE: Final = 300
"""Rows and columns whose reading, computing and writing takes this service about 10 ms."""
_MADE_UP: Final = 1_500_000
"""Numbers that it makes up, drops from and counts in about 10 ms."""
_FIELDS: Final = {"p": 0.4, "seed": 42}


class Target(NamedTuple):
    """A server that listens.

    request : the bytes of a call. health : the path that says whether it is alive. pid : its process, 0 if it is
    elsewhere; then its memory and processor time are not known.
    """

    name: str
    host: str
    port: int
    request: bytes
    health: str
    pid: int = 0


def of_url(url: str, *, body: str | None, media_type: str, health: str, pid: int) -> Target:
    """The server at a URL, asked with the content of a file, or else as this service is."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"--url is http://host:port/path, got {url!r}")
    content = Path(body).read_bytes() if body else experiment_body()
    path = (parts.path if parts.path != "/" else "") or "/v1/dropout/simulate"
    target = f"{path}?{parts.query}" if parts.query else path
    request = post(target, content, media_type)
    return Target(parts.netloc, parts.hostname, parts.port or 80, request, health, pid)


def post(path: str, body: bytes, media_type: str = "application/json") -> bytes:
    """The bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def get(path: str) -> bytes:
    """The bytes of a GET after which the connection closes."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def experiment_body() -> bytes:
    """A few bytes that ask for much, so that a flood costs its generator little."""
    return orjson.dumps({"shape": [_MADE_UP], **_FIELDS})


def array_body(size: int = SIZE) -> bytes:
    """A square array of so many rows, as this service and the plain one take it."""
    return orjson.dumps({"input": _numbers(size).tolist(), **_FIELDS})


def inference_body(size: int = SIZE) -> bytes:
    """The same array as the Open Inference Protocol has it."""
    tensor = {"name": "input", "shape": [size, size], "datatype": "FP64", "data": _numbers(size).ravel().tolist()}
    return orjson.dumps({"parameters": _FIELDS, "inputs": [tensor]})


def _numbers(size: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Numbers of one digit, for what a flood carries in vain is paid by both sides; the reply has all of float64's."""
    return np.random.default_rng(0).integers(0, 10, (size, size))
