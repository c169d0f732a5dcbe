"""JSON Schemas of what is read and written here, for the OpenAPI document."""

from typing import Any, Final, get_args

from pydantic import BaseModel, TypeAdapter

from app.core import VARIANTS, Distribution, Scaling
from app.verify import FindingCode, Verdict
from app.wire.backward import GradientPart
from app.wire.dropout import Part
from app.wire.fields import DType, FloatType, nested
from app.wire.oip.metadata import ErrorReply
from app.wire.oip.request import OutputName, Parameters, RequestInput
from app.wire.operations import OPERATIONS
from app.wire.problem import Problem

_BESIDE: Final = (RequestInput, Parameters)
"""Parts of requests that stand for themselves."""
REQUESTS: Final = (*(operation.request.__name__ for operation in OPERATIONS), *(part.__name__ for part in _BESIDE))
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
    read = [(model, "validation") for model in (*(operation.request for operation in OPERATIONS), *_BESIDE)]
    # the replies too, though FastAPI sees some: it makes floats of large integers
    written = [(reply, "serialization") for reply in (*(one.replies for one in OPERATIONS), Problem, ErrorReply)]
    adapters: Any = [(of.__name__, mode, TypeAdapter(of)) for of, mode in read + written]
    _, document = TypeAdapter.json_schemas(adapters, ref_template=ref)
    found: dict[str, Any] = document["$defs"]
    return found


def properties(model: type[BaseModel], ref: str) -> dict[str, Any]:
    """The schemas of the fields of a query, by name."""
    found: dict[str, Any] = model.model_json_schema(ref_template=ref)["properties"]
    return found
