"""The OpenAPI document: true, complete, and what the service does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.api.examples import DOCUMENTED, Documented, Example
from app.api.problems import PROBLEMS
from app.main import create_app
from app.settings import load
from app.wire.dropout import DropoutQuery, DropoutRequest
from app.wire.problem import Problem
from tests.api.expect import JSON, answered

DOCUMENT: dict[str, Any] = create_app(load({})).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
MODELS = DOCUMENT["components"]["schemas"]
MAIN = OPERATIONS["POST /v1/dropout"]
INFERENCE = OPERATIONS["POST /v2/models/{model}/infer"]


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(inner)


def test_the_document_is_served(client: httpx.Client) -> None:
    """What is served is what the application has."""
    assert client.get("/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


def test_the_document_is_openapi_3_1() -> None:
    """The members that OpenAPI 3.1 asks for, and a license."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version", "description", "license"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT) <= {"openapi", "info", "servers", "paths", "components", "tags"}
    assert all(path.startswith("/") for path in DOCUMENT["paths"])


def test_every_reference_leads_somewhere() -> None:
    """Every $ref is a pointer to something in the document."""
    references = {found["$ref"] for found in within(DOCUMENT) if isinstance(found.get("$ref"), str)}
    assert references
    for reference in references:
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert isinstance(target, dict)


