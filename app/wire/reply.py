"""The replies, as models: what clients read in the documentation and generate their types from.

Replies are not made by them: arrays go straight to text. A test holds every reply to its model.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.core import VARIANTS, Distribution, Scaling
from app.wire.fields import DType, GradientPart, VariantName, Word
from app.wire.job import Part

Numbers = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "array", "items": {}}]})]
Booleans = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {}}]})]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Again(_Reply):
    """The layer, and where it was drawn: fields that ask for the same again."""

    p: float = Field(description="Probability of dropping.")
    training: bool
    seed: Word | None = Field(default=None, description="Sent, or drawn by the server; text above 2^53 - 1.")
    stream: Word | None = None
    offset: Word | None = None
    sample: Word | None = None
    samples: int | None = None
    variant: VariantName
    scaling: Scaling
    noise_shape: list[int | None] | None = None
    channels_last: bool | None = None
    block_size: int | None = None


class Replay(_Again):
    """A legal request but for the array: sent again with the same array it gives the same reply."""

    dtype: DType
    include: list[Part | GradientPart]
    shape: list[int] | None = Field(default=None, description="As sent, with a flat input.")
    mask: Booleans = Field(default=None, description="As sent.")


class LayerReply(_Reply):
    """What the layer works out to."""

    keep_prob: float = Field(description="1 - p.")
    scale: float | None = Field(
        description="The factor applied to what is kept, rounded to the dtype; null where nothing is (p = 1), where "
        "each element has its own (gaussian_dropout), and where each replicate has (drop_block2d with samples)."
    )
    shift: float | None = Field(default=None, description="What is added to what is kept, of the alpha dropouts.")
    noise_shape: list[int] = Field(description="Shape of one replicate's decisions; it broadcasts to the input's.")
    mask_law: Literal["philox4x64-10/v1"] | None = Field(description="null where nothing was drawn.")


class ArrayStatistics(_Reply):
    """An array's values as they are in its dtype; mean and deviation are over the finite ones, in float64."""

    size: int
    mean: float | None = Field(description="null when there is no finite value.")
    std: float | None = Field(description="Population deviation (ddof 0).")
    zero_fraction: float | None = Field(description="Share of zeros; -0.0 is one.")
    non_finite: int


class Decisions(_Reply):
    """The decisions, counted."""

    decisions: int = Field(description="Keep-or-drop decisions; 0 in evaluation.")
    dropped: int = Field(description="How many of them said drop.")
    drop_rate: float | None
    expected_drop_rate_interval: list[float] | None = Field(
        description="Where the rate of a correct layer falls 99 times of 100; null where nothing was drawn.",
    )


class Statistics(Decisions):
    """The figures that prove it."""

    input: ArrayStatistics
    output: ArrayStatistics = Field(description="Of all replicates together.")


class DropoutReply(_Reply):
    """What the layer does to the array, and why you may believe it."""

    output: Numbers = Field(default=None, description="The result, of the input's shape, the samples before it.")
    mask: Booleans = Field(default=None, description="true = kept; of the output's shape. If asked for.")
    shape: list[int] = Field(description="Shape of output and mask.")
    dtype: DType
    replay: Replay
    layer: LayerReply
    statistics: Statistics | None = None


class GradientStatistics(Decisions):
    """The figures of a gradient."""

    grad_output: ArrayStatistics
    grad_input: ArrayStatistics


class BackwardReply(_Reply):
    """The gradient of the input."""

    grad_input: Numbers = Field(default=None, description="The result, of the gradient's shape.")
    mask: Booleans = Field(default=None, description="true = kept. If asked for.")
    shape: list[int] = Field(description="Shape of both.")
    dtype: DType
    replay: Replay
    layer: LayerReply
    statistics: GradientStatistics | None = None


class MaskReplay(_Again):
    """The request, with all that it left to the service."""

    shape: list[int]


