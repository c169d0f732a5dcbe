"""Arrays as bytes: through NVIDIA's client, beside services that know JSON only; raw, beside an echo."""

from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from json import dumps
from time import perf_counter
from typing import Any, Final

import numpy as np
import orjson
import tritonclient.http as triton

from benchmarks import servers
from benchmarks.comparison import Comparison, Target, interleaved, timed
from benchmarks.http import post

_MODEL: Final = "dropout"
_FIELDS: Final = {"p": 0.4, "seed": 42}
_SIZE: Final = 10_000_000
_RAW: Final = f"/v1/dropout?dtype=float32&shape={_SIZE}&p=0.4&seed=42"

Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Work = Callable[[], Any]


def compare(rounds: int) -> list[Comparison]:
    """The rows of bytes."""
    x = np.random.default_rng(0).random((1000, 1000), np.float32)
    with servers.ours() as ours:
        infer = partial(_infer, _client(ours.port), x)
        return [_beside_plain(rounds, infer, x), *_beside_mlserver(rounds, infer, x), _beside_echo(rounds, ours.port)]


def _beside_plain(rounds: int, infer: Work, x: Array) -> Comparison:
    body = dumps({"input": x.tolist(), **_FIELDS}).encode()  # as most clients write it
    with servers.theirs() as plain:
        theirs = partial(post, HTTPConnection(servers.HOST, plain.port), "/v1/dropout", body)
        return _compared("tritonclient, 1000 × 1000 float32, plain with JSON", rounds, infer, theirs, Target(1 / 20))


def _beside_mlserver(rounds: int, infer: Work, x: Array) -> list[Comparison]:
    """The same client for both, which has JSON only there; and what is left if its JSON were free."""
    name, target = "tritonclient, 1000 × 1000 float32, MLServer with JSON", Target(1 / 25)
    if not servers.has_mlserver():
        return [Comparison(name, "ms", (), target, lacks="make .venv-mlserver/ready")]
    with servers.mlserver() as peer:
        theirs = partial(_infer, _client(peer.port), x, binary=False)
        bare = partial(post, HTTPConnection(servers.HOST, peer.port), f"/v2/models/{_MODEL}/infer", _inference(x))
        return [
            _compared(name, rounds, infer, theirs, target),
            _compared("the same, its JSON written before and never read", rounds, infer, bare, None),
        ]


def _beside_echo(rounds: int, ours: int) -> Comparison:
    body = np.random.default_rng(0).random(_SIZE, np.float32).tobytes()
    with servers.echo() as bare:
        raw, echo = (
            partial(post, HTTPConnection(servers.HOST, to), path, body, "application/octet-stream")
            for to, path in ((ours, _RAW), (bare.port, "/"))
        )
        return _compared("raw, 10 million float32, echo of the bytes", rounds, raw, echo, Target(2.5))


def _compared(name: str, rounds: int, ours: Work, theirs: Work, target: Target | None) -> Comparison:
    figures = interleaved(rounds, timed(perf_counter, ours), timed(perf_counter, theirs))
    return Comparison(name, "ms", figures, target)


def _client(port: int) -> Any:
    return triton.InferenceServerClient(f"{servers.HOST}:{port}", network_timeout=600)


def _infer(client: Any, x: Array, *, binary: bool = True) -> Any:
    """An array to an array, the client's own work included."""
    tensor = triton.InferInput("input", x.shape, "FP32")
    tensor.set_data_from_numpy(x, binary_data=binary)
    outputs = [triton.InferRequestedOutput("output", binary_data=binary)]
    return client.infer(_MODEL, [tensor], outputs=outputs, parameters=_FIELDS).as_numpy("output")


def _inference(x: Array) -> bytes:
    """The same in JSON, as short as can be: flat, and with the digits of a float32."""
    tensor = {"name": "input", "shape": x.shape, "datatype": "FP32", "data": x.reshape(-1)}
    return orjson.dumps({"parameters": _FIELDS, "inputs": [tensor]}, option=orjson.OPT_SERIALIZE_NUMPY)
