"""How much a request may ask for."""

from math import prod
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.core import Shape
from app.errors import Invalid, TooLarge, Where


class Bound(NamedTuple):
    """What a limit is to fields of requests, which are of one type.

    keyword : for it, in JSON Schema. rule : the sentence that a field beyond a maximum is refused with.
    """

    keyword: str
    type: str
    fields: tuple[str, ...]
    rule: str = ""


class Limits(BaseModel):
    """The limits a request is held to. Each is a setting: an environment variable `DROPOUT_<NAME>`."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)

    max_body_bytes: int = Field(
        default=64 * 2**20, ge=1, description="Bytes of a request's body, as sent and as inflated."
    )
    max_elements: int = Field(default=16_000_000, ge=1, description="Elements of input and output, replicates counted.")
    max_ndim: Annotated[int, Bound("maxItems", "array", ("shape", "noise_shape", "whole", "origin"))] = Field(
        default=32, ge=0, le=63, description="Dimensions of an array."
    )
    max_samples: Annotated[int, Bound("maximum", "integer", ("samples",), "a call may have {} samples")] = Field(
        default=10_000, ge=1, description="Replicates of one call."
    )
    max_simulated: int = Field(default=10**9, ge=1, description="Elements of an experiment, its runs counted.")
    deadline_seconds: int = Field(default=30, ge=1, description="Seconds that an experiment may take.")

    def check_shape(self, shape: Shape, samples: int = 1, *, where: Where = ("x",)) -> None:
        """Raise unless an array of that shape, so many times, may be asked for."""
        if len(shape) > self.max_ndim:
            self.check_rank(shape, where=where)
        # numpy has limits for an array without elements too: a 0 counts as 1
        count = samples * prod(shape if 0 not in shape else (length or 1 for length in shape))
        if count > self.max_elements:
            message = f"a call may have {self.max_elements} elements (DROPOUT_MAX_ELEMENTS), got {_short(count)}"
            raise TooLarge.of("too_many_elements", message, *where)

    def check_simulated(self, shape: Shape, runs: int, *, held: int) -> None:
        """Raise unless an experiment of so many runs may be asked for, so many elements of which are held in memory."""
        self.check_rank(shape, where=("shape",))
        count = prod(shape) * runs
        if count > self.max_simulated:
            most = f"an experiment may have {self.max_simulated} elements (DROPOUT_MAX_SIMULATED)"
            raise TooLarge.of("too_many_elements", f"{most}, got {_short(count)}", "shape")
        if held > self.max_elements:
            most = f"shared decisions and blocks are held, {self.max_elements} at most (DROPOUT_MAX_ELEMENTS)"
            raise TooLarge.of("too_many_elements", f"{most}, got {_short(held)}", "shape")

    def check_maximum(self, field: str, value: int, *, where: Where = ()) -> None:
        """Raise unless a field that has a maximum may be so large."""
        name, rule = MAXIMA[field]
        most = getattr(self, name)
        if value > most:
            message = f"{rule.format(most)} (DROPOUT_{name.upper()}), got {_short(value)}"
            raise TooLarge.of("too_many_elements", message, *(where or (field,)))

    def check_rank(self, shape: Shape, *, where: Where = ("x",)) -> None:
        """Raise `Invalid` unless an array may have so many dimensions."""
        if len(shape) > self.max_ndim:
            message = f"an array may have {self.max_ndim} dimensions (DROPOUT_MAX_NDIM), got {len(shape)}"
            raise Invalid.of("rank_too_high", message, *where)


def _short(number: int) -> str:
    return str(number) if number < 10**20 else "more than 10^20"


_BOUNDED: Final = [
    (field, limit, bound)
    for limit, about in Limits.model_fields.items()
    for bound in about.metadata
    if isinstance(bound, Bound)
    for field in bound.fields
]
BOUNDS: Final = {(field, bound.type): (bound.keyword, limit) for field, limit, bound in _BOUNDED}
"""Fields that a limit is written into, and their type: the keyword for it, and which limit it is."""
MAXIMA: Final = {field: (limit, bound.rule) for field, limit, bound in _BOUNDED if bound.keyword == "maximum"}
"""Fields that have a maximum: which limit it is, and the rule."""
