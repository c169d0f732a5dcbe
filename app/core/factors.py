"""What a layer makes of an element: kept ones become scale · x + shift, dropped ones a value."""

from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from typing import Any, Final, Literal, NamedTuple

Scaling = Literal["inverted", "inference", "none"]
Number = Callable[[float], Any]
"""A type of numbers to compute in: float, np.float32, Fraction."""

ALPHA: Final = 1.7580993408473766
"""α′ = αλ of SELU: what a dropped element is set to, negated. Klambauer et al. (2017)."""

_SCALES: Final[dict[tuple[Scaling, bool], Callable[[Number, float], Any]]] = {
    ("inverted", True): lambda c, p: c(1) / c(1 - p),
    ("inference", False): lambda c, p: c(1 - p),
}
"""The scale by scaling and mode, training or not; where nothing stands, it is 1."""


class Factors(NamedTuple):
    """The numbers of the map. scale : None where nothing is kept."""

    scale: Any
    shift: Any = 0.0
    dropped: Any = 0.0

    @property
    def affine(self) -> bool:
        """Whether it is more than a scale."""
        return bool(self.shift or self.dropped)

    def mean(self, mean: float, p: float) -> float:
        """The mean over all masks of what elements of that mean become, p of them dropped; rounded once."""
        scale, shift, dropped = (Fraction(0 if value is None else value) for value in self)
        return float(Fraction(1 - p) * (scale * Fraction(mean) + shift) + Fraction(p) * dropped)


def scaled(p: float, scaling: Scaling, training: bool, c: Number) -> Factors:
    """Those of dropout. 1/(1 - p) is c(1) / c(1 - p), as in PyTorch."""
    if p == 1 and training and scaling == "inverted":
        return Factors(None)
    scale = _SCALES.get((scaling, training))
    return Factors(c(1) if scale is None else scale(c, p))


def alpha(p: float) -> Factors:
    """Those of alpha dropout: mean 0 and variance 1 stay what they were. At p = 1 all is 0, for a is infinite."""
    if p == 1:
        return Factors(None)
    a = 1 / sqrt((ALPHA**2 * p + 1) * (1 - p))
    return Factors(a, a * ALPHA * p, a * ALPHA * (p - 1))
