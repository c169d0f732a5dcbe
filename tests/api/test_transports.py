"""The same call gives the same numbers by every way there is to send it."""

import io
import json
from collections.abc import Callable
from math import prod
from typing import Any, Final, NamedTuple

import httpx
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import FLOATS, BoolArray, Draw, FloatArray, Layer, dropout
from tests.api.expect import refused
from tests.core.oracle import bits

NPY: Final = "application/x-npy"
RAW: Final = "application/octet-stream"
DATATYPES: Final = {"float16": "FP16", "float32": "FP32", "float64": "FP64"}


class Case(NamedTuple):
    """An array and the scalar fields of a call."""

    x: FloatArray
    fields: dict[str, Any]

    @property
    def dtype(self) -> str:
        return self.x.dtype.name


class Answer(NamedTuple):
    """What came back: the output, or the mask."""

    array: np.ndarray[Any, np.dtype[Any]]
    replay: dict[str, Any]
    statistics: dict[str, Any]


Transport = Callable[[httpx.Client, Case, str], Answer]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Arrays of any float type, rank, memory order and byte order; any p, seed and offset."""
    dtype = draw(hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    # so that survivors are finite in float16 too, for JSON has no infinity
    elements = st.floats(-100, 100, width=16)
    x = draw(hnp.arrays(dtype, shape, elements=elements, fill=st.nothing()))
    words = st.integers(0, 2**64 - 1)
    fields = {
        "p": draw(st.floats(0, 0.99)),
        "seed": draw(words),
        "stream": draw(words),
        "offset": draw(st.integers(0, 2**64 - 1000)),
        "sample": draw(words),
        "training": draw(st.booleans()),
    }
    return Case(np.asfortranarray(x) if draw(st.booleans()) else x, fields)


def by_json(client: httpx.Client, case: Case, part: str) -> Answer:
    """Flat JSON with its shape."""
    body = {"input": case.x.astype("f8").ravel().tolist(), "shape": case.x.shape, "dtype": case.dtype}
    reply = client.post("/v1/dropout", json=body | case.fields | {"include": [part, "statistics"]}).json()
    dtype = bool if part == "mask" else case.dtype
    return Answer(np.array(reply[part], dtype).reshape(reply["shape"]), reply["replay"], reply["statistics"])


def by_nested_json(client: httpx.Client, case: Case, part: str) -> Answer:
    """Nested JSON, read from a binary reply."""
    if 0 in case.x.shape[:-1]:  # nested lists cannot tell what is behind a 0
        return by_json(client, case, part)
    body = {"input": case.x.astype("f8").tolist(), "dtype": case.dtype} | case.fields | {"include": [part]}
    return read_npy(client.post("/v1/dropout", json=body, headers={"Accept": NPY}))


def by_npy(client: httpx.Client, case: Case, part: str) -> Answer:
    """A file as numpy writes it, in whatever order the array is."""
    file = io.BytesIO()
    np.save(file, case.x)
    return read_npy(client.post("/v1/dropout", content=file.getvalue(), params=query(case, part), headers=typed(NPY)))


def by_raw(client: httpx.Client, case: Case, part: str) -> Answer:
    """Raw elements."""
    content = case.x.astype(case.x.dtype.newbyteorder("<")).tobytes()
    more = {"dtype": case.dtype, "shape": ",".join(map(str, case.x.shape))}
    reply = client.post("/v1/dropout", content=content, params=query(case, part) | more, headers=typed(RAW))
    shape = [int(length) for length in reply.headers["Dropout-Shape"].split(",") if length]
    if part == "mask":
        assert reply.headers["Dropout-Dtype"] == "bit"
        packed = np.frombuffer(reply.content, "u1")
        array = np.unpackbits(packed, count=prod(shape), bitorder="little").astype(bool)
    else:
        array = np.frombuffer(reply.content, np.dtype(reply.headers["Dropout-Dtype"]).newbyteorder("<"))
    return told(reply, array.reshape(shape))


def by_oip_json(client: httpx.Client, case: Case, part: str) -> Answer:
    """The Open Inference Protocol's JSON, which has no halves."""
    if case.dtype == "float16":
        return by_oip_binary(client, case, part)
    tensor = {"data": case.x.astype("f8").ravel().tolist()}
    reply = client.post(infer(case), content=json.dumps(inference(case, part, **tensor)))
    return of_inference(reply.json(), part, reply.json()["outputs"][0]["data"])


