"""The OpenAPI document: what FastAPI finds, and the models it does not see, as routes read their bodies themselves."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.wire.schema import schemas

_REF: Final = "#/components/schemas/{model}"


def request_body(model: str, media_type: str, examples: dict[str, Any]) -> dict[str, Any]:
    """A request body of the model with that name, as OpenAPI writes it."""
    content = {"schema": {"$ref": _REF.format(model=model)}, "examples": examples}
    return {"requestBody": {"required": True, "content": {media_type: content}}}


def install(app: FastAPI) -> None:
    """Complete the application's document with those models, once it is asked for."""
    found = app.openapi

    def openapi() -> dict[str, Any]:
        document = found()
        document["components"]["schemas"] |= schemas(_REF)
        _without_validation(document)
        _with_nulls(document, app)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _without_validation(document: dict[str, Any]) -> None:
    """Take out FastAPI's own form of a validation error, which no reply here has."""
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]


def _with_nulls(document: dict[str, Any], app: FastAPI) -> None:
    """Put the examples of replies back as they are: FastAPI leaves out every member that is null."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            [operation] = document["paths"][route.path].values()
            for status, response in route.responses.items():
                for media_type, content in response.get("content", {}).items():
                    shown = {name: content[name] for name in ("example", "examples") if name in content}
                    operation["responses"][str(status)]["content"][media_type] |= shown
