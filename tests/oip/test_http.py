"""How HTTP carries it: media types, query strings, chunks, compression."""

import gzip
import json
import zlib
from collections.abc import Callable

import pytest

from .model import HEADER, Answer, Model, lacks, read, same

Compress = Callable[[bytes], bytes]
CODINGS = pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])


@pytest.mark.robust
@pytest.mark.parametrize("kind", ["application/octet-stream", "application/x-www-form-urlencoded", "text/plain"])
def test_content_type_is_ignored(model: Model, expected: Answer, kind: str) -> None:
    """JSON is JSON whatever it is called: tritonclient.http.aio and curl have their own names for it."""
    same(model.infer(Content_Type=kind), expected)


@pytest.mark.robust
def test_content_type_may_be_left_out(model: Model, expected: Answer) -> None:
    """As tritonclient.http leaves it out."""
    same(model.infer(Content_Type=""), expected)


@pytest.mark.robust
@pytest.mark.parametrize("path", ["/v2", "{path}", "/v2/health/live"])
def test_a_query_string_changes_nothing(model: Model, path: str) -> None:
    """Nobody asked for these parameters, and tritonclient's users send their own."""
    assert model.server.get(path.format(path=model.path), params={"test_1": 1}).status_code == 200


@pytest.mark.robust
def test_a_query_string_changes_no_inference(model: Model, expected: Answer) -> None:
    """Nor does an inference's."""
    same(model.infer(query="?test_1=1&test_2=x"), expected)


def test_a_request_may_come_in_chunks(model: Model, expected: Answer) -> None:
    """A body without Content-Length is a body (RFC 9112, 7.1)."""
    body, headers = json.dumps(model.request()).encode(), {"Content-Type": "application/json"}
    same(read(model.server.post(f"{model.path}/infer", content=iter([body[:9], body[9:]]), headers=headers)), expected)


@CODINGS
def test_a_request_may_be_compressed(model: Model, expected: Answer, coding: str, compress: Compress) -> None:
    """A server that takes a coding takes what it carries (RFC 9110, 8.4)."""
    body = compress(json.dumps(model.request()).encode())
    reply = model.post(body, Content_Encoding=coding)
    if reply.is_client_error or reply.status_code == 501:
        lacks(f"requests in Content-Encoding {coding}")
    same(read(reply), expected)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, deflate"])
@pytest.mark.usefixtures("expected")
def test_a_reply_is_compressed_as_the_client_can_read(model: Model, coding: str) -> None:
    """A reply has none but the codings that are offered, and says the same (RFC 9110, 12.5.3)."""
    inputs = [tensor.text for tensor in model.inputs(first=500, others=20)]
    answer = model.infer(model.request(inputs=inputs), Accept_Encoding=coding)
    assert answer.headers.get("Content-Encoding", "identity") in ["identity", *coding.split(", ")]
    same(answer, model.infer(model.request(inputs=inputs)))


@pytest.mark.robust
@CODINGS
@pytest.mark.usefixtures("expected")
def test_lengths_are_those_before_compression(model: Model, coding: str, compress: Compress) -> None:
    """The header tells the JSON's length in what is compressed, as tritonclient sends it and reads it."""
    model.needs("binary_tensor_data")
    plain = model.post(*model.binary(*model.inputs(first=500, others=20)))
    length, body = plain.request.headers[HEADER], compress(plain.request.content)
    reply = model.post(body, Inference_Header_Content_Length=length, Content_Encoding=coding, Accept_Encoding=coding)
    if reply.is_client_error or reply.status_code == 501:
        lacks(f"requests in Content-Encoding {coding}")
    same(read(reply), read(plain))


@pytest.mark.robust
@pytest.mark.parametrize("path", ["/v2", "{path}", "{path}/config", "{path}/stats", "/v2/models/no-such-model"])
def test_only_inferences_are_compressed(model: Model, path: str) -> None:
    """Metadata and errors come as they are, whatever is offered: tritonclient reads no others."""
    reply = model.server.get(path.format(path=model.path), headers={"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in reply.headers


@pytest.mark.robust
def test_an_inferences_error_is_not_compressed(model: Model) -> None:
    """So do errors of an inference."""
    assert "Content-Encoding" not in model.post(b"{", Accept_Encoding="gzip, deflate, br").headers
