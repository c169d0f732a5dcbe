"""An inference: a request's body → a call; the call's result → a reply.

A body is JSON, then the binary tensors in the order of the inputs; the header `Inference-Header-Content-Length` tells
where the JSON ends. A header of 0 means no JSON at all: the body is the elements of the one input there is.
"""

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, Final, NamedTuple

import orjson

from app.core import Result
from app.errors import Invalid, Malformed
from app.wire import raw, text
from app.wire.call import Call, statistics_of
from app.wire.codec import Reply
from app.wire.envelope import SMALL, exact, read
from app.wire.fields import validated
from app.wire.json import MEDIA_TYPE
from app.wire.limits import Limits
from app.wire.memory import memory
from app.wire.oip.request import InferenceRequest, OutputName, Parameters, RequestInput
from app.wire.oip.tensor import BOOL, DATATYPES, NAMES, Tensor, check_json, from_binary, from_json, to_json
from app.wire.query import check_dtype
from app.wire.text import BOOLEANS, Buffer, Text

HEADER: Final = "Inference-Header-Content-Length"
VERSION: Final = "1"
"""Of every model: the mask law's."""
RAW_DATATYPE: Final = "FP32"
"""Of an input that comes without JSON; the models' metadata say so."""
_KINDS: Final = {"data": (text.FLOATS, BOOLEANS)}


class Inference(NamedTuple):
    """A call, and how to answer it: the outputs in their order, and whether each is binary."""

    model: str
    id: str | None
    outputs: Mapping[OutputName, bool]
    call: Call


def decode(body: Buffer, header: str, model: str, limits: Limits) -> Inference:
    """The inference that a body makes of a model; `header` is that of its JSON's length, "" if there is none.

    Raises `Malformed` if it is not JSON and so many bytes, `Invalid` if it is no request of the model's, `TooLarge` if
    it asks too much.
    """
    size = _json_size(header, len(body))
    if not size and header:
        return _without_json(body, model, limits)
    head = body if size == len(body) else body[:size]
    try:
        return _inference(*read(head, _KINDS), body, size, model, limits)
    except (Invalid, Malformed):
        if len(head) <= SMALL:
            exact(head)
        raise


def _json_size(header: str, size: int) -> int:
    """How many bytes of a body are its JSON."""
    if not header:
        return size
    if not (header.isascii() and header.isdigit()) or int(header[:20]) > size:
        message = f"{HEADER} must be a number of bytes within the body's {size}, got {header[:20]!a}"
        raise Malformed.of("malformed_length", message)
    return int(header)


def _without_json(body: Buffer, model: str, limits: Limits) -> Inference:
    dtype = DATATYPES[RAW_DATATYPE]
    call = raw.decode(body, limits, [("dtype", dtype.name), ("variant", model)])
    return Inference(model, None, {"output": True}, call.including(["output"]))


def _inference(
    found: dict[str, Any], texts: Sequence[Text], body: Buffer, start: int, model: str, limits: Limits
) -> Inference:
    request = validated(InferenceRequest, found, Parameters, RequestInput)
    tensors = _tensors(request.inputs, _placed(request.inputs, texts), body, start, limits)
    if "input" not in tensors:
        raise Invalid.of("missing_field", "the tensor input is required", "/inputs")
    x, parameters = tensors["input"], request.parameters or Parameters()
    check_dtype(parameters.dtype, x)
    call = Call.of(_of_model(parameters, model), x, tensors.get("mask"), limits)
    outputs = _outputs(request, parameters, NAMES[x.dtype.newbyteorder("=")])
    return Inference(model, request.id, outputs, call.including([*outputs, "statistics"]))


def _of_model(parameters: Parameters, model: str) -> Parameters:
    """The parameters with the model's own variant. Raises `Invalid` if they name another."""
    if "variant" in parameters.model_fields_set and parameters.variant != model:
        message = f"the model is {model}; another variant is another model, got {parameters.variant}"
        raise Invalid.of("conflicting_fields", message, "/parameters/variant")
    return parameters.model_copy(update={"variant": model})


def _placed(inputs: Sequence[RequestInput], texts: Sequence[Text]) -> dict[int, Text]:
    """The texts of the inputs' data, by place: where `read` left None, and where it could not lift a list out."""
    lifted = iter(texts)
    placed = {}
    for place, tensor in enumerate(inputs):
        if "data" not in tensor.model_fields_set:
            continue
        pointer = f"/inputs/{place}/data"
        if isinstance(tensor.data, list):
            written = dumps(tensor.data).encode()
            placed[place] = Text(written, 0, len(written), pointer)
        elif tensor.data is None and (found := next(lifted, None)):
            placed[place] = found._replace(pointer=pointer)
        else:
            raise Invalid.of("wrong_type", "data must be an array of the elements, flat or nested", pointer)
    return placed


