"""Every setting: an environment variable `DROPOUT_<NAME>`, its default and its meaning."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError

from app.wire.limits import Limits

PREFIX: Final = "DROPOUT_"
# Kubernetes announces a Service whose name begins with "dropout" to its neighbours by variables of such names
_SERVICE_LINK: Final = re.compile(
    r"DROPOUT_(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)|DROPOUT_\w+_PORT"
)

OWN: Final = {"docs", "findings", "health", "metrics", "openapi.json", "playground", "problems", "v1", "v2"}
"""What the service's own paths begin with."""
_PATH: Final = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~-]+)+", re.ASCII)
_ORIGIN: Final = re.compile(
    r"(?!http:.*:80$|https:.*:443$)"
    r"[a-z][a-z\d+.-]*://([a-z\d_-]+(\.[a-z\d_-]+)*|\[[a-f\d:]+\])(:(?!0)\d{1,4}|:[1-5]\d{4}|:6[0-5]\d{3})?",
    re.ASCII,
)
_KEY: Final = re.compile(r"[!-~]+")


def _cores() -> int:
    """The cores this process may use, where the system tells, else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _keys(parts: Iterable[str]) -> list[str]:
    """The keys that stand in these parts of a text; the errors repeat none."""
    keys = [key for key in (part.strip(" \t\r\n") for part in parts) if key]
    if not keys:
        raise ValueError("must have a key, or not be set")
    if not all(map(_KEY.fullmatch, keys)):
        raise ValueError("must have keys of ASCII characters, without blanks within them")
    return keys


def _keys_of_text(text: str) -> list[str]:
    return _keys(text.split(","))


def _keys_of_file(path: str) -> list[str]:
    try:
        return _keys(Path(path).read_text("latin-1").split("\n"))
    except OSError as error:
        raise ValueError(f"must name a file that can be read ({error.strerror})") from None


def _origins(text: str) -> list[str]:
    """Origins as browsers write them (RFC 6454, section 6.2): any other text would never be one."""
    origins = [part.strip() for part in text.split(",")]
    if origins != ["*"] and not all(map(_ORIGIN.fullmatch, origins)):
        raise ValueError(
            "must be origins as browsers write them, such as https://page.example or http://localhost:3000: in small "
            "letters, without a path, a slash at the end, or the port that goes without saying; with commas, or *"
        )
    return origins


def _root_path(text: str) -> str:
    """The text, if addresses can begin with it."""
    if not _PATH.fullmatch(text):
        raise ValueError("must be a path such as /dropout, without a slash at its end")
    if text.split("/")[1] in OWN:
        raise ValueError("must not begin as the service's own paths do: nobody could tell which is meant")
    return text


class SettingsError(ValueError):
    """A setting that is wrong; says which, and what it should be."""


class Settings(Limits):
    """The settings in force; the limits are among them."""

    host: str = Field("127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    threads: int = Field(
        default_factory=_cores,
        ge=1,
        le=256,
        description="Cores to compute on; default all.",
    )
    max_requests: int = Field(128, ge=1, description="Calls in hand at a time, from headers to the end of the reply.")
    queue_seconds: float = Field(5, gt=0, description="Longest wait of a call for a core.", allow_inf_nan=False)
    memory_bytes: int | None = Field(
        None,
        ge=2**20,
        description="Bytes that all calls in hand may need together. Without it: what the container's limit, or else "
        "the machine's memory, leaves beside the idle process.",
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that serve; in a cluster one, and more containers.")
    header_seconds: int = Field(
        10, ge=1, description="Seconds from a request's first byte to the end of its headers; an idle connection's too."
    )
    transfer_seconds: int = Field(
        20, ge=1, description="Seconds in each of which a body, and a reply, must come as far as the next setting says."
    )
    min_bytes_per_second: int = Field(
        10_000, ge=1, description="Bytes a second, over each period of the setting before, of a body and of a reply."
    )
    drain_seconds: int = Field(
        0, ge=0, description="Seconds at a stop in which calls are still taken, while readiness says no."
    )
    graceful_seconds: int = Field(20, ge=0, description="Seconds that requests in flight have to finish at a stop.")
    api_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_keys_of_text)] | None = Field(
        None,
        description="Keys, with commas; a request needs one of them. Without keys, here or in the file, it needs none.",
    )
    api_keys_file: Annotated[tuple[SecretStr, ...], BeforeValidator(_keys_of_file)] | None = Field(
        None, description="File of more keys, one a line, as a mounted secret is; read at the start."
    )
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_origins)] | None = Field(
        None,
        description="Origins whose pages may call, as `https://page.example`, with commas; or `*` for all. Without it, "
        "none but the service's own.",
    )
    root_path: Annotated[str, AfterValidator(_root_path)] | None = Field(
        None, description="Path below which a proxy puts the service, as `/dropout`: its own addresses begin with it."
    )
    log_format: Literal["text", "json"] = Field("text", description="Form of the log: `text` or `json`.")

    @property
    def keys(self) -> tuple[SecretStr, ...]:
        """All keys there are."""
        return (self.api_keys or ()) + (self.api_keys_file or ())


SECRET: Final = {"api_keys"}
"""Settings whose values are told to nobody."""


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
    got = "" if name in SECRET else f", got {value[:80]!r}"
    return f"{variable} is wrong: {re.sub('^(Input|String|Value error,)', 'it', message)}{got}.{hint}"
