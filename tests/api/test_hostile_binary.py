"""Hostile files, raw bytes and inferences over HTTP: an error the client can mend, and a service as before."""

import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import Any, Final

import httpx
import numpy as np
import pytest

from app.api.problems import PROBLEMS
from app.errors import Code
from app.wire.oip.metadata import ErrorReply
from app.wire.problem import Problem
from tests.api.expect import GOOD, MOST
from tests.service import Service
from tests.wire.binary import files
from tests.wire.oip import requests

NPY: Final = "application/x-npy"
RAW: Final = "application/octet-stream"
INFER: Final = "/v2/models/dropout/infer"
X: Final = np.array(GOOD["input"])
EXPECTED: Final = np.array([[0.0, 0.3114 * (1 / 0.6)], [0.0, 0.4634 * (1 / 0.6)]])
FIELDS: Final = {"p": "0.4", "seed": "42"}
INFERENCE: Final = {
    "inputs": [{"name": "input", "shape": [2, 2], "datatype": "FP64", "data": GOOD["input"]}],
    "parameters": {"p": 0.4, "seed": 42},
}


def post(client: httpx.Client, body: bytes, media_type: str, query: Any = None, **headers: str) -> httpx.Response:
    """A reply to a binary body."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/dropout", content=body, params=query, headers={"Content-Type": media_type} | more)


def infer(client: httpx.Client, body: bytes, header: str = "", **headers: str) -> httpx.Response:
    """A reply to an inference; `header` is that of its JSON's length, "" for none."""
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    length = [(b"Inference-Header-Content-Length", header.encode("latin-1"))] if header else []
    return client.post(INFER, content=body, headers=[*fields, *length])


def refused(reply: httpx.Response, status: int, code: str, error: type[Problem] = Problem) -> Problem:
    """The problem a reply is, in the form that its path has for them, once it fits all that is promised of them."""
    form = "application/problem+json" if error is Problem else "application/json"
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, form), reply.text
    assert reply.content.isascii()
    assert len(reply.content) <= 2**13
    problem = error.model_validate_json(reply.content, strict=True)
    assert (problem.code, problem.status, problem.type) == (code, status, f"/problems/{code}")
    assert (problem.errors[0].code, problem.errors[0].message) == (code, problem.detail)
    assert problem.request_id == reply.headers["X-Request-ID"]
    assert 1 <= len(problem.errors) <= 16
    for word in ("Traceback", "site-packages", "pydantic", "/numpy/", "ast.", "/app/"):
        assert word not in reply.text
    return problem


def refused_inference(reply: httpx.Response, status: int, code: str) -> Problem:
    """The same of /v2, whose errors say in `error` what the problem's detail says."""
    error = refused(reply, status, code, ErrorReply)
    assert isinstance(error, ErrorReply)
    assert error.error == error.detail
    return error


def works_as_file(client: httpx.Client) -> None:
    """A file is still answered right."""
    file = io.BytesIO()
    np.save(file, X)
    found = np.load(io.BytesIO(post(client, file.getvalue(), NPY, FIELDS).content), allow_pickle=False)
    assert np.array_equal(found, EXPECTED)


def works_as_raw(client: httpx.Client) -> None:
    """Raw elements are still answered right."""
    query = FIELDS | {"dtype": "float64", "shape": "2,2"}
    assert np.array_equal(np.frombuffer(post(client, X.tobytes(), RAW, query).content).reshape(2, 2), EXPECTED)


def works_as_inference(client: httpx.Client) -> None:
    """An inference is still answered right."""
    outputs = infer(client, json.dumps(INFERENCE).encode()).json()["outputs"]
    assert outputs[0]["data"] == EXPECTED.ravel().tolist()


def works(client: httpx.Client) -> None:
    """The service still does its work, in each of the formats."""
    works_as_file(client)
    works_as_raw(client)
    works_as_inference(client)


def status_of(code: Any) -> int:
    """The status of a code."""
    known: Code = code
    return PROBLEMS[known].status


def test_hostile_files_are_refused(client: httpx.Client, subtests: pytest.Subtests) -> None:
    """Each gets 400, 413 or 422 as a small problem, and the next request is answered as if nothing had been."""
    for name, hostile in files.HOSTILE.items():
        with subtests.test(name):
            problem = refused(post(client, hostile.body, NPY, FIELDS), status_of(hostile.code), hostile.code)
            assert problem.errors[0].pointer == "/input"
            works_as_file(client)


