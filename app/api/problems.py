"""Errors as RFC 9457 problem+json: the table of problems, and the replies made from it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from json import dumps
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from app.api.root_path import root
from app.errors import Code, DropoutError, Fault
from app.wire.problem import FaultReply, Problem

MEDIA_TYPE: Final = "application/problem+json"
PROTOCOL: Final = "/v2/"
"""Where errors are the Open Inference Protocol's, `{"error": …}`, and problems besides."""
JSON: Final = "application/json"
MOST: Final = 2**13
"""Bytes of a reply; errors that do not fit are left out."""
RETRY_AFTER: Final = "1"
"""Seconds after which what was refused for now may be sent again."""


class ProblemType(NamedTuple):
    """A kind of problem: its status, a title, and what to do about it."""

    status: int
    title: str
    explanation: str


PROBLEMS: Final[dict[Code, ProblemType]] = {
    "malformed_request": ProblemType(
        400,
        "The request is not HTTP/1.1",
        "The bytes are no request of HTTP/1.1 or 1.0 that all servers read alike: one header Host, at most one "
        "Content-Length of digits, or Transfer-Encoding with exactly chunked and no Content-Length, lines that end in "
        "CRLF. What could be read in two ways is refused. TLS and HTTP/2 are a proxy's to speak.",
    ),
    "malformed_json": ProblemType(
        400,
        "The body is not JSON",
        "The bytes are no JSON text in UTF-8. Common causes: a trailing comma, single quotes, a missing bracket, "
        "a byte order mark, UTF-16, half a surrogate pair. Build bodies with your language's JSON library.",
    ),
    "malformed_encoding": ProblemType(
        400,
        "The body is not compressed as its header says",
        "Content-Encoding names gzip or deflate, and the bytes are not that, or end too early.",
    ),
    "malformed_npy": ProblemType(
        400,
        "The body is no npy file",
        "It must be a file as numpy.save writes it, version 1.0, 2.0 or 3.0: magic, version, the header's length, the "
        "header, the elements. Headers are read by their grammar and never as Python: blanks, commas, quotes and the "
        "order of keys are free, comments, escapes and sums are not read.",
    ),
    "malformed_npz": ProblemType(
        400,
        "The body is no npz file",
        "It must be a ZIP archive as numpy.savez or numpy.savez_compressed writes it, of npy files named after the "
        "fields that hold arrays: input.npy, output.npy, or without .npy. Members that are encrypted, stand twice, are "
        "cut off or are compressed by another method than deflate are refused; so are pickles.",
    ),
    "malformed_length": ProblemType(
        400,
        "Inference-Header-Content-Length is not the length of the JSON",
        "The header tells how many bytes of the body, before any compression, are JSON; the tensors' binary data "
        "follows. 0 means no JSON at all. Without the header the whole body is JSON.",
    ),
    "length_mismatch": ProblemType(
        400,
        "Bytes and shape disagree",
        "An array has as many bytes as the product of its shape times the size of an element, no more and no fewer. "
        "Is the dtype another, the file cut off, or is something appended to it?",
    ),
    "duplicate_key": ProblemType(
        400,
        "A key stands twice",
        "JSON readers disagree on which of two equal keys counts, so none is guessed. Send each field once.",
    ),
    "nesting_too_deep": ProblemType(
        400,
        "Brackets are nested too deep",
        "Brackets may be nested 100 deep. An array may have fewer dimensions: GET /v1/limits.",
    ),
    "unauthorized": ProblemType(
        401,
        "The call has no key that fits",
        "The service was set to answer those who have a key: send it as Authorization: Bearer … or as X-API-Key: …, in "
        "one line of that name. Health, the pages and what explains errors and findings need none. Whoever runs the "
        "service gives out keys, in DROPOUT_API_KEYS and DROPOUT_API_KEYS_FILE.",
    ),
    "not_found": ProblemType(404, "There is nothing at this path", "GET /docs lists the paths there are."),
    "model_not_found": ProblemType(
        404,
        "There is no such model or version",
        "Each layer is a model, of version 1: POST /v2/repository/index lists them.",
    ),
    "unsupported_call": ProblemType(
        404,
        "This call of the protocol is not served",
        "The models are built in: none is loaded or unloaded. Nor is there shared memory, tracing or a setting of the "
        "log; tensors travel in the body.",
    ),
    "method_not_allowed": ProblemType(
        405, "The path does not take this method", "The header Allow names the methods it takes."
    ),
    "not_acceptable": ProblemType(
        406,
        "No reply in a form you accept",
        "The header Accept excludes every form this reply has. Leave it out, or accept one of those that the message "
        "names.",
    ),
    "too_slow": ProblemType(
        408,
        "The request did not come in time",
        "Headers must be whole DROPOUT_HEADER_SECONDS after their first byte, or after the connection. In each "
        "DROPOUT_TRANSFER_SECONDS from then on, a body must bring that many times DROPOUT_MIN_BYTES_PER_SECOND bytes, "
        "or its rest. Open the connection once there is something to send.",
    ),
    "body_too_large": ProblemType(
        413,
        "The body is too large",
        "A body, as sent and as inflated, may have DROPOUT_MAX_BODY_BYTES bytes; GET /v1/limits tells how many. "
        "Send "
        "blocks of the array in several calls: with one seed, the array's shape as whole and the block's place as "
        "origin, the results are those of the whole.",
    ),
    "fields_too_large": ProblemType(
        413,
        "The fields besides the arrays are too large",
        "Only input and mask hold arrays; all else is a few hundred bytes. Is a field misspelt, or an array "
        "quoted as text?",
    ),
    "too_many_elements": ProblemType(
        413,
        "Too many elements are asked for",
        "Input and output, replicates counted, may have DROPOUT_MAX_ELEMENTS elements, and a call DROPOUT_MAX_SAMPLES "
        "replicates; an experiment, its runs counted, DROPOUT_MAX_SIMULATED elements. GET /v1/limits tells how many. "
        "Send rows in several calls with an offset, or replicates with sample.",
    ),
    "deadline_exceeded": ProblemType(
        413,
        "The experiment takes too long",
        "An experiment may take DROPOUT_DEADLINE_SECONDS seconds; GET /v1/limits tells how many. Ask for fewer "
        "elements or fewer runs.",
    ),
    "unsupported_media_type": ProblemType(
        415,
        "The body is in a form that is not read here",
        "Send one of the forms that the message names, and say so in the header Content-Type; plain or compressed with "
        "gzip or deflate.",
    ),
    "missing_field": ProblemType(422, "A field is missing", "The field named by the pointer has no default."),
    "unknown_field": ProblemType(
        422,
        "A field is not known",
        "No field is ever ignored, so that a misspelt one cannot go unnoticed. p is the probability of dropping; "
        "keep_prob, of keeping.",
    ),
    "wrong_type": ProblemType(
        422,
        "A value has the wrong type",
        'Nothing is coerced: "0.5" is not a number, 1 not true, 1.0 not an integer, null not a value. '
        "Only 64-bit integers may come as decimal text. Binary arrays are of floats.",
    ),
    "unknown_value": ProblemType(422, "A value is not one of those there are", "The message lists them."),
    "out_of_range": ProblemType(
        422,
        "A value is out of its range",
        "p and keep_prob are in [0, 1]; seed, stream, offset and sample in 0 … 2^64 - 1, and so is the index of "
        "the last decision.",
    ),
    "conflicting_fields": ProblemType(
        422,
        "Fields exclude each other",
        "p and keep_prob say the same in two ways; sample is one replicate, samples all; a given mask replaces "
        "seed, stream, offset, sample and samples, means nothing in evaluation, and cannot keep anything at p = 1. "
        "A binary array has its own dtype, a model its own variant, and a tensor stands once, in data or in binary. "
        "Each variant has fields of its own: GET /v1/variants lists them as parameters.",
    ),
    "not_a_number": ProblemType(
        422,
        "An element is not a number",
        "Arrays hold JSON numbers only: no text, booleans, null or objects. The pointer leads to the first that "
        "is none.",
    ),
    "not_a_boolean": ProblemType(
        422,
        "An element is not a boolean",
        "A mask holds true (kept) and false (dropped) only, not 1 and 0. In binary it has bytes of 1 and 0.",
    ),
    "non_finite": ProblemType(
        422,
        "NaN or infinity in JSON",
        "JSON has no NaN and no infinity, and they are never turned into null silently. They travel in binary, and "
        "on /v2.",
    ),
    "ragged": ProblemType(
        422,
        "The array is not regular",
        "All rows of a dimension need the same length, and all elements the same depth. Or send a flat list with "
        "shape.",
    ),
    "shape_mismatch": ProblemType(
        422,
        "Shape and elements disagree",
        "shape goes with a flat input, and its product is the number of elements. An npy file has its own.",
    ),
    "rank_too_high": ProblemType(
        422,
        "The array has too many dimensions",
        "An array may have DROPOUT_MAX_NDIM dimensions; GET /v1/limits tells how many.",
    ),
    "wrong_rank": ProblemType(
        422,
        "The layer takes arrays of other dimensions",
        "dropout1d, 2d and 3d take exactly (N, C, L), (N, C, H, W) and (N, C, D, H, W). Frameworks read other ranks in "
        "different ways, PyTorch a 3-D input of Dropout2d as (N, C, L), so none is guessed: say what shares a decision "
        "with the variant dropout and noise_shape.",
    ),
    "seed_required": ProblemType(
        422,
        "A gradient needs the forward pass's seed or mask",
        "The gradient is taken under the mask of the forward pass. Send the seed (and stream, offset and sample) that "
        "its reply has in replay, or the mask itself.",
    ),
    "noise_shape_mismatch": ProblemType(
        422,
        "noise_shape does not fit the input",
        "One entry a dimension of the input: null or its length for a decision each, 1 for one that is shared "
        "along it. To drop whole channels of (N, C, H, W), send [null, null, 1, 1].",
    ),
    "mask_mismatch": ProblemType(
        422, "The mask does not fit the input", "It must broadcast to the input by numpy's rules."
    ),
    "overflow": ProblemType(
        422,
        "A number is too large for its type",
        "An element, or an element times the scale, is beyond what the dtype can hold: 65504 for float16, 3.4e38 "
        "for float32, 1.8e308 for float64. Ask for a wider dtype.",
    ),
    "scale_not_finite": ProblemType(
        422,
        "The scale is too large for the type",
        "Near p = 1 the scale of the survivors grows beyond what the dtype can hold. Ask for a wider dtype. At p "
        "= 1 exactly nothing survives, and nothing is scaled.",
    ),
    "headers_too_large": ProblemType(
        431,
        "The headers are too large",
        "A request's target and headers may have 64 KiB, in 100 fields at most. Arrays travel in the body, and so may "
        "all other fields.",
    ),
    "saturated": ProblemType(
        503,
        "The service has all the calls in hand that it can carry",
        "Send the call again after the seconds that Retry-After says. Calls are refused at once rather than late: as "
        "many are in hand as DROPOUT_MAX_REQUESTS says, or need the memory of DROPOUT_MEMORY_BYTES, or none was done "
        "within DROPOUT_QUEUE_SECONDS.",
    ),
    "internal_error": ProblemType(
        500,
        "Something went wrong here",
        "This is a mistake of the service, not of yours. The log has more under the request id.",
    ),
    "draining": ProblemType(
        503,
        "The process is about to stop",
        "It still answers what it is asked, and wants no more of it: send requests to another one, or here after the "
        "seconds in Retry-After.",
    ),
}

