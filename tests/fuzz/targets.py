"""What is fed to a parser, and what must hold: it refuses with `DropoutError`, or has read what others read, too."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf, prod
from typing import Any, Final, NamedTuple

import numpy as np
from pydantic import TypeAdapter

from app.api import examples
from app.core import VARIANTS
from app.errors import DropoutError
from app.wire.binary import npy, npz
from app.wire.json.array import array
from app.wire.json.envelope import read_envelope
from app.wire.json.text import NUMBERS
from app.wire.oip import infer
from app.wire.oip.infer import Inference
from app.wire.oip.tensor import BOOL, DATATYPES
from app.wire.task import Query, Sent, Task
from app.wire.verify import ARRAYS, VERIFY, VerifyReply
from tests.core.oracle import bits
from tests.wire.binary import archives, files
from tests.wire.given import LIMITS, content
from tests.wire.oip import requests

Array = np.ndarray[Any, np.dtype[Any]]
Reply: Final = TypeAdapter(VerifyReply)

LONGEST: Final = 2**13
"""Bytes of an input."""
AFFORDABLE: Final = 10**5
"""Elements' work that a call may be for its reply to be worked out."""


class Target(NamedTuple):
    """A parser under test.

    made : an input of the fuzzer's → what the parser is given; check : raises unless all is well with that.
    seeds : inputs to begin with; words : what inputs may be made of.
    """

    made: Callable[[bytes], tuple[Any, ...]]
    check: Callable[..., None]
    seeds: Callable[[], Iterable[bytes]]
    words: Sequence[bytes]

    def first(self) -> list[bytes]:
        """The seeds that are not too long."""
        return [seed for seed in self.seeds() if len(seed) <= LONGEST]

    def feed(self, data: bytes) -> None:
        """Try an input."""
        self.check(*self.made(data))


# Files


def file_of(data: bytes) -> tuple[bytes]:
    """A file: the input itself if it begins as one does; else it is version, header, a null byte, and elements.

    Those are made as many as the header wants, for no fuzzer would hit it.
    """
    if data.startswith(files.MAGIC):
        return (data,)
    text, _, content = data[1:].partition(b"\0")
    head = files.file(text[: 2**16 - 1], b"", version=data[:1] + b"\0")
    return (head + _fitted(head, content),)


