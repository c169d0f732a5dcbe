"""A call: what a request asks of the core, however it came; and what the reply tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from secrets import randbelow
from typing import Any, Final, Self

from app.core import (
    NAMES,
    BoolArray,
    Draw,
    Experiment,
    FloatArray,
    Layer,
    Moments,
    Result,
    Shape,
    Tally,
    Window,
    dropout,
)
from app.errors import Invalid
from app.wire.fields import SAFE, Fields
from app.wire.job import FORWARD, Job, Part
from app.wire.limits import Limits

_NORMAL_99: Final = 2.5758
"""Standard deviations to both sides of the mean that hold 99 of 100 normal values."""
_PLACES: Final = ("seed", "stream", "offset", "sample", "samples")


@dataclass(slots=True, kw_only=True)
class Call:
    """An array and what to do with it.

    job : the layer, its gradient, or its mask.
    x : the input, in the type of the reply; mask : decisions given with it, or None.
    draw : where to draw, None where nothing is drawn. window : where x lies in a larger array, None if in none.
    samples : how many replicates, None for one without an axis.
    include : the parts of the reply, None for those that its form usually has.
    replay : the fields that ask for the same again.
    """

    job: Job
    x: FloatArray
    mask: BoolArray | None
    layer: Layer
    draw: Draw | None
    window: Window | None
    samples: int | None
    include: Sequence[Part] | None
    replay: dict[str, Any]

    @classmethod
    def of(cls, fields: Fields, x: FloatArray, mask: BoolArray | None, limits: Limits, job: Job = FORWARD) -> Self:
        """The call that these fields and arrays make; `Invalid` or `TooLarge` for what has no meaning together."""
        samples = getattr(fields, "samples", None)
        check_fields(fields, masked=mask is not None)
        _check_seed(fields, mask is not None, job)
        limits.check_samples(samples or 1)
        limits.check_shape(x.shape, samples or 1)
        layer = layer_from(fields)
        drawn = mask is None and (fields.training or fields.seed is not None)
        draw, window = draw_from(fields) if drawn else None, window_from(fields, x.shape)
        dtype = {"dtype": NAMES[x.dtype]} if job.measured else {}
        return cls(
            job=job,
            x=x,
            mask=mask,
            layer=layer,
            draw=draw,
            window=window,
            samples=samples,
            include=job.parts(getattr(fields, "include", None)),
            replay=replay(fields, layer, draw, window) | dtype,
        )

    def including(self, parts: Sequence[Part]) -> Self:
        """The call for a reply with these parts."""
        include = {"include": self.job.names(parts)} if self.job.measured else {}
        return replace(self, include=parts, replay=self.replay | include)

    @property
    def cost(self) -> int:
        """About how many elements' work the call is: a replicate has a price of its own."""
        return (self.x.size + 1000) * (self.samples or 1)

    def run(self, threads: int = 1) -> Result:
        """The result, always measured: an output that overflows must be seen before it is written as JSON."""
        parts = self.include or ()
        return dropout(
            self.x,
            layer=self.layer,
            draw=self.draw,
            window=self.window,
            mask=self.mask,
            samples=self.samples,
            gradient=self.job.gradient,
            outputs="output" in parts,
            masks="mask" in parts,
            statistics=self.job.measured,
            threads=threads,
        )


def check_fields(fields: Fields, *, masked: bool = False) -> None:
    """Raise `Invalid` for fields that exclude each other."""
    given = fields.model_fields_set
    if {"p", "keep_prob"} <= given:
        message = "p is the probability of dropping, keep_prob of keeping: send one of them"
        raise Invalid.of("conflicting_fields", message, "/keep_prob")
    if {"sample", "samples"} <= given:
        message = "sample is the index of one replicate, samples the number of all: send one of them"
        raise Invalid.of("conflicting_fields", message, "/samples")
    if "origin" in given and "whole" not in given:
        message = "origin is a place in whole, the shape of the larger array: send both"
        raise Invalid.of("missing_field", message, "/whole")
    beside = [name for name in _PLACES if name in given]
    if masked and beside:
        message = f"mask replaces the draw: {beside[0]} has no meaning beside it"
        raise Invalid.of("conflicting_fields", message, f"/{beside[0]}")


def _check_seed(fields: Fields, masked: bool, job: Job) -> None:
    """Raise `Invalid` for a gradient under a mask that the forward pass cannot have had."""
    if job.gradient and fields.training and not masked and fields.seed is None:
        message = "a gradient in training needs the forward's seed or mask: a fresh mask would give a wrong one"
        raise Invalid.of("seed_required", message, "/seed")


