"""The fields of a call, as pydantic models: names, types, ranges and defaults, and what their documentation says.

Nothing is coerced: a number in quotes, a 1 for true, null for a value are errors. What fields mean together is checked
where they meet, in `app.wire.call`.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from json import dumps
from typing import Annotated, Any, Final, Literal, TypeVar, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from app.core import PARAMETERS, VARIANTS, WORDS, NoiseShape, Parameter, Scaling
from app.errors import Code, Fault, Invalid

DType = Literal["float64", "float32", "float16"]
FloatType = Literal["float64", "float32", "float16", "bfloat16"]

SAFE: Final = 2**53 - 1
"""The largest integer that every reader of JSON gets right; above it, replies write integers as text."""


def _integer(value: Any) -> Any:
    """An unsigned integer that may come as decimal text, for languages whose numbers end at 2^53."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return value


def _large(value: Any) -> Any:
    """The same, as text only where it has to be: beyond 2^53 - 1."""
    number = _integer(value)
    return number if number is value or number > SAFE else value


def _variant(value: str) -> str:
    if value not in VARIANTS:
        raise PydanticCustomError("unknown_value", "Input should be one of {names}", {"names": ", ".join(VARIANTS)})
    return value


WORD_SCHEMA: Final = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": WORDS - 1},
        {"type": "string", "pattern": "^[0-9]{1,20}$"},
    ]
}

COORDINATE_SCHEMA: Final = {
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": WORDS}, {"type": "string", "pattern": "^[0-9]{16,20}$"}]
}

Word = Annotated[int, Field(ge=0, lt=WORDS), BeforeValidator(_integer), WithJsonSchema(WORD_SCHEMA)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Length = Annotated[int, Field(ge=0)]
Coordinate = Annotated[int, Field(ge=0), BeforeValidator(_large), WithJsonSchema(COORDINATE_SCHEMA)]
"""A length or an index of an array that nobody holds: only 64 bits limit it."""
Count = Annotated[int, Field(ge=1)]
VariantName = Annotated[str, AfterValidator(_variant), WithJsonSchema({"type": "string", "enum": list(VARIANTS)})]


_RANKS: Final = 6
"""Of replicates of a batch of volumes: beyond, elements are not described."""


def nested(element: str) -> dict[str, Any]:
    """The schema of an element, and of arrays of it of any rank.

    Written out rank by rank, for some generators of clients can't read a schema that contains itself.
    """
    known = [_arrays({"type": element}, rank) for rank in range(_RANKS + 1)]
    return {"anyOf": [*known, _arrays({}, _RANKS + 1)]}


def _arrays(schema: dict[str, Any], rank: int) -> dict[str, Any]:
    """The schema of arrays of that rank, of what another describes."""
    return {"type": "array", "items": _arrays(schema, rank - 1)} if rank else schema


def optional(schema: dict[str, Any]) -> None:
    """Drop null from the schema of a field that may be left out: absent is not null."""
    schema.pop("default", None)
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    schema.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})


def Optional(description: str, **more: Any) -> Any:  # noqa: N802 - a kind of pydantic's Field
    """A field that may be left out, and has no value then."""
    return Field(default=None, description=description, json_schema_extra=optional, **more)


M = TypeVar("M", bound=BaseModel)


def _with_parameters(model: type[M]) -> type[M]:
    """The model, with a field for each parameter of the core's table."""
    found: dict[str, Any] = {name: (_given(row) | None, Optional(row.asked)) for name, row in PARAMETERS.items()}
    return create_model(model.__name__, __base__=model, __module__=__name__, **found)


def _given(row: Parameter) -> Any:
    """What a request may have for a parameter."""
    of = list[Coordinate | None] if row.type == NoiseShape else row.type
    return of if row.least is None else Annotated[of, Field(ge=row.least)]


