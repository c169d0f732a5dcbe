"""What replies have in common: the types of their parts, from which the documentation's schemas come too.

They say what is sent, and mypy holds the encoders to them; nothing is checked or copied when a reply is written.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, WithJsonSchema, with_config
from typing_extensions import TypedDict

from app.core import MASK_LAW, PARAMETERS, NoiseShape, Parameter, Scaling
from app.wire.fields import COORDINATE_SCHEMA, WORD_SCHEMA, VariantName, nested

closed = with_config(ConfigDict(extra="forbid"))
"""Marks a reply that has no other members than it says."""

Numbers = Annotated[Any, WithJsonSchema(nested("number"))]
Booleans = Annotated[Any, WithJsonSchema(nested("boolean"))]
Word = Annotated[int | str, WithJsonSchema(WORD_SCHEMA)]
Coordinate = Annotated[int | str, WithJsonSchema(COORDINATE_SCHEMA)]
"""Integers of 64 bits: a number up to 2^53 - 1, text above."""


@closed
class DrawReplay(TypedDict, total=False):
    """Where it was drawn; nothing where nothing was drawn and no seed was sent."""

    seed: Annotated[
        Word,
        Field(
            description="Sent, or drawn by the server; text above 2^53 - 1. Absent where nothing was drawn and none "
            "was sent."
        ),
    ]
    stream: Annotated[Word, Field(description="Which of the seed's independent masks.")]
    offset: Annotated[Word, Field(description="Added to the index of each decision.")]
    sample: Annotated[Word, Field(description="Index of the replicate.")]
    samples: Annotated[int, Field(description="Number of replicates, where they were asked for.")]


@closed
class WindowReplay(TypedDict, total=False):
    """Where the array lies in a larger one; nothing where it is no block of one."""

    whole: Annotated[
        list[Coordinate],
        Field(description="Shape of the larger array that this is a block of; text above 2^53 - 1."),
    ]
    origin: Annotated[
        list[Coordinate], Field(description="Index in it of the block's first element; text above 2^53 - 1.")
    ]


def _with_parameters(reply: type) -> Any:
    """The reply, with a member for each parameter of the core's table, where it was sent."""
    make: Any = TypedDict
    return closed(make(reply.__name__, {name: _told(row) for name, row in PARAMETERS.items()}, total=False))


def _told(row: Parameter) -> Any:
    of = list[Coordinate | None] if row.type == NoiseShape else row.type
    return Annotated[of, Field(description=row.told)]


@_with_parameters
class OwnReplay(TypedDict, total=False):
    """The parameters that few variants have, where they were sent."""


@closed
class Again(DrawReplay, WindowReplay, OwnReplay):
    """The layer, and where it was drawn: fields that ask for the same again."""

    p: Annotated[float, Field(description="Probability of dropping, from 0 to 1.")]
    training: Annotated[bool, Field(description="Whether it was training; false: evaluation.")]
    variant: Annotated[VariantName, Field(description="Which layer.")]
    scaling: Annotated[Scaling, Field(description="Where the layer scales.")]


@closed
class ShiftReply(TypedDict, total=False):
    """Of the layers that have one."""

    shift: Annotated[float | None, Field(description="What is added to what is kept, of the alpha dropouts.")]


@closed
class LayerReply(ShiftReply):
    """What the layer works out to."""

    keep_prob: Annotated[float, Field(description="Probability of keeping an element: 1 - p.")]
    scale: Annotated[
        float | None,
        Field(
            description="The factor applied to what is kept, rounded to the dtype; null where nothing is (p = 1), "
            "where each element has its own (gaussian_dropout), and where each replicate has (drop_block2d with "
            "samples)."
        ),
    ]
    noise_shape: Annotated[
        list[Coordinate],
        Field(
            description="Shape of one replicate's decisions, of the whole where there is one; it broadcasts to the "
            "input's."
        ),
    ]
    mask_law: Annotated[
        Annotated[str, WithJsonSchema({"type": "string", "const": MASK_LAW})] | None,
        Field(description="How the mask was drawn; null where nothing was."),
    ]


@closed
class ArrayStatistics(TypedDict):
    """An array's values as they are in its dtype; mean and deviation are over the finite ones, in float64."""

    size: Annotated[int, Field(description="Number of elements.")]
    mean: Annotated[float | None, Field(description="Mean; null when there is no finite value.")]
    std: Annotated[
        float | None, Field(description="Population deviation (ddof 0); null when there is no finite value.")
    ]
    zero_fraction: Annotated[float | None, Field(description="Share of zeros, from 0 to 1; -0.0 is one.")]
    non_finite: Annotated[int, Field(description="Number of elements that are NaN or infinite.")]


@closed
class Decisions(TypedDict):
    """The decisions, counted."""

    decisions: Annotated[int, Field(description="Keep-or-drop decisions; 0 in evaluation.")]
    dropped: Annotated[int, Field(description="How many of them said drop.")]
    drop_rate: Annotated[
        float | None, Field(description="dropped / decisions, from 0 to 1; null where there are none.")
    ]
    expected_drop_rate_interval: Annotated[
        list[float] | None,
        Field(description="Where the rate of a correct layer falls 99 times of 100; null where nothing was drawn."),
    ]


@closed
class Statistics(Decisions):
    """The figures that prove it."""

    input: Annotated[ArrayStatistics, Field(description="The array before; replicates share it, and it counts once.")]
    output: Annotated[ArrayStatistics, Field(description="The array after, all replicates together.")]
