"""What the checks of decisions look at: decisions, and the claim that they are held against."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from app.core.arrays import Shape
from app.core.layer import Layer
from app.verify.case import Case
from app.verify.chance.decisions import Decisions, mean_over

_RAREST: Final = 2.0**-32
"""Of what is rarer, arrays of any size show the same: that it hardly happens."""


def clamped(p: float) -> float:
    """The probability that counts are held against in place of p: as near to 0 or 1 as counts can tell."""
    return min(max(p, _RAREST), 1 - _RAREST)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Decisions of a case.

    noise_shape : their shape, before those that are the same again were left out.
    """

    case: Case
    decisions: Decisions
    noise_shape: Shape

    @property
    def layer(self) -> Layer:
        """What the outputs are claimed to be those of."""
        return self.case.layer

    @property
    def level(self) -> float:
        """Log of the p-value that is rejected whatever else is checked."""
        return self.case.level

    @property
    def p(self) -> float:
        """The probability that counts are held against."""
        return clamped(self.case.layer.p)

    @property
    def rates(self) -> tuple[float, float]:
        """Two rates to be safe under: the claimed, and the one seen, for a wrong rate is another fault."""
        return self.p, self.p if self.decisions.rate is None else self.decisions.rate

    @cached_property
    def values(self) -> Any:
        """What the input is where each decision was made: the mean of what shares it."""
        means, known = mean_over(self.case.x, self.noise_shape), self.decisions.known
        return means.reshape(known.shape) if means.size == known.size else np.resize(means, known.shape)