@_with_parameters
class Fields(BaseModel):
    """The fields that say which layer, and where to draw; after these, the parameters that few variants have."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    p: Probability = Field(default=0.5, description="Probability of **dropping** an element. Not with `keep_prob`.")
    keep_prob: Probability | None = Optional(
        "Probability of **keeping** an element, instead of `p`: p = 1 - keep_prob."
    )
    training: bool = Field(default=True, description="`true`: drop. `false`: evaluation, the layer does nothing.")
    seed: Word | None = Optional(
        "Key of the random decisions, an unsigned 64-bit integer; as text if your language's integers end at 2^53. "
        "Absent: the server draws one below 2^53 and returns it in `replay`."
    )
    stream: Word = Field(default=0, description="Independent masks under one seed: a layer's or a step's number.")
    offset: Word = Field(default=0, description="Added to the index of each decision.")
    whole: list[Coordinate] | None = Optional(
        "Shape of a larger array that this one is a block of: it gets the decisions that it has there, so that any cut "
        "into blocks, computed one by one, gives the whole."
    )
    origin: list[Coordinate] | None = Optional(
        "Index of the block's first element in the `whole`. Default: all zeros. Not without `whole`."
    )
    sample: Word = Field(default=0, description="Index of a replicate, each of which has a mask of its own.")
    variant: VariantName = Field(default="dropout", description="Which layer; `GET /v1/variants` lists them.")
    scaling: Scaling = Field(
        default="inverted",
        description="`inverted`: survivors x 1/(1-p) in training. `inference`: everything x (1-p) in evaluation. "
        "`none`: never.",
    )


class Replicates(Fields):
    """The same, and how many replicates."""

    samples: Count | None = Optional(
        "Number of replicates, 0 … n-1, on a new leading axis of output and mask (Monte Carlo dropout); not with "
        "`sample`."
    )


class _Null:
    """What stands for null, so that a field that may be left out does not take it for that."""


_NULL: Final = _Null()


def validated(model: type[M], found: Mapping[str, Any], *more: type[BaseModel]) -> M:
    """The model of what was found; `Invalid` says what is wrong. `more` are models within it, whose names are known."""
    if None in found.values() and issubclass(model, Fields):
        found = {name: _NULL if value is None else value for name, value in found.items()}
    try:
        return cast(M, model.__pydantic_validator__.validate_python(found))
    except ValidationError as error:
        models: list[type[BaseModel]] = [model, *more]
        raise _invalid(error, [name for known in models for name in known.model_fields]) from None


_CODES: Final[dict[str, Code]] = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "literal_error": "unknown_value",
    "finite_number": "non_finite",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "less_than": "out_of_range",
}
_MOST: Final = 16


def _invalid(error: ValidationError, known: Iterable[str]) -> Invalid:
    """What pydantic found wrong, as the service says it; `known` are the names of the fields there are."""
    details = error.errors(include_url=False, include_context=False)
    return Invalid([_fault(detail, known) for detail in details[:_MOST]])


def _fault(detail: ErrorDetails, known: Iterable[str]) -> Fault:
    name = ".".join(brief(str(part)) for part in detail["loc"])
    where = tuple(part if isinstance(part, int) else brief(part) for part in detail["loc"])
    code = detail["type"] if detail["type"] in get_args(Code) else _CODES.get(detail["type"], "wrong_type")
    if detail["input"] is _NULL and code != "unknown_field":
        code = "wrong_type"
    return Fault(cast(Code, code), where, _message(detail, code, name, known))


def _message(detail: ErrorDetails, code: str, name: str, known: Iterable[str]) -> str:
    if code == "missing_field":
        return f"{name} is required"
    if detail["input"] is _NULL and code != "unknown_field":
        return f"{name} should not be null: leave the field out instead, got null"
    if code == "unknown_field":
        near = get_close_matches(str(detail["loc"][-1]), [*known, *_ELSEWHERE], n=1)
        return f"{name} is not a field" + "".join(f"; did you mean {_ELSEWHERE.get(word, word)}?" for word in near)
    rule = detail["msg"].replace("Input", name or "the body", 1) + f", got {_shown(detail['input'])}"
    field = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    return rule + (_hint(field, detail["input"]) if code == "out_of_range" else "")


def _hint(field: str, value: Any) -> str:
    """What one who sends such a number may have meant, as the end of the sentence; "" if nothing is known."""
    if field in ("p", "keep_prob") and 2 <= value <= 100:
        return f"; {value:g} percent is {value / 100:g}"
    return _NEGATIVE.get(field, "") if value < 0 else ""


_NEGATIVE: Final = {
    "noise_shape": "; null stands for a dimension's own length",
    "shape": "; no length is worked out from the others",
    "seed": "; leave it out to have one drawn",
}
"""What a negative number means in other libraries, and what it is here."""


_ELSEWHERE: Final = {
    "rate": "p",
    "ratio": "p",
    "prob": "p",
    "drop_prob": "p",
    "keep": "keep_prob",
    "x": "input",
    "data": "input",
}
"""What fields are called in other libraries."""


def _shown(value: Any) -> str:
    """A scalar as JSON, in brief; anything larger by its kind alone."""
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    if isinstance(value, (str, bool, int, float)) or value is None:
        return brief(dumps(value))
    return "an array"


def brief(text: str) -> str:
    """A text of a client's, cut short."""
    return text if len(text) <= 40 else text[:37] + "..."
