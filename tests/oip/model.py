"""The model under test: requests made from its own metadata, and replies read back as arrays."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import quote

import httpx
import numpy as np
import pytest

HEADER: Final = "Inference-Header-Content-Length"
DATATYPES: Final = (
    {"BOOL": "?", "BYTES": "O"}
    | {f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)}
    | {f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)}
    | {f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)}
)
"""The protocol's, as numpy's of the same bytes; elements of BYTES are texts here."""
_LARGE: Final = 2**32 + 1
WRONG_SHAPES: Final[dict[str, Callable[[list[int]], Any]]] = {
    "more than the data": lambda shape: [*shape, 2],
    "less than the data": lambda shape: [*shape, 0],
    "negative": lambda shape: [*shape[:-1], -prod(shape[-1:])],
    "twice negative, so that the product is right": lambda shape: [-1, *shape[:-1], -prod(shape[-1:])],
    # of a number and its inverse: a server that multiplies in 64 bits finds nothing wrong
    "right modulo 2^64": lambda shape: [_LARGE, pow(_LARGE, -1, 2**64) * prod(shape) % 2**64],
    "fractional": lambda shape: [*shape, 1.5],
    "of strings": lambda shape: [str(length) for length in [*shape, 1]],
    "a number": prod,
    "null": lambda _: None,
    "left out": lambda _: ...,
}
"""Shapes that a tensor of the given shape cannot have."""
Array = np.ndarray[Any, np.dtype[Any]]
Members = dict[str, Any]
Refused = Callable[[httpx.Response], None]


def lacks(what: str) -> NoReturn:
    """End a test for want of something: as skipped, or, where nothing may be, as failed."""
    strict = os.environ.get("OIP_STRICT", "0" if "OIP_URL" in os.environ else "1") == "1"
    (pytest.fail if strict else pytest.skip)(f"the server or its model lacks {what}")


def but(members: Members, **changes: Any) -> Members:
    """An object with some members changed, or left out where the change is `...`."""
    return {name: value for name, value in (members | changes).items() if value is not ...}


def holds(value: Any, **types: type) -> None:
    """Hold an object to have members of these types."""
    found = {name: type(value.get(name)) for name in types}
    assert found == types


class Tensor(NamedTuple):
    """A tensor, and whether it came as binary data."""

    name: str
    datatype: str
    x: Array
    is_binary: bool = False

    @classmethod
    def some(cls, name: str, datatype: str, shape: Sequence[int]) -> "Tensor":
        """Small numbers, or short texts."""
        n = np.arange(prod(shape)).reshape(shape) % 7
        if datatype == "BYTES":
            return cls(name, datatype, np.array([f"text {i}" for i in n.flat], "O").reshape(shape))
        return cls(name, datatype, (n / 4 if datatype.startswith("FP") else n).astype(DATATYPES[datatype]))

    @property
    def data(self) -> bytes:
        """Its binary data."""
        if self.datatype != "BYTES":
            return self.x.tobytes()
        texts = [one.encode() for one in self.x.flat]
        return b"".join(len(one).to_bytes(4, "little") + one for one in texts)

    @property
    def described(self) -> Members:
        """What both forms of a request's input tell."""
        return {"name": self.name, "shape": list(self.x.shape), "datatype": self.datatype}

    @property
    def text(self) -> Members:
        """It as a request's input."""
        return self.described | {"data": self.x.ravel().tolist()}

    @property
    def binary(self) -> Members:
        """It as a request's input whose data follows the JSON."""
        return self.described | {"parameters": {"binary_data_size": len(self.data)}}


def _texts(data: bytes) -> Iterable[str]:
    while data:
        size = 4 + int.from_bytes(data[:4], "little")
        yield data[4:size].decode()
        data = data[size:]


def _shape(given: Sequence[int], first: int, others: int) -> list[int]:
    lengths = [first, *[others] * len(given)]
    return [variable if length < 0 else length for length, variable in zip(given, lengths, strict=False)]


class Answer(NamedTuple):
    """The reply to an inference."""

    head: Members
    outputs: Mapping[str, Tensor]
    headers: httpx.Headers


def read(reply: httpx.Response) -> Answer:
    """The answer that a reply is, once its parts are found to fit together."""
    assert reply.status_code == 200, reply.text
    size = int(reply.headers.get(HEADER, len(reply.content)))
    head, rest = json.loads(reply.content[:size]), reply.content[size:]
    outputs = {}
    for output in head["outputs"]:
        length = (output.get("parameters") or {}).get("binary_data_size")
        assert ("data" in output) == (length is None), "a tensor has either data or binary data"
        assert len(rest) >= (length or 0), f"{len(rest)} bytes are left of {length} that are announced"
        outputs[output["name"]] = _output(output, None if length is None else rest[:length])
        rest = rest[length or 0 :]
    assert not rest, f"{len(rest)} bytes follow the last tensor"
    assert len(outputs) == len(head["outputs"]), "an output comes twice"
    return Answer(head, outputs, reply.headers)


