"""A request's input tensors → arrays: from the JSON texts and the binary data that its body holds."""

from collections.abc import Mapping, Sequence
from json import dumps

from app.errors import Invalid, Malformed, Where
from app.wire.json.text import Buffer, Text
from app.wire.limits import Limits
from app.wire.oip.request import RequestInput
from app.wire.oip.tensor import BOOL, DATATYPES, Tensor, from_binary, from_json


def tensors(inputs: Sequence[RequestInput], body: Buffer, start: int, limits: Limits) -> dict[str, Tensor]:
    """The inputs by name; the binary data of those that have any begin at `start`.

    Raises `Malformed` if the body has not the bytes that are announced, no more and no fewer, `Invalid` or `TooLarge`
    for a tensor that is not to be had.
    """
    found: dict[str, Tensor] = {}
    for place, given in enumerate(inputs):
        where: Where = ("inputs", place)
        _check(given, found, where)
        text = _text(given, (*where, "data"))
        size = _binary_size(given, where, in_json=text is not None)
        kind = given.datatype, tuple(given.shape), where
        if text is not None:
            found[given.name] = from_json(text, *kind, limits)
        elif size is not None:
            found[given.name] = from_binary(body, start, size, *kind, limits)
            start += size
    if start != len(body):
        raise Malformed.of("length_mismatch", f"the body has {len(body) - start} bytes after its last tensor")
    return found


def _text(given: RequestInput, where: Where) -> Text | None:
    """The JSON text of a tensor's elements, None if it has none."""
    if isinstance(given.data, Text):
        return given.data._replace(where=where)
    if isinstance(given.data, list):  # a key written with escapes is not seen by `lift`
        written = dumps(given.data).encode()
        return Text(written, 0, len(written), where)
    if "data" in given.model_fields_set:
        raise Invalid.of("wrong_type", "data must be an array of the elements, flat or nested", *where)
    return None


def _check(given: RequestInput, others: Mapping[str, Tensor], where: Where) -> None:
    """Raise `Invalid` for a tensor that stands twice, or has another's datatype."""
    if given.name in others:
        raise Invalid.of("conflicting_fields", f"the tensor {given.name} may stand once", *where, "name")
    choices = [name for name in DATATYPES if (name == BOOL) == (given.name == "mask")]
    if given.datatype not in choices:
        message = f"datatype of {given.name} must be one of {', '.join(choices)}, got {given.datatype[:20]!a}"
        raise Invalid.of("unknown_value", message, *where, "datatype")


def _binary_size(given: RequestInput, where: Where, *, in_json: bool) -> int | None:
    """The bytes of a tensor that is binary, None of one that is JSON. Raises `Invalid` if it is both or neither."""
    size = None if given.parameters is None else given.parameters.binary_data_size
    rule = "a tensor has data or the parameter binary_data_size"
    if size is not None and in_json:
        raise Invalid.of("conflicting_fields", f"{rule}, not both", *where, "data")
    if size is None and not in_json:
        raise Invalid.of("missing_field", f"{rule}; this one has neither", *where, "data")
    return size