class MaskReply(_Reply):
    """A mask."""

    mask: Booleans = Field(description="true = kept; the samples on its first axis.")
    shape: list[int] = Field(description="Shape of the mask.")
    replay: MaskReplay
    layer: LayerReply
    statistics: Decisions


class SimulateReplay(MaskReplay):
    """The request, with all that it left to the service."""

    distribution: Distribution
    input_seed: Word
    runs: int
    dtype: DType


class Run(_Reply):
    """A run of an experiment."""

    sample: Word = Field(description="The replicate whose mask was drawn.")
    input_mean: float | None
    output_mean: float | None
    drop_rate: float | None


class Summary(_Reply):
    """The runs' means together."""

    output_mean: float | None = Field(description="Mean of the runs' means.")
    standard_error: float | None = Field(description="Its standard error; null for one run.")
    expected_output_mean: float | None = Field(
        description="What it comes to over all masks, given this input; null where that depends on more than its mean."
    )


class SimulateReply(_Reply):
    """What came of an experiment."""

    runs: list[Run]
    statistics: Statistics = Field(description="Over all runs; the input counts once.")
    summary: Summary
    replay: SimulateReplay
    layer: LayerReply


class VariantReply(_Reply):
    """A row of the table of layers."""

    name: VariantName
    summary: str
    ranks: str = Field(description="Which inputs it takes.")
    noise: str = Field(description="The noise shape.")
    training: str = Field(description="Formula in training.")
    evaluation: str = Field(description="Formula in evaluation.")
    parameters: tuple[str, ...] = Field(description="Fields of a call that are its own.")
    source: str
    source_url: str
    example: dict[str, Any] = Field(description="A call that shows it.")


class VariantsReply(_Reply):
    """Every layer served."""

    variants: list[VariantReply]

    @classmethod
    def table(cls) -> Self:
        """The core's table."""
        rows = [{name: getattr(row, name) for name in VariantReply.model_fields} for row in VARIANTS.values()]
        return cls(variants=[VariantReply(**row | {"example": _example(row)}) for row in rows])


def _example(row: dict[str, Any]) -> dict[str, Any]:
    return {"variant": row["name"], **row["example"]}


class LimitsReply(_Reply):
    """The limits in force, and the settings they come from."""

    max_body_bytes: int = Field(
        description="Bytes of a body, as sent and as inflated. DROPOUT_MAX_BODY_BYTES.", examples=[67108864]
    )
    max_elements: int = Field(
        description="Elements of input and output, replicates counted. DROPOUT_MAX_ELEMENTS.", examples=[16000000]
    )
    max_ndim: int = Field(description="Dimensions of an array. DROPOUT_MAX_NDIM.", examples=[32])
    max_samples: int = Field(description="Replicates of one call. DROPOUT_MAX_SAMPLES.", examples=[10000])
    max_simulated: int = Field(
        description="Elements of an experiment, its runs counted. DROPOUT_MAX_SIMULATED.", examples=[1000000000]
    )
    deadline_seconds: int = Field(
        description="Seconds that an experiment may take. DROPOUT_DEADLINE_SECONDS.", examples=[30]
    )


class FaultReply(_Reply):
    """One thing that is wrong."""

    pointer: str = Field(description="RFC 6901 JSON pointer into the body.")
    code: str
    message: str


class Problem(_Reply):
    """An error, as RFC 9457 defines it."""

    type: str = Field(description="Where the kind of problem is explained: `/problems/{code}`.")
    title: str
    status: int
    detail: str = Field(description="The rule, and the value received.")
    code: str
    request_id: str = Field(description="The same as the header `X-Request-ID`; log lines have it too.")
    errors: list[FaultReply] = Field(default=[], description="At most 16.")


class ProblemKind(_Reply):
    """A kind of problem, explained."""

    code: str
    status: int
    title: str
    explanation: str


class Health(_Reply):
    """The state of the process."""

    status: Literal["live", "ready"]
