"""The least rate of a transfer."""

from hypothesis import given
from hypothesis import strategies as st

from app.server.pace import Pace

COUNTS = st.lists(st.integers(0, 30), max_size=20)


@given(COUNTS)
def test_each_period_is_held_to_the_rate(counts: list[int]) -> None:
    """The first period that brings too few bytes is found at its end, neither earlier nor later."""
    pace = Pace(2.0, 5)
    pace.begin(0.0)
    kept = []
    for period, count in enumerate(counts, 1):
        pace.passed += count
        assert pace.due == 2.0 * period
        assert pace.kept(2.0 * period - 0.001)
        kept.append(pace.kept(2.0 * period))
    assert kept == [count >= 10 for count in counts]


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_waits_has_not_passed(written: int, left: int) -> None:
    """Of a reply, what still waits counts in the period in which it is taken."""
    pace = Pace(1.0, 10)
    pace.begin(0.0)
    pace.passed += written
    assert pace.kept(1.0, left) == (written - left >= 10)
    assert pace.kept(2.0) == (left >= 10)
