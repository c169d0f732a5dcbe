"""The examples in the documentation: requests that are sent by a test, with the replies they really get."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from json import dumps, loads
from math import inf
from typing import Any, Final, NamedTuple

from app.api import accept, body
from app.api.problems import PROBLEMS, described
from app.errors import Code, DropoutError, Fault
from app.wire import job, json, masks, npy, raw, simulation, verification
from app.wire.codec import Reply
from app.wire.limits import Limits
from app.wire.media import CODECS
from app.wire.oip import infer, metadata
from app.wire.reply import VariantsReply


class Example(NamedTuple):
    """A request, what it shows, and the problem it is answered with, if any."""

    summary: str
    body: dict[str, Any]
    problem: Code | None = None


_ARTICLE: Final = [
    [0.6485, 0.3114, 0.1626, 0.1022],
    [0.7352, 0.4634, 0.8206, 0.4228],
    [0.0322, 0.9399, 0.9163, 0.4169],
    [0.2574, 0.0467, 0.2213, 0.6171],
    [0.4146, 0.2288, 0.0388, 0.7752],
]
_KEPT: Final = ["1110", "0100", "0111", "1111", "1010"]

DROPOUT: Final = {
    "training": Example(
        "Training: drop 40 %, multiply the rest by 1/0.6",
        {"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42},
    ),
    "evaluation": Example(
        "Evaluation: the array comes back as it is", {"input": _ARTICLE, "p": 0.4, "training": False}
    ),
    "article": Example(
        "The article's table, with a seed whose mask is the article's",
        {"input": _ARTICLE, "p": 0.4, "seed": 378139},
    ),
    "given_mask": Example(
        "Replay another framework's result: its own mask instead of a draw",
        {"input": _ARTICLE, "p": 0.4, "mask": [[bit == "1" for bit in row] for row in _KEPT], "include": ["output"]},
    ),
    "channels": Example(
        "Drop whole channels: one decision for each of 2 × 3 maps of 2 × 2",
        {
            "input": [1.0] * 24,
            "shape": [2, 3, 2, 2],
            "noise_shape": [None, None, 1, 1],
            "p": 0.5,
            "seed": 7,
            "include": ["output", "mask", "statistics"],
        },
    ),
    "replicates": Example(
        "Monte Carlo dropout: three replicates of one array, in float32",
        {"input": [0.1, 0.2, 0.3, 0.4], "samples": 3, "keep_prob": 0.75, "seed": 1, "dtype": "float32"},
    ),
    "inference_scaling": Example(
        "The paper's convention: scale by 1 - p in evaluation instead",
        {"input": [1.0, 2.0, 3.0], "p": 0.25, "training": False, "scaling": "inference"},
    ),
    "everything_dropped": Example(
        "Edge: p = 1 drops everything, and nothing is left to scale",
        {"input": [1.0, -2.0, 3.0], "p": 1, "seed": 42},
    ),
    "empty": Example("Edge: an array without elements", {"input": [], "shape": [0, 5], "seed": 42}),
    **{
        row.name: Example(f"Variant {row.name}: {row.summary[0].lower()}{row.summary[1:]}", row.example)
        for row in VariantsReply.table().variants
        if row.name != "dropout"
    },
    "p_out_of_range": Example("Error: p is a probability", {"input": [1.0], "p": 1.5}, "out_of_range"),
    "rank": Example(
        "Error: no layer guesses which dimension is which",
        {"input": [[[1.0, 2.0]]], "variant": "dropout2d"},
        "wrong_rank",
    ),
    "p_and_keep_prob": Example(
        "Error: p or keep_prob, never both", {"input": [1.0], "p": 0.4, "keep_prob": 0.6}, "conflicting_fields"
    ),
    "ragged": Example("Error: rows of different length", {"input": [[1.0, 2.0], [3.0]]}, "ragged"),
    "unknown_field": Example("Error: no field is ignored", {"input": [1.0], "rate": 0.4}, "unknown_field"),
}

BACKWARD: Final = {
    "training": Example(
        "The gradient of the first example of /v1/dropout, with its seed",
        {
            "grad_output": [[1.0, 1.0], [1.0, 1.0]],
            "p": 0.4,
            "seed": 42,
            "include": ["grad_input", "mask", "statistics"],
        },
    ),
    "evaluation": Example(
        "Evaluation: the gradient comes back as it is", {"grad_output": [1.0, -2.0, 3.0], "training": False}
    ),
    "alpha_dropout": Example(
        "Alpha dropout: the shift has no part in it",
        {"grad_output": [1.0, 1.0, 1.0, 1.0], "p": 0.5, "seed": 42, "variant": "alpha_dropout"},
    ),
    "everything_dropped": Example(
        "Edge: at p = 1 nothing comes through", {"grad_output": [1.0, -2.0], "p": 1, "seed": 1}
    ),
    "seed": Example("Error: a fresh mask would be a wrong one", {"grad_output": [1.0]}, "seed_required"),
    "samples": Example(
        "Error: a gradient belongs to one replicate", {"grad_output": [1.0], "seed": 1, "samples": 2}, "unknown_field"
    ),
}

MASK: Final = {
    "elements": Example("A decision for each element", {"shape": [4, 8], "p": 0.4, "seed": 42}),
    "channels": Example(
        "Whole channels of (N, C, L)", {"shape": [2, 3, 4], "p": 0.5, "seed": 42, "variant": "dropout1d"}
    ),
    "blocks": Example(
        "Blocks of 2 × 2", {"shape": [1, 1, 4, 4], "p": 0.25, "seed": 42, "variant": "drop_block2d", "block_size": 2}
    ),
    "replicates": Example("Edge: two replicates of no element", {"shape": [0], "seed": 42, "samples": 2}),
    "negative": Example("Error: a length is not negative", {"shape": [4, -8], "p": 0.4}, "out_of_range"),
    "gaussian": Example(
        "Error: gaussian dropout drops nothing", {"shape": [4], "variant": "gaussian_dropout"}, "conflicting_fields"
    ),
}

SIMULATE: Final = {
    "article": Example("100,000 uniform numbers at p = 0.4", {"shape": [10000, 10], "p": 0.4, "seed": 42}),
    "inference_scaling": Example(
        "Scaling in evaluation instead: the mean of training",
        {"shape": [100, 10], "p": 0.4, "seed": 42, "scaling": "inference", "runs": 5},
    ),
    "evaluation": Example(
        "… and that of evaluation, which is the same on average",
        {"shape": [100, 10], "p": 0.4, "seed": 42, "scaling": "inference", "training": False},
    ),
    "alpha_dropout": Example(
        "Alpha dropout of standard normals in float32",
        {"shape": [100, 10], "distribution": "normal", "variant": "alpha_dropout", "seed": 42, "dtype": "float32"},
    ),
    "nothing": Example("Edge: an array without elements", {"shape": [0, 10], "seed": 42}),
    "too_large": Example(
        "Error: more elements than the server allows", {"shape": [10**6, 10**6], "seed": 42}, "too_many_elements"
    ),
    "runs": Example("Error: too many runs", {"shape": [10], "runs": 20000}, "out_of_range"),
}

_ONES: Final = [1.0] * 8

VERIFY: Final = {
    "article": Example(
        "The first example of /v1/dropout, with its seed: 4 decisions say little",
        {
            "input": [[0.6485, 0.3114], [0.7352, 0.4634]],
            "output": [[0.0, 0.519], [0.0, 0.7723333333333333]],
            "p": 0.4,
            "seed": 42,
        },
    ),
    "swapped": Example(
        "p and keep swapped: 7 of 8 dropped at p = 0.1, and the rest divided by 0.1",
        {"input": _ONES, "output": [0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0], "p": 0.1},
    ),
    "missing_scale": Example(
        "What was kept is not scaled", {"input": _ONES, "output": [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0], "p": 0.4}
    ),
    "evaluation": Example(
        "Evaluation: the output is the input", {"input": _ONES, "output": _ONES, "p": 0.4, "training": False}
    ),
    "left_in_training": Example(
        "A layer that was left in training",
        {"input": _ONES, "output": [2.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0], "training": False},
    ),
    "frozen": Example(
        "Three calls, one mask",
        {"input": _ONES * 4, "outputs": [[2.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0] * 4] * 3},
    ),
    "gradient": Example(
        "A gradient that is not scaled",
        {
            "input": [1.0, 2.0],
            "output": [2.0, 0.0],
            "grad_output": [1.0, 1.0],
            "grad_input": [1.0, 0.0],
        },
    ),
    "empty": Example("Edge: no element tells", {"input": [0.0, 0.0], "output": [0.0, 0.0]}),
    "nothing": Example("Error: nothing to verify", {"input": [1.0]}, "missing_field"),
    "both": Example(
        "Error: one output, or those of several calls",
        {"input": [1.0], "output": [2.0], "outputs": [[2.0], [0.0]]},
        "conflicting_fields",
    ),
}

_INPUT: Final = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [0.6485, 0.3114, 0.7352, 0.4634]}

INFERENCE: Final = {
    "training": Example(
        "Training: drop 40 %, multiply the rest by 1/0.6",
        {"inputs": [_INPUT], "parameters": {"p": 0.4, "seed": 42}},
    ),
    "mask": Example(
        "A request with an id, for the output and the mask",
        {
            "id": "7",
            "inputs": [_INPUT],
            "parameters": {"p": 0.4, "seed": 42, "noise_shape": "null,1"},
            "outputs": [{"name": "output"}, {"name": "mask"}],
        },
    ),
    "given_mask": Example(
        "A mask of one's own instead of a draw",
        {"inputs": [_INPUT, {"name": "mask", "shape": [2], "datatype": "BOOL", "data": [True, False]}]},
    ),
    "empty": Example(
        "Edge: a tensor without elements",
        {"inputs": [_INPUT | {"shape": [0, 5], "data": []}], "parameters": {"training": False}},
    ),
    "p_out_of_range": Example(
        "Error: p is a probability", {"inputs": [_INPUT], "parameters": {"p": 1.5}}, "out_of_range"
    ),
    "half_as_json": Example("Error: FP16 is binary only", {"inputs": [_INPUT | {"datatype": "FP16"}]}, "wrong_type"),
}

_OF_PATHS: Final = (404, 405)
_OF_V1: Final = ("malformed_npy", "not_acceptable")
_OF_VERIFICATIONS: Final = ("malformed_npz",)
_OF_V2: Final = ("malformed_length",)
_OF_EXPERIMENTS: Final = ("deadline_exceeded",)
_OF_ARRAYS: Final = ("malformed_npy", "length_mismatch", "not_a_number", "not_a_boolean", "ragged", "mask_mismatch")

PROBLEMS_OF_GRADIENTS: Final = tuple(
    code
    for code, kind in PROBLEMS.items()
    if kind.status not in _OF_PATHS and code not in (*_OF_V2, *_OF_EXPERIMENTS, *_OF_VERIFICATIONS)
)
PROBLEMS_OF_CALLS: Final = tuple(code for code in PROBLEMS_OF_GRADIENTS if code != "seed_required")
PROBLEMS_OF_FIELDS: Final = tuple(
    code
    for code, kind in PROBLEMS.items()
    if kind.status not in _OF_PATHS and code not in (*_OF_V2, *_OF_ARRAYS, *_OF_VERIFICATIONS, "seed_required")
)
PROBLEMS_OF_INFERENCES: Final = (
    "model_not_found",
    *(
        code
        for code, kind in PROBLEMS.items()
        if kind.status not in _OF_PATHS and code not in (*_OF_V1, *_OF_EXPERIMENTS, *_OF_VERIFICATIONS, "seed_required")
    ),
)

PROBLEMS_OF_VERIFICATIONS: Final = (
    "malformed_npz",
    *(code for code in PROBLEMS_OF_CALLS if code not in ("mask_mismatch", "not_a_boolean")),
)

FINDINGS: Final = {
    "scale": {"summary": "A scale that is missing", "value": "missing_scale"},
    "none": {"summary": "Edge: not of the dropout, but of what was sent", "value": "shape_mismatch"},
    "unknown": {"summary": "Error: no such code", "value": "no_such_code"},
}
CODES: Final = {
    "field": {"summary": "A value out of its range", "value": "out_of_range"},
    "server": {"summary": "Edge: not the client's mistake", "value": "internal_error"},
    "unknown": {"summary": "Error: no such code", "value": "no_such_code"},
}

MODELS: Final = {
    "layer": {"summary": "The layer itself", "value": "dropout"},
    "rank": {"summary": "Edge: a layer of one rank only, which has parameters of its own", "value": "drop_block2d"},
    "unknown": {"summary": "Error: no such model", "value": "resnet50"},
}

_REQUEST_ID: Final = "5f0c4e8a1b2d3c6f"
_LIMITS: Final = Limits(body_bytes=64 * 2**20, elements=16_000_000, ndim=32, samples=10_000)

CALL: Final = "/v1/dropout"
GRADIENT: Final = "/v1/dropout/backward"
MASKS: Final = "/v1/dropout/mask"
EXPERIMENTS: Final = "/v1/dropout/simulate"
VERIFICATIONS: Final = "/v1/dropout/verify"
INFER: Final = "/v2/models/{model}/infer"


def _strange(
    decode: Callable[..., object], bodies: Iterable[str], replies: Iterable[str]
) -> dict[Code, Callable[[], object]]:
    """A body that is not JSON, and headers that ask for what is not there; of that there are these media types."""
    return {
        "malformed_json": lambda: decode(b'{"p": 0.4,}', _LIMITS),
        "not_acceptable": lambda: accept.media_type("text/html", replies, json.MEDIA_TYPE),
        "unsupported_media_type": lambda: body.media_type("text/plain", bodies),
    }


_JSON: Final = (json.MEDIA_TYPE,)
# requests that are not JSON, or wrong in their path or headers
_ELSEWHERE: Final[dict[str, dict[Code, Callable[[], object]]]] = {
    CALL: _strange(json.decode, CODECS, CODECS)
    | {
        "duplicate_key": lambda: json.decode(b'{"input": [1, 2], "p": 0.1, "p": 0.9}', _LIMITS),
        "nesting_too_deep": lambda: json.decode(b'{"input": ' + b"[" * 101 + b"]" * 101 + b"}", _LIMITS),
        "malformed_npy": lambda: npy.decode(b"PK", _LIMITS),
        "length_mismatch": lambda: raw.decode(bytes(20), _LIMITS, [("dtype", "float32"), ("shape", "5,4")]),
        "too_many_elements": lambda: json.decode(b'{"input": [1, 2], "samples": 20000}', _LIMITS),
    },
    GRADIENT: _strange(partial(json.decode, job=job.BACKWARD), CODECS, CODECS),
    MASKS: _strange(masks.decode, _JSON, CODECS),
    EXPERIMENTS: _strange(simulation.decode, _JSON, _JSON),
    VERIFICATIONS: _strange(verification.decode, verification.DECODERS, _JSON)
    | {"malformed_npz": lambda: verification.unpack(b"PK", _LIMITS)},
    INFER: {
        "malformed_json": lambda: infer.decode(b'{"inputs": [],}', "", "dropout", _LIMITS),
        "malformed_length": lambda: infer.decode(b"{}", "176", "dropout", _LIMITS),
        "model_not_found": lambda: metadata.variant("resnet50"),
    },
}


def requests(examples: dict[str, Example]) -> dict[str, Any]:
    """The examples as OpenAPI writes requests."""
    return {name: {"summary": example.summary, "value": example.body} for name, example in examples.items()}


def replies(examples: dict[str, Example], work: Callable[[str], Any]) -> dict[str, Any]:
    """What `work` makes of those that succeed, as OpenAPI writes replies."""
    answers = {
        name: {"summary": example.summary, "value": work(dumps(example.body))}
        for name, example in examples.items()
        if example.problem is None
    }
    return {json.MEDIA_TYPE: {"examples": answers}}


def problems(examples: dict[str, Example], work: Callable[[str], Any], path: str) -> dict[Code, Any]:
    """The problems of those that fail, and of requests that no example can show, by code."""
    failing = {example.problem: partial(work, dumps(example.body)) for example in examples.values() if example.problem}
    return {code: _refusal(work, path) for code, work in (_ELSEWHERE.get(path, {}) | failing).items()}


def _refusal(work: Callable[[], object], path: str) -> Any:
    """The problem that some work ends in."""
    try:
        work()
    except DropoutError as error:
        return described(error.faults, _REQUEST_ID, path)
    raise AssertionError("an example of an error succeeds")


def no_model(path: str) -> dict[Code, Any]:
    """The problem of a model that is not there."""
    return {"model_not_found": _refusal(partial(metadata.variant, "resnet50"), path)}


def no_code(path: str) -> dict[Code, Any]:
    """The problem of a code that is not there."""
    return {"not_found": described((Fault("not_found", "", PROBLEMS["not_found"].title),), _REQUEST_ID, path)}


def reply(model: VariantsReply) -> dict[int | str, dict[str, Any]]:
    """A reply that is always the same, as OpenAPI writes replies."""
    return {200: {"content": {json.MEDIA_TYPE: {"example": model.model_dump(mode="json")}}}}


@cache
def called(text: str) -> Any:
    """The reply to a call, worked out."""
    return _told(json.CODEC.answer(json.decode(text.encode(), _LIMITS)))


def differentiated(text: str) -> Any:
    """The reply to a gradient, worked out."""
    return _told(json.CODEC.answer(json.decode(text.encode(), _LIMITS, job=job.BACKWARD)))


def masked(text: str) -> Any:
    """The reply to a request for a mask, worked out."""
    return _told(json.CODEC.answer(masks.decode(text.encode(), _LIMITS)))


def simulated(text: str) -> Any:
    """The reply to an experiment, worked out."""
    return _told(simulation.decode(text.encode(), _LIMITS).run(threads=1, deadline=inf))


def verified(text: str) -> Any:
    """The reply to a verification, worked out."""
    return _told(verification.decode(text.encode(), _LIMITS).run())


def inferred(text: str) -> Any:
    """The reply to an inference, worked out."""
    inference = infer.decode(text.encode(), "", "dropout", _LIMITS)
    return _told(infer.encode(inference, inference.run()))


def _told(reply: Reply) -> Any:
    return loads(b"".join(reply.parts))
