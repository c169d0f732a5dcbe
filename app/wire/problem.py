"""Errors, as RFC 9457 defines them."""

from pydantic import BaseModel, ConfigDict, Field


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultReply(_Reply):
    """One thing that is wrong."""

    pointer: str = Field(description="RFC 6901 JSON pointer into the body.")
    code: str = Field(description="What kind of thing; `/problems/{code}` explains it.")
    message: str = Field(description="The rule, and the value received.")


class Problem(_Reply):
    """An error, as RFC 9457 defines it."""

    type: str = Field(description="Where the kind of problem is explained: `/problems/{code}`.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="The rule, and the value received.")
    code: str = Field(description="The kind of problem, for programs.")
    request_id: str = Field(description="The same as the header `X-Request-ID`; log lines have it too.")
    errors: list[FaultReply] = Field(default=[], description="What is wrong, and where: at most 16.")
