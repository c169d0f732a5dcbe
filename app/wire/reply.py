"""The replies, as models: what clients read in the documentation and generate their types from.

Replies are not made by them: arrays go straight to text. A test holds every reply to its model.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.core import MASK_LAW, VARIANTS, Distribution, Scaling
from app.verify import FINDINGS, FindingCode, Verdict
from app.wire.fields import Coordinate, DType, FloatType, GradientPart, Optional, VariantName, Word, nested
from app.wire.job import Part

Numbers = Annotated[Any, WithJsonSchema(nested("number"))]
Booleans = Annotated[Any, WithJsonSchema(nested("boolean"))]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Again(_Reply):
    """The layer, and where it was drawn: fields that ask for the same again."""

    p: float = Field(description="Probability of dropping, from 0 to 1.")
    training: bool = Field(description="Whether it was training; false: evaluation.")
    seed: Word | None = Optional(
        "Sent, or drawn by the server; text above 2^53 - 1. Absent where nothing was drawn and none was sent."
    )
    stream: Word | None = Optional("Which of the seed's independent masks.")
    offset: Word | None = Optional("Added to the index of each decision.")
    whole: list[Coordinate] | None = Optional("Shape of the larger array that this is a block of; text above 2^53 - 1.")
    origin: list[Coordinate] | None = Optional("Index in it of the block's first element; text above 2^53 - 1.")
    sample: Word | None = Optional("Index of the replicate.")
    samples: int | None = Optional("Number of replicates, where they were asked for.")
    variant: VariantName = Field(description="Which layer.")
    scaling: Scaling = Field(description="Where the layer scales.")
    noise_shape: list[Coordinate | None] | None = Optional("As sent: an entry a dimension of the input.")
    channels_last: bool | None = Optional("As sent.")
    block_size: int | None = Optional("Side of the blocks, in elements, as sent.")


class _ReplayOfArray(_Again):
    """The same, of a call that has an array."""

    dtype: FloatType = Field(description="Element type of the computation.")
    shape: list[int] | None = Optional("As sent, with a flat array.")
    mask: Booleans = Optional("As sent.")


class Replay(_ReplayOfArray):
    """A legal request but for the array: sent again with the same array it gives the same reply."""

    include: list[Part] = Field(description="The parts of the reply.")


class GradientReplay(_ReplayOfArray):
    """A legal request but for the gradient: sent again with the same gradient it gives the same reply."""

    include: list[GradientPart] = Field(description="The parts of the reply.")


class LayerReply(_Reply):
    """What the layer works out to."""

    keep_prob: float = Field(description="Probability of keeping an element: 1 - p.")
    scale: float | None = Field(
        description="The factor applied to what is kept, rounded to the dtype; null where nothing is (p = 1), where "
        "each element has its own (gaussian_dropout), and where each replicate has (drop_block2d with samples)."
    )
    shift: float | None = Optional("What is added to what is kept, of the alpha dropouts.")
    noise_shape: list[Coordinate] = Field(
        description="Shape of one replicate's decisions, of the whole where there is one; it broadcasts to the input's."
    )
    mask_law: Annotated[str, WithJsonSchema({"type": "string", "const": MASK_LAW})] | None = Field(
        description="How the mask was drawn; null where nothing was."
    )


class ArrayStatistics(_Reply):
    """An array's values as they are in its dtype; mean and deviation are over the finite ones, in float64."""

    size: int = Field(description="Number of elements.")
    mean: float | None = Field(description="Mean; null when there is no finite value.")
    std: float | None = Field(description="Population deviation (ddof 0); null when there is no finite value.")
    zero_fraction: float | None = Field(description="Share of zeros, from 0 to 1; -0.0 is one.")
    non_finite: int = Field(description="Number of elements that are NaN or infinite.")


class Decisions(_Reply):
    """The decisions, counted."""

    decisions: int = Field(description="Keep-or-drop decisions; 0 in evaluation.")
    dropped: int = Field(description="How many of them said drop.")
    drop_rate: float | None = Field(description="dropped / decisions, from 0 to 1; null where there are none.")
    expected_drop_rate_interval: list[float] | None = Field(
        description="Where the rate of a correct layer falls 99 times of 100; null where nothing was drawn.",
    )