_HTTP: Final[dict[int, Code]] = {404: "not_found", 405: "method_not_allowed"}


def problem(faults: tuple[Fault, ...], scope: Scope, headers: dict[str, str] | None = None) -> Response:
    """The reply for these faults of a request; the first gives the kind."""
    status, request_id, path, prefix = _status(faults), scope["state"]["request_id"], scope["path"], root(scope)
    media_type = JSON if is_protocol(path) else MEDIA_TYPE
    if status != 503:
        return Response(_text(described(faults, request_id, path, prefix)), status, headers, media_type)
    text = _not_now(faults, PROTOCOL if is_protocol(path) else "/", prefix).replace(_ID, request_id)
    return Response(text, status, {"Retry-After": RETRY_AFTER} | (headers or {}), media_type)


def failure(scope: Scope) -> Response:
    """The reply where the service failed: nothing of what went wrong, which the log has under the request's id."""
    return problem((Fault("internal_error", (), PROBLEMS["internal_error"].explanation),), scope)


_ID: Final = "{id}"


@lru_cache(maxsize=64)
def _not_now(faults: tuple[Fault, ...], path: str, prefix: str) -> str:
    """The body of a 503 but for its id: what is said where there is too much to do costs little.

    Its messages are the service's own, so that none has the mark for the id.
    """
    return _text(described(faults, _ID, path, prefix))