def _output(output: Members, data: bytes | None) -> Tensor:
    name, datatype, shape = output["name"], output["datatype"], output["shape"]
    assert datatype in DATATYPES
    assert [type(length) for length in shape] == [int] * len(shape)
    assert datatype != "BOOL" or {*(data or b"")} <= {0, 1}, "true is a byte of 1, false one of 0"
    if data is None:
        x = np.array(output["data"], DATATYPES[datatype])
    else:
        x = np.array([*_texts(data)], "O") if datatype == "BYTES" else np.frombuffer(data, DATATYPES[datatype])
    assert x.size == prod(shape), f"{name} has {x.size} elements and the shape {shape}"
    return Tensor(name, datatype, x.reshape(shape), is_binary=data is not None)


def same(one: Answer, other: Answer) -> None:
    """Hold two answers to have the same outputs, however they came."""
    assert one.outputs.keys() == other.outputs.keys()
    for name, tensor in one.outputs.items():
        assert tensor.datatype == other.outputs[name].datatype
        np.testing.assert_array_equal(tensor.x, other.outputs[name].x, strict=True)


class Model:
    """A model on a server, or one version of it; `parameters` go with every request."""

    def __init__(self, server: httpx.Client, name: str, version: str, parameters: Members) -> None:
        self.server = server
        self.name = name
        self.version = version
        self.parameters = parameters
        self.root = f"/v2/models/{quote(name, safe='')}"
        self.path = f"{self.root}/versions/{version}" if version else self.root

    @cached_property
    def extensions(self) -> list[str]:
        """What the server announces, or is said to have without announcing it."""
        announced = self.server.get("/v2").json().get("extensions", [])
        return [*announced, *os.environ.get("OIP_EXTENSIONS", "").split()]

    def needs(self, extension: str) -> None:
        """Go on only if the server announces an extension."""
        if extension not in self.extensions:
            lacks(f"{extension}: it announces {self.extensions}")

    @cached_property
    def metadata(self) -> Any:
        """The model's."""
        return self.server.get(self.path).json()

    @cached_property
    def config(self) -> Any:
        """The model's configuration, if the server tells it."""
        announced = "model_configuration" in self.extensions
        return self.server.get(f"{self.path}/config").json() if announced else {}

    @property
    def of_the_examples(self) -> "Model":
        """The model that the documents' examples ask, on a server that does not have it."""
        other = Model(self.server, "mymodel", "", {})
        return other if self.server.get(other.path).is_error else lacks("use for the examples: it has a `mymodel`")

    @property
    def versions(self) -> list[str]:
        """The versions that may be asked for."""
        return list(self.metadata.get("versions") or lacks("versions that its metadata name"))

    @property
    def most(self) -> int:
        """Requests in a batch: Triton's, the first axis, if the configuration tells of one."""
        return int(self.config.get("max_batch_size", 0))

    def inputs(self, first: int = 2, others: int = 3) -> list[Tensor]:
        """The inputs it cannot do without, with these lengths of axis 0 and of others where they are variable."""
        optional = [tensor["name"] for tensor in self.config.get("input", ()) if tensor.get("optional")]
        needed = [tensor for tensor in self.metadata["inputs"] if tensor["name"] not in optional]
        assert needed, "the suite makes requests from the inputs that the model's metadata describe"
        first = min(first, self.most or first)
        return [Tensor.some(of["name"], of["datatype"], _shape(of["shape"], first, others)) for of in needed]

    def empty(self) -> list[Tensor]:
        """The inputs without elements, if that may be; not without requests in a batch."""
        inputs = self.inputs(others=0) if self.most else self.inputs(first=0)
        return inputs if any(tensor.x.size == 0 for tensor in inputs) else lacks("an input of variable length")

    def outputs(self, **parameters: Any) -> list[Members]:
        """All its outputs, to be asked for."""
        more = {"parameters": parameters} if parameters else {}
        return [{"name": tensor["name"], **more} for tensor in self.metadata["outputs"]]

    def request(self, **changes: Any) -> Members:
        """A request for all there is in JSON, with some members changed, or left out where the change is `...`."""
        members = {"inputs": [tensor.text for tensor in self.inputs()], "outputs": self.outputs()}
        return but(members, **{"parameters": self.parameters or ...} | changes)

    def binary(self, *inputs: Tensor, **changes: Any) -> tuple[Any, ...]:
        """The parts of a request with binary inputs, by default its own, for all outputs as binary data."""
        sent = inputs or self.inputs()
        members = {"inputs": [tensor.binary for tensor in sent], "outputs": self.outputs(binary_data=True)}
        return self.request(**members | changes), *[tensor.data for tensor in sent]

    def post(self, request: Any = None, *data: bytes, query: str = "", **headers: str) -> httpx.Response:
        """The reply to a request, which is sent as it is if it is bytes, and the binary data after it.

        Headers have _ for -, and are left out if they are "".
        """
        head = request if isinstance(request, bytes) else json.dumps(request or self.request()).encode()
        fields = {HEADER: str(len(head))} if data else {}
        fields["Content-Type"] = "application/octet-stream" if data else "application/json"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in fields.items() if value}
        return self.server.post(f"{self.path}/infer{query}", content=b"".join([head, *data]), headers=sent)

    def infer(self, request: Any = None, *data: bytes, **more: str) -> Answer:
        """The answer to a request."""
        return read(self.post(request, *data, **more))