def layer_from(fields: Fields) -> Layer:
    """The layer that the fields describe."""
    return Layer(
        p=_p(fields),
        training=fields.training,
        variant=fields.variant,
        scaling=fields.scaling,
        noise_shape=None if fields.noise_shape is None else tuple(fields.noise_shape),
        channels_last=fields.channels_last,
        block_size=fields.block_size,
    )


def _p(fields: Fields) -> float:
    if fields.keep_prob is None:
        return fields.p
    p = 1.0 - fields.keep_prob
    if p == 1 and fields.keep_prob > 0:
        message = f"keep_prob must be 0 or large enough that 1 - keep_prob is below 1, got {fields.keep_prob}"
        raise Invalid.of("out_of_range", message, "/keep_prob")
    return p


def draw_from(fields: Fields) -> Draw:
    """Where to draw; the seed is the server's own where none was sent."""
    seed = randbelow(SAFE + 1) if fields.seed is None else fields.seed
    return Draw(seed=seed, stream=fields.stream, offset=fields.offset, sample=fields.sample)


def window_from(fields: Fields, shape: Shape) -> Window | None:
    """Where an array of that shape lies in a larger one; None if it is no block of one."""
    if fields.whole is None:
        return None
    return Window.of(shape, tuple(fields.whole), None if fields.origin is None else tuple(fields.origin))


def replay(fields: Fields, layer: Layer, draw: Draw | None, window: Window | None) -> dict[str, Any]:
    """The fields of a request that is answered alike."""
    samples = getattr(fields, "samples", None)
    replay: dict[str, Any] = {"p": layer.p, "training": layer.training}
    if draw is not None:
        places = ("seed", "stream", "offset") if samples is not None else ("seed", "stream", "offset", "sample")
        replay |= {name: portable(getattr(draw, name)) for name in places}
    if window is not None:
        replay |= {"whole": _portable(window.whole), "origin": _portable(window.origin)}
    if samples is not None:
        replay["samples"] = samples
    replay |= {"variant": layer.variant, "scaling": layer.scaling}
    noise_shape = {} if fields.noise_shape is None else {"noise_shape": _portable(fields.noise_shape)}
    own = {name: getattr(fields, name) for name in ("channels_last", "block_size")}
    return replay | noise_shape | {name: value for name, value in own.items() if value is not None}


def _portable(numbers: Sequence[int | None]) -> list[int | str | None]:
    return [None if number is None else portable(number) for number in numbers]


def portable(number: int) -> int | str:
    """An integer as JSON can carry it to any language: a number up to 2^53 - 1, text above."""
    return number if number <= SAFE else str(number)


def layer_of(layer: Layer, result: Result | Experiment) -> dict[str, Any]:
    """What the layer works out to, for the reply; a shift of layers that have one, null where they keep nothing."""
    shift = {"shift": result.applied.shift if layer.training else 0.0} if layer.row.shifts else {}
    return {
        "keep_prob": 1.0 - layer.p,
        "scale": result.applied.scale,
        **shift,
        "noise_shape": _portable(result.noise_shape),
        "mask_law": result.mask_law,
    }


def statistics_of(call: Call, result: Result) -> dict[str, Any]:
    """What was counted and measured, for the reply."""
    rate = None if call.mask is not None else result.rate
    measured = moments_of(result.tally, call.job) if call.job.measured else {}
    return decisions_of(result.tally, rate) | measured


def decisions_of(tally: Tally, rate: float | None) -> dict[str, Any]:
    """What was counted; `rate` is what each decision dropped with, None if they were given."""
    return {
        "decisions": tally.decisions,
        "dropped": tally.dropped,
        "drop_rate": tally.drop_rate,
        "expected_drop_rate_interval": None if rate is None else _interval(rate, tally),
    }


def moments_of(tally: Tally, job: Job = FORWARD) -> dict[str, Any]:
    """What was measured."""
    return {job.input: _moments(tally.input), job.output: _moments(tally.output)}


def _interval(p: float, tally: Tally) -> list[float] | None:
    """Where the drop rate of a correct layer falls 99 times of 100."""
    if not tally.decisions:
        return None
    reach = _NORMAL_99 * sqrt(p * (1 - p) / tally.decisions)
    return [max(0.0, p - reach), min(1.0, p + reach)]


def _moments(moments: Moments) -> dict[str, Any]:
    return {
        "size": moments.size,
        "mean": moments.mean,
        "std": moments.std,
        "zero_fraction": moments.zero_fraction,
        "non_finite": moments.non_finite,
    }
