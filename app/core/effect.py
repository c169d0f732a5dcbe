"""What a layer does to a block once its noise is drawn: a selection and a scale, seldom a shift.

The gradient of each is the same selection and the same scale.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

import numpy as np

from app.core.arrays import WIDE, BoolArray, FloatArray

_INTEGERS: Final[dict[int, type[np.signedinteger[Any]]]] = {2: np.int16, 4: np.int32, 8: np.int64}


class Effect(Protocol):
    """Writes to `out` what the layer makes of a block `x` under its noise, None for none.

    scale, shift : what kept elements are multiplied by and what is added, for the record; None where there is none.
    """

    @property
    def scale(self) -> Any: ...

    @property
    def shift(self) -> Any: ...

    @property
    def keeps_nonzero(self) -> bool:
        """Whether the output is 0 just where the input is, or is not kept."""
        ...

    @property
    def gradient(self) -> "Effect":
        """The effect on the gradient of the output, which gives that of the input."""
        ...

    def __call__(self, x: FloatArray, noise: Any, *, out: FloatArray) -> None: ...


@dataclass(frozen=True, slots=True)
class Select:
    """x · scale where kept, +0.0 elsewhere; a scale of 1 or None leaves every bit of x as it is.

    The product is dtype(c(x) · c(scale)) with c = float64 for float64 and float32 otherwise, as in PyTorch on a CPU.
    """

    scale: np.floating[Any] | None
    shift: np.floating[Any] | None = None

    @property
    def keeps_nonzero(self) -> bool:
        return self.scale is None or bool(self.scale >= 1)  # a smaller factor may underflow

    @property
    def gradient(self) -> "Select":
        return self

    def __call__(self, x: FloatArray, noise: BoolArray | None, *, out: FloatArray) -> None:
        if self.scale is None or self.scale == 1:
            np.copyto(out, x)
        elif self.scale == 0:  # infinity · 0 would be NaN
            out.fill(0)
        else:
            np.multiply(x, self.scale, out=out, dtype=WIDE[out.dtype], casting="same_kind")
        if noise is not None:
            # the bits of a float, as an integer, times 1 or 0: no branch, and NaN becomes +0.0 too
            bits = out.view(_INTEGERS[out.itemsize])
            np.multiply(bits, noise, out=bits)


@dataclass(frozen=True, slots=True)
class Affine:
    """x · scale + shift where kept, the value of what is dropped elsewhere: dtype(c(x) · c(scale) + c(shift))."""

    scale: np.floating[Any]
    shift: np.floating[Any]
    dropped: np.floating[Any]
    keeps_nonzero: ClassVar[bool] = False

    @property
    def gradient(self) -> Select:
        return Select(self.scale)

    def __call__(self, x: FloatArray, noise: BoolArray | None, *, out: FloatArray) -> None:
        if self.shift:
            wide = np.multiply(x, self.scale, dtype=WIDE[out.dtype])
            wide += self.shift
            np.copyto(out, wide, casting="same_kind")
        else:  # -0.0 + 0.0 is not -0.0
            Select(self.scale)(x, None, out=out)
        if noise is not None:
            np.copyto(out, self.dropped, where=~noise)


@dataclass(frozen=True, slots=True)
class Multiply:
    """x · (1 + z · deviation), z the noise, in float64, then rounded; to bfloat16 by way of float32."""

    deviation: float
    scale: None = None
    shift: None = None
    keeps_nonzero: ClassVar[bool] = False

    @property
    def gradient(self) -> "Multiply":
        return self

    def __call__(self, x: FloatArray, noise: FloatArray | None, *, out: FloatArray) -> None:
        if noise is None:
            np.copyto(out, x)
        else:
            np.multiply(x, noise * self.deviation + 1, out=out, casting="same_kind", dtype=np.float64)
