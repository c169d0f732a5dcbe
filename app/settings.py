"""Every setting: an environment variable `DROPOUT_<NAME>`, its default and its meaning."""

import os
import re
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX: Final = "DROPOUT_"
# Kubernetes announces a Service whose name begins with "dropout" to its neighbours by variables of such names
_SERVICE_LINK: Final = re.compile(
    r"DROPOUT_(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)|DROPOUT_\w+_PORT"
)


def _cores() -> int:
    """The cores this process may use, where the system tells, else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SettingsError(ValueError):
    """A setting that is wrong; says which, and what it should be."""


class Settings(BaseModel):
    """The settings in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    max_body_bytes: int = Field(64 * 2**20, ge=1, description="Bytes of a request's body, as sent and as inflated.")
    max_elements: int = Field(16_000_000, ge=1, description="Elements of input and output, replicates counted.")
    max_ndim: int = Field(32, ge=0, le=63, description="Dimensions of an array.")
    max_samples: int = Field(10_000, ge=1, description="Replicates of one call.")
    max_simulated: int = Field(10**9, ge=1, description="Elements of an experiment, its runs counted.")
    deadline_seconds: int = Field(30, ge=1, description="Seconds that an experiment may take.")
    threads: int = Field(
        default_factory=_cores,
        ge=1,
        le=256,
        description="Cores to compute on; default all.",
    )
    graceful_seconds: int = Field(20, ge=0, description="Seconds that requests in flight have to finish at a stop.")
    log_format: Literal["text", "json"] = Field("text", description="Form of the log: `text` or `json`.")


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises `SettingsError` with a sentence for each one that is wrong."""
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not _SERVICE_LINK.fullmatch(name)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_sentence(str(fault["loc"][0]), fault["msg"], given) for fault in error.errors())
        ) from None


def _sentence(name: str, message: str, given: Mapping[str, str]) -> str:
    variable, value = PREFIX + name.upper(), given[name]
    if name not in Settings.model_fields:
        known = ", ".join(PREFIX + field.upper() for field in Settings.model_fields)
        return f"{variable} is not a setting; there are {known}."
    hint = ""
    if value.startswith("tcp://"):
        hint = " Kubernetes sets this for a Service named dropout: set enableServiceLinks: false in the pod."
    return f"{variable} is wrong: {re.sub('^(Input|String)', 'it', message)}, got {value[:80]!r}.{hint}"
