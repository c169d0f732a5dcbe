"""Requests of the Open Inference Protocol: what is one is answered, and what is none is refused."""

import json
from typing import Any, Final, NamedTuple

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FloatArray
from app.errors import Invalid, Malformed
from app.wire.oip import infer
from app.wire.oip.tensor import DATATYPES
from app.wire.task import Reply, Sent
from tests.core.oracle import bits
from tests.wire.given import LIMITS, Refusal, content, few, refusal
from tests.wire.oip.requests import (
    FLAGS,
    HALVES,
    HOSTILE,
    INPUT,
    MASK,
    NOISE,
    OUTPUT,
    SEEDED,
    TWO,
    noisy,
    request,
    sent,
    sized,
    with_output,
)


def answer(body: bytes | bytearray, header: str = "", model: str = "dropout") -> Reply:
    """The reply to a request."""
    sent = Sent(body, headers={infer.HEADER.lower(): header}, path={"model": model})
    return infer.INFER.answer(sent, LIMITS)


class Told(NamedTuple):
    """A reply: its JSON, and the bytes after it."""

    head: dict[str, Any]
    content: bytes

    def array(self, name: str = "output") -> np.ndarray[Any, np.dtype[Any]]:
        """An output that is JSON, or the only one that is binary."""
        [output] = [output for output in self.head["outputs"] if output["name"] == name]
        dtype = DATATYPES[output["datatype"]]
        flat = np.array(output["data"], dtype) if "data" in output else np.frombuffer(self.content, dtype)
        return flat.reshape(output["shape"])


def told(body: bytes, header: str = "", model: str = "dropout") -> Told:
    """What is answered."""
    reply = answer(body, header, model)
    size = int(reply.headers.get(infer.HEADER, reply.size))
    return Told(json.loads(content(reply)[:size]), content(reply)[size:])


# What is refused


def test_a_hostile_request_is_refused() -> None:
    """What is no request gets the code of what is wrong, and where."""
    found = {name: refusal(answer, hostile.body, hostile.header) for name, hostile in HOSTILE.items()}
    assert found == {name: Refusal(*hostile[2:]) for name, hostile in HOSTILE.items()}


def test_a_request_in_a_bytearray_is_refused_alike() -> None:
    """Bodies that are received are bytearrays: they are read as bytes are."""
    small = {name: hostile for name, hostile in HOSTILE.items() if len(hostile.body) < 2**16}
    found = {name: refusal(answer, bytearray(hostile.body), hostile.header) for name, hostile in small.items()}
    assert found == {name: Refusal(*hostile[2:]) for name, hostile in small.items()}


