"""An inference request, as pydantic models. What it may not have is refused, never ignored."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.wire.fields import Coordinate, Length, Optional, Replicates
from app.wire.oip.tensor import BOOL, DATATYPES
from app.wire.query import numbers

_FLOATS: Final = ", ".join(f"`{name}`" for name in DATATYPES if name != BOOL)
Scalar = bool | int | float | str | None
InputName = Literal["input", "mask"]
OutputName = Literal["output", "mask"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _list(value: Any) -> Any:
    """A list as text, for parameters are scalars."""
    return numbers(value) if isinstance(value, str) else value


_LIST: Final = {"type": "string", "pattern": "^[0-9nul, ]*$"}


class Parameters(Replicates):
    """The layer's fields, as parameters; and what the protocol has of its own."""

    noise_shape: Annotated[list[Coordinate | None] | None, BeforeValidator(_list), WithJsonSchema(_LIST)] = Optional(
        "Shape of the decisions as text, `5000,null`: an entry a dimension, null for its length, 1 for a shared one."
    )
    whole: Annotated[list[Coordinate] | None, BeforeValidator(_list), WithJsonSchema(_LIST)] = Optional(
        "Shape of a larger array that the input is a block of, as text, `5000,10`."
    )
    origin: Annotated[list[Coordinate] | None, BeforeValidator(_list), WithJsonSchema(_LIST)] = Optional(
        "Index of the block's first element in the `whole`, as text, `100,0`. Default: all zeros."
    )
    dtype: Literal["float64", "float32", "float16", "bfloat16"] | None = Optional("The datatype of `input`, if at all.")
    binary_data_output: bool = Field(default=False, description="Outputs as binary data, where they do not say.")
    priority: Scalar = Optional("Ignored.")
    timeout: Scalar = Optional("Ignored.")
    content_type: Scalar = Optional("Ignored.")


class InputParameters(_Part):
    """How a tensor is sent."""

    binary_data_size: Length | None = Optional("Bytes of the tensor's elements after the JSON, instead of `data`.")
    content_type: Scalar = Optional("Ignored.")


class OutputParameters(_Part):
    """How a tensor is to be sent."""

    binary_data: bool | None = Optional("After the JSON, instead of `data`. Default: `binary_data_output`.")
    content_type: Scalar = Optional("Ignored.")


class RequestInput(_Part):
    """A tensor."""

    name: InputName = Field(description="`input`, the array; `mask`, its decisions, true = kept.")
    shape: list[Length] = Field(description="Of any rank; a mask's must broadcast to the input's.")
    datatype: Annotated[str, WithJsonSchema({"type": "string", "enum": list(DATATYPES)})] = Field(
        description=f"Of `input`: {_FLOATS}; of `mask`: `BOOL`."
    )
    parameters: InputParameters | None = Field(default=None, description="How it is sent.")
    data: Annotated[Any, WithJsonSchema({"type": "array", "items": {}})] = Optional(
        "The elements in C order, flat or nested; NaN, Infinity and -Infinity may be among them."
    )


class RequestOutput(_Part):
    """A tensor that is asked for."""

    name: OutputName = Field(description="`output`, the result; `mask`, its decisions, true = kept.")
    parameters: OutputParameters | None = Field(default=None, description="How it is to be sent.")


class InferenceRequest(_Part):
    """What to infer from what. `input` is the array; `mask`, if sent, its decisions, true = kept."""

    id: str | None = Field(default=None, description="Comes back in the reply.")
    model_name: Scalar = Optional("Ignored: the path says it.")
    model_version: Scalar = Optional("Ignored: the path says it.")
    parameters: Parameters | None = Field(default=None, description="The layer's fields.")
    inputs: list[RequestInput] = Field(description="`input`, and perhaps `mask`.")
    outputs: list[RequestOutput] | None = Field(
        default=None, description="`output`, `mask`, or both. Default: `output`."
    )
