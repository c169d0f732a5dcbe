"""Inference with binary tensor data, Triton's extension."""

from collections.abc import Callable
from typing import Any

import pytest

from .model import HEADER, WRONG_SHAPES, Answer, Model, Refused, but, lacks, read, same

EXAMPLE = b"""{
  "model_name" : "mymodel",
  "inputs" : [
    {
      "name" : "input0",
      "shape" : [ 2, 2 ],
      "datatype" : "UINT32",
      "parameters" : {
        "binary_data_size" : 16
      }
    },
    {
      "name" : "input1",
      "shape" : [ 3 ],
      "datatype" : "BOOL",
      "parameters" : {
        "binary_data_size" : 3
      }
    }
  ],
  "outputs" : [
    {
      "name" : "output0",
      "parameters" : {
        "binary_data" : true
      }
    }
  ]
}"""
"""The extension's own, verbatim; 16 bytes and 3 bytes follow."""


@pytest.fixture(autouse=True)
def _announced(model: Model) -> None:
    model.needs("binary_tensor_data")


def test_the_example_is_refused_by_a_server_without_its_model(model: Model, refused: Refused) -> None:
    """The extension's example, as it stands, asks a model that is not there (Triton, extension_binary_data)."""
    refused(model.of_the_examples.post(EXAMPLE, bytes(16), bytes(3)))


def test_the_example_is_answered_by_the_model(model: Model) -> None:
    """With the model's tensors in place of its own, it is answered as is shown (Triton, extension_binary_data)."""
    output = model.metadata["outputs"][0]
    asked = [{"name": output["name"], "parameters": {"binary_data": True}}]
    answer = model.infer(*model.binary(model_name=model.name, outputs=asked))
    assert answer.headers.get("Content-Type") == "application/octet-stream"
    [found] = answer.head["outputs"]
    assert (found["name"], found["datatype"]) == (output["name"], output["datatype"])
    assert found["parameters"]["binary_data_size"] == len(answer.outputs[output["name"]].data)


def test_binary_inputs_are_the_same_inputs(model: Model, expected: Answer) -> None:
    """Tensor data are little-endian and in C order, without padding (Triton, extension_binary_data)."""
    same(model.infer(*model.binary(outputs=model.outputs())), expected)


def test_inputs_may_be_binary_one_by_one(model: Model, expected: Answer) -> None:
    """Each input says for itself whether it is binary (Triton, extension_binary_data, binary_data_size)."""
    for one in model.inputs():
        inputs = [tensor.binary if tensor.name == one.name else tensor.text for tensor in model.inputs()]
        same(model.infer(model.request(inputs=inputs), one.data), expected)


def test_outputs_may_be_binary_one_by_one(model: Model, expected: Answer) -> None:
    """Each output is as it was asked for, some binary and some not (Triton, extension_binary_data, binary_data)."""
    if len(model.metadata["outputs"]) < 2:
        lacks("a second output")
    for one in model.outputs():
        asked = [but(output, parameters={"binary_data": output == one}) for output in model.outputs()]
        answer = model.infer(model.request(outputs=asked))
        assert [name for name, tensor in answer.outputs.items() if tensor.is_binary] == [one["name"]]
        same(answer, expected)


def test_binary_data_are_in_the_order_of_the_outputs(model: Model, expected: Answer) -> None:
    """Whatever the order in which they were asked for (Triton, extension_binary_data)."""
    same(model.infer(*model.binary(outputs=model.outputs(binary_data=True)[::-1])), expected)


@pytest.mark.parametrize(
    ("all_", "own", "is_binary"),
    [
        (None, None, False),
        (None, False, False),
        (None, True, True),
        (False, None, False),
        (False, False, False),
        (False, True, True),
        (True, None, True),
        (True, False, False),
        (True, True, True),
    ],
)
def test_an_output_overrides_the_request(
    model: Model, expected: Answer, all_: bool | None, own: bool | None, is_binary: bool
) -> None:
    """`binary_data` of an output goes before `binary_data_output` (Triton, extension_binary_data)."""
    parameters = model.parameters | ({} if all_ is None else {"binary_data_output": all_})
    outputs = model.outputs(**{} if own is None else {"binary_data": own})
    answer = model.infer(model.request(parameters=parameters, outputs=outputs))
    assert {tensor.is_binary for tensor in answer.outputs.values()} == {is_binary}
    same(answer, expected)


def test_all_outputs_are_binary_if_the_request_says_so(model: Model) -> None:
    """`binary_data_output` holds for outputs that are not named too (Triton, extension_binary_data)."""
    parameters = model.parameters | {"binary_data_output": True}
    answer = model.infer(*model.binary(outputs=..., parameters=parameters))
    assert answer.outputs
    assert all(tensor.is_binary for tensor in answer.outputs.values())


def test_a_reply_with_binary_data_tells_their_sizes(model: Model) -> None:
    """The header has the JSON's length; what follows has the sizes it tells (Triton, extension_binary_data)."""
    reply = model.post(*model.binary())
    size = int(reply.headers[HEADER])
    sizes = [output["parameters"]["binary_data_size"] for output in read(reply).head["outputs"]]
    assert size + sum(sizes) == len(reply.content) == int(reply.headers.get("Content-Length", len(reply.content)))
    assert sizes == [len(tensor.data) for tensor in read(reply).outputs.values()]


