"""The OpenAPI document: what FastAPI finds, and the models it does not see, as routes read their bodies themselves."""

from json import dumps
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.wire import binary, json, npy, npz, raw
from app.wire.job import Job
from app.wire.limits import Limits
from app.wire.oip import infer
from app.wire.oip.request import InferenceRequest
from app.wire.schema import REQUESTS, claim_schema, query_schema, schemas, share, shared
from app.wire.verification import VerifyRequest

_REF: Final = "#/components/schemas/{model}"
ERROR: Final = ("application/json", "ErrorReply")
"""The form of errors on `/v2`: media type and model."""
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
OCTETS: Final[dict[str, Any]] = {raw.MEDIA_TYPE: _BYTES}
BINARY: Final[dict[str, Any]] = {npy.MEDIA_TYPE: _BYTES, **OCTETS}
"""Bodies that are bytes, as forms and generated clients know them."""
HEADERS: Final = {
    name: {"description": f"Of a binary reply: {text}.", "schema": {"type": "string"}}
    for name, text in {
        binary.REPLAY: "`replay` as JSON",
        binary.STATISTICS: "`statistics` as JSON",
        raw.SHAPE: "the array's shape, `5000,10`, where it is raw",
        raw.DTYPE: "the elements' type, where it is raw; `bit` is a mask, packed, the first decision in the lowest bit",
    }.items()
}


def call(job: Job, examples: dict[str, Any]) -> dict[str, Any]:
    """The body and the query of a call, as OpenAPI writes them."""
    content = _content(json.REQUESTS[job].__name__, examples) | BINARY
    parameters = [_parameter(name, schema) for name, schema in query_schema(job, _REF).items()]
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def verification(examples: dict[str, Any]) -> dict[str, Any]:
    """The body and the query of a verification."""
    content = _content(VerifyRequest.__name__, examples) | {npz.MEDIA_TYPE: _BYTES}
    parameters = [_parameter(name, schema) for name, schema in claim_schema(_REF).items()]
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def body(model: str, examples: dict[str, Any]) -> dict[str, Any]:
    """A JSON body of the model with that name."""
    return {"requestBody": {"required": True, "content": _content(model, examples)}}


def inference(examples: dict[str, Any]) -> dict[str, Any]:
    """The path, the header and the body of an inference."""
    parameters = [
        {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}, "example": "dropout"},
        {
            "name": infer.HEADER,
            "in": "header",
            "description": "Bytes of the JSON, where tensors follow it; 0: there is none, the body is the input.",
            "schema": {"type": "integer", "minimum": 0},
        },
    ]
    content = _content(InferenceRequest.__name__, examples) | OCTETS
    return {"requestBody": {"required": True, "content": content}, "parameters": parameters}


def _content(model: str, examples: dict[str, Any]) -> dict[str, Any]:
    return {json.MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=model)}, "examples": examples}}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A field as a parameter of the query; lists are one value with commas."""
    # no default, or a form would fill it in and send it
    usual = f" Default: `{dumps(schema.pop('default'))}`." if "default" in schema else ""
    about = f"With a binary body. {schema.pop('description')}{usual}"
    return {"name": name, "in": "query", "description": about, "schema": schema, "style": "form", "explode": False}


def install(app: FastAPI) -> None:
    """Complete the application's document with those models, once it is asked for."""
    found = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(found(), app)
        return found()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any], app: FastAPI) -> None:
    models = document["components"]["schemas"]
    models |= schemas(_REF)
    _without_validation(document)
    _with_limits(document, app.state.limits)
    share(document, _REF)
    models |= shared()
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            [operation] = document["paths"][route.path].values()
            operation["operationId"] = _camel(route.name)
            _with_nulls(operation, route)


def _without_validation(document: dict[str, Any]) -> None:
    """Take out FastAPI's own form of a validation error, which no reply here has."""
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]


def _camel(name: str) -> str:
    """A name without underscores, which Swagger UI takes for blanks in the links it makes of names."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


_LIMITS: Final = {
    ("samples", "integer"): ("maximum", "samples"),
    ("shape", "array"): ("maxItems", "ndim"),
    ("noise_shape", "array"): ("maxItems", "ndim"),
    ("whole", "array"): ("maxItems", "ndim"),
    ("origin", "array"): ("maxItems", "ndim"),
}
"""Fields that a setting limits, and their type: the keyword for it, and which limit it is."""


def _with_limits(document: dict[str, Any], limits: Limits) -> None:
    """Write the limits in force as numbers into the fields of requests."""
    models = document["components"]["schemas"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    fields = [field for name in REQUESTS for field in models[name]["properties"].items()]
    fields += [(of["name"], of["schema"]) for operation in operations for of in operation.get("parameters", [])]
    for name, schema in fields:
        if limited := _LIMITS.get((name, schema.get("type"))):
            schema[limited[0]] = getattr(limits, limited[1])


def _with_nulls(operation: dict[str, Any], route: APIRoute) -> None:
    """Put the examples of replies back as they are: FastAPI leaves out every member that is null."""
    for status, response in route.responses.items():
        for media_type, content in response.get("content", {}).items():
            shown = {name: content[name] for name in ("example", "examples") if name in content}
            operation["responses"][str(status)]["content"][media_type] |= shown
