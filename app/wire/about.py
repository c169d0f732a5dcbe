"""What the service tells of itself: its layers, its limits, its errors and findings, its health."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.core import VARIANTS
from app.verify import FINDINGS, FindingCode
from app.wire.fields import VariantName
from app.wire.limits import Limits


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultKind(_Reply):
    """A kind of finding, explained."""

    code: FindingCode = Field(description="The `code` of such findings.")
    title: str = Field(description="What is wrong.")
    cause: str = Field(description="The usual one.")
    explanation: str = Field(description="What it means, and what to do.")

    @classmethod
    def of(cls, code: str) -> Self | None:
        """What there is to tell of a code; None if there is no such."""
        return next((cls(code=own, **kind._asdict()) for own, kind in FINDINGS.items() if own == code), None)


class VariantReply(_Reply):
    """A row of the table of layers."""

    name: VariantName = Field(description="What to send as `variant`.")
    summary: str = Field(description="What it drops.")
    ranks: str = Field(description="Which inputs it takes.")
    noise: str = Field(description="The noise shape.")
    training: str = Field(description="Formula in training.")
    evaluation: str = Field(description="Formula in evaluation.")
    parameters: tuple[str, ...] = Field(description="Fields of a call that are its own.")
    source: str = Field(description="Where it is defined.")
    source_url: str = Field(description="Where to read that.")
    example: dict[str, Any] = Field(description="A call that shows it.")


class VariantsReply(_Reply):
    """Every layer served."""

    variants: list[VariantReply] = Field(description="A row for each.")

    @classmethod
    def table(cls) -> Self:
        """The core's table."""
        rows = [{name: getattr(row, name) for name in VariantReply.model_fields} for row in VARIANTS.values()]
        return cls(variants=[VariantReply(**row | {"example": _example(row)}) for row in rows])


def _example(row: dict[str, Any]) -> dict[str, Any]:
    return {"variant": row["name"], **row["example"]}


class LimitsReply(Limits):
    """The limits in force; each is the setting `DROPOUT_<NAME>`."""

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """What there is to tell of limits, which may be some among other settings."""
        return cls(**{name: getattr(limits, name) for name in Limits.model_fields})


class ProblemKind(_Reply):
    """A kind of problem, explained."""

    code: str = Field(description="The kind of problem, for programs.")
    status: int = Field(description="The HTTP status it comes with.")
    title: str = Field(description="The kind of problem in a few words.")
    explanation: str = Field(description="What it means, and what to do.")


class Health(_Reply):
    """The state of the process."""

    status: Literal["live", "ready"] = Field(description="What was asked for; what is not so is not answered.")
