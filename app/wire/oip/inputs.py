"""A request's input tensors → arrays: from the JSON texts and the binary data that its body holds."""

from collections.abc import Mapping, Sequence
from json import dumps

from app.errors import Invalid, Malformed
from app.wire.limits import Limits
from app.wire.oip.request import RequestInput
from app.wire.oip.tensor import BOOL, DATATYPES, Tensor, from_binary, from_json
from app.wire.text import Buffer, Text


def tensors(inputs: Sequence[RequestInput], body: Buffer, start: int, limits: Limits) -> dict[str, Tensor]:
    """The inputs by name; the binary data of those that have any begin at `start`.

    Raises `Malformed` if the body has not the bytes that are announced, no more and no fewer, `Invalid` or `TooLarge`
    for a tensor that is not to be had.
    """
    found: dict[str, Tensor] = {}
    for place, given in enumerate(inputs):
        pointer = f"/inputs/{place}"
        _check(given, found, pointer)
        text = _text(given, f"{pointer}/data")
        size = _binary_size(given, pointer, in_json=text is not None)
        kind = given.datatype, tuple(given.shape), pointer
        if text is not None:
            found[given.name] = from_json(text, *kind, limits)
        elif size is not None:
            found[given.name] = from_binary(body, start, size, *kind, limits)
            start += size
    if start != len(body):
        raise Malformed.of("length_mismatch", f"the body has {len(body) - start} bytes after its last tensor")
    return found


def _text(given: RequestInput, pointer: str) -> Text | None:
    """The JSON text of a tensor's elements, None if it has none."""
    if isinstance(given.data, Text):
        return given.data._replace(pointer=pointer)
    if isinstance(given.data, list):  # a key written with escapes is not seen by `lift`
        written = dumps(given.data).encode()
        return Text(written, 0, len(written), pointer)
    if "data" in given.model_fields_set:
        raise Invalid.of("wrong_type", "data must be an array of the elements, flat or nested", pointer)
    return None


def _check(given: RequestInput, others: Mapping[str, Tensor], pointer: str) -> None:
    """Raise `Invalid` for a tensor that stands twice, or has another's datatype."""
    if given.name in others:
        raise Invalid.of("conflicting_fields", f"the tensor {given.name} may stand once", f"{pointer}/name")
    choices = [name for name in DATATYPES if (name == BOOL) == (given.name == "mask")]
    if given.datatype not in choices:
        message = f"datatype of {given.name} must be one of {', '.join(choices)}, got {given.datatype[:20]!a}"
        raise Invalid.of("unknown_value", message, f"{pointer}/datatype")


def _binary_size(given: RequestInput, pointer: str, *, in_json: bool) -> int | None:
    """The bytes of a tensor that is binary, None of one that is JSON. Raises `Invalid` if it is both or neither."""
    size = None if given.parameters is None else given.parameters.binary_data_size
    rule = "a tensor has data or the parameter binary_data_size"
    if size is not None and in_json:
        raise Invalid.of("conflicting_fields", f"{rule}, not both", f"{pointer}/data")
    if size is None and not in_json:
        raise Invalid.of("missing_field", f"{rule}; this one has neither", f"{pointer}/data")
    return size