def _text(body: dict[str, Any]) -> str:
    """JSON, escaped to ASCII, so that no text of the client's can break it, and no longer than it may be."""
    while len(text := dumps(body)) > MOST:
        body["errors"].pop()
    return text


def _status(faults: tuple[Fault, ...]) -> int:
    return PROBLEMS[faults[0].code].status


def is_protocol(path: str) -> bool:
    """Whether a path is one of the Open Inference Protocol's."""
    return f"{path}/".startswith(PROTOCOL)


def described(faults: tuple[Fault, ...], request_id: str, path: str, prefix: str = "") -> dict[str, Any]:
    """The body of the reply for these faults of a request to that path, addresses in it with the prefix."""
    code = faults[0].code
    error = {"error": faults[0].message} if is_protocol(path) else {}
    return (
        error
        | Problem(
            type=f"{prefix}/problems/{code}",
            title=PROBLEMS[code].title,
            status=PROBLEMS[code].status,
            detail=faults[0].message,
            code=code,
            request_id=request_id,
            errors=[FaultReply(pointer=one.pointer, code=one.code, message=one.message) for one in faults],
        ).model_dump()
    )


def refused(codes: Iterable[Code], examples: Mapping[Code, Any], *, protocol: bool = False) -> dict[str, Any]:
    """The OpenAPI responses of these problems, by status."""
    statuses = sorted({PROBLEMS[code].status for code in codes})
    by_status = {status: [code for code in codes if PROBLEMS[code].status == status] for status in statuses}
    return {str(status): _refused(some, examples, protocol) for status, some in by_status.items()}


