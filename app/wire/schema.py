"""JSON Schemas of the models that are read and written here, for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.wire.job import Job
from app.wire.json import BackwardRequest, DropoutRequest
from app.wire.masks import MaskRequest
from app.wire.oip.metadata import ErrorReply
from app.wire.oip.request import InferenceRequest
from app.wire.query import MODELS
from app.wire.reply import Problem
from app.wire.simulation import SimulateRequest

_READ: Final[tuple[type[BaseModel], ...]] = (
    DropoutRequest,
    BackwardRequest,
    MaskRequest,
    SimulateRequest,
    InferenceRequest,
)
_WRITTEN: Final[tuple[type[BaseModel], ...]] = (Problem, ErrorReply)


def schemas(ref: str) -> dict[str, Any]:
    """The schemas by name; `ref` is where they will stand, with `{model}` for the name."""
    models = [(model, "validation") for model in _READ] + [(model, "serialization") for model in _WRITTEN]
    _, document = models_json_schema(models, ref_template=ref)  # type: ignore[arg-type]
    found: dict[str, Any] = document["$defs"]
    return found


def query_schema(job: Job, ref: str) -> dict[str, Any]:
    """The schemas of the fields of a query, by name."""
    found: dict[str, Any] = MODELS[job].model_json_schema(ref_template=ref)["properties"]
    return found
