"""An array in JSON: the type of its field in a request, what that holds, and how it is written in a reply."""

from contextlib import suppress
from json import dumps
from math import isfinite
from typing import Annotated, Any

import numpy as np
from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.errors import Invalid
from app.wire.fields import nested
from app.wire.json.parse import parse
from app.wire.json.text import BOOLEANS, NUMBERS, ElementType, Text
from app.wire.limits import Limits


def _array(kind: ElementType, *scalars: type) -> PlainValidator:
    """The type of a field that holds an array: its text, or a single element, of rank 0."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Text) or type(value) in scalars:
            return value
        if isinstance(value, list):  # a key written with escapes is not seen by `lift`
            body = dumps(value).encode()
            return Text(body, 0, len(body), (str(info.field_name),))
        raise PydanticCustomError(kind.code, f"Input should be {kind.noun}, or nested arrays of them")

    return PlainValidator(check)


NumbersField = Annotated[Any, _array(NUMBERS, int, float), WithJsonSchema(nested("number"))]
BooleansField = Annotated[Any, _array(BOOLEANS, bool), WithJsonSchema(nested("boolean"))]


def array(value: Any, kind: ElementType, limits: Limits, field: str) -> Any:
    """The array of a text or of one element, which stands in that field."""
    if isinstance(value, Text):
        return parse(value, kind, limits)
    if value != value:
        raise Invalid.of("non_finite", "every element must be a finite number; JSON has no NaN or infinity", field)
    with suppress(OverflowError):  # an integer beyond float64
        if isfinite(value):
            return np.array(value, kind.dtype)
    raise Invalid.of("overflow", "every element must be within float64, at most 1.797e308 in size", field)
