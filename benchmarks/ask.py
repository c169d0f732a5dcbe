"""Asking for an array to be dropped, once: over a connection that is kept, by NVIDIA's client, or no service at all."""

from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import Any, Final

import numpy as np
import orjson
import simdjson
import tritonclient.http as triton

from benchmarks import request
from benchmarks.arrays import SEED, Array, P, Shape, array
from benchmarks.servers import HOST

_LARGE: Final = 2**20
"""Bytes beside which a new connection costs nothing: one that is kept may be given up while others are asked."""

Ask = Callable[[], Any]
"""Asks, and gives the reply."""
Asking = Callable[[int, Shape], Ask]
"""Gets ready to ask at a port for an array of that shape."""


def posted(of: Callable[[Shape], request.Request], path: str = "") -> Asking:
    """One POST. path : where it is sent instead."""

    def asking(port: int, shape: Shape) -> Ask:
        asked = of(shape)
        return partial(post, HTTPConnection(HOST, port), path or asked.path, asked.body, asked.media_type)

    return asking


def post(connection: HTTPConnection, path: str, body: bytes, media_type: str) -> bytes:
    """Send a request, and read the reply to its end. Raises `RuntimeError` if it is refused."""
    if len(body) > _LARGE:
        connection.close()
    connection.request("POST", path, body, {"Content-Type": media_type})
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"answered {response.status}: {content[:200]!r}")
    return content


def inferred(*, binary: bool) -> Asking:
    """An inference by NVIDIA's client: an array to an array, the client's own work included."""

    def asking(port: int, shape: Shape) -> Ask:
        client = triton.InferenceServerClient(f"{HOST}:{port}", network_timeout=600)
        return partial(_infer, client, array(shape, "float32"), binary)

    return asking


def _infer(client: Any, x: Array, binary: bool) -> Any:
    tensor = triton.InferInput("input", x.shape, "FP32")
    tensor.set_data_from_numpy(x, binary_data=binary)
    outputs = [triton.InferRequestedOutput("output", binary_data=binary)]
    fields = {"p": P, "seed": SEED}
    return client.infer("dropout", [tensor], outputs=outputs, parameters=fields).as_numpy("output")


def by_libraries(_port: int, shape: Shape) -> Ask:
    """Parse, copy and print by the fastest libraries there are, in this process: no HTTP, no dropout, no check."""
    body, parser = request.json(shape).body, simdjson.Parser()

    def ask() -> bytes:
        numbers: Any = parser.parse(body)
        x = np.frombuffer(numbers["input"].as_buffer(of_type="d")).reshape(shape).copy()
        return orjson.dumps({"output": x}, option=orjson.OPT_SERIALIZE_NUMPY)

    return ask


def copied(_port: int, shape: Shape) -> Ask:
    """A copy of the array in memory."""
    return array(shape, "float32").copy
