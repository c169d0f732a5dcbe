"""An array as it is posted: in JSON, as a file of numpy's, as it lies in memory."""

from functools import lru_cache
from io import BytesIO
from json import dumps
from typing import Final, NamedTuple

import numpy as np
import orjson

from benchmarks.arrays import SEED, P, Shape, array

_FIELDS: Final = {"p": P, "seed": SEED}
QUERY: Final = f"p={P}&seed={SEED}"
_BOUNDARY: Final = b"between-the-parts-of-a-form"


class Request(NamedTuple):
    """What is posted."""

    path: str
    body: bytes
    media_type: str = "application/json"


@lru_cache(maxsize=1)
def json(shape: Shape) -> Request:
    """As most clients write it: all digits of a float64."""
    return Request("/v1/dropout", dumps({"input": array(shape, "float64").tolist(), **_FIELDS}).encode())


def short_json(shape: Shape) -> Request:
    """With the digits of a float32."""
    fields = {"input": array(shape, "float32"), **_FIELDS, "dtype": "float32"}
    return Request("/v1/dropout", orjson.dumps(fields, option=orjson.OPT_SERIALIZE_NUMPY))


def inference(shape: Shape) -> Request:
    """As the Open Inference Protocol has it."""
    tensor = {"name": "input", "shape": shape, "datatype": "FP64", "data": array(shape, "float64").ravel().tolist()}
    return Request("/v2/models/dropout/infer", dumps({"parameters": _FIELDS, "inputs": [tensor]}).encode())


def npy(shape: Shape) -> Request:
    """As numpy saves it."""
    return Request(f"/v1/dropout?{QUERY}", _saved(shape), "application/x-npy")


def raw(shape: Shape) -> Request:
    """As it lies in memory."""
    lengths = ",".join(map(str, shape))
    path = f"/v1/dropout?dtype=float32&shape={lengths}&{QUERY}"
    return Request(path, array(shape, "float32").tobytes(), "application/octet-stream")


def form(shape: Shape) -> Request:
    """As a file in a form, as numpy saves it."""
    parts = {'"p"': str(P).encode(), '"seed"': str(SEED).encode(), '"input"; filename="input.npy"': _saved(shape)}
    lines = (_part(name, content) for name, content in parts.items())
    media_type = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    return Request("/file", b"".join((*lines, b"--%b--\r\n" % _BOUNDARY)), media_type)


def _part(name: str, content: bytes) -> bytes:
    head = b"--%b\r\nContent-Disposition: form-data; name=%b\r\n\r\n" % (_BOUNDARY, name.encode())
    return head + content + b"\r\n"


def _saved(shape: Shape) -> bytes:
    file = BytesIO()
    np.save(file, array(shape, "float32"))
    return file.getvalue()