def test_every_model_is_used() -> None:
    """No model stands in the document that nothing refers to."""
    text = json.dumps(DOCUMENT)
    assert [name for name in DOCUMENT["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text] == []


def test_operations_have_ids_of_their_own() -> None:
    """Generated clients name their functions by them: one or two words each, whatever the path is."""
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch("[a-z]+([A-Z][a-z]+)?", name)] == []


def test_ids_are_stable() -> None:
    """Those of the jobs are the last words of their paths: whoever knows one knows the other."""
    jobs = {name.rpartition("/")[2]: operation for name, operation in OPERATIONS.items() if "/v1/dropout" in name}
    assert {name: operation["operationId"] for name, operation in jobs.items()} == {name: name for name in jobs}
    assert INFERENCE["operationId"] == "modelInfer"


def test_no_type_has_two_names() -> None:
    """An enumeration, or a type of nested arrays, stands once: generated clients would make a type of each."""
    enumerations = [found["enum"] for found in within(DOCUMENT) if "enum" in found]
    unions = [found["anyOf"] for found in within(DOCUMENT) if len(found.get("anyOf", [])) > 2]
    written = [json.dumps(kind) for kind in [*enumerations, *unions] if "items" in str(kind) or kind in enumerations]
    assert {text for text in written if written.count(text) > 1} == set()


def test_limits_are_numbers() -> None:
    """The limits in force are the schema's too, wherever it can say them."""
    document = create_app(load({"DROPOUT_MAX_SAMPLES": "7", "DROPOUT_MAX_NDIM": "5"})).openapi()
    models = document["components"]["schemas"]
    [query] = [of for of in document["paths"]["/v1/dropout"]["post"]["parameters"] if of["name"] == "samples"]
    assert query["schema"]["maximum"] == models["DropoutRequest"]["properties"]["samples"]["maximum"] == 7
    requests = [model["properties"] for name, model in models.items() if name.endswith(("Request", "Input"))]
    assert {fields["shape"].get("maxItems") for fields in requests if "shape" in fields} == {5}


def test_every_field_is_described() -> None:
    """What a field means stands beside it: in requests, in replies and in errors."""
    fields = {
        f"{name}.{field}": of for name, model in MODELS.items() for field, of in model.get("properties", {}).items()
    }
    assert [name for name, of in fields.items() if not of.get("description")] == []


def test_every_route_is_documented() -> None:
    """All that is there but the pages themselves."""
    assert set(OPERATIONS) == {
        "POST /v1/dropout",
        "POST /v1/dropout/backward",
        "POST /v1/dropout/mask",
        "POST /v1/dropout/simulate",
        "POST /v1/dropout/verify",
        "GET /findings/{code}",
        "POST /v2/models/{model}/infer",
        "GET /v2",
        "GET /v2/health/live",
        "GET /v2/health/ready",
        "GET /v2/models/stats",
        "GET /v2/models/{model}",
        "GET /v2/models/{model}/config",
        "GET /v2/models/{model}/ready",
        "GET /v2/models/{model}/stats",
        "POST /v2/repository/index",
        "GET /v1/variants",
        "GET /v1/limits",
        "GET /problems/{code}",
        "GET /health/live",
        "GET /health/ready",
    }


@EACH
def test_an_operation_is_described(operation: dict[str, Any]) -> None:
    """A summary of few words, a description, a tag that is explained, and a reply with a model."""
    assert 0 < len(operation["summary"].split()) <= 10
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema.get("items", schema)["$ref"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_errors_are_documented_as_problems(name: str) -> None:
    """Each documented error has a sentence and the model of problems, on /v2 the protocol's; FastAPI's is not there."""
    errors = {status: response for status, response in OPERATIONS[name]["responses"].items() if status != "200"}
    media_type, model = ("application/json", "ErrorReply") if "/v2" in name else ("application/problem+json", "Problem")
    for response in errors.values():
        assert response["description"]
        assert response["content"][media_type]["schema"] == {"$ref": f"#/components/schemas/{model}"}
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_every_error_of_a_call_is_documented() -> None:
    """By name: all codes but those of paths, of other media types, and of calls that are not this one."""
    elsewhere = {"malformed_npz", "seed_required", "deadline_exceeded", "draining"}
    paths = {"unauthorized", "not_found", "unsupported_call", "method_not_allowed"}
    assert undescribed(MAIN) == elsewhere | paths | {"model_not_found", "malformed_length"}
    assert undescribed(INFERENCE) == elsewhere | paths | {"malformed_npy", "not_acceptable"}


def undescribed(operation: dict[str, Any]) -> set[str]:
    """The codes that no reply of an operation names."""
    described = "".join(response["description"] for response in operation["responses"].values())
    return {code for code in PROBLEMS if f"`{code}`" not in described}


def test_a_request_has_the_fields_of_its_model() -> None:
    """All of them and no others; none takes null."""
    fields = MODELS["DropoutRequest"]
    assert set(fields["properties"]) == set(DropoutRequest.model_fields)
    assert (fields["required"], fields["additionalProperties"]) == (["input"], False)
    assert {"type": "null"} not in [kind for name in fields["properties"].values() for kind in name.get("anyOf", [])]


def test_binary_bodies_are_documented() -> None:
    """Each format, in and out, and the headers of a binary reply."""
    forms = {"application/json", "application/x-npy", "application/octet-stream"}
    assert set(MAIN["requestBody"]["content"]) == set(MAIN["responses"]["200"]["content"]) == forms
    assert set(MAIN["responses"]["200"]["headers"]) == {
        f"Dropout-{of}" for of in ("Replay", "Statistics", "Shape", "Dtype")
    }


def test_the_fields_of_a_query_are_documented() -> None:
    """Every field besides the arrays, with a description; without a default, for a form would send it along."""
    parameters = MAIN["parameters"]
    assert {parameter["name"] for parameter in parameters} == set(DropoutQuery.model_fields)
    assert all(parameter["description"] for parameter in parameters)
    assert not any("default" in found for found in within(parameters))


# Examples


POSTED = {name: of["requestBody"]["content"] for name, of in OPERATIONS.items() if "requestBody" in of}


@pytest.mark.parametrize("name", POSTED)
def test_there_are_examples_of_every_kind(name: str) -> None:
    """Of what works, of the edges, and of errors."""
    summaries = [example["summary"] for example in POSTED[name]["application/json"]["examples"].values()]
    kinds = {kind: [text for text in summaries if text.startswith(kind)] for kind in ("Edge", "Error")}
    assert all(kinds.values())
    assert len(summaries) > len(kinds["Edge"]) + len(kinds["Error"]) > 2
    assert len(set(summaries)) == len(summaries)


CHOSEN = {name: of["parameters"][0] for name, of in OPERATIONS.items() if "{" in name and "POST" not in name}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_path_has_examples_too(client: httpx.Client, name: str) -> None:
    """Of what is there, of an edge, and of what is not: the last alone is not found."""
    examples = list(CHOSEN[name]["examples"].values())
    assert [of["summary"].partition(":")[0] for of in examples[1:]] == ["Edge", "Error"]
    path, place = name.removeprefix("GET "), f"{{{CHOSEN[name]['name']}}}"
    assert [client.get(path.replace(place, of["value"])).status_code for of in examples] == [200, 200, 404]


SHOWN = [(of, name, example) for of in DOCUMENTED for name, example in of.shown.items()]


@pytest.mark.parametrize(("of", "name", "example"), SHOWN, ids=[f"{of.operation.path}-{name}" for of, name, _ in SHOWN])
def test_an_example_is_answered_as_documented(
    client: httpx.Client, of: Documented, name: str, example: Example
) -> None:
    """Sent as it stands, it gets the reply that is shown for it, to the last digit, or the error it is for.

    But for a seed that the server draws, and for the request's id. What is answered fits the documented schema.
    """
    operation = OPERATIONS[f"POST {of.operation.path}"]
    reply = client.post(of.operation.path.replace("{model}", "dropout"), json=example.body)
    shown = operation["responses"][str(reply.status_code)]["content"][reply.headers["Content-Type"]]["examples"]
    assert settled(reply.json()) == settled(shown[example.problem or name]["value"])
    if example.problem:
        assert reply.json()["code"] == example.problem
    else:
        request, answer = (MODELS[kind.__name__] for kind in (of.operation.request, of.operation.replies))
        assert fits(example.body, request)
        assert fits(answered(reply, of.operation.replies), answer)


def settled(value: Any) -> Any:
    """A reply but for what differs each time: a seed that is drawn by the server, and a request's id."""
    if isinstance(value, dict):
        return {name: settled(of) for name, of in value.items() if name not in ("seed", "request_id")}
    return value


def test_replies_are_shown_for_the_examples_there_are() -> None:
    """And for each of them."""
    for of in DOCUMENTED:
        shown = OPERATIONS[f"POST {of.operation.path}"]["responses"]["200"]["content"]["application/json"]["examples"]
        assert set(shown) == {name for name, example in of.shown.items() if example.problem is None}


@pytest.mark.parametrize(
    "body",
    [
        {"input": "1"},
        {"input": [1], "p": 1.5},
        {"input": [1], "p": "0.5"},
        {"input": [1], "rate": 1},
        {"p": 0.5},
        {"input": [1], "seed": -1},
        {"input": [1], "seed": 2**64},
        {"input": [1], "seed": None},
        {"input": [1], "samples": 0},
        {"input": [1], "dtype": "float"},
        {"input": [1], "variant": "gaussian"},
        {"input": [1], "include": ["input"]},
        {"input": [1], "include": ["mask", "mask"]},
        {"input": [1], "noise_shape": [-1]},
        {"input": [1], "training": 1},
        {"input": [1], "mask": 1},
        {"input": [1], "mask": None},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_service_refuses(client: httpx.Client, body: dict[str, Any]) -> None:
    """What a client can find out from the schema is refused by the service too."""
    assert not fits(body, MODELS["DropoutRequest"])
    assert client.post("/v1/dropout", json=body, headers=JSON).status_code == 422


TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value fits a JSON Schema, as far as the document uses it."""
    if "$ref" in schema:
        return fits(value, DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    known = {
        "anyOf",
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "minLength",
        "maxItems",
        "pattern",
        "items",
        "uniqueItems",
        "properties",
    }
    prose = {"title", "description", "default", "required", "additionalProperties", "examples", "exclusiveMaximum"}
    assert set(schema) <= known | prose, set(schema) - known - prose
    return (
        ("anyOf" not in schema or any(fits(value, kind) for kind in schema["anyOf"]))
        and _typed(value, schema.get("type"))
        and value in schema.get("enum", [value])
        and _ranged(value, schema)
        and all(fits(item, schema.get("items", {})) for item in (value if isinstance(value, list) else []))
        and (not isinstance(value, dict) or _membered(value, schema))
    )


def _typed(value: Any, name: str | None) -> bool:
    return name is None or (isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)))


def _ranged(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
        return False
    if schema.get("uniqueItems") and len(set(value)) < len(value):
        return False
    if isinstance(value, int | float):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def _membered(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    return (
        set(schema.get("required", [])) <= set(value)
        and (schema.get("additionalProperties", True) is not False or set(value) <= set(properties))
        and all(fits(value[name], properties.get(name, {})) for name in value)
    )


PROBLEM_EXAMPLES = [
    (f"{name} {code}", code, int(status), example["value"])
    for name, operation in OPERATIONS.items()
    for status, response in operation["responses"].items()
    for code, example in response["content"].get("application/problem+json", {}).get("examples", {}).items()
]


@pytest.mark.parametrize(("name", "code", "status", "value"), PROBLEM_EXAMPLES, ids=[of[0] for of in PROBLEM_EXAMPLES])
def test_a_problem_is_shown_under_its_own_code(name: str, code: str, status: int, value: dict[str, Any]) -> None:
    """An example of a problem is one, of the code and the status it stands under."""
    problem = Problem.model_validate(value)
    assert (problem.code, problem.status, problem.type) == (code, status, f"/problems/{code}"), name


STRANGE: dict[str, tuple[bytes, dict[str, str]]] = {
    "malformed_json": (b'{"p": 0.4,}', JSON),
    "not_acceptable": (b"{}", JSON | {"Accept": "text/html"}),
    "unsupported_media_type": (b"{}", {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [(name, code, value) for name, code, _, value in PROBLEM_EXAMPLES if code in STRANGE],
    ids=[name for name, code, _, _ in PROBLEM_EXAMPLES if code in STRANGE],
)
def test_what_no_example_can_show_is_answered_as_documented(
    client: httpx.Client, name: str, code: str, value: dict[str, Any]
) -> None:
    """A body that is not JSON, and headers that ask for what is not there, get the problem that is shown for them."""
    content, headers = STRANGE[code]
    reply = client.post(name.split()[1], content=content, headers=headers)
    assert settled(reply.json()) == settled(value)
