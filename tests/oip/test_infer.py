"""Inference with tensors in JSON: what is answered, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from .model import DATATYPES, WRONG_SHAPES, Answer, Members, Model, Refused, Tensor, but, holds, same

pytestmark = pytest.mark.usefixtures("text")

EXAMPLE = b"""{
  "id" : "42",
  "inputs" : [
    {
      "name" : "input0",
      "shape" : [ 2, 2 ],
      "datatype" : "UINT32",
      "data" : [ 1, 2, 3, 4 ]
    },
    {
      "name" : "input1",
      "shape" : [ 3 ],
      "datatype" : "BOOL",
      "data" : [ true ]
    }
  ],
  "outputs" : [
    {
      "name" : "output0"
    }
  ]
}"""
"""The protocol's own, verbatim."""


def test_the_example_is_refused_by_a_server_without_its_model(model: Model, refused: Refused) -> None:
    """The protocol's example, as it stands, asks a model that is not there (OIP, Inference Request Examples)."""
    refused(model.of_the_examples.post(EXAMPLE))


def test_the_example_is_answered_by_the_model(model: Model) -> None:
    """With the model's tensors in place of its own, it is answered as is shown (OIP, Inference Request Examples)."""
    output = model.metadata["outputs"][0]
    answer = model.infer(model.request(id="42", outputs=[{"name": output["name"]}]))
    assert answer.headers.get("Content-Type", "").startswith("application/json")
    assert answer.head["id"] == "42"
    [found] = answer.head["outputs"]
    assert (found["name"], found["datatype"]) == (output["name"], output["datatype"])
    assert {"shape", "data"} <= found.keys()


def test_a_reply_tells_of_the_model(model: Model) -> None:
    """It has the model's name and its outputs; a version is a string (OIP, Inference Response JSON Object)."""
    answer = model.infer()
    assert answer.head["model_name"] == model.name
    head: Members = {"model_version": "", "parameters": {}} | answer.head
    holds(head, model_name=str, model_version=str, parameters=dict, outputs=list)
    assert {type(value) for value in head["parameters"].values()} <= {str, int, float, bool}
    assert answer.outputs.keys() == {tensor["name"] for tensor in model.metadata["outputs"]}


def test_outputs_are_as_the_metadata_say(model: Model) -> None:
    """Rank, lengths and datatype of an output are those of its metadata (OIP, Model Metadata, Response Output)."""
    found = model.infer().outputs
    for tensor in model.metadata["outputs"]:
        x = found[tensor["name"]].x
        assert x.dtype == DATATYPES[tensor["datatype"]]
        assert all(length in (-1, seen) for length, seen in zip(tensor["shape"], x.shape, strict=True))


IDS = {"digits": "42", "signs of a URL": "a b/c?d=e&f#g", "other scripts": "χ²·☃·𝄞", "quotes and controls": '"\\\n\t'}


@pytest.mark.parametrize("identifier", IDS.values(), ids=IDS)
def test_the_id_comes_back(model: Model, identifier: str) -> None:
    """An id is returned as it was given (OIP, Inference Request JSON Object, id)."""
    assert model.infer(model.request(id=identifier)).head["id"] == identifier


def test_an_id_is_optional(model: Model) -> None:
    """Without one there is none, or the server's own (OIP, Inference Request JSON Object, id)."""
    assert isinstance(model.infer().head.get("id", ""), str)


def test_every_output_comes_if_none_is_asked_for(model: Model, usual: set[str]) -> None:
    """Without `outputs`, all that the model has are returned (OIP, Inference Request JSON Object, outputs)."""
    answer = model.infer(model.request(outputs=...))
    assert set(answer.outputs) == usual


def test_outputs_are_selected_by_name(model: Model) -> None:
    """Those that are asked for come, and no others (OIP, Request Output)."""
    for output in model.outputs():
        assert [*model.infer(model.request(outputs=[output])).outputs] == [output["name"]]


def test_nested_data_are_flat_data(model: Model, expected: Answer) -> None:
    """Elements may be nested as the shape says, or not at all (OIP, Tensor Data)."""
    nested = [but(tensor.text, data=tensor.x.tolist()) for tensor in model.inputs()]
    same(model.infer(model.request(inputs=nested)), expected)


def test_parameters_may_be_empty(model: Model, expected: Answer) -> None:
    """Objects of parameters have zero or more (OIP, Parameters)."""
    inputs = [tensor.text | {"parameters": {}} for tensor in model.inputs()]
    outputs = [output | {"parameters": {}} for output in model.outputs()]
    same(model.infer(model.request(inputs=inputs, outputs=outputs, parameters=model.parameters)), expected)


def test_each_version_answers(model: Model) -> None:
    """A version in the path is the one that answers (OIP, Inference; Inference Response JSON Object)."""
    for version in model.versions:
        of = Model(model.server, model.name, version, model.parameters)
        assert of.infer().head["model_version"] == version


def test_an_unknown_model_answers_nothing(model: Model, refused: Refused) -> None:
    """A model that is not there is an error (OIP, Inference Response JSON Error Object)."""
    refused(model.server.post("/v2/models/no-such-model/infer", json=model.request()))


