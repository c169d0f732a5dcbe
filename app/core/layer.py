"""What a dropout layer is: its share of dropped elements, its mode and how it scales."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np

from app.core.arrays import WIDE, Shape
from app.core.effect import Effect, Select
from app.core.noise import Noise, kept
from app.core.variants import VARIANTS, NoiseShape, Place, Variant
from app.core.window import Window
from app.errors import Invalid

Scaling = Literal["inverted", "inference", "none"]

_Number = Callable[[float], Any]

# (scaling, training) → the factor of everything that is kept; where nothing stands, it is 1
_SCALES: Final[dict[tuple[str, bool], Callable[[_Number, float], Any]]] = {
    ("inverted", True): lambda c, p: c(1) / c(1 - p),
    ("inference", False): lambda c, p: c(1 - p),
}

_BEYOND_HALF: Final = 65520
"""The least number that float16 rounds to infinity; scales are below 2^54, which the other types hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A dropout layer.

    p : probability of dropping, in [0, 1].
    training : drop (true), or evaluate (false).
    variant : a name in `VARIANTS`.
    scaling : `inverted` multiplies survivors by 1/(1 - p) in training, `inference` everything by 1 - p in evaluation,
        `none` nothing ever.
    noise_shape : one entry a dimension of the input, its length or 1 (shared along it); None is its length.
    channels_last : the channels are the last dimension, not the second.
    block_size : the side of dropped blocks.
    """

    p: float = 0.5
    training: bool = True
    variant: str = "dropout"
    scaling: Scaling = "inverted"
    noise_shape: NoiseShape | None = None
    channels_last: bool | None = None
    block_size: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise Invalid.of("out_of_range", f"p must be in [0, 1], got {self.p}", "/p")
        _one_of("scaling", self.scaling, get_args(Scaling))
        _one_of("variant", self.variant, VARIANTS)
        for name, usual in _OWN.items():
            if getattr(self, name) != usual and name not in self.row.parameters:
                message = f"{name} has no meaning for {self.variant}"
                raise Invalid.of("conflicting_fields", message, f"/{name}")

    @property
    def row(self) -> Variant:
        """The variant's row of the table."""
        return VARIANTS[self.variant]

    def noise_over(self, shape: Shape) -> Shape:
        """The noise shape of an input of that shape."""
        return self.row.noise_over(self, shape)

    def decisions(self, shape: Shape, window: Window | None = None) -> Window:
        """The decisions of an input of that shape, in the noise array of the whole where it is a block of one.

        Raises `Invalid` if the layer does not take such an input, or no blocks.
        """
        if window is None:
            return Window.all_of(self.noise_over(shape))
        if not self.row.windows:
            message = f"{self.variant} takes no whole: its scale depends on all of the array"
            raise Invalid.of("conflicting_fields", message, "/whole")
        return window.decisions(self.noise_over(window.whole))

    def rate(self, shape: Shape) -> float:
        """What a decision drops with: p, or what it comes to for blocks."""
        return self.row.rate(self, shape)

    def held(self, shape: Shape, window: Window | None = None) -> int:
        """How many elements are held in memory at a time, not drawn block by block."""
        return self.row.held(shape, self.decisions(shape, window).shape)

    def expected_mean(self, mean: float | None) -> float | None:
        """The mean of the output over all masks, for an input of that mean; None where it depends on more than that."""
        evaluated = 1.0 - self.p if self.scaling == "inference" else 1.0
        share = self.row.share(self) if self.training else evaluated
        return None if mean is None or share is None else mean * share

    def replicate(self, place: Place) -> tuple[Noise, Effect]:
        """The noise and the effect of one replicate."""
        return self.row.replicate(self, place) if self.training else (kept(), Select(self.scale(place.dtype)))

    def scale(self, dtype: np.dtype[Any]) -> np.floating[Any] | None:
        """The factor of what is kept, rounded as PyTorch does on a CPU; None where nothing is kept, p = 1.

        In c = float64 for float64 and float32 otherwise, 1/(1 - p) is dtype(c(1) / c(1 - p)).
        Raises `Invalid` if it is not finite in `dtype`.
        """
        if self.p == 1 and self.training and self.scaling == "inverted":
            return None
        wide: _Number = WIDE[dtype].type
        return self.rounded(_SCALES.get((self.scaling, self.training), _unscaled)(wide, self.p), dtype)

    def rounded(self, scale: Any, dtype: np.dtype[Any]) -> np.floating[Any]:
        """A factor in the type it is applied in. Raises `Invalid` if it is not finite there."""
        if dtype == np.float16 and scale >= _BEYOND_HALF:
            raise Invalid.of("scale_not_finite", f"the scale is beyond {dtype.name} at p = {self.p}", "/p")
        rounded: np.floating[Any] = dtype.type(scale)
        return rounded


_OWN: Final[dict[str, Any]] = {"scaling": "inverted", "noise_shape": None, "channels_last": None, "block_size": None}
"""Fields that not all variants have, and their values where they are not given."""


def _unscaled(c: _Number, _p: float) -> Any:
    return c(1)


def _one_of(name: str, value: str, choices: Any) -> None:
    if value not in choices:
        raise Invalid.of("unknown_value", f"{name} must be one of {', '.join(choices)}", f"/{name}")
