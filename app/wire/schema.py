"""JSON Schemas of the models that are read and written here, for the OpenAPI document."""

from typing import Any

from pydantic.json_schema import models_json_schema

from app.wire.json import DropoutRequest
from app.wire.reply import Problem


def schemas(ref: str) -> dict[str, Any]:
    """The schemas by name; `ref` is where they will stand, with `{model}` for the name."""
    _, document = models_json_schema([(DropoutRequest, "validation"), (Problem, "serialization")], ref_template=ref)
    found: dict[str, Any] = document["$defs"]
    return found
