"""One replicate: the noise and the effect of a layer, in a pass over an array; what was counted on the way."""

from math import prod
from typing import Any, NamedTuple

from app.core.arrays import BoolArray, FloatArray
from app.core.effect import Effect
from app.core.layer import Layer
from app.core.moments import Moments
from app.core.noise import Noise
from app.core.sweep import Sweep, Swept
from app.core.variants import Place


class Tally(NamedTuple):
    """What was counted: decisions, those that said drop, and the moments of the input and of all outputs."""

    decisions: int = 0
    dropped: int = 0
    input: Moments = Moments()
    output: Moments = Moments()

    def merge(self, other: "Tally") -> "Tally":
        """The tally of both together."""
        return Tally(
            self.decisions + other.decisions,
            self.dropped + other.dropped,
            self.input.merge(other.input),
            self.output.merge(other.output),
        )

    @property
    def drop_rate(self) -> float | None:
        """Share of the decisions that said drop; None when there was none."""
        return self.dropped / self.decisions if self.decisions else None


class Applied(NamedTuple):
    """What kept elements were multiplied by, and what was added; None where there is no such number."""

    scale: float | None = None
    shift: float | None = None

    @classmethod
    def of(cls, effects: list[Effect]) -> "Applied":
        """Those of replicates, as far as they are the same for all."""
        first, *others = effects
        scale, shift = first.scale, first.shift
        if others and any((effect.scale, effect.shift) != (scale, shift) for effect in others):
            return cls()
        return cls(None if scale is None else float(scale), None if shift is None else float(shift))


def replicate(
    layer: Layer,
    place: Place,
    x: Any,
    /,
    *,
    y: FloatArray | None = None,
    m: BoolArray | None = None,
    gradient: bool = False,
    before: bool = True,
    after: bool = True,
    threads: int = 1,
    deadline: float = float("inf"),
) -> tuple[Tally, Effect]:
    """Put `x`, in C order whatever can be sliced, through the layer at that place, and write to `y` and `m`.

    before, after : whether the input and the output are measured. gradient : `x` is that of the output.
    Raises `TooLarge` if `deadline`, by `time.monotonic`, is over.
    """
    noise, effect = layer.replicate(place)
    sweep = Sweep(
        x=x,
        y=y,
        m=m,
        noise=noise,
        effect=effect.gradient if gradient else effect,
        dtype=place.dtype,
        before=before,
        after=after,
        deadline=deadline,
    )
    size = prod(place.shape)
    return _counted(noise, size, sweep.run(size, threads)), effect


def _counted(noise: Noise, size: int, swept: list[Swept]) -> Tally:
    """The tally; blocks are merged in their order, whichever thread swept them."""
    kept, before, after = swept[0]
    for block in swept[1:]:
        kept, before, after = kept + block.kept, before.merge(block.before), after.merge(block.after)
    return Tally(noise.decisions, size - kept if noise.dropped is None else noise.dropped, before, after)
