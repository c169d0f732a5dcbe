"""JSON Schemas of the models that are read and written here, for the OpenAPI document."""

from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.core import VARIANTS, Distribution, Scaling
from app.verify import FindingCode, Verdict
from app.wire.fields import DType, FloatType, GradientPart, nested
from app.wire.job import Job, Part
from app.wire.json import BackwardRequest, DropoutRequest
from app.wire.masks import MaskRequest
from app.wire.oip.metadata import ErrorReply
from app.wire.oip.request import InferenceRequest, OutputName, Parameters, RequestInput
from app.wire.query import MODELS
from app.wire.reply import BackwardReply, DropoutReply, MaskReply, Problem, SimulateReply, VerifyReply
from app.wire.simulation import SimulateRequest
from app.wire.verification import Claim, VerifyRequest

_READ: Final[tuple[type[BaseModel], ...]] = (
    DropoutRequest,
    BackwardRequest,
    MaskRequest,
    SimulateRequest,
    VerifyRequest,
    InferenceRequest,
    RequestInput,
    Parameters,
)
# the replies too, though FastAPI sees them: it makes floats of large integers
_WRITTEN: Final[tuple[type[BaseModel], ...]] = (
    DropoutReply,
    BackwardReply,
    MaskReply,
    SimulateReply,
    VerifyReply,
    Problem,
    ErrorReply,
)
REQUESTS: Final = tuple(model.__name__ for model in _READ)
"""The names of what is read."""


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


_SHARED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "Variant": ("A layer of the family.", _one_of(*VARIANTS)),
    "Scaling": ("Where a layer scales.", _one_of(*get_args(Scaling))),
    "Distribution": ("Of made-up elements.", _one_of(*get_args(Distribution))),
    "Dtype": ("An element type of numbers in JSON.", _one_of(*get_args(DType))),
    "FloatType": ("An element type.", _one_of(*get_args(FloatType))),
    "FindingCode": ("What can be wrong with a dropout.", _one_of(*get_args(FindingCode))),
    "Verdict": ("What came of a verification.", _one_of(*get_args(Verdict))),
    "Part": ("A part of a reply.", _one_of(*get_args(Part))),
    "GradientPart": ("A part of a gradient's reply.", _one_of(*get_args(GradientPart))),
    "OutputName": ("An output of a model.", _one_of(*get_args(OutputName))),
    "Numbers": ("A number, or nested arrays of numbers, of any rank.", nested("number")),
    "Booleans": ("A boolean, or nested arrays of booleans, of any rank.", nested("boolean")),
}
"""Types of many fields, by the name that generated clients give them: what they are, and their schemas."""


def shared() -> dict[str, Any]:
    """Their schemas by name."""
    return {name: {"title": name, "description": about} | schema for name, (about, schema) in _SHARED.items()}


def share(document: Any, ref: str) -> None:
    """Put a reference in the place of each such schema in a document, `ref` as in `schemas`."""
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        share(inner, ref)
    if isinstance(document, dict):
        for name, (_, schema) in _SHARED.items():
            if {key: document.get(key) for key in schema} == schema:
                for key in schema:
                    del document[key]
                document["$ref"] = ref.format(model=name)


def schemas(ref: str) -> dict[str, Any]:
    """The schemas by name; `ref` is where they will stand, with `{model}` for the name."""
    models = [(model, "validation") for model in _READ] + [(model, "serialization") for model in _WRITTEN]
    _, document = models_json_schema(models, ref_template=ref)  # type: ignore[arg-type]
    found: dict[str, Any] = document["$defs"]
    return found


def query_schema(job: Job, ref: str) -> dict[str, Any]:
    """The schemas of the fields of a query, by name."""
    return _properties(MODELS[job], ref)


def claim_schema(ref: str) -> dict[str, Any]:
    """The same of a claim, beside arrays to be verified."""
    return _properties(Claim, ref)


def _properties(model: type[BaseModel], ref: str) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema(ref_template=ref)["properties"]
    return found