def _refused(codes: list[Code], examples: Mapping[Code, Any], protocol: bool) -> dict[str, Any]:
    media_type, model = (JSON, "ErrorReply") if protocol else (MEDIA_TYPE, "Problem")
    kinds = "\n".join(f"- `{code}`: {PROBLEMS[code].title}." for code in codes)
    shown = {code: {"summary": PROBLEMS[code].title, "value": examples[code]} for code in codes if code in examples}
    content = {"schema": {"$ref": f"#/components/schemas/{model}"}} | ({"examples": shown} if shown else {})
    return {"description": kinds, "content": {media_type: content}}


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(DropoutError, _of_client)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_us)


async def _of_client(request: Request, error: Exception) -> Response:
    assert isinstance(error, DropoutError)
    return problem(error.faults, request.scope)


async def _of_us(request: Request, error: Exception) -> Response:  # noqa: ARG001 - what handlers are given
    return failure(request.scope)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code not in _HTTP:
        return _of_status(request, error)
    code, headers = _HTTP[error.status_code], dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _allowed(headers["Allow"])
    meant = _meant(request) if code == "not_found" else ""
    hint = f"; did you mean {meant}, without a slash too many?" if meant else ""
    fault = Fault(code, (), PROBLEMS[code].title + hint)
    return problem((fault,), request.scope, headers)


def _of_status(request: Request, error: HTTPException) -> Response:
    """The reply for an error that is none of the table's, as of a dependency: its status says all (RFC 9457, 4.2.1)."""
    path, detail, title = request.scope["path"], str(error.detail), HTTPStatus(error.status_code).phrase
    told = Problem(
        type="about:blank",
        title=title,
        status=error.status_code,
        detail=detail,
        code=title.lower().replace(" ", "_"),
        request_id=request.state.request_id,
    ).model_dump()
    protocol = is_protocol(path)
    body, media_type = ({"error": detail} | told, JSON) if protocol else (told, MEDIA_TYPE)
    return Response(dumps(body), error.status_code, error.headers, media_type)


def _allowed(methods: str) -> str:
    """The methods of a path, in order; what takes GET takes HEAD (RFC 9110, 9.3.2), which the routes are not told."""
    own = methods.split(", ")
    return ", ".join(sorted({*own, "HEAD"} if "GET" in own else own))


def _meant(request: Request) -> str:
    """The path that is there without the slashes too many, if there is one: many clients end an address with one."""
    path = "/" + "/".join(filter(None, request.scope["path"].split("/")))
    if "route" in request.scope or path == request.scope["path"]:
        return ""
    meant = dict(request.scope, path=path)
    found = (route.path for route in request.app.router.routes if route.matches(meant)[0] is not Match.NONE)
    path = next(found, "")
    return path and root(request.scope) + path