def by_oip_binary(client: httpx.Client, case: Case, part: str) -> Answer:
    """The Open Inference Protocol's binary tensors, both ways."""
    content = case.x.astype(case.x.dtype.newbyteorder("<")).tobytes()
    request = inference(case, part, parameters={"binary_data_size": len(content)})
    request["parameters"] |= {"binary_data_output": True}
    head = json.dumps(request).encode()
    size = {"Inference-Header-Content-Length": str(len(head))}
    reply = client.post(infer(case), content=head + content, headers=size)
    length = int(reply.headers["Inference-Header-Content-Length"])
    dtype = "?" if part == "mask" else np.dtype(case.dtype).newbyteorder("<")
    return of_inference(json.loads(reply.content[:length]), part, np.frombuffer(reply.content[length:], dtype))


def inference(case: Case, part: str, **tensor: Any) -> dict[str, Any]:
    """A request of the protocol."""
    of = {"name": "input", "shape": case.x.shape, "datatype": DATATYPES[case.dtype]}
    parameters = {name: text(value) if isinstance(value, list) else value for name, value in case.fields.items()}
    return {"inputs": [of | tensor], "parameters": parameters, "outputs": [{"name": part}]}


def infer(case: Case) -> str:
    """The path of the model."""
    return f"/v2/models/{case.fields.get('variant', 'dropout')}/infer"


def of_inference(reply: dict[str, Any], part: str, data: Any) -> Answer:
    """What a reply of the protocol says."""
    [output] = reply["outputs"]
    dtype = {name: of for of, name in DATATYPES.items()}.get(output["datatype"], bool)
    assert output["name"] == part
    return Answer(np.array(data, dtype).reshape(output["shape"]), reply["parameters"], reply["parameters"])


def query(case: Case, part: str) -> dict[str, str]:
    """The fields as a query."""
    return {name: text(value) for name, value in case.fields.items()} | {"include": part}


