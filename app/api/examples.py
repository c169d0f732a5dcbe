"""The examples in the documentation: requests that are sent by a test, with the replies they really get."""

from collections.abc import Callable
from functools import cache, partial
from json import dumps, loads
from typing import Any, Final, NamedTuple

from app.api import accept, body
from app.api.keys import MISSING
from app.api.problems import PROBLEMS, described
from app.errors import Code, DropoutError, Fault
from app.wire import backward, dropout, json, mask, simulate, verify
from app.wire.about import VariantsReply
from app.wire.binary import npy, npz, raw
from app.wire.limits import Limits
from app.wire.oip import infer, metadata
from app.wire.task import Operation, Sent


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
    "block": Example(
        "A block of 2 × 3 of a larger array, computed alone: what that part of the whole would have",
        {
            "input": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
            "whole": [5, 7],
            "origin": [2, 3],
            "p": 0.5,
            "seed": 42,
            "include": ["output", "mask"],
        },
    ),
    "replicates": Example(
        "Monte Carlo dropout: three replicates of one array, in float32",
        {"input": [0.1, 0.2, 0.3, 0.4], "samples": 3, "keep_prob": 0.75, "seed": 1, "dtype": "float32"},
    ),
    "locked": Example(
        "Locked (variational) dropout: one mask for all steps of a sequence",
        {
            "input": [[[1.0, 2.0, 3.0, 4.0]], [[5.0, 6.0, 7.0, 8.0]]],
            "noise_shape": [1, None, None],
            "p": 0.5,
            "seed": 5,
            "include": ["output"],
        },
    ),
    "embedding": Example(
        "Embedding dropout: words, which are rows of a table",
        {"input": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "noise_shape": [None, 1], "p": 0.4, "seed": 3},
    ),
    "layer_drop": Example(
        "LayerDrop: a whole layer or nothing, never scaled; stream is the layer, sample the step",
        {
            "input": [[1.0, 2.0], [3.0, 4.0]],
            "noise_shape": [1, 1],
            "scaling": "none",
            "p": 0.2,
            "seed": 42,
            "stream": 8,
            "sample": 1,
        },
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
    "heads": Example(
        "Whole heads of (N, heads, time, features)",
        {"shape": [2, 4, 2, 2], "p": 0.25, "seed": 2, "noise_shape": [None, None, 1, 1]},
    ),
    "block": Example(
        "A block in the middle of 10^15 elements",
        {"shape": [2, 8], "whole": [10**7, 10**8], "origin": [5 * 10**6, 5 * 10**7], "p": 0.4, "seed": 42},
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


class Documented(NamedTuple):
    """What the documentation shows of a call: what it answers, and examples.

    without : problems that it cannot have, of those that any call may have; also : one that is about its path.
    """

    operation: Operation
    answered: str
    examples: dict[str, Example]
    without: tuple[Code, ...]
    also: tuple[Code, ...] = ()

    @property
    def shown(self) -> dict[str, Example]:
        """The examples, those of the table of layers among them where any layer may be called."""
        return self.examples | (_variants() if self.operation is dropout.DROPOUT else {})

    @property
    def problems(self) -> list[Code]:
        """Those that it may have, but for what no path has; while the process drains, calls are taken."""
        every = (code for code, kind in PROBLEMS.items() if kind.status not in (401, 404, 405) or code in self.also)
        return [code for code in every if code not in (*self.without, "draining")]


_OF_ARRAYS: Final[tuple[Code, ...]] = (
    "malformed_npy",
    "length_mismatch",
    "not_a_number",
    "not_a_boolean",
    "ragged",
    "mask_mismatch",
)
_OF_OTHERS: Final[tuple[Code, ...]] = ("malformed_length", "deadline_exceeded", "malformed_npz")
_OF_FIELDS: Final[tuple[Code, ...]] = (
    *_OF_ARRAYS,
    "malformed_length",
    "malformed_npz",
    "seed_required",
)

DOCUMENTED: Final = (
    Documented(
        dropout.DROPOUT,
        "The output, its statistics, and how to get it again.",
        DROPOUT,
        (*_OF_OTHERS, "seed_required"),
    ),
    Documented(
        backward.BACKWARD, "The gradient of the input, its statistics, and how to get it again.", BACKWARD, _OF_OTHERS
    ),
    Documented(mask.MASK, "The mask, what was counted, and how to get it again.", MASK, _OF_FIELDS),
    Documented(simulate.SIMULATE, "Each run, all of them together, and how to get it again.", SIMULATE, _OF_FIELDS),
    Documented(
        verify.VERIFY,
        "The verdict, what was found, and all that was looked at.",
        VERIFY,
        ("malformed_length", "deadline_exceeded", "seed_required", "mask_mismatch", "not_a_boolean"),
    ),
    Documented(
        infer.INFER,
        "The outputs.",
        INFERENCE,
        ("malformed_npy", "not_acceptable", "deadline_exceeded", "malformed_npz", "seed_required"),
        also=("model_not_found",),
    ),
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
_LIMITS: Final = Limits()


@cache
def worked_out(operation: Operation, text: str) -> Any:
    """The reply to a request of JSON."""
    reply = operation.answer(Sent(text.encode(), path={"model": "dropout"}), _LIMITS)
    return loads(b"".join(reply.parts))


def _variants() -> dict[str, Example]:
    """An example of each layer of the table but the first, which the others are about."""
    _, *rows = VariantsReply.table().variants
    return {
        row.name: Example(f"Variant {row.name}: {row.summary[0].lower()}{row.summary[1:]}", row.example) for row in rows
    }


def replies(documented: Documented) -> dict[str, Any]:
    """What the examples that succeed are answered, as OpenAPI writes replies."""
    return {
        name: {"summary": example.summary, "value": worked_out(documented.operation, dumps(example.body))}
        for name, example in documented.shown.items()
        if example.problem is None
    }


def problems(documented: Documented) -> dict[Code, Any]:
    """The problems of the examples that fail, and of requests that no example can show, by code."""
    operation = documented.operation
    failing = {
        example.problem: partial(worked_out, operation, dumps(example.body))
        for example in documented.shown.values()
        if example.problem
    }
    return {code: refusal(work, operation.path) for code, work in (_elsewhere(operation) | failing).items()}


def refusal(work: Callable[[], object], path: str) -> Any:
    """The problem that some work of a request to that path ends in."""
    try:
        work()
    except DropoutError as error:
        return described(error.faults, _REQUEST_ID, path)
    raise AssertionError("an example of an error succeeds")


def no_code(path: str) -> dict[Code, Any]:
    """The problem of a code that is not there."""
    return {"not_found": described((Fault("not_found", (), PROBLEMS["not_found"].title),), _REQUEST_ID, path)}


def draining(path: str) -> dict[Code, Any]:
    """The problem of a process that is about to stop."""
    return {"draining": described((Fault("draining", (), PROBLEMS["draining"].title),), _REQUEST_ID, path)}


def no_key(path: str) -> dict[Code, Any]:
    """The problem of a request without a key."""
    return {"unauthorized": described((MISSING,), _REQUEST_ID, path)}


def no_model(path: str) -> dict[Code, Any]:
    """The problem of a model that is not there."""
    return {"model_not_found": refusal(partial(metadata.variant, "resnet50"), path)}


def _elsewhere(operation: Operation) -> dict[Code, Callable[[], object]]:
    """Requests that are not JSON, or wrong in their path or headers."""
    return (_strange(operation) if operation.reads else {}) | _MORE.get(operation.path, {})


def _strange(operation: Operation) -> dict[Code, Callable[[], object]]:
    """A body that is not JSON, and headers that ask for what is not there."""
    return {
        "malformed_json": partial(worked_out, operation, '{"p": 0.4,}'),
        "not_acceptable": lambda: accept.media_type("text/html", operation.writes, json.MEDIA_TYPE),
        "unsupported_media_type": lambda: body.media_type("text/plain", operation.reads),
    }


def _sent(operation: Operation, content: bytes, **more: Any) -> Callable[[], object]:
    """A request that is decoded."""
    return lambda: operation.decode(Sent(content, path={"model": "dropout"}, **more), _LIMITS)


_MORE: Final[dict[str, dict[Code, Callable[[], object]]]] = {
    dropout.DROPOUT.path: {
        "duplicate_key": _sent(dropout.DROPOUT, b'{"input": [1, 2], "p": 0.1, "p": 0.9}'),
        "nesting_too_deep": _sent(dropout.DROPOUT, b'{"input": ' + b"[" * 101 + b"]" * 101 + b"}"),
        "malformed_npy": _sent(dropout.DROPOUT, b"PK", media_type=npy.MEDIA_TYPE),
        "length_mismatch": _sent(
            dropout.DROPOUT,
            bytes(20),
            media_type=raw.MEDIA_TYPE,
            query=[("dtype", "float32"), ("shape", "5,4")],
        ),
        "too_many_elements": _sent(dropout.DROPOUT, b'{"input": [1, 2], "samples": 20000}'),
    },
    verify.VERIFY.path: {"malformed_npz": _sent(verify.VERIFY, b"PK", media_type=npz.MEDIA_TYPE)},
    infer.INFER.path: {
        "malformed_json": _sent(infer.INFER, b'{"inputs": [],}'),
        "malformed_length": _sent(infer.INFER, b"{}", headers={infer.HEADER.lower(): "176"}),
        "model_not_found": partial(metadata.variant, "resnet50"),
    },
}
