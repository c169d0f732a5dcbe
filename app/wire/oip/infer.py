"""An inference: a request's body → a call; the call's result → a reply.

A body is JSON, then the binary tensors in the order of the inputs; the header `Inference-Header-Content-Length` tells
where the JSON ends. A header of 0 means no JSON at all: the body is the elements of the one input there is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple, NotRequired

import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.core import NAMES as TYPES
from app.core import Result
from app.errors import DropoutError, Invalid, Malformed, Where
from app.wire import json
from app.wire.binary import raw
from app.wire.binary.elements import as_bytes, check_dtype
from app.wire.call import Call
from app.wire.dropout import statistics_of
from app.wire.fields import validated
from app.wire.footprint import OF_BODY, OVERHEAD
from app.wire.json import text
from app.wire.json.envelope import explained, read_envelope
from app.wire.json.text import BOOLEANS, Buffer
from app.wire.limits import Limits
from app.wire.oip.inputs import tensors
from app.wire.oip.request import InferenceRequest, OutputName, Parameters, RequestInput
from app.wire.oip.tensor import BOOL, DATATYPES, NAMES, check_json, to_json
from app.wire.replies import closed
from app.wire.task import Operation, Reply, Sent, Task

HEADER: Final = "Inference-Header-Content-Length"
VERSION: Final = "1"
"""Of every model: the mask law's."""
_BINARY: Final = b'"binary_data_size"'
"""What stands in the JSON of a request that has binary tensors."""
_UNREADABLE: Final = ("malformed_json", "fields_too_large", "nesting_too_deep")
"""What such a request is taken for, if all of it is read as JSON."""
RAW_DATATYPE: Final = "FP32"
"""Of an input that comes without JSON; the models' metadata say so."""
_KINDS: Final = {"data": (BOOLEANS, text.ANY_NUMBERS)}


@closed
class ResponseTensor(TypedDict):
    """An output: its elements are in `data`, flat, or after the JSON if it has a `binary_data_size`."""

    name: Annotated[Literal["output", "mask"], Field(description="Which output.")]
    shape: Annotated[list[int], Field(description="Its shape, the samples first.")]
    datatype: Annotated[str, Field(description="`FP64`, `FP32`, `FP16`, `BF16`, or `BOOL` of a mask.")]
    parameters: NotRequired[
        Annotated[
            dict[str, int], Field(description="`binary_data_size`: its bytes after the JSON, where it is binary.")
        ]
    ]
    data: NotRequired[Annotated[list[Any], Field(description="The elements in C order, flat, where it is not.")]]


@closed
class IdReply(TypedDict, total=False):
    """Of a request that has one."""

    id: Annotated[str, Field(description="The request's, if it had one.")]


@closed
class InferenceReply(IdReply):
    """What the layer made of the input; the parameters ask for the same again, and tell what was counted."""

    model_name: Annotated[str, Field(description="The layer.")]
    model_version: Annotated[str, Field(description="There is one.")]
    parameters: Annotated[dict[str, str | float | bool], Field(description="`replay` and `statistics` of /v1, flat.")]
    outputs: Annotated[list[ResponseTensor], Field(description="Those asked for, in that order.")]


