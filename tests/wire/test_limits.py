"""How much may be asked for."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DropoutError, Invalid, TooLarge
from app.wire.limits import Limits

LIMITS = Limits(body_bytes=1, elements=100, ndim=3, samples=10)


@pytest.mark.parametrize(
    ("shape", "samples"), [((), 1), ((100,), 1), ((10, 10), 1), ((10, 5, 2), 1), ((0, 100), 1), ((10,), 10)]
)
def test_up_to_the_limit_is_allowed(shape: tuple[int, ...], samples: int) -> None:
    """A limit itself is within it."""
    LIMITS.check_shape(shape, samples)
    LIMITS.check_samples(samples)


@pytest.mark.parametrize(
    ("shape", "samples", "got"),
    [
        ((101,), 1, "101"),
        ((10, 11), 1, "110"),
        ((11,), 10, "110"),
        ((2**64, 2**64), 1, "more than 10^20"),
        ((0, 101), 1, "101"),
        ((0, 2**63, 2**63), 1, "more than 10^20"),
        ((2**62, 4, 0), 1, str(2**64)),
    ],
)
def test_more_elements_are_too_many(shape: tuple[int, ...], samples: int, got: str) -> None:
    """Beyond the limit, also where a 0 makes the product 0, an error names the limit and its setting."""
    with pytest.raises(
        TooLarge, match=rf"100 elements \(DROPOUT_MAX_ELEMENTS\), got {got.replace('^', '.')}$"
    ) as caught:
        LIMITS.check_shape(shape, samples, pointer="/shape")
    assert caught.value.faults[0][:2] == ("too_many_elements", "/shape")


def test_more_dimensions_are_too_many() -> None:
    """Beyond the limit of dimensions an error names it and its setting."""
    with pytest.raises(Invalid, match=r"3 dimensions \(DROPOUT_MAX_NDIM\), got 4") as caught:
        LIMITS.check_shape((1, 1, 1, 1))
    assert caught.value.faults[0][:2] == ("rank_too_high", "/input")


@pytest.mark.parametrize(("samples", "got"), [(11, "11"), (10**30, "more than 10.20")])
def test_more_samples_are_too_many(samples: int, got: str) -> None:
    """Beyond the limit of replicates an error names it and its setting."""
    with pytest.raises(TooLarge, match=rf"10 samples \(DROPOUT_MAX_SAMPLES\), got {got}$") as caught:
        LIMITS.check_samples(samples)
    assert caught.value.faults[0][:2] == ("too_many_elements", "/samples")


@given(st.lists(st.integers(0, 10**5000), max_size=64), st.integers(1, 10**9))
def test_any_shape_is_answered(shape: list[int], samples: int) -> None:
    """No shape breaks the check, and what passes it is small."""
    if len(shape) <= LIMITS.ndim and prod(max(length, 1) for length in shape) * samples <= LIMITS.elements:
        LIMITS.check_shape(tuple(shape), samples)
    else:
        with pytest.raises(DropoutError, match=r"^.{20,200}$"):
            LIMITS.check_shape(tuple(shape), samples)