@pytest.mark.parametrize("tensor", [bytes(16), b"[{" * 500, b"\xff" * 2**17])
def test_tensors_need_the_length_of_the_json(tensor: bytes) -> None:
    """A proxy or a hand-written client may leave the header out: the error names it, whatever the bytes look like."""
    body = request(sized(len(tensor), shape=[len(tensor) // 4])) + tensor
    assert refusal(answer, body) == (Malformed, "malformed_json", "")
    with pytest.raises(Malformed, match="the header Inference-Header-Content-Length must tell"):
        answer(body)


def test_a_mask_that_there_is_not_is_named_among_the_outputs() -> None:
    """Gaussian dropout has none: the error points at what asked for it."""
    assert refusal(answer, with_output(name="mask"), "", "gaussian_dropout") == (
        Invalid,
        "conflicting_fields",
        "/outputs",
    )


# Inputs


def test_both_tensors_may_be_binary_or_either() -> None:
    """Input and mask come in any order and in any mix; binary data stands in the order of the inputs."""
    kept, expected = np.array([True, False]).tobytes(), told(request(INPUT, MASK))
    mixes = [((FLAGS, sized(8)), kept + TWO), ((sized(8), FLAGS), TWO + kept), ((FLAGS, INPUT), kept)]
    for inputs, data in [*mixes, ((MASK, sized(8)), TWO), ((MASK, INPUT), b"")]:
        body = request(*inputs)
        assert told(body + data, str(len(body))) == expected


@few
@given(hnp.arrays("<f4", st.integers(0, 20)), st.sampled_from(["0", "00", "0" * 40]))
def test_a_body_without_json_is_the_input(x: FloatArray, header: str) -> None:
    """A length of 0: the body is FP32 elements, flat, and the reply JSON."""
    assert bits(infer.decode(x.tobytes(), header, "dropout", LIMITS).call.x) == bits(x)
    reply = told(x.tobytes(), header)
    assert [(output["name"], output["shape"]) for output in reply.head["outputs"]] == [("output", [x.size])]
    assert reply.head["parameters"]["p"] == 0.5


@pytest.mark.parametrize("zeros", ["", "0", "0" * 30, "0" * 5000])
def test_a_length_may_have_zeros_before_it(zeros: str) -> None:
    """It is a number, however it is written."""
    body, header = sent(np.array([1, 2], "<f4"), **SEEDED)
    assert told(body, zeros + header) == told(body, header)


def test_the_length_of_all_is_that_of_json_alone() -> None:
    """A header that says the whole body is JSON is as good as none."""
    body = request(**SEEDED)
    assert told(body, str(len(body))) == told(body)


@pytest.mark.parametrize(
    "body",
    [
        request(id=None, outputs=None, **SEEDED),
        request(INPUT | {"parameters": None}, **SEEDED),
        request(INPUT | {"parameters": {"binary_data_size": None}}, **SEEDED),
        request(outputs=[], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": None}], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": {"binary_data": None}}], **SEEDED),
        request(INPUT | {"parameters": {}}, outputs=[OUTPUT | {"parameters": {}}], **SEEDED),
        request(outputs=[OUTPUT | {"parameters": {"binary_data": False}}], **SEEDED),
    ],
)
def test_null_is_absent(body: bytes) -> None:
    """Optional members that are null, as typed clients write them, or empty, are as good as absent."""
    assert told(body) == told(request(**SEEDED))


def test_null_parameters_are_none() -> None:
    """Without parameters, or with null for them, p is 0.5 and the seed the server's own."""
    for body in (request(), request(parameters=None), request(parameters={})):
        found = told(body).head["parameters"]
        assert (found["p"], found["training"]) == (0.5, True)
        assert 0 <= found["seed"] < 2**53


@pytest.mark.parametrize("value", NOISE, ids=str)
def test_what_is_ignored_changes_nothing(value: Any) -> None:
    """The model's name and version, priorities and content types may be any scalar; arrays there never become data."""
    expected = told(request(**SEEDED))
    for body in noisy(value):
        if isinstance(value, list | dict):
            assert refusal(answer, body).error is Invalid
        else:
            assert told(body) == expected


# Outputs


@few
@given(st.text())
def test_an_id_comes_back(identifier: str) -> None:
    """Whatever text it is; without one the reply has none."""
    assert told(request(id=identifier)).head["id"] == identifier
    assert "id" not in told(request()).head


@pytest.mark.parametrize("names", [("output",), ("mask",), ("output", "mask"), ("mask", "output")])
@pytest.mark.parametrize("binary", [True, False])
def test_outputs_come_in_the_order_asked_for(names: tuple[str, ...], binary: bool) -> None:
    """In JSON and in binary: the n-th output asked for is the n-th in the reply, and so are its bytes."""
    outputs = [{"name": name, "parameters": {"binary_data": binary}} for name in names]
    reply = told(request(outputs=outputs, **SEEDED))
    assert [output["name"] for output in reply.head["outputs"]] == list(names)
    sizes = [output.get("parameters", {}).get("binary_data_size", 0) for output in reply.head["outputs"]]
    assert sizes == [{"output": 8, "mask": 2}[name] * binary for name in names]
    assert sum(sizes) == len(reply.content)
    if binary:
        expected = told(request(outputs=[{"name": name} for name in names], **SEEDED))
        assert reply.content == b"".join(expected.array(name).tobytes() for name in names)


@pytest.mark.parametrize("datatype", HALVES)
def test_halves_come_back_in_binary_unasked(datatype: str) -> None:
    """FP16 and BF16 are answered in binary where nothing is said; a mask beside them is JSON."""
    x = np.array([1.5, -2.0], DATATYPES[datatype])
    reply = told(*sent(x, outputs=[OUTPUT, {"name": "mask"}], parameters={"p": 0.0, "seed": 1}))
    assert reply.content == x.tobytes()
    assert reply.array("mask").tolist() == [True, True]


TALLIES: Final = ("decisions", "dropped", "drop_rate", "expected_drop_rate_interval")


def replay(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a reply without what was counted or measured."""
    return {
        name: value
        for name, value in parameters.items()
        if name not in TALLIES and not name.startswith(("input_", "output_"))
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"keep_prob": 0.3, "seed": 2**64 - 1, "stream": 2**63, "offset": 7, "sample": 2**60},
        {"p": 0.1, "samples": 3},
        {"training": False},
        {"training": False, "scaling": "inference", "p": 0.2},
        {"noise_shape": "1, null", "samples": 2},
        {"whole": "9,9", "origin": "1,1"},
        {"p": 0.0},
        {"p": 1.0},
    ],
    ids=str,
)
def test_the_parameters_of_a_reply_are_a_replay(parameters: dict[str, Any]) -> None:
    """Sent back as they are, without the statistics, they are answered to the byte as before."""
    x = np.arange(6, dtype="f4").reshape(2, 3) + 1
    outputs = [OUTPUT, {"name": "mask"}]
    first = answer(*sent(x, parameters=parameters, outputs=outputs))
    found = json.loads(bytes(first.parts[0]))["parameters"]
    assert answer(*sent(x, parameters=replay(found), outputs=outputs)) == first
    assert all(isinstance(value, str | bool | int | float) for value in found.values())


def test_a_replay_with_a_mask_is_one() -> None:
    """A given mask, sent again with the parameters of the reply, gives the same reply."""
    first = told(request(INPUT, MASK, parameters={"p": 0.25}))
    assert told(request(INPUT, MASK, parameters=replay(first.head["parameters"]))) == first
