"""The reply's body: in the form and the compression that were asked for, where it pays, and only there."""

import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import Any, Final

import httpx
import numpy as np
import pytest

from tests.api.expect import GOOD, JSON, refused
from tests.service import Service

NPY: Final = {"Content-Type": "application/x-npy"}
RAW: Final = {"Content-Type": "application/octet-stream"}
REGULAR: Final = np.zeros((100, 1000), "f4")
NOISE: Final = np.random.default_rng(0).integers(0, 2**32, 10**5, np.uint32).view("f4")
"""Every bit at random: no compressor can take anything off."""
INFLATE: Final[dict[str, Callable[[bytes], bytes]]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}


def file(x: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    """An array as numpy writes it."""
    written = io.BytesIO()
    np.save(written, x)
    return written.getvalue()


def sent(client: httpx.Client, accept: str, body: bytes, headers: dict[str, str], path: str = "") -> httpx.Response:
    """A reply as it is on the wire."""
    headers = headers | {"Accept-Encoding": accept}
    with client.stream("POST", path or "/v1/dropout?training=false", content=body, headers=headers) as reply:
        reply._content = b"".join(reply.iter_raw())
    return reply


@pytest.mark.parametrize("coding", INFLATE)
def test_a_reply_is_compressed_where_asked(client: httpx.Client, coding: str) -> None:
    """A binary reply comes smaller, with its true length, and inflates to the array."""
    reply = sent(client, coding, file(REGULAR), NPY)
    assert reply.headers["Content-Encoding"] == coding
    assert int(reply.headers["Content-Length"]) == len(reply.content) < REGULAR.nbytes // 50
    assert np.array_equal(np.load(io.BytesIO(INFLATE[coding](reply.content))), REGULAR)


@pytest.mark.parametrize("coding", INFLATE)
def test_json_is_compressed_too(client: httpx.Client, coding: str) -> None:
    """Text is where it pays most."""
    body = json.dumps({"input": REGULAR[:5].tolist(), "training": False}).encode()
    reply = sent(client, coding, body, JSON, "/v1/dropout")
    assert reply.headers["Content-Encoding"] == coding
    assert json.loads(INFLATE[coding](reply.content))["output"] == REGULAR[:5].tolist()


@pytest.mark.parametrize("accept", ["identity", "br", "gzip;q=0", "*;q=0", "br, zstd"])
def test_a_reply_is_as_it_is_elsewhere(client: httpx.Client, accept: str) -> None:
    """Who takes neither gzip nor deflate gets the bytes themselves."""
    reply = sent(client, accept, file(REGULAR), NPY)
    assert "Content-Encoding" not in reply.headers
    assert reply.content == file(REGULAR)


def test_noise_is_not_compressed(client: httpx.Client) -> None:
    """Where compression takes nothing off, it is not done."""
    reply = sent(client, "gzip", NOISE.tobytes(), RAW, "/v1/dropout?training=false&dtype=float32")
    assert "Content-Encoding" not in reply.headers
    assert reply.content == NOISE.tobytes()


def test_small_replies_are_not_compressed(client: httpx.Client) -> None:
    """Nor where the reply fits a packet anyhow."""
    assert "Content-Encoding" not in sent(client, "gzip", file(REGULAR[0, :100]), NPY).headers


@pytest.mark.parametrize("path", ["/v2", "/v2/models/dropout", "/v2/models/dropout/config", "/v2/models/stats"])
def test_metadata_are_never_compressed(client: httpx.Client, path: str) -> None:
    """NVIDIA's client cannot read them then."""
    reply = client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert reply.status_code == 200
    assert "Content-Encoding" not in reply.headers


@pytest.mark.parametrize("path", ["/v1/dropout", "/v2/models/dropout/infer"])
def test_errors_are_never_compressed(client: httpx.Client, path: str) -> None:
    """Nor errors, however long."""
    fields = ",".join(f'"{"x" * 30}{number}": 1' for number in range(100))
    reply = sent(client, "gzip, deflate, br", f'{{"input": [1], "inputs": [], {fields}}}'.encode(), JSON, path)
    assert reply.status_code == 422
    assert len(reply.content) > 2**10
    assert "Content-Encoding" not in reply.headers
    assert reply.json()["code"] == "unknown_field"


FORMS = {
    "application/json": json.dumps(GOOD).encode(),
    "application/x-npy": file(np.array(GOOD["input"])),
    "application/octet-stream": np.array(GOOD["input"]).tobytes(),
}
QUERIES = {
    "application/json": "",
    "application/x-npy": "?p=0.4&seed=42",
    "application/octet-stream": "?p=0.4&seed=42&dtype=float64&shape=2,2",
}


@pytest.mark.parametrize("wanted", FORMS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_answered_in_every_form(client: httpx.Client, form: str, wanted: str) -> None:
    """What is sent in one form can be had in another, and says what it is."""
    headers = {"Content-Type": form, "Accept": wanted}
    reply = client.post(f"/v1/dropout{QUERIES[form]}", content=FORMS[form], headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == wanted
    readers: dict[str, Callable[[bytes], Any]] = {
        "application/json": lambda body: np.array(json.loads(body)["output"]),
        "application/x-npy": lambda body: np.load(io.BytesIO(body)),
        "application/octet-stream": lambda body: np.frombuffer(body).reshape(2, 2),
    }
    assert readers[wanted](reply.content).tolist() == client.post("/v1/dropout", json=GOOD).json()["output"]


@pytest.mark.parametrize("include", ["statistics", "output,mask", "output,statistics", ""])
def test_a_binary_reply_is_one_array(client: httpx.Client, include: str) -> None:
    """Another number of arrays cannot be had in binary, and JSON is named."""
    reply = client.post(f"/v1/dropout?include={include}", content=file(REGULAR), headers=NPY)
    assert "application/json" in refused(reply, 422, "unknown_value").detail


def test_a_binary_request_has_all_parts_in_json(client: httpx.Client) -> None:
    """In JSON they can."""
    headers = NPY | {"Accept": "application/json"}
    path = "/v1/dropout?include=output,mask,statistics"
    reply = client.post(path, content=file(REGULAR[:2, :3]), headers=headers).json()
    assert np.shape(reply["mask"]) == np.shape(reply["output"]) == (2, 3)
    assert reply["statistics"]["decisions"] == 6


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_json_cannot_say_is_not_said(client: httpx.Client, value: float) -> None:
    """NaN and infinity go through in binary; in JSON the elements are refused, and the statistics count them."""
    body = file(np.array([1.0, value]))
    assert client.post("/v1/dropout?p=0", content=body, headers=NPY).content == body
    headers = NPY | {"Accept": "application/json"}
    problem = refused(client.post("/v1/dropout?p=0", content=body, headers=headers), 422, "non_finite")
    assert "application/x-npy" in problem.detail
    counted = client.post("/v1/dropout?p=0&include=statistics", content=body, headers=headers).json()
    assert counted["statistics"]["output"]["non_finite"] == 1


def test_an_overflow_is_infinite_in_binary(client: httpx.Client) -> None:
    """As the layer does it; JSON has no word for that, and says so."""
    body, path = file(np.array([60000.0], "f2")), "/v1/dropout?p=0.5&seed=0&sample=1"
    assert np.isposinf(np.load(io.BytesIO(client.post(path, content=body, headers=NPY).content)))
    refused(client.post(path, content=body, headers=NPY | {"Accept": "application/json"}), 422, "overflow")


def test_a_given_mask_is_not_in_a_header(client: httpx.Client) -> None:
    """It is as large as the array, and headers are not."""
    body = {"input": [1.0] * 10**5, "mask": [True] * 10**5}
    reply = client.post("/v1/dropout", json=body, headers={"Accept": "application/x-npy"})
    assert np.load(io.BytesIO(reply.content)).tolist() == [2.0] * 10**5
    assert "mask" not in json.loads(reply.headers["Dropout-Replay"])


@pytest.mark.parametrize(
    "size", [10**6, 16 * 10**6, *(pytest.param(one, marks=pytest.mark.exhaustive) for one in (5 * 10**6, 10**7))]
)
def test_memory_is_two_arrays(service: Service, client: httpx.Client, size: int) -> None:
    """A body of n bytes is received into one buffer and answered from one: 2.5 n and 40 MB are never reached."""
    body = np.ones(size, "f4").tobytes()
    before = service.forget_peak()
    reply = client.post("/v1/dropout?dtype=float32&seed=1", content=body, headers=RAW)
    assert (reply.status_code, len(reply.content)) == (200, len(body))
    assert service.peak() - before < 2.5 * len(body) + 40e6
