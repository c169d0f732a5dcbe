"""One figure, held to a limit."""

from typing import NamedTuple


class Bound(NamedTuple):
    """What was measured, and what it may be at most."""

    name: str
    unit: str
    figure: float
    limit: float

    @property
    def missed(self) -> bool:
        return self.figure > self.limit

    def cells(self) -> tuple[str, ...]:
        """The figure as a row of the table of comparisons."""
        limit = f"≤ {self.limit:,.0f} {self.unit}"
        return self.name, f"{self.figure:,.0f} {self.unit}", "", "", "", limit, "MISSED" if self.missed else "ok"