def _fitted(head: bytes, content: bytes) -> bytes:
    try:
        dtype, shape, _, _ = npy.header(head)
    except DropoutError:
        return content
    size = prod(shape) * dtype.itemsize
    return (content * (size // len(content) + 1))[:size] if content and size <= LONGEST else content


def check_file(body: bytes) -> None:
    """A file is refused, or read as numpy reads it, without a byte that is not its own."""
    try:
        x = npy.read(body, LIMITS)
    except DropoutError as error:
        return check_refusal(error)
    assert x.size == prod(x.shape)
    assert npy.header(body).offset + x.nbytes == len(body)
    assert not x.size or np.shares_memory(x, np.frombuffer(body, "u1"))
    with warnings.catch_warnings(action="ignore"):  # numpy's about what Python 2 wrote
        expected = np.lib.format.read_array(io.BytesIO(body), allow_pickle=False)
    assert bits(x) == bits(expected)
    return None


def check_refusal(error: DropoutError) -> None:
    """A refusal has faults, each short."""
    assert error.faults
    for fault in error.faults:
        assert len(fault.message) < 1000
        assert not fault.pointer or fault.pointer.startswith("/")


def file_seeds() -> Iterator[bytes]:
    """Seeds: both corpora of files, those that are read as well, whole and in parts."""
    shapes = [(), (0,), (2,), (2, 3), (1, 2, 1), (0, 5)]
    good = [np.arange(prod(shape), dtype=dtype).reshape(shape) for shape in shapes for dtype in npy._DTYPES]
    whole = [files.saved(x, version) for x in good for version in [(1, 0), (2, 0), (3, 0)]]
    whole += [files.saved(np.asfortranarray(x)) for x in good]
    whole += [files.file(header) for header in files.OTHERS.values()]
    whole += [hostile.body for hostile in files.HOSTILE.values()]
    for body in whole:
        yield body
        yield from parted(body)


def parted(body: bytes) -> Iterator[bytes]:
    """A file as each version, header, a null byte, and elements, if it has them."""
    start = 10 if body[6:8] == b"\x01\x00" else 12
    end = start + int.from_bytes(body[8:start], "little")
    if body.startswith(files.MAGIC) and b"\0" not in body[start:end]:
        yield from (version + body[start:end].strip() + b"\0" + body[end:] for version in (b"\1", b"\2", b"\3"))


# Inference requests


def request_of(data: bytes) -> tuple[bytes, str]:
    """A body and its header: the first line. If that is =, JSON and the rest stand apart by a null byte."""
    line, _, body = data.partition(b"\n")
    if line != b"=":
        return body, line.decode("latin-1")
    head, _, content = body.partition(b"\0")
    return head + content, str(len(head))


def check_request(body: bytes, header: str) -> None:
    """A request is refused, or read as the standard library and numpy read it; and so is its reply worked out."""
    try:
        inference = infer.decode(body, header, "dropout", LIMITS)
        answer(inference)
    except DropoutError as error:
        return check_refusal(error)
    found = tensors_of(body, header)
    assert same(inference.call.x, found["input"])
    assert (inference.call.mask is None) == ("mask" not in found)
    assert inference.call.mask is None or same(inference.call.mask, found["mask"])
    return None


def answer(inference: Inference) -> None:
    """Work out the reply, if it does not take long; from one seed, or the same input would lead elsewhere each time."""
    if inference.call.cost <= AFFORDABLE:
        draw = None if inference.call.draw is None else replace(inference.call.draw, seed=0)
        fixed = inference._replace(call=inference.call._replace(draw=draw))
        fixed.reply(fixed.run(1, inf))


def tensors_of(body: bytes, header: str) -> dict[str, Array]:
    """The inputs of a request, read with care for nothing but what it says."""
    at = int(header.lstrip("0") or 0) if header else len(body)
    if not at:
        return {"input": np.frombuffer(body, "<f4")}
    found = {}
    for given in json.loads(body[:at], parse_int=integer, object_pairs_hook=unique)["inputs"]:
        dtype, size = DATATYPES[given["datatype"]], (given.get("parameters") or {}).get("binary_data_size")
        x = np.frombuffer(body[at : at + size], dtype) if size is not None else from_json(given["data"], dtype)
        assert size is not None or shape_of(given["data"]) in ([x.size], given["shape"])
        assert given["name"] not in found
        found[given["name"]] = x.reshape(given["shape"])
        at += size or 0
    assert at == len(body)
    return found


def integer(digits: str) -> int | float:
    """An integer, as long as Python takes it; beyond, infinity."""
    return int(digits) if len(digits) <= 4000 else inf if digits[0] != "-" else -inf


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once."""
    fields = dict(pairs)
    assert len(fields) == len(pairs), "a key that stands twice was accepted"
    return fields


def from_json(data: Any, dtype: np.dtype[Any]) -> Array:
    """The elements of nested lists, flat."""
    assert isinstance(data, list)
    elements = list(leaves(data))
    assert all(isinstance(element, bool) == (dtype == DATATYPES[BOOL]) for element in elements)
    with np.errstate(over="ignore"):
        return np.array([number(element) for element in elements], "f8").astype(dtype)


def shape_of(data: Any) -> list[int]:
    """The shape of nested lists, their first rows'."""
    return [len(data), *(shape_of(data[0]) if data else [])] if isinstance(data, list) else []


def leaves(data: list[Any]) -> Iterator[Any]:
    """What lists of lists hold."""
    for element in data:
        yield from leaves(element) if isinstance(element, list) else [element]


def number(element: Any) -> float:
    """A number as float64; infinity beyond."""
    assert isinstance(element, int | float)
    try:
        return float(element)
    except OverflowError:
        return inf if element > 0 else -inf


def same(x: Array, y: Array) -> bool:
    """Whether two arrays are equal to the bit, save which NaN is where; and booleans are 1 and 0."""
    if x.dtype == bool:
        return bits(x) == bits(y) and int(x.view("u1").max(initial=0)) <= 1
    nan = x.dtype.type("nan")
    return bits(np.where(x != x, nan, x)) == bits(np.where(y != y, nan, y))


EVERYTHING: Final = {
    "model_name": "dropout",
    "model_version": "1",
    "id": "1",
    "parameters": {"p": 0.5, "priority": 1, "timeout": 1, "content_type": "np", "binary_data_output": False},
    "inputs": [{"parameters": {"content_type": "np"}} | requests.INPUT, requests.MASK],
    "outputs": [{"name": "mask", "parameters": {"content_type": "np"}}, {"name": "output"}],
}
"""A request with all that there may be in one, and what is ignored before what is not."""


def request_seeds() -> Iterator[bytes]:
    """Seeds: the documented examples, the hostile requests, and binary tensors of each type."""
    for example in examples.INFERENCE.values():
        yield b"\n" + json.dumps(example.body).encode()
    for hostile in requests.HOSTILE.values():
        yield hostile.header.encode("latin-1") + b"\n" + hostile.body
    for dtype in (dtype for name, dtype in DATATYPES.items() if name != BOOL):
        body, header = requests.sent(np.ones((2, 3), dtype), outputs=[{"name": "mask"}, {"name": "output"}])
        yield header.encode() + b"\n" + body
        yield b"=\n" + body[: int(header)] + b"\0" + body[int(header) :]
    yield b"\n" + json.dumps(EVERYTHING).encode()
    yield from (b"\n" + body for value in requests.NOISE for body in requests.noisy(value))
    yield b"0\n" + np.ones(3, "<f4").tobytes()
    yield b"=\n" + requests.request(requests.FLAGS, requests.sized(8)) + b"\0" + b"\1\0" + requests.TWO


# Verifications


def archive_of(data: bytes) -> tuple[bytes, Query]:
    """An archive and a query: the input itself if it begins as one does; else the query's line, and the members.

    Each is its name, a null byte and a file as `file_of` makes it, up to the next name that begins with a line. The
    archive of them is legal, its sums are right: no fuzzer would hit those.
    """
    if data.startswith(b"PK"):
        return data, ()
    query, *members = data.split(b"\n@")
    fields = [(name, value) for name, _, value in (part.partition("=") for part in query.decode("latin-1").split("&"))]
    made = (archives.Member(name, *file_of(content)) for name, _, content in (one.partition(b"\0") for one in members))
    return archives.archive(*made), fields if query else ()


def check_archive(body: bytes, query: Query) -> None:
    """An archive is refused, or read as the standard library and numpy read it; and what it asks is answered."""
    try:
        task = VERIFY.decode(Sent(body, npz.MEDIA_TYPE, query=query), LIMITS)
    except DropoutError as error:
        return check_refusal(error)
    arrays = npz.read(body, ARRAYS, LIMITS)
    with zipfile.ZipFile(io.BytesIO(body)) as members, warnings.catch_warnings(action="ignore"):
        assert {member.removesuffix(".npy") for member in members.namelist()} == set(arrays)
        for member in members.namelist():
            expected = np.lib.format.read_array(io.BytesIO(members.read(member)), allow_pickle=False)
            assert bits(arrays[member.removesuffix(".npy")]) == bits(expected)
    return check_answer(task, arrays)


def check_verification(body: bytes) -> None:
    """A request is refused, or read as the standard library and numpy read it; and what it asks is answered."""
    try:
        task = VERIFY.decode(Sent(body), LIMITS)
    except DropoutError as error:
        return check_refusal(error)
    fields = json.loads(body.decode(), parse_int=integer, object_pairs_hook=unique)
    ours = read_envelope(body, KINDS)
    arrays = {name: np.array(fields[name], "f8") for name in ARRAYS if name in fields}
    for name, expected in arrays.items():
        assert bits(array(ours[name], NUMBERS, LIMITS, name)) == bits(expected)
    return check_answer(task, arrays)


KINDS: Final = dict.fromkeys(ARRAYS, (NUMBERS,))


def check_answer(task: Task[Any], arrays: Mapping[str, Array]) -> None:
    """What is asked is answered as the type of replies says, if it does not take long, or refused."""
    if task.cost + 1000 * len(arrays.get("outputs", [()])) <= AFFORDABLE:
        try:
            with warnings.catch_warnings(action="error"):
                reply = task.reply(task.run(1, inf))
        except DropoutError as error:
            check_refusal(error)
        else:
            Reply.validate_json(content(reply), strict=True)


def archive_seeds() -> Iterator[bytes]:
    """Seeds: the hostile archives, those of others, and the documented examples as archives of each float type."""
    yield from (hostile.body for hostile in archives.HOSTILE.values())
    yield from archives.OTHERS.values()
    for example in examples.VERIFY.values():
        arrays = {name: x for name, x in example.body.items() if name in ARRAYS}
        query = "&".join(f"{name}={json.dumps(x)}" for name, x in example.body.items() if name not in arrays)
        for dtype in npy._DTYPES:
            saved = {name: files.saved(np.array(x, dtype)) for name, x in arrays.items()}
            yield query.encode() + b"".join(b"\n@" + name.encode() + b".npy\0" + file for name, file in saved.items())
            yield archives.archive(*[archives.Member(f"{name}.npy".encode(), file) for name, file in saved.items()])


def claim_seeds() -> Iterator[bytes]:
    """Seeds: the documented examples, and one of each layer."""
    yield from (json.dumps(example.body).encode() for example in examples.VERIFY.values())
    for row in VARIANTS.values():
        given = {name: value for name, value in row.example.items() if name not in ("include", "shape")}
        x = np.array(given["input"], "f8").reshape(row.example.get("shape", np.shape(given["input"]))).tolist()
        yield json.dumps(given | {"input": x, "outputs": [x, x], "grad_output": [x, x], "grad_input": [x, x]}).encode()


FIELDS: Final = (
    *("inputs", "outputs", "parameters", "id", "model_name", "name", "shape", "datatype", "data", "input", "mask"),
    *("output", "binary_data", "binary_data_size", "binary_data_output", "content_type", "priority", "p", "keep_prob"),
    *("training", "seed", "stream", "offset", "sample", "samples", "variant", "scaling", "noise_shape", "dtype"),
    *DATATYPES,
)
TOKENS: Final = (
    *(b"NaN", b"-Infinity", b"1e999", b"null", b"true", b"false", b"[[", b"]]", b"{}", b'{"data": [3]}', b"=\n"),
    *(rb"\ud800", rb"\u0064"),
    *(f'"{name}"'.encode() for name in FIELDS),
    *(f'"{name}": ['.encode() for name in ("data", "shape", "inputs", "outputs")),
)
HEADER_TOKENS: Final = (
    *(b"\x93NUMPY", b"\1", b"\2", b"\3", b"'descr': ", b"'fortran_order': ", b"'shape': ", b"True", b"False"),
    *(b"()", b"(0,)", b"(1, 2L)", b"(2, )", b"\t", b"\r\n", b'"'),
    *(f"'{descr}'".encode() for descr in [*npy._DTYPES, "|O", "<i4", "|V8", "<f16"]),
)
CLAIMS: Final = ("dtype", "bfloat16", *VARIANTS, "channels_last", "block_size", "inverted", "inference", "none")
ARCHIVE_TOKENS: Final = (
    *(b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08", b"\n@", b".npy\0", b"=", b"&", b"null,1"),
    *(name.encode() for name in (*ARRAYS, *FIELDS, *CLAIMS)),
    *HEADER_TOKENS,
)
CLAIM_TOKENS: Final = (
    *(
        b"5e-324",
        b"0.9999999999999999",
        b"1.7976931348623157e308",
        b"1e999",
        b"NaN",
        b"[[",
        b"]]",
        b"[]",
        b"null",
        b"true",
    ),
    *(f'"{name}": ['.encode() for name in ARRAYS),
    *(f'"{name}"'.encode() for name in (*ARRAYS, *FIELDS, *CLAIMS)),
)
TARGETS: Final = {
    "npy": Target(file_of, check_file, file_seeds, HEADER_TOKENS),
    "oip": Target(request_of, check_request, request_seeds, TOKENS),
    "npz": Target(archive_of, check_archive, archive_seeds, ARCHIVE_TOKENS),
    "verify": Target(lambda data: (data,), check_verification, claim_seeds, CLAIM_TOKENS),
}
"""The parsers, by name."""