def test_an_unknown_version_answers_nothing(model: Model, refused: Refused) -> None:
    """So is a version that the model does not have (OIP, Inference Response JSON Error Object)."""
    assert "99999999" not in model.versions
    refused(Model(model.server, model.name, "99999999", {}).post(model.request()))


NO_REQUESTS = {
    "nothing": b"",
    "no JSON": b"no json",
    "half JSON": b'{"inputs": [',
    "no UTF-8": b'{"id": "\xff", "inputs": []}',
    "a list": b"[]",
    "a string": b'"inputs"',
    "a number": b"1",
    "null": b"null",
    "no inputs": b"{}",
    "inputs that are none": b'{"inputs": []}',
    "inputs that are an object": b'{"inputs": {}}',
    "inputs that are a string": b'{"inputs": "input"}',
    "inputs that are null": b'{"inputs": null}',
    "inputs that are numbers": b'{"inputs": [1]}',
    "inputs that are nulls": b'{"inputs": [null]}',
    "inputs that are lists": b'{"inputs": [[]]}',
    "brackets": b"[" * 1000 + b"]" * 1000,
    "open brackets": b"[" * 100_000,
}


@pytest.mark.parametrize("body", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused(model: Model, body: bytes, refused: Refused) -> None:
    """A body is an object with a list of inputs, or an error (OIP, Inference Request JSON Object)."""
    refused(model.post(body))


NO_INPUTS: dict[str, tuple[str, Callable[[Tensor], Any]]] = {
    "unknown name": ("name", lambda _: "no such input"),
    "name that is a number": ("name", lambda _: 1),
    "no name": ("name", lambda _: ...),
    "unknown datatype": ("datatype", lambda _: "FP31"),
    "datatype in lower case": ("datatype", lambda tensor: tensor.datatype.lower()),
    "datatype of texts or numbers": ("datatype", lambda tensor: "FP32" if tensor.datatype == "BYTES" else "BYTES"),
    "datatype that is a number": ("datatype", lambda _: 32),
    "no datatype": ("datatype", lambda _: ...),
    "no data": ("data", lambda _: ...),
    "data that are null": ("data", lambda _: None),
    "data that are a number": ("data", lambda _: 1),
    "data that are a string": ("data", lambda _: "1, 2"),
    "data that are an object": ("data", lambda _: {}),
    "data that are none": ("data", lambda _: []),
    "data with an element too few": ("data", lambda tensor: tensor.text["data"][1:]),
    "data with an element too many": ("data", lambda tensor: tensor.text["data"] * 2),
}


@pytest.mark.parametrize(("member", "wrong"), NO_INPUTS.values(), ids=NO_INPUTS)
def test_what_is_no_input_is_refused(
    model: Model, member: str, wrong: Callable[[Tensor], Any], refused: Refused
) -> None:
    """An input has a name of the model's, a datatype and its data, or is an error (OIP, Request Input, Tensor Data)."""
    first, *others = model.inputs()
    changed = but(first.text, **{member: wrong(first)})
    refused(model.post(model.request(inputs=[changed, *[other.text for other in others]])))


def test_data_nested_without_end_are_refused(model: Model, refused: Refused) -> None:
    """So are data in 1000 brackets, which no shape has (OIP, Tensor Data)."""
    body = json.dumps(model.request(inputs=[tensor.text | {"data": "?"} for tensor in model.inputs()]))
    refused(model.post(body.replace('"?"', "[" * 1000 + "]" * 1000).encode()))


@pytest.mark.parametrize("wrong", WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_a_shape_that_is_not_the_datas_is_refused(
    model: Model, wrong: Callable[[list[int]], Any], refused: Refused
) -> None:
    """A shape is unsigned integers whose product is the number of elements, or an error (OIP, Request Input)."""
    first, *others = model.inputs()
    changed = but(first.text, shape=wrong(first.text["shape"]))
    refused(model.post(model.request(inputs=[changed, *[other.text for other in others]])))


def test_no_input_may_be_missing(model: Model, refused: Refused) -> None:
    """An input that the model requires and does not get is an error (OIP, Model Metadata, inputs)."""
    _, *others = model.inputs()
    refused(model.post(model.request(inputs=[other.text for other in others])))


@pytest.mark.parametrize("outputs", [[{"name": "no such output"}], [{}], ["output"], "output"], ids=str)
def test_what_is_no_output_is_refused(model: Model, outputs: Any, refused: Refused) -> None:
    """A requested output has a name of the model's, or is an error (OIP, Request Output)."""
    refused(model.post(model.request(outputs=outputs)))


@pytest.mark.robust
@pytest.mark.parametrize("member", ["inputs", "outputs"])
def test_a_tensor_may_stand_once(model: Model, member: str, refused: Refused) -> None:
    """The same input or output twice is an error, as in Triton."""
    request = model.request()
    refused(model.post(but(request, **{member: request[member] * 2})))


@pytest.mark.robust
def test_a_tensor_may_be_empty(model: Model) -> None:
    """A tensor without elements is a tensor."""
    assert model.infer(model.request(inputs=[tensor.text for tensor in model.empty()])).outputs
