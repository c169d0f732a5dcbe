"""The checks of gradients: where the input is 0 they alone speak."""

from dataclasses import dataclass

from app.core.layer import Layer
from app.verify.case import Case
from app.verify.chance.check import CheckResult, Detectable, Measured, certain
from app.verify.chance.evidence import clamped
from app.verify.chance.rate import binomial
from app.verify.comparison import Compared
from app.verify.findings import Finding, finding
from app.verify.forward import Forward


@dataclass(frozen=True, kw_only=True)
class Differentiated:
    """A case with gradients. forward : what they are held against; None where each element has a factor of its own."""

    case: Case
    compared: Compared
    forward: Forward | None

    @property
    def layer(self) -> Layer:
        """What the outputs are claimed to be those of."""
        return self.case.layer


def mask(seen: Differentiated) -> Measured:
    """The gradient is 0 where the output was dropped, and not where it was kept; what is shared is shared by it.

    The statistic is how many differ. Chance has no part. Power: one is enough; a mask drawn anew differs in 2p(1-p) of
    all.
    """
    return certain(_differing(seen.compared), _one(seen))


def scale(seen: Differentiated) -> Measured:
    """What passes is multiplied by the factor of the forward pass. The statistic is how many are not. One is enough."""
    return certain(seen.compared.scaled, _one(seen))


def _differing(compared: Compared) -> int:
    return compared.passed + compared.stopped + compared.mixed


def _one(seen: Differentiated) -> Detectable:
    speaking = seen.compared.speaking
    return Detectable("a single element" if speaking else "nothing: no gradient tells", 1.0 if speaking else None, 1)


def drawn(seen: Differentiated) -> bool:
    """Whether there are decisions of which the gradient alone tells, and chance has made them."""
    chance = seen.layer.training and 0 < seen.layer.p < 1 and seen.forward is not None
    return chance and seen.compared.silent.count > 0


def rate(seen: Differentiated) -> Measured:
    """Where the input is 0, or else tells nothing, the gradient stops as often as outputs are dropped.

    The statistic is the share that stops. The p-value is two-sided. Power: that of `rate` of the outputs.
    """
    return binomial(seen.compared.silent, clamped(seen.layer.p), seen.case.level)


def other_mask(_result: CheckResult, seen: Differentiated) -> Finding:
    """Where the gradient has another mask than the output."""
    compared = seen.compared
    said = (
        f"the gradient passes at {compared.passed} elements that were dropped and is 0 at {compared.stopped} that "
        f"were kept, and {compared.mixed} decisions that are shared do both, expected none"
    )
    return finding("gradient_mask_differs", said, expected=0, seen=_differing(compared))


def other_rate(result: CheckResult, seen: Differentiated) -> Finding:
    """How often the gradient stops where it alone tells."""
    silent, p = seen.compared.silent, seen.layer.p
    said = f"where the input is 0, the gradient stops at {silent.drops} of {silent.count} decisions, "
    said += f"expected a share of {p:.4g}"
    return finding("gradient_mask_differs", said, expected=p, seen=result.statistic, p_value=result.p_value)


def other_scale(_result: CheckResult, seen: Differentiated) -> Finding | None:
    """By how much gradients are scaled; None where it goes straight through, which is a matter of the mask."""
    compared = seen.compared
    if compared.passed and not compared.stopped and compared.factor == 1:
        return None
    wanted = None if seen.forward is None else seen.forward.factor
    words = "the output's own factors" if wanted is None else f"{wanted:.8g}, as the output is"
    said = f"{compared.scaled} gradients are not scaled right, by about {compared.factor:.8g}, expected {words}"
    return finding("gradient_scale_differs", said, expected=wanted, seen=compared.factor)
