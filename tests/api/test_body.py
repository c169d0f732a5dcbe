"""A request's body: its type, its compression, its size."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from time import thread_time
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.body import inflating, media_type
from app.errors import DropoutError, Malformed, TooLarge
from tests.api.expect import GOOD, MOST, OUTPUT, answered, post, refused, works
from tests.service import Service

BODY: Final = json.dumps(GOOD).encode()
# without the hour: it stands in names of tests, which every process has to find alike
ZIPPED: Final = gzip.compress(BODY, mtime=0)
HEAD: Final = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"


def raw(content: bytes) -> bytes:
    """Deflate without a header, as some clients send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw),
}
PACKED = pytest.mark.parametrize(("encoding", "pack"), PACKERS.values(), ids=PACKERS)


def inflate(body: bytes | bytearray, encoding: str, most: int) -> bytes:
    """All of what a body inflates to."""
    *_, content = inflating(bytearray(body), encoding, most)
    return bytes(content)


# Types


JSONS: Final = [
    "application/json",
    "Application/JSON",
    "application/json;",
    *(f"application/json; charset={name}" for name in ("utf-8", "UTF-8", "utf8", "UTF8", "utf_8", "us-ascii", "ASCII")),
    *(f"application/json; charset={name}" for name in ('"utf-8"', '"UTF-8"', "ansi_x3.4-1968", "")),
    "application/json;charset=utf-8;odata=verbose",
    "application/json;odata.metadata=minimal;odata.streaming=true",
    "application/json; version=1",
    "application/json; indent=4; q=0.9",
    "application/json ; charset = utf-8",
    'application/json; profile="https://example.com/a;b, c"',
    "application/json; charset*=us-ascii'en'utf-8",
    "application/json; " + "x=1; " * 300,
]
"""How clients write the type: axios, .NET, OData, Django, Spring, hand-written ones."""
STRANGE: Final = [
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    *(f"application/json; charset={name}" for name in ("latin-1", "utf-16", "utf-8-sig", "utf-7", "binary", "x")),
    "application/jsonx",
    "application/x-np",
    "application/json, application/json",
    "application/json/x",
    "json",
    "application/",
    "",
    "x" * 5000,
    "é",
    ";charset=utf-8",
]


@pytest.mark.parametrize("value", JSONS)
def test_json_is_taken(value: str) -> None:
    """Its name counts, in any case; the charset may be any spelling of the one that JSON has, the rest anything."""
    assert media_type(value, ["application/json"]) == "application/json"


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-npy"])
@pytest.mark.parametrize("more", ["", "; charset=binary", "; charset=utf-16", '; type="float;32"', ";", "; padding=8"])
def test_bytes_have_no_charset(kind: str, more: str) -> None:
    """Of a body that is no text, parameters mean nothing: `file -bi` prints a charset of binary."""
    assert media_type(kind + more, ["application/json", kind]) == kind


@pytest.mark.parametrize("value", STRANGE)
def test_other_types_are_not(client: httpx.Client, value: str) -> None:
    """Another type, or text in another charset, is refused, not guessed, and the sentence says which it is."""
    reply = client.post("/v1/dropout", content=BODY, headers={b"Content-Type": value.encode("latin-1")})
    detail = refused(reply, 415, "unsupported_media_type").detail
    assert detail.startswith(
        "text must be UTF-8" if value.startswith("application/json; ") else "Content-Type must be "
    )


def test_a_type_is_read_in_no_time() -> None:
    """A header of 64 KiB of parameters and quotes costs a few milliseconds."""
    began = thread_time()
    for filler in (";", '"', '";', "=", '\\"', "x;"):
        media_type('application/json; x="' + filler * 2**15, ["application/json"])
    assert thread_time() - began < 0.1


def test_a_type_is_of_a_request(client: httpx.Client) -> None:
    """What is taken is answered, and what is refused leaves the service as it was."""
    assert answered(post(client, BODY, Content_Type=JSONS[3]))["output"] == OUTPUT
    reply = client.post(
        "/v1/dropout?dtype=float32", content=b"", headers={"Content-Type": "application/octet-stream; charset=binary"}
    )
    assert reply.status_code == 200
    works(client)


def test_a_type_is_needed(client: httpx.Client) -> None:
    """A body without a type is refused."""
    refused(client.post("/v1/dropout", content=BODY), 415, "unsupported_media_type")


