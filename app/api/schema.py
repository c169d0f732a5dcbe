"""The OpenAPI document: what FastAPI finds out, and the models it cannot see, for bodies are read by the routes
themselves."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.wire.json import DropoutRequest
from app.wire.reply import Problem

_REF: Final = "#/components/schemas/{model}"


def request_body(model: type[BaseModel], media_type: str, examples: dict[str, Any]) -> dict[str, Any]:
    """A request body of that model, as OpenAPI writes it."""
    content = {"schema": {"$ref": _REF.format(model=model.__name__)}, "examples": examples}
    return {"requestBody": {"required": True, "content": {media_type: content}}}


def install(app: FastAPI) -> None:
    """Complete the application's document with those models, once it is asked for."""
    found = app.openapi

    def openapi() -> dict[str, Any]:
        document = found()
        _, schemas = models_json_schema([(DropoutRequest, "validation"), (Problem, "serialization")], ref_template=_REF)
        document["components"]["schemas"] |= schemas["$defs"]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
