"""An inference: a request's body → a call; the call's result → a reply.

A body is JSON, then the binary tensors in the order of the inputs; the header `Inference-Header-Content-Length` tells
where the JSON ends. A header of 0 means no JSON at all: the body is the elements of the one input there is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import orjson

from app.core import Result
from app.errors import DropoutError, Invalid, Malformed
from app.wire import raw, text
from app.wire.call import Call, statistics_of
from app.wire.codec import Reply
from app.wire.envelope import SMALL, exact, read
from app.wire.fields import validated
from app.wire.json import MEDIA_TYPE
from app.wire.limits import Limits
from app.wire.memory import memory
from app.wire.oip.inputs import tensors
from app.wire.oip.request import InferenceRequest, OutputName, Parameters, RequestInput
from app.wire.oip.tensor import BOOL, DATATYPES, NAMES, check_json, to_json
from app.wire.query import check_dtype
from app.wire.text import BOOLEANS, Buffer

HEADER: Final = "Inference-Header-Content-Length"
VERSION: Final = "1"
"""Of every model: the mask law's."""
_BINARY: Final = b'"binary_data_size"'
"""What stands in the JSON of a request that has binary tensors."""
_UNREADABLE: Final = ("malformed_json", "fields_too_large", "nesting_too_deep")
"""What such a request is taken for, if all of it is read as JSON."""
RAW_DATATYPE: Final = "FP32"
"""Of an input that comes without JSON; the models' metadata say so."""
_KINDS: Final = {"data": (BOOLEANS, text.FLOATS)}


class Inference(NamedTuple):
    """A call, and how to answer it: the outputs in their order, and whether each is binary.

    inputs : the names of the tensors that were sent, in their order.
    """

    model: str
    id: str | None
    inputs: tuple[str, ...]
    outputs: Mapping[OutputName, bool]
    call: Call

    @property
    def written(self) -> int:
        """About how many elements are written as JSON."""
        return 0 if all(self.outputs.values()) else self.call.cost

    def run(self, threads: int = 1) -> Result:
        """The result of the call."""
        with _pointed(self.inputs):
            return self.call.run(threads)


@contextmanager
def _pointed(inputs: Sequence[str]) -> Iterator[None]:
    """Errors that are raised within point into the request of these inputs."""
    try:
        yield
    except DropoutError as error:
        raise error.pointing(partial(_pointer, inputs)) from None


def _pointer(inputs: Sequence[str], pointer: str) -> str:
    _, name, *rest = pointer.split("/") if pointer else ("", "")
    if name in inputs:
        return "/".join(("", "inputs", str(inputs.index(name)), *rest))
    if name == "include":  # which is said by naming outputs here
        return "/outputs"
    return f"/parameters{pointer}" if name in Parameters.model_fields else pointer


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
        return _inference(read(head, _KINDS, "/inputs/{place}/data"), body, size, model, limits)
    except DropoutError as error:
        if not header and error.faults[0].code in _UNREADABLE and _BINARY in body:
            message = f"the body is not JSON alone: the header {HEADER} must tell where that ends and tensors begin"
            raise Malformed.of("malformed_json", message) from None
        if isinstance(error, Invalid | Malformed) and len(head) <= SMALL:
            exact(head)
        raise


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
    dtype = DATATYPES[RAW_DATATYPE]
    call = raw.decode(body, limits, [("dtype", dtype.name), ("variant", model)])
    return Inference(model, None, ("input",), {"output": True}, call.including(["output"]))


def _inference(found: dict[str, Any], body: Buffer, start: int, model: str, limits: Limits) -> Inference:
    request = validated(InferenceRequest, found, Parameters, RequestInput)
    arrays = tensors(request.inputs, body, start, limits)
    if "input" not in arrays:
        raise Invalid.of("missing_field", "the tensor input is required", "/inputs")
    x, parameters = arrays["input"], request.parameters or Parameters()
    with _pointed(tuple(arrays)):
        check_dtype(parameters.dtype, x)
        call = Call.of(_of_model(parameters, model), x, arrays.get("mask"), limits)
    outputs = _outputs(request, parameters, NAMES[x.dtype.newbyteorder("=")])
    return Inference(model, request.id, tuple(arrays), outputs, call.including([*outputs, "statistics"]))


def _of_model(parameters: Parameters, model: str) -> Parameters:
    """The parameters with the model's own variant. Raises `Invalid` if they name another."""
    if "variant" in parameters.model_fields_set and parameters.variant != model:
        message = f"the model is {model}; another variant is another model, got {parameters.variant}"
        raise Invalid.of("conflicting_fields", message, "/variant")
    return parameters.model_copy(update={"variant": model})


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
