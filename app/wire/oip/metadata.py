"""What the server tells of itself and of its models: each variant is one."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.core import VARIANTS, Variant
from app.errors import NotFound
from app.wire.oip.infer import RAW_DATATYPE, VERSION
from app.wire.oip.tensor import BOOL, DATATYPES
from app.wire.problem import Problem

EXTENSIONS: Final = ("binary_tensor_data", "parameters", "model_configuration", "model_repository", "statistics")
PLATFORM: Final = "dropout"
# pydantic's own schema says nothing of the items, and generators of clients give up on that
_EMPTY: Final = {"type": "array", "items": {}, "maxItems": 0}


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class ServerLive(_Reply):
    """Whether the process is alive."""

    live: bool = Field(description="Always true: what is not alive does not answer.")


class ServerReady(_Reply):
    """Whether requests can be taken; `live` is what the specification calls it, `ready` what servers do."""

    live: bool = Field(description="As above.")
    ready: bool = Field(description="Whether requests can be taken.")


class ModelReady(_Reply):
    """Whether a model can be asked."""

    name: str = Field(description="The layer.")
    ready: bool = Field(description="Always true: every layer is loaded.")


class ServerMetadata(_Reply):
    """What the server is, and which extensions of the protocol it has."""

    name: str = Field(description="Of the server.")
    version: str = Field(description="Of the server.")
    extensions: tuple[str, ...] = Field(default=EXTENSIONS, description="Of the protocol, by name.")


class TensorMetadata(_Reply):
    """A tensor of a model. A shape of -1 is any; so is its rank, within the layer's."""

    name: str = Field(description="What to call it in requests.")
    datatype: str = Field(description="`FP32` or `BOOL`; `properties` of the model has all.")
    shape: list[int] = Field(description="-1 is any length.")


class ModelMetadata(_Reply):
    """A model: what it takes and gives. `properties` tells what the protocol has no word for."""

    name: str = Field(description="The layer.")
    versions: list[str] = Field(description="There is one.")
    platform: str = Field(description="Always `dropout`.")
    inputs: list[TensorMetadata] = Field(description="`input`, and `mask` where the layer has one.")
    outputs: list[TensorMetadata] = Field(description="`output`, and `mask` where the layer has one.")
    properties: dict[str, str] = Field(description="Ranks, parameters and formulas, as text.")


class ConfigTensor(_Reply):
    """A tensor in a model's configuration."""

    name: str = Field(description="What to call it in requests.")
    data_type: str = Field(description="`TYPE_FP32` or `TYPE_BOOL`.")
    dims: list[int] = Field(description="-1 is any length.")
    optional: bool = Field(default=False, description="Whether a request may do without.")


class ModelConfig(_Reply):
    """A model's configuration, as Triton's clients read it. No batching: the first dimension is like any other."""

    name: str = Field(description="The layer.")
    platform: str = Field(description="Always `dropout`.")
    backend: str = Field(description="Always `dropout`.")
    max_batch_size: int = Field(description="Always 0: no batching.")
    input: list[ConfigTensor] = Field(description="`input`, and `mask` where the layer has one.")
    output: list[ConfigTensor] = Field(description="`output`, and `mask` where the layer has one.")


class RepositoryModel(_Reply):
    """A model in the repository's index."""

    name: str = Field(description="The layer.")
    version: str = Field(description="There is one.")
    state: Literal["READY"] = Field(default="READY", description="Always loaded.")
    reason: str = Field(default="", description="Always empty.")


class Duration(_Reply):
    """How often, and how long in all."""

    count: int = Field(default=0, description="How often.")
    ns: int = Field(default=0, description="Nanoseconds in all.")


class InferenceStatistics(_Reply):
    """Requests that succeeded and failed, and where those that succeeded spent their time."""

    success: Duration = Field(description="Requests that got their outputs.")
    fail: Duration = Field(description="Requests that got an error.")
    queue: Duration = Field(description="Until the body was there.")
    compute_input: Duration = Field(description="Reading the call from it.")
    compute_infer: Duration = Field(description="The layer.")
    compute_output: Duration = Field(description="Writing the reply.")
    cache_hit: Duration = Field(description="Never: nothing is cached.")
    cache_miss: Duration = Field(description="Never.")


class ModelStatistics(_Reply):
    """What a model has done since the process started."""

    name: str = Field(description="The layer.")
    version: str = Field(description="There is one.")
    last_inference: int = Field(description="When, in milliseconds since 1970; 0 if never.")
    inference_count: int = Field(description="Requests that got their outputs.")
    execution_count: int = Field(description="The same: nothing is batched.")
    inference_stats: InferenceStatistics = Field(description="Where the time went.")
    batch_stats: Annotated[tuple[()], WithJsonSchema(_EMPTY)] = Field(
        default=(), description="Always empty: nothing is batched."
    )


class StatisticsReply(_Reply):
    """The statistics of models."""

    model_stats: list[ModelStatistics] = Field(description="A row for each model asked about.")


class ErrorReply(Problem):
    """An error, as the protocol has it, with the members that a problem has on /v1."""

    error: str = Field(description="The rule, and the value received.")


def variant(model: str, version: str = VERSION) -> Variant:
    """The variant that a model is. Raises `NotFound` if there is none, or not in that version."""
    if model not in VARIANTS:
        raise NotFound.of("model_not_found", f"there is no model {model[:40]!a}; there are {', '.join(VARIANTS)}")
    if version != VERSION:
        raise NotFound.of("model_not_found", f"{model} has version {VERSION} only, got {version[:40]!a}")
    return VARIANTS[model]


def metadata(variant: Variant) -> ModelMetadata:
    """What a model takes and gives."""
    floats = ", ".join(name for name in DATATYPES if name != BOOL)
    shape = _shape(variant)
    tensors = {name: TensorMetadata(name=name, datatype=of, shape=shape) for name, of in _tensors(variant).items()}
    return ModelMetadata(
        name=variant.name,
        versions=[VERSION],
        platform=PLATFORM,
        inputs=[tensors[name] for name in ("input", "mask") if name in tensors],
        outputs=[tensors[name] for name in ("output", "mask") if name in tensors],
        properties={
            "datatypes": f"input and output: any of {floats}, the same for both",
            "ranks": variant.ranks,
            "parameters": ", ".join(name for name in variant.parameters if name != "mask") or "none of its own",
            "mask": "optional, true = kept; as input it replaces the draw, as output it comes if asked for",
            "training": variant.training,
            "evaluation": variant.evaluation,
        },
    )


def config(variant: Variant) -> ModelConfig:
    """A model's configuration."""
    tensors = {
        name: ConfigTensor(name=name, data_type=f"TYPE_{of}", dims=_shape(variant))
        for name, of in _tensors(variant).items()
    }
    optional = [tensors["mask"].model_copy(update={"optional": True})] if "mask" in tensors else []
    return ModelConfig(
        name=variant.name,
        platform=PLATFORM,
        backend=PLATFORM,
        max_batch_size=0,
        input=[tensors["input"], *optional],
        output=[tensors[name] for name in ("output", "mask") if name in tensors],
    )


def _shape(variant: Variant) -> list[int]:
    """Of as many dimensions as the layer takes."""
    return [-1] * variant.rank


def _tensors(variant: Variant) -> dict[str, str]:
    """The datatypes of a model's tensors by their names."""
    mask = {"mask": BOOL} if "mask" in variant.parameters else {}
    return {"input": RAW_DATATYPE, "output": RAW_DATATYPE, **mask}


def index() -> list[RepositoryModel]:
    """Every model."""
    return [RepositoryModel(name=name, version=VERSION) for name in VARIANTS]
