"""The OpenAPI document: what FastAPI finds, and the models it does not see, as routes read their bodies themselves."""

from typing import Any, Final

from fastapi import FastAPI

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
        return document

    app.openapi = openapi  # type: ignore[method-assign]