# Compression


@PACKED
def test_compressed_bodies_are_taken(client: httpx.Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    """A body in gzip, or in deflate with its header or without, is the body."""
    assert answered(post(client, pack(BODY), Content_Encoding=encoding))["output"] == OUTPUT
    assert answered(post(client, pack(BODY), Content_Encoding=encoding.upper()))["output"] == OUTPUT


def test_identity_is_no_compression(client: httpx.Client) -> None:
    """The name of no compression is taken."""
    assert answered(post(client, BODY, Content_Encoding="identity"))["output"] == OUTPUT


@pytest.mark.parametrize("value", ["br", "zstd", "compress", "gzip, gzip", "utf-8", "x" * 1000])
def test_other_compressions_are_not(client: httpx.Client, value: str) -> None:
    """A compression that is not read here is refused, not passed by."""
    refused(post(client, BODY, Content_Encoding=value), 415, "unsupported_media_type")


@PACKED
@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=3))
def test_inflating_undoes_packing(
    encoding: str, pack: Callable[[bytes], bytes], content: bytes, cuts: list[int]
) -> None:
    """Any bytes come out as they went in; gzip files may follow each other, empty ones too."""
    ends = sorted(cuts) if "gzip" in encoding else []
    parts = [content[a:b] for a, b in zip([0, *ends], [*ends, None], strict=True)]
    assert inflate(b"".join(map(pack, parts)), encoding, 300) == content


@PACKED
@given(data=st.data(), content=st.binary(min_size=1, max_size=100))
def test_what_is_cut_off_is_malformed(
    encoding: str, pack: Callable[[bytes], bytes], data: st.DataObject, content: bytes
) -> None:
    """A compressed body without its end, from the first byte on, is refused."""
    packed = pack(content)
    with pytest.raises(Malformed):
        inflate(bytearray(packed[: data.draw(st.integers(0, len(packed) - 1))]), encoding, 1000)


@PACKED
@given(noise=st.binary(max_size=100))
def test_any_bytes_are_inflated_or_refused(encoding: str, pack: Callable[[bytes], bytes], noise: bytes) -> None:
    """Bytes that are no compressed body are malformed, and so is what follows one."""
    for body in (noise, pack(BODY) + noise):
        try:
            inflate(bytearray(body), encoding, 1000)
        except DropoutError as error:
            code = error.faults[0].code
        else:
            code = "malformed_encoding"
        assert code in {"malformed_encoding", "body_too_large"}


@pytest.mark.parametrize("extra", [-1, 0, 1])
@PACKED
def test_a_limit_is_held_to_the_byte(encoding: str, pack: Callable[[bytes], bytes], extra: int) -> None:
    """As many bytes as allowed are inflated, and one more is too much."""
    packed = bytearray(pack(b"x" * (MOST + extra)))
    if extra <= 0:
        assert len(inflate(packed, encoding, MOST)) == MOST + extra
    else:
        with pytest.raises(TooLarge, match=rf"{MOST} bytes \(DROPOUT_MAX_BODY_BYTES\)"):
            inflate(packed, encoding, MOST)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", BODY),
        ("deflate", BODY),
        ("gzip", zlib.compress(BODY)),
        ("gzip", ZIPPED[:-1]),
        ("gzip", ZIPPED[:10]),
        ("gzip", ZIPPED + b"x"),
        ("gzip", b""),
        ("deflate", b""),
        ("deflate", zlib.compress(BODY)[:-1]),
        ("deflate", zlib.compress(BODY)[:-4] + b"1234"),
        ("gzip", ZIPPED[:-8] + b"12345678"),
    ],
)
def test_bodies_not_as_their_header_says_are_malformed(client: httpx.Client, encoding: str, body: bytes) -> None:
    """Truncated, corrupt, or another format: 400."""
    refused(post(client, body, Content_Encoding=encoding), 400, "malformed_encoding")
    works(client)