def test_hostile_inferences_are_refused(client: httpx.Client, subtests: pytest.Subtests) -> None:
    """Each gets 400, 413 or 422 as an error of the protocol's, and the next request is answered as before."""
    for name, hostile in requests.HOSTILE.items():
        with subtests.test(name):
            reply = infer(client, hostile.body, hostile.header)
            error = refused_inference(reply, status_of(hostile.code), hostile.code)
            assert error.errors[0].pointer == hostile.pointer
            works_as_inference(client)


def send_all(client: httpx.Client) -> None:
    """Both corpora, one request after another."""
    for file in files.HOSTILE.values():
        assert 400 <= post(client, file.body, NPY).status_code < 500
    for request in requests.HOSTILE.values():
        assert infer(client, request.body, request.header).status_code >= 400


def test_memory_stays_flat(service: Service, client: httpx.Client) -> None:
    """Once warm, all of them take no more memory than four times the largest body among them."""
    send_all(client)
    before = service.forget_peak()
    send_all(client)
    assert service.peak() - before < LARGEST * 4
    works(client)


LARGEST: Final = max(len(request.body) for request in requests.HOSTILE.values())


def test_small_ones_take_no_memory(service: Service, client: httpx.Client) -> None:
    """Files that ask for terabytes, and shapes that do, are refused without memory for them."""
    works(client)
    before = service.forget_peak()
    for file in files.HOSTILE.values():
        post(client, file.body, NPY)
    for request in requests.HOSTILE.values():
        if len(request.body) < 2**16:
            infer(client, request.body, request.header)
    assert service.peak() - before < 2**21


@pytest.mark.parametrize("media_type", ["application/json", RAW, "application/X-NPY"])
def test_a_file_is_only_what_its_type_says(client: httpx.Client, media_type: str) -> None:
    """A file is not guessed to be one: the type decides, in any case."""
    reply = post(client, files.GOOD, media_type)
    if media_type.lower() == NPY:
        assert reply.status_code == 200
    else:
        refused(reply, *((422, "missing_field") if media_type == RAW else (400, "malformed_json")))


# Raw bytes

SIX: Final = np.arange(6, dtype="<f4").tobytes()
ONE: Final = SIX[4:8]
TWO_TO_64: Final = str(2**64)


Row = tuple[str, bytes, str, str]


def raw(code: str, pointer: str, query: str, content: bytes = SIX) -> Row:
    """A row of the table."""
    return query, content, code, pointer


def typed(code: str, pointer: str, *queries: str) -> list[Row]:
    """A row for each query, beside the right type."""
    return [raw(code, pointer, f"dtype=float32&{query}") for query in queries]