class Statistics(Decisions):
    """The figures that prove it."""

    input: ArrayStatistics = Field(description="The array before; replicates share it, and it counts once.")
    output: ArrayStatistics = Field(description="The array after, all replicates together.")


class DropoutReply(_Reply):
    """What the layer does to the array, and why you may believe it."""

    output: Numbers = Optional("The result, of the input's shape, the samples before it. Unless left out by `include`.")
    mask: Booleans = Optional("**true = kept**; of the output's shape. If asked for by `include`.")
    shape: list[int] = Field(description="Shape of output and mask.")
    dtype: FloatType = Field(description="Element type of the output.")
    replay: Replay = Field(description="How to get this reply again: fields to send with the same array.")
    layer: LayerReply = Field(description="What the fields work out to.")
    statistics: Statistics | None = Optional(
        "Decisions counted, and the arrays' moments. Unless left out by `include`."
    )


class GradientStatistics(Decisions):
    """The figures of a gradient."""

    grad_output: ArrayStatistics = Field(description="The gradient that was sent.")
    grad_input: ArrayStatistics = Field(description="The gradient that comes back.")


class BackwardReply(_Reply):
    """The gradient of the input."""

    grad_input: Numbers = Optional("The result, of the gradient's shape. Unless left out by `include`.")
    mask: Booleans = Optional("**true = kept**. If asked for by `include`.")
    shape: list[int] = Field(description="Shape of both.")
    dtype: FloatType = Field(description="Element type of the gradient.")
    replay: GradientReplay = Field(description="How to get this reply again: fields to send with the same gradient.")
    layer: LayerReply = Field(description="What the fields work out to.")
    statistics: GradientStatistics | None = Optional("Decisions and moments. Unless left out by `include`.")


class MaskReplay(_Again):
    """The request, with all that it left to the service."""

    shape: list[int] = Field(description="Shape of the array, without its replicates.")


class MaskReply(_Reply):
    """A mask."""

    mask: Booleans = Field(description="**true = kept**; the samples on its first axis.")
    shape: list[int] = Field(description="Shape of the mask.")
    replay: MaskReplay = Field(description="The request that gives this mask again.")
    layer: LayerReply = Field(description="What the fields work out to.")
    statistics: Decisions = Field(description="How many decisions, and how many of them said drop.")


class SimulateReplay(MaskReplay):
    """The request, with all that it left to the service."""

    distribution: Distribution = Field(description="Of the array's elements.")
    input_seed: Word = Field(description="Seed of the array; text above 2^53 - 1.")
    runs: int = Field(description="How many runs.")
    dtype: DType = Field(description="Element type of the computation.")


class Run(_Reply):
    """A run of an experiment."""

    sample: Word = Field(description="The replicate whose mask was drawn.")
    input_mean: float | None = Field(description="Mean before; null where there is no element.")
    output_mean: float | None = Field(description="Mean after; null where there is no element.")
    drop_rate: float | None = Field(description="Share of the decisions that said drop, from 0 to 1; null without any.")


class Summary(_Reply):
    """The runs' means together."""

    output_mean: float | None = Field(description="Mean of the runs' means.")
    standard_error: float | None = Field(description="Its standard error; null for one run.")
    expected_output_mean: float | None = Field(
        description="What it comes to over all masks, given this input; null where that depends on more than its mean."
    )


class SimulateReply(_Reply):
    """What came of an experiment."""

    runs: list[Run] = Field(description="Each run, in order.")
    statistics: Statistics = Field(description="Over all runs; the input counts once.")
    summary: Summary = Field(description="What the runs come to.")
    replay: SimulateReplay = Field(description="The request that gives this reply again.")
    layer: LayerReply = Field(description="What the fields work out to.")


class FindingReply(_Reply):
    """A fault that was found."""

    code: FindingCode = Field(description="Which it is.")
    message: str = Field(description="What was seen, what was expected, and the usual cause.")
    expected: Any = Field(description="A number, a list of them, or null where there is no such thing.")
    seen: Any = Field(description="The same of what was seen.")
    p_value: float = Field(description="Probability of what was seen if nothing were wrong; 0 where that can't be.")
    type: str = Field(description="Where the fault is explained: `/findings/{code}`.")


