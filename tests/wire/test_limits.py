"""How much may be asked for."""

from collections.abc import Callable
from math import prod
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import DropoutError, Invalid, TooLarge
from app.wire.limits import Limits
from tests.wire.given import Refusal, refusal

LIMITS: Final = Limits(max_elements=100, max_ndim=3, max_samples=10, max_simulated=1000)


@given(st.lists(st.integers(0, 110), max_size=4) | st.lists(st.integers(0, 10**5000), max_size=64), st.integers(1, 12))
@example([100], 1)
@example([10, 5, 2], 1)
@example([10], 10)
@example([0, 101], 1)
@example([11], 10)
@example([0, 2**63, 2**63], 1)
def test_a_shape_is_within_the_limit_or_refused(shape: list[int], samples: int) -> None:
    """A limit itself is within it; beyond, no shape breaks the check, also where a 0 makes the product 0."""
    if len(shape) > LIMITS.max_ndim:
        expected = Refusal(Invalid, "rank_too_high", "/shape")
    elif prod(max(length, 1) for length in shape) * samples > LIMITS.max_elements:
        expected = Refusal(TooLarge, "too_many_elements", "/shape")
    else:
        LIMITS.check_shape(tuple(shape), samples, where=("shape",))
        return
    assert refusal(lambda: LIMITS.check_shape(tuple(shape), samples, where=("shape",))) == expected


@given(st.lists(st.integers(0, 11), max_size=3), st.integers(1, 12), st.integers(0, 110))
@example([10, 10], 10, 100)
def test_an_experiment_is_within_the_limits_or_refused(shape: list[int], runs: int, held: int) -> None:
    """Its elements over all runs have a limit of their own; what it holds in memory has that of arrays."""
    if prod(shape) * runs <= LIMITS.max_simulated and held <= LIMITS.max_elements:
        LIMITS.check_simulated(tuple(shape), runs, held=held)
    else:
        found = refusal(lambda: LIMITS.check_simulated(tuple(shape), runs, held=held))
        assert found == (TooLarge, "too_many_elements", "/shape")


ELEMENTS: Final = "a call may have 100 elements (DROPOUT_MAX_ELEMENTS)"
SAMPLES: Final = "a call may have 10 samples (DROPOUT_MAX_SAMPLES)"
RANK: Final = "an array may have 3 dimensions (DROPOUT_MAX_NDIM)"
SIMULATED: Final = "an experiment may have 1000 elements (DROPOUT_MAX_SIMULATED)"
HELD: Final = "shared decisions and blocks are held, 100 at most (DROPOUT_MAX_ELEMENTS)"


@pytest.mark.parametrize(
    ("check", "limit", "got"),
    [
        (lambda: LIMITS.check_shape((10, 11)), ELEMENTS, "110"),
        (lambda: LIMITS.check_shape((11,), 10), ELEMENTS, "110"),
        (lambda: LIMITS.check_shape((2**62, 4, 0)), ELEMENTS, str(2**64)),
        (lambda: LIMITS.check_shape((1,) * 4), RANK, "4"),
        (lambda: LIMITS.check_maximum("samples", 11), SAMPLES, "11"),
        (lambda: LIMITS.check_maximum("samples", 10**20), SAMPLES, "more than 10^20"),
        (lambda: LIMITS.check_simulated((501,), 2, held=0), SIMULATED, "1002"),
        (lambda: LIMITS.check_simulated((), 1, held=101), HELD, "101"),
    ],
)
def test_a_limit_is_named_with_its_setting(check: Callable[[], None], limit: str, got: str) -> None:
    """Who meets a limit is told its value, its setting, and what was asked for."""
    with pytest.raises(DropoutError) as caught:
        check()
    assert [fault.message for fault in caught.value.faults] == [f"{limit}, got {got}"]


def test_replicates_are_within_the_limit_or_refused() -> None:
    """The limit itself is within it."""
    LIMITS.check_maximum("samples", 10)
    assert refusal(LIMITS.check_maximum, "samples", 11) == (TooLarge, "too_many_elements", "/samples")