def _tensors(
    inputs: Sequence[RequestInput], texts: Mapping[int, Text], body: Buffer, at: int, limits: Limits
) -> dict[str, Tensor]:
    """The inputs by name. Raises `Malformed` if binary data is left over."""
    tensors: dict[str, Tensor] = {}
    for place, given in enumerate(inputs):
        pointer, shape = f"/inputs/{place}", tuple(given.shape)
        _check_input(given, tensors, pointer)
        size = None if given.parameters is None else given.parameters.binary_data_size
        if (size is None) == (place not in texts):
            message = "a tensor has either data or the parameter binary_data_size"
            raise Invalid.of("missing_field" if size is None else "conflicting_fields", message, f"{pointer}/data")
        if size is None:
            limits.check_shape(shape, pointer=f"{pointer}/shape")
            tensors[given.name] = from_json(texts[place], given.datatype, shape, limits)
        else:
            tensors[given.name] = from_binary(body, at, size, given.datatype, shape, pointer)
            limits.check_shape(shape, pointer=f"{pointer}/shape")
            at += size
    if at != len(body):
        message = f"the body has {len(body) - at} bytes after its last tensor"
        raise Malformed.of("length_mismatch", message)
    return tensors


def _check_input(given: RequestInput, others: Mapping[str, Tensor], pointer: str) -> None:
    if given.name in others:
        raise Invalid.of("conflicting_fields", f"the tensor {given.name} may stand once", f"{pointer}/name")
    choices = [name for name in DATATYPES if (name == BOOL) == (given.name == "mask")]
    if given.datatype not in choices:
        message = f"datatype of {given.name} must be one of {', '.join(choices)}, got {given.datatype[:20]!a}"
        raise Invalid.of("unknown_value", message, f"{pointer}/datatype")


def _outputs(request: InferenceRequest, parameters: Parameters, datatype: str) -> dict[OutputName, bool]:
    """The outputs asked for, and whether they are to be binary: halves are where nothing is said."""
    if not request.outputs:
        return {"output": _binary(None, parameters, datatype, "/parameters/binary_data_output")}
    outputs: dict[OutputName, bool] = {}
    for place, asked in enumerate(request.outputs):
        if asked.name in outputs:
            message = f"the tensor {asked.name} may stand once"
            raise Invalid.of("conflicting_fields", message, f"/outputs/{place}/name")
        own = None if asked.parameters is None else asked.parameters.binary_data
        of = datatype if asked.name == "output" else BOOL
        outputs[asked.name] = _binary(own, parameters, of, f"/outputs/{place}/parameters/binary_data")
    return outputs


def _binary(own: bool | None, parameters: Parameters, datatype: str, pointer: str) -> bool:
    if own is None and "binary_data_output" in parameters.model_fields_set:
        own = parameters.binary_data_output
    if own is False:
        check_json(datatype, pointer)
    return datatype in ("FP16", "BF16") if own is None else own


def encode(inference: Inference, result: Result) -> Reply:
    """The reply: JSON, and after it the outputs that are binary."""
    arrays = {"output": result.output, "mask": result.mask}
    outputs, binary = [], []
    for name, is_binary in inference.outputs.items():
        x = arrays[name]
        assert x is not None
        tensor: dict[str, Any] = {"name": name, "shape": x.shape, "datatype": NAMES[x.dtype]}
        if is_binary:
            binary.append(memory(x))
            tensor["parameters"] = {"binary_data_size": len(binary[-1])}
        else:
            tensor["data"] = orjson.Fragment(to_json(x))
        outputs.append(tensor)
    head = _head(inference, result, outputs)
    if not binary:
        return Reply(MEDIA_TYPE, (head,))
    return Reply(raw.MEDIA_TYPE, (head, *binary), {HEADER: str(len(head))})


def _head(inference: Inference, result: Result, outputs: Sequence[Any]) -> bytes:
    head = {
        "model_name": inference.model,
        "model_version": VERSION,
        "id": inference.id,
        "parameters": _parameters(inference.call, result),
        "outputs": outputs,
    }
    if inference.id is None:
        del head["id"]
    return orjson.dumps(head)


def _parameters(call: Call, result: Result) -> dict[str, Any]:
    """What the call was and what was counted, flat: parameters are scalars, and what is null is left out."""
    flat: dict[str, Any] = {}
    for name, value in (call.replay | statistics_of(call, result)).items():
        flat |= {f"{name}_{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
    for name in ("include", "mask", "shape"):
        flat.pop(name, None)
    return {name: _scalar(value) for name, value in flat.items() if value is not None}


def _scalar(value: Any) -> Any:
    return ",".join("null" if one is None else str(one) for one in value) if isinstance(value, list) else value
