"""What the server tells of itself and of its models: each variant is one."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core import VARIANTS, Variant
from app.errors import NotFound
from app.wire.oip.infer import RAW_DATATYPE, VERSION
from app.wire.oip.tensor import BOOL, DATATYPES
from app.wire.reply import Problem

EXTENSIONS: Final = ("binary_tensor_data", "parameters", "model_configuration", "model_repository", "statistics")
PLATFORM: Final = "dropout"


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class ServerLive(_Reply):
    """Whether the process is alive."""

    live: bool


class ServerReady(_Reply):
    """Whether requests can be taken; `live` is what the specification calls it, `ready` what servers do."""

    live: bool
    ready: bool


class ModelReady(_Reply):
    """Whether a model can be asked."""

    name: str
    ready: bool


class ServerMetadata(_Reply):
    """What the server is, and which extensions of the protocol it has."""

    name: str
    version: str
    extensions: tuple[str, ...] = EXTENSIONS


class TensorMetadata(_Reply):
    """A tensor of a model. A shape of -1 is any; so is its rank, within the layer's."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(_Reply):
    """A model: what it takes and gives. `properties` tells what the protocol has no word for."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    properties: dict[str, str]


class ConfigTensor(_Reply):
    """A tensor in a model's configuration."""

    name: str
    data_type: str
    dims: list[int]
    optional: bool = False


class ModelConfig(_Reply):
    """A model's configuration, as Triton's clients read it. No batching: the first dimension is like any other."""

    name: str
    platform: str
    backend: str
    max_batch_size: int
    input: list[ConfigTensor]
    output: list[ConfigTensor]


class RepositoryModel(_Reply):
    """A model in the repository's index."""

    name: str
    version: str
    state: Literal["READY"] = "READY"
    reason: str = ""


class Duration(_Reply):
    """How often, and how long in all."""

    count: int = Field(default=0, description="How often.")
    ns: int = Field(default=0, description="Nanoseconds in all.")


class InferenceStatistics(_Reply):
    """Requests that succeeded and failed, and where those that succeeded spent their time."""

    success: Duration
    fail: Duration
    queue: Duration = Field(description="Until the body was there.")
    compute_input: Duration = Field(description="Reading the call from it.")
    compute_infer: Duration = Field(description="The layer.")
    compute_output: Duration = Field(description="Writing the reply.")
    cache_hit: Duration = Field(description="Never: nothing is cached.")
    cache_miss: Duration = Field(description="Never.")


class ModelStatistics(_Reply):
    """What a model has done since the process started."""

    name: str
    version: str
    last_inference: int = Field(description="When, in milliseconds since 1970; 0 if never.")
    inference_count: int
    execution_count: int
    inference_stats: InferenceStatistics
    batch_stats: tuple[()] = ()


class StatisticsReply(_Reply):
    """The statistics of models."""

    model_stats: list[ModelStatistics]


class ResponseTensor(_Reply):
    """An output: its elements are in `data`, flat, or after the JSON if it has a `binary_data_size`."""

    name: Literal["output", "mask"]
    shape: list[int]
    datatype: str
    parameters: dict[str, int] | None = None
    data: list[Any] | None = None


class InferenceReply(_Reply):
    """What the layer made of the input; the parameters ask for the same again, and tell what was counted."""

    model_name: str
    model_version: str
    id: str | None = Field(default=None, description="The request's, if it had one.")
    parameters: dict[str, str | float | bool] = Field(description="`replay` and `statistics` of /v1, flat.")
    outputs: list[ResponseTensor]


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
