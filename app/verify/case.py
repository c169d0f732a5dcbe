"""What is to be verified, and what came of it."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from app.core.arrays import FloatArray, Shape
from app.core.draw import Draw
from app.core.layer import Layer
from app.core.window import Window
from app.verify.chance.check import CheckResult
from app.verify.findings import Finding
from app.verify.values.grid import RuleAndRate

ENOUGH: Final = "a wrong scale, and a rate off by a quarter of min(p, 1-p), would have been"
"""What data that are enough would have shown, as the end of a sentence."""
CERTAIN: Final = "every element is what it has to be; nothing was left to chance"
REPRODUCED: Final = "every element and every decision is what it has to be; nothing was left to chance"
"""What is said in place of that where chance has no part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An input x, of any shape, its K outputs y, (K, n), and what they are claimed to be.

    dtype : the type in whose last places they are compared. draw : where they were drawn, None if nowhere in the law.
    window : where the input lies in a larger array, None if it is no block of one. level : log of the p-value that is
        rejected whatever else is checked.
    """

    x: FloatArray
    y: FloatArray
    layer: Layer
    dtype: np.dtype[Any]
    draw: Draw | None
    window: Window | None
    level: float

    @property
    def flat(self) -> FloatArray:
        """The input, (n,)."""
        return self.x.reshape(-1)

    @property
    def noise_shape(self) -> Shape:
        """The one that is claimed, of the decisions that touch the input."""
        return self.layer.decisions(self.x.shape, self.window).shape


class Outcome(NamedTuple):
    """What came of it.

    checks, findings : what was looked at, and found. seen, noise_shape : what the outputs show; None if nothing.
    lacking : why the data would not have shown every fault, "" if they would. shown : what they would have.
    reproduced : whether all decisions are those of the claimed seed.
    """

    checks: list[CheckResult]
    findings: list[Finding]
    seen: RuleAndRate = RuleAndRate(None, 0, 0)
    noise_shape: Shape | None = None
    lacking: str = ""
    shown: str = ENOUGH
    reproduced: bool = False