class Inference(NamedTuple):
    """A call, and how to answer it: the outputs in their order, and whether each is binary.

    inputs : the names of the tensors that were sent, in their order.
    """

    model: str
    id: str | None
    inputs: tuple[str, ...]
    outputs: Mapping[OutputName, bool]
    call: Call

    def task(self, sent: Sent) -> Task[Result]:
        """What is to be done for it."""
        outputs, masks = "output" in self.outputs, "mask" in self.outputs
        texts = 0 if all(self.outputs.values()) else _TEXTS
        return Task(
            variant=self.call.layer.variant,
            elements=self.call.elements,
            cost=self.call.cost,
            footprint=len(sent.body) + self.call.footprint(outputs=outputs, masks=masks, text=texts),
            run=self.run,
            reply=self.reply,
            move=partial(_place, self.inputs),
        )

    def run(self, threads: int, _deadline: float) -> Result:
        """The result of the call."""
        return self.call.run(threads, outputs="output" in self.outputs, masks="mask" in self.outputs)

    def reply(self, result: Result) -> Reply:
        """The reply: JSON, and after it the outputs that are binary."""
        outputs, tensors = [], []
        for name, is_binary in self.outputs.items():
            x: Any = result.output if name == "output" else result.mask
            tensor: ResponseTensor = {"name": name, "shape": list(x.shape), "datatype": NAMES[x.dtype]}
            if is_binary:
                tensors.append(as_bytes(x))
                tensor["parameters"] = {"binary_data_size": len(tensors[-1])}
            else:
                tensor["data"] = orjson.Fragment(to_json(x))  # type: ignore[typeddict-item]
            outputs.append(tensor)
        head = orjson.dumps(self._told(result, outputs))
        if not tensors:
            return Reply(json.MEDIA_TYPE, (head,))
        return Reply(raw.MEDIA_TYPE, (head, *tensors), {HEADER: str(len(head))})

    def _told(self, result: Result, outputs: list[ResponseTensor]) -> InferenceReply:
        return {
            "model_name": self.model,
            "model_version": VERSION,
            **(IdReply() if self.id is None else IdReply(id=self.id)),
            "parameters": _parameters(self.call, result),
            "outputs": outputs,
        }


@contextmanager
def _placed(inputs: Sequence[str]) -> Iterator[None]:
    """Errors within are at places of a request with these inputs."""
    try:
        yield
    except DropoutError as error:
        raise error.moved(lambda where: _place(inputs, where)) from None


def _place(inputs: Sequence[str], where: Where) -> Where:
    """The place in a request of the core's argument: a tensor, or a parameter."""
    if where == ("include",):  # which is said by naming outputs here
        return ("outputs",)
    name = "input" if where[:1] == ("x",) else next(iter(where), "")
    if name in inputs:
        return ("inputs", inputs.index(str(name)), *where[1:])
    return ("parameters", *where) if name in Parameters.model_fields else (name, *where[1:]) if where else where


def _header(sent: Sent) -> str:
    return sent.headers.get(HEADER.lower(), "").strip()


def _text(sent: Sent) -> int:
    """How many bytes are parsed: binary tensors are not looked at."""
    return json_size(_header(sent), len(sent.body))


def _decode(sent: Sent, limits: Limits) -> Task[Result]:
    """The task that a request makes of the model in its path."""
    inference = decode(sent.body, _header(sent), sent.path["model"], limits)
    with _placed(inference.inputs):
        return inference.task(sent)


def _footprint(sent: Sent, size: int) -> int:
    """How many bytes of memory a body of that size may come to."""
    in_json = _text_of(_header(sent), size)
    return OVERHEAD + in_json * _OF_JSON + int((size - in_json) * OF_BODY[False, True])


_TEXTS: Final = 2
"""A tensor's text, and the reply that it becomes a part of."""
_OF_JSON: Final = 36
"""Bytes that a byte of JSON may come to: as `OF_BODY` has it, with the text twice."""


def _text_of(header: str, size: int) -> int:
    """How many bytes of a body are JSON, as far as its header can be believed."""
    try:
        return json_size(header, size)
    except Malformed:
        return size


def decode(body: Buffer, header: str, model: str, limits: Limits) -> Inference:
    """The inference that a body makes of a model; `header` is that of its JSON's length, "" if there is none.

    Raises `Malformed` if it is not JSON and so many bytes, `Invalid` if it is no request of the model's, `TooLarge` if
    it asks too much.
    """
    size = json_size(header, len(body))
    if not size and header:
        return _without_json(body, model, limits)
    head = body if size == len(body) else body[:size]
    try:
        return _inference(read_envelope(head, _KINDS, _data), body, size, model, limits)
    except DropoutError as found:
        error = explained(found, head)
        if not header and error.faults[0].code in _UNREADABLE and _BINARY in body:
            message = f"the body is not JSON alone: the header {HEADER} must tell where that ends and tensors begin"
            raise Malformed.of("malformed_json", message) from None
        raise error from None


