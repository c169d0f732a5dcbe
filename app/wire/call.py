"""A call: what a request asks of the core, however it came; and what the reply tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from secrets import randbelow
from typing import Any, Final, Self

from app.core import BoolArray, Draw, FloatArray, Layer, Moments, Result, Tally, dropout
from app.errors import Invalid
from app.wire.fields import SAFE, CallFields, Fields, Part
from app.wire.limits import Limits

_NORMAL_99: Final = 2.5758
"""Standard deviations to both sides of the mean that hold 99 of 100 normal values."""
_PLACES: Final = ("seed", "stream", "offset", "sample", "samples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An array and what to do with it.

    x : the input, in the type of the reply; mask : decisions given with it, or None.
    draw : where to draw, None where nothing is drawn; samples : how many replicates, None for one without an axis.
    include : the parts of the reply, None for those that its form usually has.
    replay : the fields that ask for the same again.
    """

    x: FloatArray
    mask: BoolArray | None
    layer: Layer
    draw: Draw | None
    samples: int | None
    include: Sequence[Part] | None
    replay: dict[str, Any]

    @classmethod
    def of(cls, fields: Fields, x: FloatArray, mask: BoolArray | None, limits: Limits) -> Self:
        """The call that these fields and arrays make; `Invalid` or `TooLarge` for what has no meaning together."""
        _check(fields, mask is not None)
        limits.check_samples(fields.samples or 1)
        limits.check_shape(x.shape, fields.samples or 1)
        layer = Layer(
            p=_p(fields),
            training=fields.training,
            variant=fields.variant,
            scaling=fields.scaling,
            noise_shape=None if fields.noise_shape is None else tuple(fields.noise_shape),
        )
        draw = None if mask is not None else _draw(fields)
        return cls(
            x=x,
            mask=mask,
            layer=layer,
            draw=draw,
            samples=fields.samples,
            include=fields.include if isinstance(fields, CallFields) else None,
            replay=_replay(fields, layer, draw) | {"dtype": x.dtype.name},
        )

    def including(self, parts: Sequence[Part]) -> Self:
        """The call for a reply with these parts."""
        return replace(self, include=parts, replay=self.replay | {"include": list(parts)})

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
            mask=self.mask,
            samples=self.samples,
            outputs="output" in parts,
            masks="mask" in parts,
            threads=threads,
        )


def _check(fields: Fields, masked: bool) -> None:
    """Raise `Invalid` for fields that exclude each other."""
    given = fields.model_fields_set
    if {"p", "keep_prob"} <= given:
        message = "p is the probability of dropping, keep_prob of keeping: send one of them"
        raise Invalid.of("conflicting_fields", message, "/keep_prob")
    if {"sample", "samples"} <= given:
        message = "sample is the index of one replicate, samples the number of all: send one of them"
        raise Invalid.of("conflicting_fields", message, "/samples")
    beside = [name for name in _PLACES if name in given]
    if masked and beside:
        message = f"mask replaces the draw: {beside[0]} has no meaning beside it"
        raise Invalid.of("conflicting_fields", message, f"/{beside[0]}")


def _p(fields: Fields) -> float:
    if fields.keep_prob is None:
        return fields.p
    p = 1.0 - fields.keep_prob
    if p == 1 and fields.keep_prob > 0:
        message = f"keep_prob must be 0 or large enough that 1 - keep_prob is below 1, got {fields.keep_prob}"
        raise Invalid.of("out_of_range", message, "/keep_prob")
    return p


def _draw(fields: Fields) -> Draw | None:
    """Where to draw; the seed is the server's own where a draw needs one and none was sent."""
    seed = fields.seed
    if seed is None:
        if not fields.training:
            return None
        seed = randbelow(SAFE + 1)
    return Draw(seed=seed, stream=fields.stream, offset=fields.offset, sample=fields.sample)


def _replay(fields: Fields, layer: Layer, draw: Draw | None) -> dict[str, Any]:
    """The fields of a request that is answered alike."""
    replay: dict[str, Any] = {"p": layer.p, "training": layer.training}
    if draw is not None:
        places = ("seed", "stream", "offset") if fields.samples is not None else ("seed", "stream", "offset", "sample")
        replay |= {name: portable(getattr(draw, name)) for name in places}
    if fields.samples is not None:
        replay["samples"] = fields.samples
    replay |= {"variant": layer.variant, "scaling": layer.scaling}
    if fields.noise_shape is not None:
        replay["noise_shape"] = fields.noise_shape
    return replay


def portable(number: int) -> int | str:
    """An integer as JSON can carry it to any language: a number up to 2^53 - 1, text above."""
    return number if number <= SAFE else str(number)


def layer_of(call: Call, result: Result) -> dict[str, Any]:
    """What the layer works out to, for the reply."""
    return {
        "keep_prob": 1.0 - call.layer.p,
        "scale": result.scale,
        "noise_shape": list(result.noise_shape),
        "mask_law": result.mask_law,
    }


def statistics_of(call: Call, result: Result) -> dict[str, Any]:
    """What was counted and measured, for the reply."""
    tally = result.tally
    return {
        "decisions": tally.decisions,
        "dropped": tally.dropped,
        "drop_rate": tally.drop_rate,
        "expected_drop_rate_interval": None if call.mask is not None else _interval(call.layer.p, tally),
        "input": _moments(tally.input),
        "output": _moments(tally.output),
    }


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
