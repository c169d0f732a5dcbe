"""JSON: a request's body → a call, a call and its result → a reply's body.

A body is a small envelope with large arrays in it. The arrays are lifted out as text, for `app.wire.text` to read; what
is left is small whatever the request, so it can be looked at closely: duplicate keys, nesting, NaN, surrogates.
"""

import re
from collections import Counter
from contextlib import suppress
from json import JSONDecodeError, JSONDecoder, dumps
from math import isfinite, prod
from typing import Annotated, Any, Final, get_args

import numpy as np
import orjson
from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.core import FLOATS, FloatArray, Result
from app.errors import DropoutError, Invalid, Malformed, TooLarge
from app.wire.call import Call, layer_of, statistics_of
from app.wire.fields import Fields, Length, Optional, Part, invalid
from app.wire.limits import Limits
from app.wire.text import BOOLEANS, NESTING, NUMBERS, Buffer, Kind, Text, foreign, parse

MEDIA_TYPE: Final = "application/json"

ENVELOPE: Final = 2**16
"""Bytes that a body may have besides its arrays."""
_PARTS: Final = frozenset(get_args(Part))
SMALL: Final = 2**20
"""Bytes up to which a body that is wrong is parsed whole, to say exactly where."""
_KINDS: Final = {"input": NUMBERS, "mask": BOOLEANS}
_ARRAY: Final = re.compile(rb'"(%s)"[ \t\r\n]*:[ \t\r\n]*(?=\[)' % "|".join(_KINDS).encode())


def _array(name: str, *scalars: type) -> PlainValidator:
    """The type of a field that holds an array: its text, or a single element, of rank 0."""

    def check(value: Any) -> Any:
        if isinstance(value, Text) or type(value) in scalars:
            return value
        if isinstance(value, list):  # a key written with escapes is not seen by `lift`
            body = dumps(value).encode()
            return Text(body, 0, len(body), f"/{name}")
        raise PydanticCustomError(_KINDS[name].code, f"Input should be {_KINDS[name].noun}, or nested arrays of them")

    return PlainValidator(check)


def _schema(element: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": element}, {"type": "array", "items": {}}]})


class DropoutRequest(Fields):
    """An array and the layer to put it through."""

    input: Annotated[Any, _array("input", int, float), _schema("number")] = Field(
        description="The array: nested numbers of any rank from 0, or a flat list together with `shape`."
    )
    shape: list[Length] | None = Optional("Shape of a flat `input`, in C order.")
    mask: Annotated[Any, _array("mask", bool), _schema("boolean")] = Optional(
        "Decisions to use instead of drawing: booleans, **true = kept**, anything that broadcasts to the input. "
        "`p` still sets the scale."
    )


def decode(body: Buffer, limits: Limits) -> Call:
    """The call that a body makes.

    Raises `Malformed` if it is not JSON with unique keys, `Invalid` if it is not a call, `TooLarge` if it asks too
    much.
    """
    envelope, texts = lift(body)
    try:
        found = _envelope(envelope)
    except JSONDecodeError as error:
        found, texts = _whole(body, texts, error), {}
    except TooLarge as error:
        raise _stranger(texts) or error from None
    request = _validated(found | {name: text for name, text in texts.items() if found.get(name, text) is None})
    x = _input(request, limits)
    mask = None if "mask" not in request.model_fields_set else _read(request.mask, BOOLEANS, limits)
    call = Call.of(request, x, mask, limits)
    # what is as large as the arrays goes back as it came
    if request.shape is not None:
        call.replay["shape"] = request.shape
    if mask is not None:
        call.replay["mask"] = _writable(mask)
    return call


def encode(call: Call, result: Result) -> bytes:
    """The reply's body. Raises `Invalid` if the output overflowed: JSON has no infinity."""
    overflown = result.tally.output.non_finite
    if overflown:
        message = f"{overflown} elements times the scale {result.scale} are beyond {call.x.dtype.name}"
        raise Invalid.of("overflow", message, "/input")
    reply = {
        "output": _writable(result.output),
        "mask": _writable(result.mask),
        "shape": call.x.shape if call.samples is None else (call.samples, *call.x.shape),
        "dtype": call.replay["dtype"],
        "replay": call.replay,
        "layer": layer_of(call, result),
        "statistics": statistics_of(call, result),
    }
    for part in _PARTS - call.include:
        del reply[part]
    return orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY)


def _writable(value: Any) -> Any:
    """The writer takes arrays from rank 1; one element alone is a scalar."""
    return value[()] if isinstance(value, np.ndarray) else value


_LIFTED: Final = 4 * len(_KINDS)
"""Pieces to cut a body into: enough for each array twice, so that a duplicate is still seen to be one."""


def lift(body: Buffer) -> tuple[bytes, dict[str, Text]]:
    """The body with null in place of its arrays, and the arrays.

    An array ends with the last bracket before the next quotation mark, for only a key can follow it. Where that is not
    so (a string among the numbers), neither the envelope nor the array can be read, and `_broken` finds out why.
    """
    pieces: list[Buffer] = []
    texts: dict[str, Text] = {}
    at = 0
    while len(pieces) < _LIFTED and (found := _ARRAY.search(body, at)):
        name, start = found[1].decode(), found.end()
        quote = body.find(b'"', start)
        limit = len(body) if quote < 0 else quote
        stop = body.rfind(b"]", start, limit) + 1 or limit
        texts[name] = Text(body, start, stop, f"/{name}")
        pieces += [body[at:start], b"null"]
        at = stop
    return b"".join([*pieces, body[at:]]), texts


