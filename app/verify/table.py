"""What the table of checks is: rows, by what they look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from app.verify.case import Case
from app.verify.chance import error_rate
from app.verify.chance.check import Check, HasLayer
from app.verify.chance.evidence import Evidence
from app.verify.gradient import Differentiated
from app.verify.law import Seeded
from app.verify.values.elements import Elements
from app.verify.values.grid import RuleAndRate
from app.verify.values.reading import Reading


class Observation(HasLayer, Protocol):
    """What is seen of a layer whose noise has a part in what it makes of elements; with a reading, if it has masks."""

    @property
    def rule_and_rate(self) -> RuleAndRate: ...

    @property
    def reading(self) -> Reading | None: ...


Owned = TypeVar("Owned", bound=Observation)


@dataclass(frozen=True, kw_only=True)
class Own(Generic[Owned]):
    """How a variant is looked at whose noise has a part in what it makes of elements: for what is certain of it."""

    observe: Callable[[Case], Owned]
    checks: tuple[Check[Owned], ...]


@dataclass(frozen=True, kw_only=True)
class Checks:
    """All checks, by what they look at, in the order in which they are run.

    values : what became of each element. evaluation : in evaluation. sure : in training at p = 0 and p = 1.
    structure : which decisions are the same again. independence : the others. seed : what the mask law makes of it.
    gradients : those that were sent. own : of variants whose noise has a part in what they make of elements, by name.
    """

    values: tuple[Check[Elements], ...]
    evaluation: Check[Elements]
    sure: tuple[Check[Elements], ...]
    structure: tuple[Check[Evidence], ...]
    independence: tuple[Check[Evidence], ...]
    seed: Check[Seeded]
    gradients: tuple[Check[Differentiated], ...]
    own: dict[str, Own[Any]]

    @property
    def family(self) -> int:
        """How many may be run of one layer in which chance decides."""
        return sum(map(len, (self.values, self.structure, self.independence, self.gradients)))

    @property
    def level(self) -> float:
        """Log of the p-value that is rejected whatever else is checked."""
        return error_rate.level(self.family)
