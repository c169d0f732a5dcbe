"""What a call takes of memory is known before: no more than is held for it is ever seen."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import httpx
import numpy as np
import pytest

from app.wire.limits import Limits
from app.wire.operations import OPERATIONS
from app.wire.task import Sent
from tests.service import Service
from tests.wire.binary import archives

N: Final = 1_000_000
TRIES: Final = 3
"""A call that takes too much does so each time; seconds after a large one, what is free has just gone back, and the
next takes it again besides its own."""
JSON: Final = "application/json"
NPY: Final = "application/x-npy"
RAW: Final = "application/octet-stream"
ZIP: Final = "application/zip"
ONES: Final = b'{"input":[' + b"1," * (N - 1) + b'1],"p":0.3,"seed":1'
X: Final = np.random.default_rng(0).integers(1, 257, N) / 64
Y: Final = np.where(np.random.default_rng(1).random(N) < 0.6, X / 0.6, 0)


class Case(NamedTuple):
    """A request that takes much."""

    path: str
    body: bytes
    of: str = JSON
    form: str = JSON
    query: str = ""
    headers: Mapping[str, str] = {}


def inference(*, binary: bool) -> Case:
    """An inference of a binary tensor, answered as such or as JSON."""
    tensor = {"name": "input", "shape": [N], "datatype": "FP32", "parameters": {"binary_data_size": 4 * N}}
    outputs = [{"name": "output", "parameters": {"binary_data": binary}}, {"name": "mask"}]
    head = json.dumps({"inputs": [tensor], "outputs": outputs, "parameters": {"p": 0.3, "seed": 1}}).encode()
    body = head + X.astype("<f4").tobytes()
    return Case("/v2/models/dropout/infer", body, headers={"Inference-Header-Content-Length": str(len(head))})


def asked(path: str, form: str = JSON, **fields: Any) -> Case:
    """A call without an array."""
    return Case(path, json.dumps({"p": 0.3, "seed": 1, **fields}).encode(), form=form)


F4: Final = X.astype("<f4").tobytes()
BLOCKS: Final[dict[str, Any]] = {"shape": [1, 1, 1000, N // 1000], "variant": "drop_block2d", "block_size": 5}
CASES: Final = {
    "JSON of 2 bytes an element": Case("/v1/dropout", ONES + b"}"),
    "and the mask": Case("/v1/dropout", ONES + b',"include":["output","mask"]}'),
    "JSON of 17 digits": Case("/v1/dropout", json.dumps({"input": np.sqrt(X[: N // 4]).tolist(), "seed": 1}).encode()),
    "replicates": Case("/v1/dropout", b'{"input":[' + b"1," * (N // 10) + b'1],"samples":10,"seed":1}'),
    "JSON to npy": Case("/v1/dropout", ONES + b"}", form=NPY),
    "JSON, compressed reply": Case("/v1/dropout", ONES + b"}", headers={"Accept-Encoding": "gzip"}),
    "raw": Case("/v1/dropout", F4, RAW, RAW, "dtype=float32&seed=1"),
    "raw halves to JSON": Case("/v1/dropout", X.astype("<f2").tobytes(), RAW, JSON, "dtype=float16&seed=1"),
    "raw, shared": Case("/v1/dropout", F4, RAW, RAW, f"dtype=float32&shape=2,{N // 2}&noise_shape=1,null"),
    "raw, blocks": Case(
        "/v1/dropout", F4, RAW, RAW, f"dtype=float32&shape=1,1,1000,{N // 1000}&variant=drop_block2d&block_size=5"
    ),
    "normal noise": Case("/v1/dropout", F4, RAW, RAW, "dtype=float32&variant=gaussian_dropout"),
    "mask as JSON": asked("/v1/dropout/mask", shape=[N]),
    "mask as bits": asked("/v1/dropout/mask", RAW, shape=[N]),
    "mask of blocks": asked("/v1/dropout/mask", RAW, **BLOCKS),
    "experiment": asked("/v1/dropout/simulate", shape=[N * 10]),
    "experiment of blocks": asked("/v1/dropout/simulate", **BLOCKS),
    "experiment of shared decisions": asked("/v1/dropout/simulate", shape=[N, 2], noise_shape=[None, 1]),
    "experiment of many runs": asked("/v1/dropout/simulate", shape=[100], runs=10_000),
    "experiment on a held input": asked("/v1/dropout/simulate", shape=[N], runs=2),
    "npz": Case("/v1/dropout/verify", archives.saved({"input": X, "output": Y}), ZIP, query="p=0.4"),
    "npz of halves": Case(
        "/v1/dropout/verify",
        archives.saved({"input": X.astype("f2"), "output": Y.astype("f2")}),
        ZIP,
        query="p=0.4",
    ),
    "npz that inflates": Case(
        "/v1/dropout/verify", archives.saved({"input": X * 0, "output": Y * 0}, np.savez_compressed), ZIP
    ),
    "two arrays of JSON": Case(
        "/v1/dropout/verify", b'{"input":[' + b"1," * (N // 4) + b'1],"output":[' + b"2,0," * (N // 8) + b"2]}"
    ),
    "tensors": inference(binary=True),
    "tensors to JSON": inference(binary=False),
}


@pytest.fixture(scope="module")
def service(one_thread: Service) -> Service:
    """A service whose threads have what they keep."""
    for fields in ({"shape": [N], "runs": 2}, {"shape": [2**24]}):
        one_thread.client.post("/v1/dropout/simulate", json=fields)
    one_thread.client.post("/v1/dropout/verify", json={"input": [1.0] * 100, "output": [2.0, 0.0] * 50})
    return one_thread


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_call_takes_no_more_than_is_held_for_it(service: Service, case: Case) -> None:
    """Row 14: the memory seen, from the headers to the reply, is at most what is reckoned from the request."""
    headers = {"Content-Type": case.of, "Accept": case.form, "Accept-Encoding": "identity", **case.headers}
    assert any(fits(service, case, headers) for _ in range(TRIES))


def fits(service: Service, case: Case, headers: Mapping[str, str]) -> bool:
    """Whether a call took no more memory than that."""
    before = service.forget_peak()
    reply = service.client.post(f"{case.path}?{case.query}", content=case.body, headers=headers)
    taken = service.peak() - before
    assert reply.status_code == 200, reply.text[:500]
    return taken <= reckoned(case, headers, reply)


def reckoned(case: Case, headers: Mapping[str, str], reply: httpx.Response) -> int:
    """Bytes that are held for it at most; a compressed reply is there twice for a moment."""
    path = case.path.replace("/dropout/infer", "/{model}/infer")
    [operation] = [one for one in OPERATIONS if one.path == path]
    fields = {name.lower(): value for name, value in headers.items()}
    sent = Sent(bytearray(case.body), case.of, case.form, parse_qsl(case.query), fields, {"model": "dropout"})
    held = [operation.footprint(sent._replace(body=b""), len(case.body)), operation.footprint(sent, len(case.body))]
    twice = len(reply.content) if "Content-Encoding" in reply.headers else 0
    return max(*held, operation.decode(sent, Limits()).footprint + twice)