def test_many_files_are_inflated_in_linear_time() -> None:
    """A MiB of empty gzip files is nothing to wait for: none is copied for each of the others."""
    began = thread_time()
    assert inflate(bytearray(gzip.compress(b"") * (MOST // 20)), "gzip", MOST) == b""
    assert thread_time() - began < 2


# Size


@pytest.mark.parametrize("size", [MOST + 1, 2 * MOST, 8 * MOST])
def test_a_body_declared_too_large_is_refused(small: Service, size: int) -> None:
    """More than the limit is refused, and the limit and its setting named."""
    problem = refused(post(small.client, b" " * size), 413, "body_too_large")
    assert str(MOST) in problem.detail
    assert "DROPOUT_MAX_BODY_BYTES" in problem.detail
    works(small.client)


def test_a_body_of_the_limit_is_taken(small: Service) -> None:
    """The limit itself is allowed."""
    assert (
        answered(post(small.client, BODY.replace(b"[[", b"[" + b" " * (MOST - len(BODY)) + b"[")))["output"] == OUTPUT
    )


def test_a_body_declared_too_large_is_refused_unseen(small: Service) -> None:
    """The answer does not wait for a body whose header says that it is too large."""
    with httpx.Client(base_url=small.url, trust_env=False, timeout=10) as client:
        answer = small.exchange(HEAD + b"Content-Length: 10000000000\r\n\r\n", finish=True)
        assert answer.startswith(b"HTTP/1.1 413 ")
        works(client)


def test_a_body_in_chunks_too_large_is_refused(small: Service) -> None:
    """Chunks are counted, however many are still to come, and memory stays flat."""
    works(small.client)
    before = small.forget_peak()
    refused(post_chunks(small.client, repeat(b" " * 2**16, 1024)), 413, "body_too_large")
    assert small.peak() - before < 8 * MOST
    works(small.client)


def post_chunks(client: httpx.Client, chunks: Iterator[bytes]) -> httpx.Response:
    """A reply to a body whose length is not told."""
    return client.post("/v1/dropout", content=chunks, headers={"Content-Type": "application/json"})


def test_a_body_in_small_chunks_is_taken(client: httpx.Client) -> None:
    """A body is the same in chunks of a byte."""
    assert answered(post_chunks(client, (bytes([byte]) for byte in BODY)))["output"] == OUTPUT


@pytest.mark.parametrize("pack", [gzip.compress, raw, lambda zeros: gzip.compress(zeros[: 2**20]) * 32])
def test_a_bomb_is_defused(small: Service, pack: Callable[[bytes], bytes]) -> None:
    """33 KB that inflate to 32 MiB are refused as too large, and memory stays flat."""
    bomb = pack(bytes(2**25))
    assert len(bomb) < 50_000
    works(small.client)
    before = small.forget_peak()
    for encoding in ("gzip", "deflate"):
        reply = post(small.client, bomb, Content_Encoding=encoding)
        assert reply.status_code in {400, 413}
        refused(reply, reply.status_code, "body_too_large" if reply.status_code == 413 else "malformed_encoding")
    assert small.peak() - before < 12 * MOST
    works(small.client)


@pytest.mark.parametrize(
    "lie",
    [
        b"Content-Length: 1000\r\n\r\n" + BODY,
        b"Content-Length: 10\r\n\r\n" + BODY,
        b"Content-Length: -1\r\n\r\n" + BODY,
        b"Content-Length: 1e3\r\n\r\n" + BODY,
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + BODY,
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        b"\r\n" + BODY,
    ],
    ids=lambda lie: str(lie[:40]),
)
def test_a_length_that_lies_harms_nobody(small: Service, lie: bytes) -> None:
    """A length that disagrees with the bytes is refused, or the connection closed; the next request is right."""
    answer = small.exchange(HEAD + lie, finish=True)
    assert answer[:13] in {b"", b"HTTP/1.1 400 ", b"HTTP/1.1 413 "}
    works(small.client)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("", {"input": [1.0]}),
        ("/backward", {"grad_output": [1.0], "seed": 1}),
        ("/mask", {"shape": [1]}),
        ("/simulate", {"shape": [1]}),
        ("/verify", {"input": [1.0], "output": [2.0]}),
    ],
)
def test_no_field_is_overlooked_in_the_query(client: httpx.Client, path: str, fields: dict[str, object]) -> None:
    """With a JSON body, all fields stand in it: one in the query is refused by every call."""
    assert client.post(f"/v1/dropout{path}", json=fields).is_success
    reply = client.post(f"/v1/dropout{path}", json=fields, params={"p": 0.9})
    assert refused(reply, 422, "unknown_field").errors[0].pointer == "/p"
