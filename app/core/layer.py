"""What a dropout layer is: its share of dropped elements, its mode and how it scales."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, get_args

import numpy as np

from app.core.arrays import WIDE, Shape
from app.core.effect import Affine, Effect, Select
from app.core.factors import Factors, Number, Scaling, scaled
from app.core.noise import Noise, kept
from app.core.parameters import PARAMETERS, Parameters
from app.core.variants import VARIANTS, Place, Variant
from app.core.window import Window
from app.errors import Invalid

_BEYOND_HALF: Final = 65520
"""The least number that float16 rounds to infinity; scales are below 2^54, which the other types hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Parameters):
    """A dropout layer: what all have, beside the parameters that few have.

    p : probability of dropping, in [0, 1].
    training : drop (true), or evaluate (false).
    variant : a name in `VARIANTS`.
    scaling : `inverted` multiplies survivors by 1/(1 - p) in training, `inference` everything by 1 - p in evaluation,
        `none` nothing ever.

    row : the variant's row of the table.
    """

    p: float = 0.5
    training: bool = True
    variant: str = "dropout"
    scaling: Scaling = "inverted"
    row: Variant = field(init=False, repr=False, compare=False)
    _effects: dict[np.dtype[Any], Effect] = field(init=False, repr=False, compare=False, default_factory=dict)
    _decided: dict[Any, Window] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise Invalid.of("out_of_range", f"p must be in [0, 1], got {self.p}", "p")
        _one_of("scaling", self.scaling, _SCALINGS)
        _one_of("variant", self.variant, VARIANTS)
        object.__setattr__(self, "row", VARIANTS[self.variant])
        for name, usual in _OWN.items():
            if getattr(self, name) != usual and name not in self.row.parameters:
                message = f"{name} has no meaning for {self.variant}"
                raise Invalid.of("conflicting_fields", message, name)

    def noise_over(self, shape: Shape) -> Shape:
        """The noise shape of an input of that shape."""
        return self.row.noise_over(self, shape)

    def decisions(self, shape: Shape, window: Window | None = None) -> Window:
        """The decisions of an input of that shape, in the noise array of the whole where it is a block of one.

        Raises `Invalid` if the layer does not take such an input, or no blocks.
        """
        asked = shape, window
        decided = self._decided.get(asked)
        if decided is None:
            if len(self._decided) >= _MANY:
                self._decided.clear()
            decided = self._decided[asked] = self._decisions(shape, window)
        return decided

    def _decisions(self, shape: Shape, window: Window | None) -> Window:
        if window is None:
            return Window.all_of(self.noise_over(shape))
        if not self.row.windows:
            message = f"{self.variant} takes no whole: its scale depends on all of the array"
            raise Invalid.of("conflicting_fields", message, "whole")
        return window.decisions(self.noise_over(window.whole))

    def rate(self, shape: Shape) -> float:
        """What a decision drops with: p, or what it comes to for blocks."""
        return self.row.rate(self, shape)

    def held(self, shape: Shape, window: Window | None = None) -> int:
        """How many elements are held in memory at a time, not drawn block by block."""
        return self.row.held(shape, self.decisions(shape, window).shape)

    def factors(self, c: Number = float) -> Factors | None:
        """What it makes of elements, in a type of numbers; None where the noise has a part in that."""
        return self.row.factors(self, c) if self.training else scaled(self.p, self.scaling, False, c)

    def expected_mean(self, mean: float | None) -> float | None:
        """The mean of the output over all masks, for an input of that mean; None where it depends on more than that."""
        factors = self.factors(Fraction)
        if mean is None or factors is None:
            return mean if self.row.unbiased else None
        return factors.mean(mean, self.p if self.training else 0.0)

    def replicate(self, place: Place) -> tuple[Noise, Effect]:
        """The noise and the effect of one replicate."""
        return self.row.replicate(self, place) if self.training else (kept(), self.effect(place.dtype))

    def effect(self, dtype: np.dtype[Any]) -> Effect:
        """What it does to arrays of that type, where the noise has no part in it. It is worked out once.

        Factors are computed and rounded as PyTorch does on a CPU: in float64 for float64, in float32 for the others.
        Raises `Invalid` if one is not finite in `dtype`.
        """
        if dtype not in self._effects:
            self._effects[dtype] = self._effect(dtype)
        return self._effects[dtype]

    def _effect(self, dtype: np.dtype[Any]) -> Effect:
        factors = self.factors(WIDE[dtype].type)
        if factors is None or factors.scale is None:
            return Select(None)
        scale, *rest = (self.rounded(value, dtype) for value in factors)
        return Affine(scale, *rest) if self.row.shifts and self.training else Select(scale)

    def rounded(self, scale: Any, dtype: np.dtype[Any]) -> np.floating[Any]:
        """A factor in the type it is applied in. Raises `Invalid` if it is not finite there."""
        if dtype == np.float16 and scale >= _BEYOND_HALF:
            raise Invalid.of("scale_not_finite", f"the scale is beyond {dtype.name} at p = {self.p}", "p")
        rounded: np.floating[Any] = dtype.type(scale)
        return rounded


_MANY: Final = 64
"""Shapes that a layer keeps the decisions of."""
_SCALINGS: Final = get_args(Scaling)
_OWN: Final = {"scaling": "inverted", **dict.fromkeys(PARAMETERS)}
"""Fields that not all variants have, and their values where they are not given."""


def _one_of(name: str, value: str, choices: Any) -> None:
    if value not in choices:
        raise Invalid.of("unknown_value", f"{name} must be one of {', '.join(choices)}", name)
