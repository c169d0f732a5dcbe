"""Small requests over HTTP, many clients at a time: how many are answered a second by each service."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

from benchmarks import load, request, servers, way
from benchmarks.comparison import Comparison, Target, interleaved
from benchmarks.request import Request

_SHAPE: Final = (5, 4)
_CONNECTIONS: Final = 8
_SECONDS: Final = 0.5
_BODY: Final = request.json(_SHAPE)
_OURS: Final = (way.OURS_JSON, _BODY)
_THEIRS: Final[Sequence[tuple[way.Way, Request, Target | None]]] = (
    (way.PLAIN_JSON, _BODY, Target(2.5, at_least=True)),
    (way.VALIDATED, _BODY._replace(path="/validated"), Target(0.8, at_least=True)),
    (way.ECHO_JSON, _BODY._replace(path="/"), None),
    (way.MLSERVER_JSON, request.inference(_SHAPE), None),
    (way.BENTOML_JSON, _BODY._replace(path="/dropout"), None),
    (way.LITSERVE_JSON, _BODY._replace(path="/predict"), None),
)


def compare(rounds: int) -> list[Comparison]:
    """The rows of small requests."""
    there = [theirs for theirs in _THEIRS if theirs[0].service.there]
    with ExitStack() as stack:
        asked = [
            partial(_rate, stack.enter_context(of.service.start()).port, _bytes(what))
            for of, what in (_OURS, *(theirs[:2] for theirs in there))
            if of.service.start
        ]
        ours, *rates = interleaved(rounds, *asked)
    compared = [Comparison(_name(of), "/s", (ours, rate), to) for (of, _, to), rate in zip(there, rates, strict=True)]
    lacking = [(of, to) for of, _, to in _THEIRS if not of.service.there]
    return compared + [Comparison(_name(of), "/s", (), to, lacks=of.service.lacks) for of, to in lacking]


def _name(of: way.Way) -> str:
    return f"5 × 4 JSON, requests a second: {of.name}"


def _rate(port: int, asked: bytes) -> float:
    return load.rate(port, asked, connections=_CONNECTIONS, seconds=_SECONDS)


def _bytes(asked: Request) -> bytes:
    head = (
        f"POST {asked.path} HTTP/1.1\r\nHost: {servers.HOST}\r\nContent-Type: {asked.media_type}\r\n"
        f"Content-Length: {len(asked.body)}\r\n\r\n"
    )
    return head.encode() + asked.body