WRONG_LENGTHS: dict[str, Callable[[int, int], object]] = {
    "negative": lambda head, _: -head,
    "no number": lambda *_: "json",
    "hexadecimal": lambda head, _: hex(head),
    "fractional": lambda head, _: head + 0.5,
    "right modulo 2^64": lambda head, _: head + 2**64,
    "beyond the body": lambda _, body: body + 1,
    "a byte too short": lambda head, _: head - 1,
    "a byte too long": lambda head, _: head + 1,
}


@pytest.mark.parametrize("wrong", WRONG_LENGTHS.values(), ids=WRONG_LENGTHS)
def test_a_length_that_is_not_the_jsons_is_refused(
    model: Model, wrong: Callable[[int, int], object], refused: Refused
) -> None:
    """The header gives the length of the JSON object, or is an error (Triton, extension_binary_data)."""
    request, *data = model.binary()
    sent = model.post(request, *data).request
    head, body = int(sent.headers[HEADER]), len(sent.content)
    refused(model.post(request, *data, Inference_Header_Content_Length=str(wrong(head, body))))


WRONG_DATA: dict[str, Callable[[bytes], bytes]] = {
    "a byte too few": lambda data: data[:-1],
    "a byte too many": lambda data: data + b"\0",
    "none": lambda _: b"",
}


@pytest.mark.parametrize("wrong", WRONG_DATA.values(), ids=WRONG_DATA)
def test_data_that_are_not_as_announced_are_refused(
    model: Model, wrong: Callable[[bytes], bytes], refused: Refused
) -> None:
    """After the JSON there are as many bytes as it tells, or it is an error (Triton, extension_binary_data)."""
    request, *data = model.binary()
    refused(model.post(request, *data[:-1], wrong(data[-1])))


@pytest.mark.parametrize("wrong", WRONG_DATA.values(), ids=WRONG_DATA)
def test_data_that_are_not_the_shapes_are_refused(
    model: Model, wrong: Callable[[bytes], bytes], refused: Refused
) -> None:
    """So it is if there are as many as announced, and the shape has others (Triton, extension_binary_data)."""
    request, *data = model.binary()
    last = wrong(data[-1])
    request["inputs"][-1]["parameters"]["binary_data_size"] = len(last)
    refused(model.post(request, *data[:-1], last))


@pytest.mark.parametrize("wrong", WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_a_shape_that_is_not_the_datas_is_refused(
    model: Model, wrong: Callable[[list[int]], Any], refused: Refused
) -> None:
    """A shape is unsigned integers whose product is the number of elements, or an error (OIP, Request Input)."""
    request, *data = model.binary()
    first, *others = request["inputs"]
    refused(model.post(but(request, inputs=[but(first, shape=wrong(first["shape"])), *others]), *data))


WRONG_SIZES: dict[str, Callable[[int], object]] = {
    "negative": lambda size: -size,
    "right modulo 2^64": lambda size: size + 2**64,
    "fractional": lambda size: size + 0.5,
    "a string": str,
    "a list": lambda size: [size],
}


@pytest.mark.parametrize("wrong", WRONG_SIZES.values(), ids=WRONG_SIZES)
def test_a_size_that_is_no_number_is_refused(model: Model, wrong: Callable[[int], object], refused: Refused) -> None:
    """`binary_data_size` is an int64, or an error (Triton, extension_binary_data)."""
    request, *data = model.binary()
    request["inputs"][-1]["parameters"]["binary_data_size"] = wrong(len(data[-1]))
    refused(model.post(request, *data))


@pytest.mark.robust
def test_a_tensor_has_one_form(model: Model, refused: Refused) -> None:
    """Both data and binary data is an error, as in Triton, even if they are the same."""
    sent = model.inputs()
    refused(model.post(*model.binary(inputs=[tensor.text | tensor.binary for tensor in sent])))


def test_a_body_may_be_one_input_and_nothing_else(model: Model, usual: set[str]) -> None:
    """A header of 0 says that the body is the one input there is, and all outputs are to be binary; a batch is of one
    (Triton, extension_binary_data, Raw Binary Request)."""
    [tensor, *others] = model.inputs(first=1 if model.most else 2)
    [shape] = [given["shape"] for given in model.metadata["inputs"] if given["name"] == tensor.name]
    if others or shape[bool(model.most) :].count(-1) > 1 or tensor.datatype == "BYTES":
        lacks("a single input whose shape its bytes tell")
    answer = model.infer(b"", tensor.data)
    assert all(output.is_binary for output in answer.outputs.values())
    like = model.infer(*model.binary(tensor))
    shapes, alike = ({name: of.outputs[name].x.shape for name in usual} for of in (answer, like))
    assert shapes == alike
    assert set(answer.outputs) == usual


@pytest.mark.robust
def test_a_tensor_may_be_empty(model: Model) -> None:
    """A tensor without elements has no bytes."""
    answer = model.infer(*model.binary(*model.empty()))
    assert all(tensor.is_binary for tensor in answer.outputs.values())