ELEMENTS: Final[list[Row]] = [
    # lengths
    raw("length_mismatch", "/input", "dtype=float32", SIX + b"x"),
    raw("length_mismatch", "/input", "dtype=float32", SIX[:-1]),
    raw("length_mismatch", "/input", "dtype=float64", SIX + ONE),
    raw("length_mismatch", "/input", "dtype=float16", b"x"),
    raw("length_mismatch", "/input", "dtype=float64&shape=2,3"),
    raw("length_mismatch", "/input", "dtype=float16&shape=2,3"),
    raw("length_mismatch", "/input", "dtype=float32&shape=2,3", b""),
    raw("length_mismatch", "/input", "dtype=float32&shape=0"),
    raw("length_mismatch", "/input", "dtype=float32&shape=0,5"),
    raw("length_mismatch", "/input", "dtype=float32&shape="),
    raw("length_mismatch", "/input", "dtype=float32&shape=2,3", SIX * 2),
    raw("length_mismatch", "/input", "dtype=float32&shape=2,3", SIX + ONE),
    raw("length_mismatch", "/input", "dtype=float32&shape=2,3", files.GOOD),
    # shapes
    *typed("length_mismatch", "/input", "shape=5", "shape=3,3", "shape=2,13,419,691,823,2977518503"),
    *typed("length_mismatch", "/input", f"shape={2**31}", f"shape={2**62},4", f"shape={TWO_TO_64},6"),
    *typed("length_mismatch", "/input", f"shape={'9' * 5000}"),
    *typed("rank_too_high", "/shape", f"shape={','.join(['2'] * 65)}"),
    raw("rank_too_high", "/shape", f"dtype=float32&shape={','.join(['9'] * 5000)}"),
    raw("rank_too_high", "/shape", f"dtype=float32&shape={','.join(['1'] * 33)}", ONE),
    raw("rank_too_high", "/shape", f"dtype=float32&shape={','.join(['1'] * 65)}", ONE),
    raw("rank_too_high", "/shape", f"dtype=float32&shape={','.join(['1'] * 5000)}", ONE),
    raw("too_many_elements", "/shape", f"dtype=float32&shape=0,{2**62}", b""),
    raw("too_many_elements", "/shape", f"dtype=float32&shape={TWO_TO_64},0,{TWO_TO_64}", b""),
    *typed("out_of_range", "/shape/0", "shape=-1", "shape=-6", "shape=-2,-3", f"shape=-{TWO_TO_64}"),
    *typed("wrong_type", "/shape/0", "shape=6.0", "shape=6e0", "shape=six", "shape=[2,3]", "shape=(2,3)", "shape=6;1"),
    *typed("wrong_type", "/shape/0", "shape=06", "shape=%2B6", "shape=0x6", "shape=6_0", "shape=%D9%A6", "shape=true"),
    *typed("wrong_type", "/shape/0", "shape=null", "shape=NaN", "shape=%00", "shape=,", "shape=2x3", "shape=2%203"),
    *typed("wrong_type", "/shape/1", "shape=6,", "shape=6,,1", "shape=2,a"),
    # types
    *(raw("missing_field", "/dtype", query) for query in ("", "shape=6", "p=0.5")),
    *(
        raw("unknown_value", "/dtype", f"dtype={name}")
        for name in (
            "",
            "int8",
            "<f4",
            "f4",
            "FP32",
            "Float32",
            "float32,",
            "bf16",
            "float128",
            "object",
            "null",
        )
    ),
    # fields
    *typed("duplicate_key", "", "dtype=float32", "shape=6&shape=6", "p=0.5&p=0.5", "x=1&x=1", "%70=0.5&p=0.5"),
    *typed("unknown_field", "/input", "input=1"),
    *typed("unknown_field", "/mask", "mask=true"),
    *typed("unknown_field", "/P", "P=0.5"),
    *typed("unknown_field", "/", "=1"),
    *typed("unknown_field", "/a~1b~0", "a/b~=1"),
    raw("unknown_field", "/" + "x" * 37 + "...", f"dtype=float32&{'x' * 5000}=1"),
    *typed("wrong_type", "/p", "p=", "p=half", "p=.5", "p=1.", "p=%2B0.5", "p=0,5", "p=0.5%20", "p=true", "p=null"),
    *typed("non_finite", "/p", "p=NaN", "p=Infinity", "p=-Infinity", "p=1e999"),
    *typed("out_of_range", "/p", "p=1.5", "p=-0.1", "p=1e300"),
    *typed("wrong_type", "/seed", "seed=1.0", "seed=1e3", "seed=x", "seed=true", "seed="),
    *typed("out_of_range", "/seed", "seed=-1", f"seed={TWO_TO_64}", f"seed={'9' * 5000}"),
    *typed("wrong_type", "/training", "training=1", "training=True", "training=yes", "training="),
    *typed("wrong_type", "/noise_shape/0", "noise_shape=x", "noise_shape=1.0"),
    *typed("noise_shape_mismatch", "/noise_shape", "noise_shape=1,1", "noise_shape="),
    *typed("noise_shape_mismatch", "/noise_shape/0", "noise_shape=5", "noise_shape=0"),
    *typed("unknown_value", "/include", "include=output,mask", "include=statistics", "include="),
    *typed("unknown_value", "/include/0", "include=input", "include=Output"),
    *typed("unknown_value", "/variant", "variant=dropout9d", "variant=", "variant=null"),
    *typed("conflicting_fields", "/keep_prob", "p=0.5&keep_prob=0.5"),
    *typed("conflicting_fields", "/samples", "sample=0&samples=1"),
    *typed("too_many_elements", "/samples", "samples=10001", f"samples={'9' * 99}"),
]


def test_hostile_raw_bytes_are_refused(client: httpx.Client, subtests: pytest.Subtests) -> None:
    """Bytes and a query that do not make an array and a call are refused, with the field that is wrong."""
    for query, content, code, pointer in ELEMENTS:
        with subtests.test(query=query[:60], size=len(content)):
            reply = client.post(f"/v1/dropout?{query}", content=content, headers={"Content-Type": RAW})
            assert refused(reply, status_of(code), code).errors[0].pointer == pointer
            works_as_raw(client)


def test_bytes_in_any_query_are_refused(client: httpx.Client) -> None:
    """Escapes that are no UTF-8, half surrogates and null bytes are unknown fields, told in ASCII."""
    for name in ("%ff", "%ed%a0%80", "%00", "%", "%zz", "%f0%9f%92%a7" * 500):
        reply = client.post(f"/v1/dropout?dtype=float32&{name}=1", content=SIX, headers={"Content-Type": RAW})
        refused(reply, 422, "unknown_field")
    works(client)


