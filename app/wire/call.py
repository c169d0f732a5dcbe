"""A call of the core: what the fields of a request come to, and what replies tell of it."""

from dataclasses import fields
from functools import lru_cache
from math import sqrt
from operator import attrgetter, itemgetter
from secrets import randbelow
from typing import Any, Final, NamedTuple, Self, cast

from app.core import (
    NAMES,
    PARAMETERS,
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
from app.wire.footprint import HELD, OVERHEAD, TEXT
from app.wire.limits import MAXIMA, Limits
from app.wire.replies import (
    Again,
    ArrayStatistics,
    Decisions,
    DrawReplay,
    LayerReply,
    OwnReplay,
    ShiftReply,
    WindowReplay,
)

_NORMAL_99: Final = 2.5758
"""Standard deviations to both sides of the mean that hold 99 of 100 normal values."""
_PLACES: Final = ("seed", "stream", "offset", "sample", "samples")


class Call(NamedTuple):
    """An array, and what to do with it.

    mask : decisions given with it, or None. draw : where to draw, None where nothing is drawn. window : where x lies in
    a larger array, None if in none. samples : how many replicates, None for one without an axis.
    gradient : x is that of the output. replay : the fields that ask for the same again.
    """

    x: FloatArray
    mask: BoolArray | None
    layer: Layer
    draw: Draw | None
    window: Window | None
    samples: int | None
    gradient: bool
    replay: Again

    @classmethod
    def of(
        cls, fields: Fields, x: FloatArray, mask: BoolArray | None, limits: Limits, *, gradient: bool = False
    ) -> Self:
        """The call that these fields and arrays make; `Invalid` or `TooLarge` for what has no meaning together."""
        samples = getattr(fields, "samples", None)
        check_fields(fields, limits, masked=mask is not None)
        if gradient:
            _check_seed(fields, masked=mask is not None)
        if samples is not None:
            limits.check_shape(x.shape, samples)
        layer, window = layer_from(fields), window_from(fields, x.shape)
        drawn = mask is None and (fields.training or fields.seed is not None)
        draw = draw_from(fields) if drawn else None
        return cls(
            x=x,
            mask=mask,
            layer=layer,
            draw=draw,
            window=window,
            samples=samples,
            gradient=gradient,
            replay=replay(fields, layer, draw, window),
        )

    @property
    def cost(self) -> int:
        """About how many elements' work it is: a replicate has a price of its own."""
        return (self.x.size + 1000) * (self.samples or 1)

    @property
    def elements(self) -> int:
        """Of output or mask."""
        return self.x.size * (1 if self.samples is None else self.samples)

    def footprint(self, *, outputs: bool, masks: bool, text: int) -> int:
        """Bytes that arrays and decisions need, with these parts; and the reply, if it is text, so many times."""
        size = self.elements
        held = self.layer.held(self.x.shape, self.window) if self.mask is None else 0
        of_output = self.x.itemsize + text * TEXT[NAMES[self.x.dtype]] if outputs else 0
        of_mask = 1 + text * TEXT["bool"] if masks else 0
        given = 0 if self.mask is None else self.mask.size * (1 + text * TEXT["bool"])
        return OVERHEAD + self.x.nbytes + size * (of_output + of_mask) + held * HELD + given

    @property
    def shape(self) -> Shape:
        """Of output and mask."""
        return self.x.shape if self.samples is None else (self.samples, *self.x.shape)

    def run(self, threads: int, *, outputs: bool, masks: bool, statistics: bool = True) -> Result:
        """The result, with these parts."""
        return dropout(
            self.x,
            layer=self.layer,
            draw=self.draw,
            window=self.window,
            mask=self.mask,
            samples=self.samples,
            gradient=self.gradient,
            outputs=outputs,
            masks=masks,
            statistics=statistics,
            threads=threads,
        )


# Fields → the core's values


def check_fields(fields: Fields, limits: Limits, *, masked: bool = False) -> None:
    """Raise `Invalid` for fields that exclude each other, `TooLarge` for one beyond its limit."""
    given = fields.__pydantic_fields_set__
    if {"p", "keep_prob"} <= given:
        message = "p is the probability of dropping, keep_prob of keeping: send one of them"
        raise Invalid.of("conflicting_fields", message, "keep_prob")
    if {"sample", "samples"} <= given:
        message = "sample is the index of one replicate, samples the number of all: send one of them"
        raise Invalid.of("conflicting_fields", message, "samples")
    if "origin" in given and "whole" not in given:
        message = "origin is a place in whole, the shape of the larger array: send both"
        raise Invalid.of("missing_field", message, "whole")
    if masked and (beside := [name for name in _PLACES if name in given]):
        message = f"mask replaces the draw: {beside[0]} has no meaning beside it"
        raise Invalid.of("conflicting_fields", message, beside[0])
    for name in MAXIMA:
        if name in given:
            limits.check_maximum(name, getattr(fields, name))


def _check_seed(fields: Fields, *, masked: bool) -> None:
    """Raise `Invalid` for a gradient under a mask that the forward pass cannot have had."""
    if fields.training and not masked and fields.seed is None:
        message = "a gradient in training needs the forward's seed or mask: a fresh mask would give a wrong one"
        raise Invalid.of("seed_required", message, "seed")


def layer_from(fields: Fields) -> Layer:
    """The layer that the fields describe."""
    p = fields.p + 0.0 if fields.keep_prob is None else _p(fields.keep_prob)  # -0.0 is 0.0
    rest = _rest(vars(fields))  # each attribute of a model takes as long as four of these
    return _layer(p, _in_tuples(rest) if list in map(type, rest) else rest)


def _in_tuples(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


_REST: Final = tuple(one.name for one in fields(Layer) if one.init and one.name != "p")
_rest: Final = itemgetter(*_REST)


@lru_cache
def _layer(p: float, rest: tuple[Any, ...]) -> Layer:
    """The layer, made once: most calls are of one that was asked for before."""
    return Layer(p=p, **dict(zip(_REST, rest, strict=True)))


def _p(keep_prob: float) -> float:
    p = 1.0 - keep_prob
    if p == 1 and keep_prob > 0:
        message = f"keep_prob must be 0 or large enough that 1 - keep_prob is below 1, got {keep_prob}"
        raise Invalid.of("out_of_range", message, "keep_prob")
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


# The core's values → what replies tell


def replay(fields: Fields, layer: Layer, draw: Draw | None, window: Window | None) -> Again:
    """The fields of a request that is answered alike; of those without a default, the ones that count here."""
    samples = getattr(fields, "samples", None)
    return {
        "p": layer.p,
        "training": layer.training,
        **_drawn(draw, samples),
        **_placed(window),
        "variant": layer.variant,
        "scaling": layer.scaling,
        **_own(layer),
    }


def _drawn(draw: Draw | None, samples: int | None) -> DrawReplay:
    told: DrawReplay = {}
    if draw is not None:
        seed, stream, offset, sample = portables((draw.seed, draw.stream, draw.offset, draw.sample))
        told = {"seed": seed, "stream": stream, "offset": offset}
        if samples is None:
            told["sample"] = sample
    if samples is not None:
        told["samples"] = samples
    return told


def _placed(window: Window | None) -> WindowReplay:
    return {} if window is None else {"whole": portables(window.whole), "origin": portables(window.origin)}


_own_of: Final = attrgetter(*PARAMETERS)
_NONE: Final = (None,) * len(PARAMETERS)


def _own(layer: Layer) -> OwnReplay:
    """The parameters that few variants have, where they were sent."""
    values = _own_of(layer)
    if values == _NONE:
        return {}
    given = {name: _told(value) for name, value in zip(PARAMETERS, values, strict=True) if value is not None}
    return cast(OwnReplay, given)


def _told(value: Any) -> Any:
    """A parameter as JSON has it."""
    if not isinstance(value, tuple):
        return value
    return [None if entry is None else portable(entry) for entry in value]


def portable(number: int) -> int | str:
    """An integer as JSON can carry it to any language: a number up to 2^53 - 1, text above."""
    return number if number <= SAFE else str(number)


def portables(numbers: tuple[int, ...]) -> list[int | str]:
    """Integers as JSON can carry them to any language."""
    return [*numbers] if not numbers or max(numbers) <= SAFE else [*map(portable, numbers)]


def layer_of(layer: Layer, result: Result | Experiment) -> LayerReply:
    """What the layer works out to; a shift of layers that have one, null where they keep nothing."""
    shift: ShiftReply = {}
    if layer.row.shifts:
        shift["shift"] = result.applied.shift if layer.training else 0.0
    return {
        "keep_prob": 1.0 - layer.p,
        "scale": result.applied.scale,
        **shift,
        "noise_shape": portables(result.noise_shape),
        "mask_law": result.mask_law,
    }


def decisions_of(tally: Tally, rate: float | None) -> Decisions:
    """What was counted; `rate` is what each decision dropped with, None if they were given."""
    return {
        "decisions": tally.decisions,
        "dropped": tally.dropped,
        "drop_rate": tally.drop_rate,
        "expected_drop_rate_interval": None if rate is None else _interval(rate, tally),
    }


def _interval(p: float, tally: Tally) -> list[float] | None:
    """Where the drop rate of a correct layer falls 99 times of 100."""
    if not tally.decisions:
        return None
    reach = _NORMAL_99 * sqrt(p * (1 - p) / tally.decisions)
    return [p - reach if p > reach else 0.0, p + reach if p + reach < 1 else 1.0]


def array_of(moments: Moments) -> ArrayStatistics:
    """What was measured of an array."""
    size, zeros, finite = moments.size, moments.zeros, moments.finite
    return {
        "size": size,
        "mean": float(moments.center) if finite else None,
        "std": moments.std,
        "zero_fraction": zeros / size if size else None,
        "non_finite": size - finite,
    }


def counted(call: Call, result: Result) -> Decisions:
    """What was counted; the rate of decisions that were given says nothing of a layer."""
    return decisions_of(result.tally, None if call.mask is not None else result.rate)