def _data(key: str, place: int) -> Where:
    return "inputs", place, key


def json_size(header: str, size: int) -> int:
    """How many bytes of a body of that size are its JSON, by its header. Raises `Malformed` if it cannot be so."""
    if not header:
        return size
    digits = header.lstrip("0") or "0"
    if not _LENGTH.fullmatch(header) or len(digits) > 19 or int(digits) > size:
        message = f"{HEADER} must be a number of bytes within the body's {size}, got {header[:20]!a}"
        raise Malformed.of("malformed_length", message)
    return int(digits)


_LENGTH: Final = re.compile("[0-9]+")


def _without_json(body: Buffer, model: str, limits: Limits) -> Inference:
    with _placed(()):
        x = raw.read(body, DATATYPES[RAW_DATATYPE].name, None, limits)
        call = Call.of(Parameters(variant=model), x, None, limits)
    return Inference(model, None, (), {"output": True}, call)


def _inference(found: dict[str, Any], body: Buffer, start: int, model: str, limits: Limits) -> Inference:
    request = validated(InferenceRequest, found, Parameters, RequestInput)
    arrays = tensors(request.inputs, body, start, limits)
    if "input" not in arrays:
        raise Invalid.of("missing_field", "the tensor input is required", "inputs")
    x, parameters = arrays["input"], request.parameters or Parameters()
    with _placed(tuple(arrays)):
        check_dtype(parameters.dtype, x)
        call = Call.of(_of_model(parameters, model), x, arrays.get("mask"), limits)
    outputs = _outputs(request, parameters, NAMES[x.dtype.newbyteorder("=")])
    return Inference(model, request.id, tuple(arrays), outputs, call)


def _of_model(parameters: Parameters, model: str) -> Parameters:
    """The parameters with the model's own variant. Raises `Invalid` if they name another."""
    if "variant" in parameters.model_fields_set and parameters.variant != model:
        message = f"the model is {model}; another variant is another model, got {parameters.variant}"
        raise Invalid.of("conflicting_fields", message, "variant")
    return parameters.model_copy(update={"variant": model})


def _outputs(request: InferenceRequest, parameters: Parameters, datatype: str) -> dict[OutputName, bool]:
    """The outputs asked for, and whether they are to be binary: halves are where nothing is said."""
    if not request.outputs:
        return {"output": _binary(None, parameters, datatype, "parameters", "binary_data_output")}
    outputs: dict[OutputName, bool] = {}
    for place, asked in enumerate(request.outputs):
        if asked.name in outputs:
            message = f"the tensor {asked.name} may stand once"
            raise Invalid.of("conflicting_fields", message, "outputs", place, "name")
        own = None if asked.parameters is None else asked.parameters.binary_data
        of = datatype if asked.name == "output" else BOOL
        outputs[asked.name] = _binary(own, parameters, of, "outputs", place, "parameters", "binary_data")
    return outputs


def _binary(own: bool | None, parameters: Parameters, datatype: str, *where: str | int) -> bool:
    if own is None and "binary_data_output" in parameters.model_fields_set:
        own = parameters.binary_data_output
    if own is False:
        check_json(datatype, *where)
    return datatype in ("FP16", "BF16") if own is None else own


def _parameters(call: Call, result: Result) -> dict[str, Any]:
    """What the call was and what was counted, flat: parameters are scalars, and what is null is left out."""
    told: Mapping[str, Any] = {**call.replay, "dtype": TYPES[call.x.dtype], **statistics_of(call, result)}
    flat: dict[str, Any] = {}
    for name, value in told.items():
        flat |= {f"{name}_{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
    return {name: _scalar(value) for name, value in flat.items() if value is not None}


def _scalar(value: Any) -> Any:
    return ",".join("null" if one is None else str(one) for one in value) if isinstance(value, list) else value


INFER: Final = Operation(
    path="/v2/models/{model}/infer",
    decode=_decode,
    footprint=_footprint,
    request=InferenceRequest,
    replies=InferenceReply,
    reads=(),
    writes=(),
    text=_text,
)