def test_many_fields_make_a_small_error(client: httpx.Client) -> None:
    """A thousand unknown fields are answered with sixteen."""
    query = "&".join(f"{'x' * 40}{number}=1" for number in range(1000))
    reply = client.post(f"/v1/dropout?{query}", content=SIX, headers={"Content-Type": RAW})
    assert len(refused(reply, 422, "unknown_field").errors) == 16
    works(client)


@pytest.mark.parametrize("query", ["p=0.5", "seed=42", "input=1", "x=1", "=", "dtype=float32", "p=0.5&p=0.5"])
def test_a_query_beside_json_is_refused(client: httpx.Client, query: str) -> None:
    """The fields of a JSON body stand in the body: a query is not passed by."""
    reply = client.post(f"/v1/dropout?{query}", json=GOOD)
    name = query.partition("=")[0]
    assert refused(reply, 422, "unknown_field").errors[0].pointer == f"/{name}"
    works(client)


@pytest.mark.parametrize(("name", "pointer"), [("a/b", "/a~1b"), ("a~b", "/a~0b")])
def test_a_pointer_into_a_query_is_a_json_pointer(client: httpx.Client, name: str, pointer: str) -> None:
    """A name with the signs of JSON pointers is escaped as they are, beside JSON too."""
    reply = client.post(f"/v1/dropout?{name}=1", json=GOOD)
    assert refused(reply, 422, "unknown_field").errors[0].pointer == pointer


# Bombs


def file_bomb() -> bytes:
    """A file of 4 million zeros."""
    return files.file(files.head(shape=f"({2**22},)"), bytes(2**25))


def json_bomb() -> bytes:
    """An inference of 17 million zeros."""
    return requests.request().replace(b"[1, 2]", b"[" + b"0," * 2**24 + b"0]")


BOMBS: Final = {"npy": file_bomb, "raw": lambda: bytes(2**25), "inference": json_bomb}


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_defused(small: Service, kind: str, encoding: str, pack: Callable[..., bytes]) -> None:
    """What inflates to 32 MiB is refused as too large in every format, and memory stays flat."""
    bomb = pack(BOMBS[kind](), 1)
    assert len(bomb) < MOST
    works(small.client)
    before = small.forget_peak()
    if kind == "inference":
        refused_inference(infer(small.client, bomb, Content_Encoding=encoding), 413, "body_too_large")
    else:
        reply = post(small.client, bomb, NPY if kind == "npy" else RAW, Content_Encoding=encoding)
        refused(reply, 413, "body_too_large")
    assert small.peak() - before < 12 * MOST
    works(small.client)


@pytest.mark.parametrize("size", [MOST + 1, 2 * MOST])
def test_a_body_too_large_is_refused(small: Service, size: int) -> None:
    """A file, raw bytes or an inference over the limit is 413, and names the limit and its setting."""
    for media_type in (NPY, RAW):
        problem = refused(post(small.client, bytes(size), media_type), 413, "body_too_large")
        assert str(MOST) in problem.detail
    error = refused_inference(infer(small.client, bytes(size)), 413, "body_too_large")
    assert "DROPOUT_MAX_BODY_BYTES" in error.detail
    works(small.client)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_what_is_hostile_is_so_compressed(client: httpx.Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    """A hostile file or request is refused alike when it comes compressed."""
    for file in list(files.HOSTILE.values())[::10]:
        refused(post(client, pack(file.body), NPY, Content_Encoding=encoding), status_of(file.code), file.code)
    for request in list(requests.HOSTILE.values())[::10]:
        reply = infer(client, pack(request.body), request.header, Content_Encoding=encoding)
        refused_inference(reply, status_of(request.code), request.code)
    works(client)


@pytest.mark.parametrize(
    "body", [b"", b"\x1f\x8b", gzip.compress(files.GOOD)[:-1], files.GOOD], ids=["empty", "begun", "cut off", "plain"]
)
def test_what_is_not_compressed_as_it_says_is_malformed(client: httpx.Client, body: bytes) -> None:
    """A body that is no gzip is 400 in every format."""
    for media_type in (NPY, RAW):
        refused(post(client, body, media_type, Content_Encoding="gzip"), 400, "malformed_encoding")
    refused_inference(infer(client, body, Content_Encoding="gzip"), 400, "malformed_encoding")
    works(client)


@pytest.mark.parametrize("path", ["/v2/models/x/infer", "/v2/models/dropout/versions/9/infer", "/v2/models/%00/infer"])
def test_what_is_no_model_is_not_found(client: httpx.Client, path: str) -> None:
    """A model that is not there is 404 before its body is read."""
    refused_inference(client.post(path, content=b"\0"), 404, "model_not_found")
    works(client)
