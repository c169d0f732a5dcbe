"""The layer that the outputs are those of, as far as they tell."""

from dataclasses import dataclass

from app.core.arrays import Shape
from app.core.factors import Scaling, scaled
from app.core.layer import Layer
from app.core.variants import VARIANTS
from app.errors import Invalid
from app.verify.chance.tails import interval
from app.verify.values.grid import RuleAndRate
from app.verify.values.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """A layer, as seen; None for what can't be told.

    rate : share of the decisions that dropped; rate_interval : the rates that it speaks for, 99 times of 100.
    scale, shift : what is kept is multiplied by, and what is added. noise_shape : of the decisions.
    scaling, variant : their names.
    """

    rate: float | None
    rate_interval: tuple[float, float] | None
    scale: float | None
    shift: float | None
    noise_shape: Shape | None
    scaling: Scaling | None
    variant: str | None


def infer(layer: Layer, seen: RuleAndRate, shape: Shape, claimed: Shape, noise_shape: Shape | None) -> Inferred:
    """The layer that was seen, the claimed one where the outputs don't speak against it."""
    return Inferred(
        rate=seen.rate,
        rate_interval=interval(seen.drops, seen.decisions) if seen.decisions else None,
        scale=None if seen.rule is None else seen.rule.scale,
        shift=None if seen.rule is None or seen.rule.scale is None else seen.rule.shift,
        noise_shape=noise_shape,
        scaling=_scaling(layer, seen),
        variant=None if noise_shape is None else _variant(layer, seen.rule, shape, claimed, noise_shape),
    )


def _scaling(layer: Layer, seen: RuleAndRate) -> Scaling | None:
    """Which scaling the factor is that of, at the rate seen or claimed."""
    if seen.rule is None or seen.rule.scale is None or seen.rule.affine:
        return None
    candidates: list[Scaling] = [layer.scaling, "inverted", "none", "inference"]
    rates = {layer.p, seen.rate if seen.rate is not None and layer.training else layer.p}
    return next((name for name in candidates if any(_is(name, p, seen.rule, layer) for p in rates)), None)


def _is(scaling: Scaling, p: float, rule: Rule, layer: Layer) -> bool:
    """Whether the factor is that of a scaling: exactly, or of a rate that is not known better, to a hundredth."""
    factor = scaled(p, scaling, layer.training, float).scale
    near = 0.0 if p == layer.p else 0.01
    return factor is not None and rule.scale is not None and abs(rule.scale - factor) <= near * factor


def _variant(layer: Layer, rule: Rule | None, shape: Shape, claimed: Shape, noise_shape: Shape) -> str | None:
    """The claimed variant where its noise shape was seen, else the first that has that one."""
    if noise_shape == claimed:
        return layer.variant
    shifts = bool(rule and rule.affine)
    others = (Layer(variant=row.name) for row in VARIANTS.values() if row.shifts == shifts)
    seen = (other.variant for other in others if other.factors() and _noise_shape(other, shape) == noise_shape)
    return next(seen, None if shifts else "dropout")


def _noise_shape(layer: Layer, shape: Shape) -> Shape | None:
    try:
        return layer.noise_over(shape)
    except Invalid:
        return None