def _envelope(text: bytes) -> dict[str, Any]:
    """The fields of an envelope. Raises `JSONDecodeError` if it is not JSON."""
    if len(text) > ENVELOPE:
        _check_nesting(text[:ENVELOPE])
        message = f"the fields besides the arrays may take {ENVELOPE} bytes, got {len(text)}"
        raise TooLarge.of("fields_too_large", message)
    return _fields(text)


def _fields(text: bytes) -> dict[str, Any]:
    """The fields of an object. Raises `JSONDecodeError` if the text is not JSON."""
    _check_nesting(text)
    try:
        fields = _JSON.decode(text.decode())
        if b"\\u" in text:
            dumps(fields, ensure_ascii=False).encode()  # half a surrogate pair has no encoding
    except UnicodeError:
        raise Malformed.of(
            "malformed_json", "the body must be UTF-8, without a byte order mark or half surrogates"
        ) from None
    if not isinstance(fields, dict):
        raise Invalid.of("wrong_type", "the body must be a JSON object")
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed.of("duplicate_key", f"each key may stand once, {dumps(twice[:40])} stands twice")
    return fields


def _integer(digits: str) -> int:
    # Python takes no more digits; so long a number is beyond every range anyhow
    return int(digits[:4000])


_JSON: Final = JSONDecoder(object_pairs_hook=_unique, parse_int=_integer)

# possessive, so that a long string takes no memory to match, and without its end too, so that it is looked at once
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[][{}]', re.DOTALL)


def _check_nesting(text: bytes) -> None:
    """Raise `Malformed` at the first bracket that is nested too deep."""
    if text.count(b"[") + text.count(b"{") <= NESTING:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > NESTING:
            raise Malformed.of("nesting_too_deep", f"brackets may be nested {NESTING} deep")


def _whole(body: Buffer, texts: dict[str, Text], error: JSONDecodeError) -> dict[str, Any]:
    """The fields of a body whose envelope cannot be read, if it is small, and JSON after all.

    Raises what is wrong with it: its own syntax, or a strange element in an array.
    """
    if len(body) <= SMALL:
        try:
            return _fields(bytes(body))
        except JSONDecodeError as exact:
            where = f"line {exact.lineno} column {exact.colno}"
            raise Malformed.of("malformed_json", f"the body is not JSON, at {where}: {exact.msg}") from None
    raise _stranger(texts) or Malformed.of("malformed_json", f"the body is not JSON: {error.msg}")


def _stranger(texts: dict[str, Text]) -> DropoutError | None:
    """The first element of an array that is of another kind, which made it end too early."""
    return next(filter(None, (foreign(text, _KINDS[name]) for name, text in texts.items())), None)


def _validated(found: dict[str, Any]) -> DropoutRequest:
    try:
        return DropoutRequest.model_validate(found)
    except ValidationError as error:
        raise invalid(error, DropoutRequest.model_fields) from None


def _input(request: DropoutRequest, limits: Limits) -> FloatArray:
    x = _read(request.input, NUMBERS, limits)
    if request.shape is not None:
        x = _shaped(x, tuple(request.shape), limits)
    return _cast(x, FLOATS[request.dtype])


def _read(value: Any, kind: Kind, limits: Limits) -> Any:
    """The array of a text or of one element."""
    if isinstance(value, Text):
        return parse(value, kind, limits)
    if value != value:
        raise Invalid.of("non_finite", "every element must be a finite number; JSON has no NaN or infinity", "/input")
    with suppress(OverflowError):  # an integer beyond float64
        if isfinite(value):
            return np.array(value, kind.dtype)
    raise Invalid.of("overflow", "input must be within float64, at most 1.797e308 in size", "/input")


def _shaped(x: FloatArray, shape: tuple[int, ...], limits: Limits) -> FloatArray:
    limits.check_shape(shape, pointer="/shape")
    if x.ndim != 1:
        message = f"shape goes with a flat input; this one is nested, {x.ndim} dimensions"
        raise Invalid.of("shape_mismatch", message, "/shape")
    if prod(shape) != x.size:
        message = f"shape {list(shape)} needs {prod(shape)} elements, input has {x.size}"
        raise Invalid.of("shape_mismatch", message, "/shape")
    return x.reshape(shape)


def _cast(x: FloatArray, dtype: np.dtype[Any]) -> FloatArray:
    """`x` in the type asked for. Raises `Invalid` if an element is not finite in it."""
    if x.dtype == dtype:
        return x
    with np.errstate(over="ignore"):
        cast: FloatArray = x.astype(dtype, copy=False)
    finite = np.isfinite(cast)
    if not finite.all():
        place = "".join(f"/{index}" for index in np.argwhere(~finite)[0])
        message = f"every element must be finite and within {dtype.name}, at most {np.finfo(dtype).max:.4g} in size"
        raise Invalid.of("overflow", message, f"/input{place}")
    return cast
