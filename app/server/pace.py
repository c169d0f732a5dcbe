"""The least rate of a transfer: so many bytes in each period, so that neither a stall nor a trickle holds a place."""


class Pace:
    """Counts what passes, a period at a time.

    passed : bytes that came, or were handed over, since the period began.
    """

    __slots__ = ("least", "passed", "period", "since")

    def __init__(self, period: float, rate: float) -> None:
        self.period = period
        self.least = period * rate
        self.since = 0.0
        self.passed = 0

    @property
    def due(self) -> float:
        """When the period ends."""
        return self.since + self.period

    def begin(self, now: float) -> None:
        """Begin a period."""
        self.since, self.passed = now, 0

    def kept(self, now: float, left: int = 0) -> bool:
        """Whether enough passed, where the period is over, and another begins. Of it, `left` bytes still wait."""
        if now < self.due:
            return True
        kept = self.passed - left >= self.least
        self.since, self.passed = now, left
        return kept