def text(value: Any) -> str:
    """A field as a query has it."""
    if isinstance(value, list):
        return ",".join(one if isinstance(one, str) else json.dumps(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def typed(media_type: str) -> dict[str, str]:
    """The header that names a type."""
    return {"Content-Type": media_type}


def read_npy(reply: httpx.Response) -> Answer:
    """What a file says."""
    return told(reply, np.load(io.BytesIO(reply.content), allow_pickle=False))


def told(reply: httpx.Response, array: np.ndarray[Any, np.dtype[Any]]) -> Answer:
    """What the headers of a binary reply say besides."""
    assert reply.status_code == 200, reply.text
    replay, statistics = (json.loads(reply.headers[f"Dropout-{name}"]) for name in ("Replay", "Statistics"))
    return Answer(array, replay, statistics)


TRANSPORTS: Final = (by_json, by_nested_json, by_npy, by_raw, by_oip_json, by_oip_binary)


def expected(case: Case) -> tuple[FloatArray, BoolArray]:
    """What the core makes of it."""
    places = {name: case.fields[name] for name in ("seed", "stream", "offset", "sample")}
    layer = Layer(p=case.fields["p"], training=case.fields["training"])
    result = dropout(case.x, layer=layer, draw=Draw(**places), masks=True)
    assert result.output is not None
    assert result.mask is not None
    return result.output, result.mask


@pytest.mark.parametrize("transport", TRANSPORTS)
@settings(max_examples=40)
@given(case=cases())
def test_every_way_gives_the_same_numbers(transport: Transport, client: httpx.Client, case: Case) -> None:
    """Output and mask are the core's bit for bit, whatever the type, order, rank, p, seed and offset."""
    output, mask = expected(case)
    assert bits(transport(client, case, "output").array) == bits(output)
    assert bits(transport(client, case, "mask").array) == bits(mask)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_way_tells_the_same(transport: Transport, client: httpx.Client) -> None:
    """What was done and what was counted are told alike: as JSON, in headers, as parameters."""
    case = Case(np.linspace(0, 1, 24, dtype="f4").reshape(4, 6), {"p": 0.25, "seed": 2**60, "offset": 5})
    answer, reference = transport(client, case, "output"), by_json(client, case, "output")
    for name in ("p", "training", "seed", "stream", "offset", "sample", "variant", "scaling", "dtype"):
        assert answer.replay[name] == reference.replay[name]
    for name in ("decisions", "dropped", "drop_rate"):
        assert answer.statistics[name] == reference.statistics[name]


@pytest.mark.parametrize("media_type", [NPY, RAW])
def test_a_replay_is_a_query(media_type: str, client: httpx.Client) -> None:
    """The header Dropout-Replay, sent back as a query with the same body, gives the same reply."""
    case = Case(np.linspace(0, 1, 24, dtype="f4").reshape(4, 6), {"p": 0.25, "noise_shape": [None, 1], "samples": 2})
    file = io.BytesIO()
    np.save(file, case.x)
    body = file.getvalue() if media_type == NPY else case.x.tobytes()
    first = {"p": "0.25", "noise_shape": "null,1", "samples": "2", "dtype": "float32"}
    first |= {} if media_type == NPY else {"shape": "4,6"}
    reply = client.post("/v1/dropout", content=body, params=first, headers=typed(media_type))
    assert reply.status_code == 200, reply.text
    replay = json.loads(reply.headers["Dropout-Replay"])
    again = {name: text(value) for name, value in replay.items()}
    second = client.post("/v1/dropout", content=body, params=again, headers=typed(media_type))
    assert second.content == reply.content
    assert json.loads(second.headers["Dropout-Replay"]) == replay
    assert second.headers["Dropout-Statistics"] == reply.headers["Dropout-Statistics"]


@pytest.mark.parametrize(("path", "job"), [("/v1/dropout", "output"), ("/v1/dropout/backward", "grad_input")])
def test_bfloat16_travels_raw(client: httpx.Client, path: str, job: str) -> None:
    """As raw elements in and out, and out as numbers that read back to the same; numpy's files have no name for it."""
    x = np.random.default_rng(1).normal(size=(40, 50)).astype(FLOATS["bfloat16"])
    wanted = dropout(x, layer=Layer(p=0.4), draw=Draw(seed=42), masks=True, gradient=job == "grad_input")
    fields = {"dtype": "bfloat16", "shape": "40,50", "p": "0.4", "seed": "42"}
    replies = {
        (accepted, part): client.post(
            path, content=x.tobytes(), params=fields | {"include": part}, headers=typed(RAW) | {"Accept": accepted}
        )
        for accepted in (RAW, NPY, "application/json")
        for part in (job, "mask")
    }
    assert replies[RAW, job].content == wanted.output.tobytes()  # type: ignore[union-attr]
    assert replies[RAW, job].headers["Dropout-Dtype"] == "bfloat16"
    told = replies["application/json", job].json()
    assert bits(np.array(told[job], "f4").astype(x.dtype)) == bits(wanted.output)  # type: ignore[arg-type]
    assert told["dtype"] == told["replay"]["dtype"] == "bfloat16"
    assert bits(read_npy(replies[NPY, "mask"]).array) == bits(wanted.mask)  # type: ignore[arg-type]
    assert RAW in refused(replies[NPY, job], 406, "not_acceptable").detail
