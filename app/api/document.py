"""The OpenAPI document: what FastAPI finds, completed when it is first asked for.

Calls read their bodies themselves, so FastAPI knows nothing of them: bodies, replies and problems are those of
`app.wire`'s operations, with examples that are worked out here.
"""

from itertools import filterfalse
from json import dumps
from typing import Any, Final

from fastapi.routing import APIRoute

from app.api import examples
from app.api.application import Application
from app.api.examples import Documented
from app.api.keys import HEADER, is_open
from app.api.problems import is_protocol, refused
from app.wire import json
from app.wire.about import VariantsReply
from app.wire.binary import raw
from app.wire.binary.formats import FORMATS, HEADERS
from app.wire.limits import BOUNDS, Limits
from app.wire.oip import infer
from app.wire.passes import REPLAY, STATISTICS
from app.wire.schema import REQUESTS, properties, schemas, share, shared
from app.wire.task import Operation

_REF: Final = "#/components/schemas/{model}"
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
"""A body that is bytes, as forms and generated clients know it."""
_HEADERS: Final = {
    name: {"description": f"Of a binary reply: {text}.", "schema": {"type": "string"}}
    for name, text in {REPLAY: "`replay` as JSON", STATISTICS: "`statistics` as JSON", **HEADERS}.items()
}
_OF_INFERENCES: Final[list[dict[str, Any]]] = [
    {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}, "example": "dropout"},
    {
        "name": infer.HEADER,
        "in": "header",
        "description": "Bytes of the JSON, where tensors follow it; 0: there is none, the body is the input.",
        "schema": {"type": "integer", "minimum": 0},
    },
]


def install(app: Application) -> None:
    """Complete the application's document, once it is asked for."""
    found = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(found(), app)
        return found()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any], app: Application) -> None:
    models, paths = document["components"]["schemas"], document["paths"]
    models |= schemas(_REF)
    _without_validation(document)
    for documented in examples.DOCUMENTED:
        paths[documented.operation.path]["post"] |= _call(documented)
    _with_others(paths)
    _with_limits(document, app.service.limits)
    share(document, _REF)
    models |= shared()
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            [operation] = paths[route.path].values()
            operation["operationId"] = _camel(route.name)
    if app.state.settings.keys:
        _with_keys(document)
    if app.state.settings.root_path:
        document["paths"] = _below(app.state.settings.root_path, paths)


# Calls


def _call(documented: Documented) -> dict[str, Any]:
    """What a call takes and answers."""
    operation = documented.operation
    protocol = is_protocol(operation.path)
    content = _json(operation.request.__name__, _requests(documented.shown)) | _bytes(operation.reads, protocol)
    parameters = _OF_INFERENCES if protocol else _parameters(operation)
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": _answered(documented, protocol)}
        | refused(documented.problems, examples.problems(documented), protocol=protocol),
        **({"parameters": parameters} if parameters else {}),
    }


def _requests(shown: dict[str, examples.Example]) -> dict[str, Any]:
    return {name: {"summary": example.summary, "value": example.body} for name, example in shown.items()}


def _json(model: str, shown: dict[str, Any]) -> dict[str, Any]:
    return {json.MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=model)}, "examples": shown}}


def _bytes(media_types: Any, protocol: bool) -> dict[str, Any]:
    """Those of the media types that are bytes; the protocol's is none of its own."""
    return {name: _BYTES for name in ([raw.MEDIA_TYPE] if protocol else media_types) if name != json.MEDIA_TYPE}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    """The fields beside a binary body, as parameters of the query; lists are one value with commas."""
    if operation.query is None:
        return []
    return [_parameter(name, schema) for name, schema in properties(operation.query, _REF).items()]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    # no default, or a form would fill it in and send it
    usual = f" Default: `{dumps(schema.pop('default'))}`." if "default" in schema else ""
    about = f"With a binary body. {schema.pop('description')}{usual}"
    return {"name": name, "in": "query", "description": about, "schema": schema, "style": "form", "explode": False}


def _answered(documented: Documented, protocol: bool) -> dict[str, Any]:
    """The reply of a call that succeeds."""
    operation = documented.operation
    content = _json(operation.replies.__name__, examples.replies(documented)) | _bytes(operation.writes, protocol)
    headers = {"headers": _HEADERS} if any(name in operation.writes for name in FORMATS) else {}
    return {"description": documented.answered, "content": content} | headers


# The rest


def _without_validation(document: dict[str, Any]) -> None:
    """Take out FastAPI's own form of a validation error, which no reply here has."""
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]


def _with_others(paths: dict[str, Any]) -> None:
    """Write in what calls without a body answer: an example, and that something is not there."""
    variants = paths["/v1/variants"]["get"]["responses"]["200"]["content"][json.MEDIA_TYPE]
    variants["example"] = VariantsReply.table().model_dump(mode="json")
    for path in ("/findings", "/problems"):
        responses = paths[f"{path}/{{code}}"]["get"]["responses"]
        responses |= refused(["not_found"], examples.no_code(path))
    for path, protocol in (("/health/ready", False), ("/v2/health/ready", True)):
        paths[path]["get"]["responses"] |= refused(["draining"], examples.draining(path), protocol=protocol)
    missing = refused(["model_not_found"], examples.no_model("/v2/models"), protocol=True)
    for path in paths:
        if path.startswith("/v2/models/{model}") and "get" in paths[path]:
            paths[path]["get"]["responses"] |= missing


_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": HEADER},
}
"""The two ways to send a key."""


def _with_keys(document: dict[str, Any]) -> None:
    """Write in which operations need a key, and what they answer without one."""
    document["components"]["securitySchemes"] = _SCHEMES
    for path in filterfalse(is_open, document["paths"]):
        missing = refused(["unauthorized"], examples.no_key(path), protocol=is_protocol(path))
        for operation in document["paths"][path].values():
            operation["security"] = [{name: []} for name in _SCHEMES]
            operation["responses"] |= missing


def _with_limits(document: dict[str, Any], limits: Limits) -> None:
    """Write the limits in force as numbers into the fields of requests."""
    models = document["components"]["schemas"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    fields = [field for name in REQUESTS for field in models[name]["properties"].items()]
    fields += [(of["name"], of["schema"]) for operation in operations for of in operation.get("parameters", [])]
    for name, schema in fields:
        if bound := BOUNDS.get((name, schema.get("type"))):
            keyword, limit = bound
            schema[keyword] = getattr(limits, limit)


def _below(root: str, value: Any) -> Any:
    """A value whose examples have the root before the addresses of problems and findings."""
    if isinstance(value, dict):
        return {name: root + of if _is_address(name, of) else _below(root, of) for name, of in value.items()}
    return [_below(root, of) for of in value] if isinstance(value, list) else value


def _is_address(name: str, value: Any) -> bool:
    return name == "type" and isinstance(value, str) and value.startswith("/")


def _camel(name: str) -> str:
    """A name without underscores, which Swagger UI takes for blanks in the links it makes of names."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