class InferredReply(_Reply):
    """The layer that was seen, as far as the arrays tell; null where they do not."""

    rate: float | None = Field(description="Share of the decisions that dropped.")
    rate_interval: list[float] | None = Field(description="The rates it speaks for, 99 times of 100 (Clopper-Pearson).")
    scale: float | None = Field(description="Factor of what was kept.")
    shift: float | None = Field(description="What was added to it, as by the alpha dropouts.")
    noise_shape: list[int] | None = Field(description="Shape of the decisions.")
    scaling: Scaling | None = Field(description="Which the factor is that of.")
    variant: VariantName | None = Field(description="Which has that noise shape.")


class DetectableReply(_Reply):
    """What a check could have shown in these data, with probability 0.9."""

    message: str = Field(description="In words.")
    smallest: float | None = Field(description="The least effect, in the statistic's unit.")
    enough: int | None = Field(description="How many decisions or elements show what `pass` asks for.")


class CheckReply(_Reply):
    """A check that was run."""

    name: str = Field(description="What it is called.")
    law: str = Field(description="What holds for a correct layer.")
    statistic: float | None = Field(description="What was seen.")
    place: str | None = Field(description="Where it was seen, where that is a place.")
    p_value: float = Field(description="With all that was tried within the check; 0 or 1 where chance has no part.")
    detectable: DetectableReply = Field(description="What it could have shown.")


class ClaimReply(_Again):
    """What was claimed, with all that was left to the service."""


class VerifyReply(_Reply):
    """What is wrong with a dropout, or that nothing is."""

    verdict: Verdict = Field(
        description="`pass`: no fault, and a wrong scale, and a rate off by a quarter of min(p, 1-p), would have been "
        "seen with probability 0.9. `inconclusive`: no fault, but they would not."
    )
    message: str = Field(description="The verdict in a sentence.")
    findings: list[FindingReply] = Field(description="What is wrong; the most specific explanation of it.")
    layer: InferredReply = Field(description="What the arrays are those of.")
    checks: list[CheckReply] = Field(description="All that was looked at.")
    dtype: FloatType = Field(description="Type in whose last places values were compared.")
    claim: ClaimReply = Field(description="What they were claimed to be.")


class FaultKind(_Reply):
    """A kind of finding, explained."""

    code: FindingCode = Field(description="The `code` of such findings.")
    title: str = Field(description="What is wrong.")
    cause: str = Field(description="The usual one.")
    explanation: str = Field(description="What it means, and what to do.")

    @classmethod
    def table(cls) -> dict[str, Self]:
        """The core's table, by code."""
        return {code: cls(code=code, **fault._asdict()) for code, fault in FINDINGS.items()}


class VariantReply(_Reply):
    """A row of the table of layers."""

    name: VariantName = Field(description="What to send as `variant`.")
    summary: str = Field(description="What it drops.")
    ranks: str = Field(description="Which inputs it takes.")
    noise: str = Field(description="The noise shape.")
    training: str = Field(description="Formula in training.")
    evaluation: str = Field(description="Formula in evaluation.")
    parameters: tuple[str, ...] = Field(description="Fields of a call that are its own.")
    source: str = Field(description="Where it is defined.")
    source_url: str = Field(description="Where to read that.")
    example: dict[str, Any] = Field(description="A call that shows it.")


class VariantsReply(_Reply):
    """Every layer served."""

    variants: list[VariantReply] = Field(description="A row for each.")

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
    code: str = Field(description="What kind of thing; `/problems/{code}` explains it.")
    message: str = Field(description="The rule, and the value received.")


class Problem(_Reply):
    """An error, as RFC 9457 defines it."""

    type: str = Field(description="Where the kind of problem is explained: `/problems/{code}`.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="The rule, and the value received.")
    code: str = Field(description="The kind of problem, for programs.")
    request_id: str = Field(description="The same as the header `X-Request-ID`; log lines have it too.")
    errors: list[FaultReply] = Field(default=[], description="What is wrong, and where: at most 16.")


class ProblemKind(_Reply):
    """A kind of problem, explained."""

    code: str = Field(description="The kind of problem, for programs.")
    status: int = Field(description="The HTTP status it comes with.")
    title: str = Field(description="The kind of problem in a few words.")
    explanation: str = Field(description="What it means, and what to do.")


class Health(_Reply):
    """The state of the process."""

    status: Literal["live", "ready"] = Field(description="What was asked for; what is not so is not answered.")
