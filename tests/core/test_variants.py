"""The table of variants is complete, and each row says which shape its noise has."""

import pytest

from app.core import VARIANTS, Layer, NoiseShape, Shape
from app.errors import Invalid

# noise_shape, input, noise
SHAPES: list[tuple[NoiseShape | None, Shape, Shape]] = [
    (None, (), ()),
    (None, (5, 4), (5, 4)),
    (None, (3, 0, 2), (3, 0, 2)),
    ((), (), ()),
    ((None, None), (5, 4), (5, 4)),
    ((5, 4), (5, 4), (5, 4)),
    ((None, 1), (5, 4), (5, 1)),
    ((1, None), (5, 4), (1, 4)),
    ((1, 1), (5, 4), (1, 1)),
    ((1, None), (0, 4), (1, 4)),
    ((None, 1), (0, 4), (0, 1)),
    ((None, 1, None, 1, 7), (2, 3, 4, 5, 7), (2, 1, 4, 1, 7)),
]

# noise_shape, input, where the fault is, what the message says of it
WRONG: list[tuple[NoiseShape, Shape, str, str]] = [
    ((5,), (5, 4), "/noise_shape", "got 1 entries for 2 dimensions"),
    ((None, None, 1), (5, 4), "/noise_shape", "got 3 entries for 2 dimensions"),
    ((), (5,), "/noise_shape", "got 0 entries for 1 dimensions"),
    ((1,), (), "/noise_shape", "got 1 entries for 0 dimensions"),
    ((5, 2), (5, 4), "/noise_shape/1", "dimension 1 has length 4, got 2"),
    ((0, 4), (5, 4), "/noise_shape/0", "dimension 0 has length 5, got 0"),
    ((5, -1), (5, 4), "/noise_shape/1", "dimension 1 has length 4, got -1"),
    ((2, None), (1, 4), "/noise_shape/0", "dimension 0 has length 1, got 2"),
]


@pytest.mark.parametrize(("noise_shape", "shape", "expected"), SHAPES)
def test_noise_of_dropout(noise_shape: NoiseShape | None, shape: Shape, expected: Shape) -> None:
    """The noise of dropout has the input's shape, or the entries asked for with null in place of a length."""
    assert Layer(noise_shape=noise_shape).noise_over(shape) == expected


@pytest.mark.parametrize(("noise_shape", "shape", "pointer", "message"), WRONG)
def test_noise_that_does_not_broadcast(noise_shape: NoiseShape, shape: Shape, pointer: str, message: str) -> None:
    """A noise shape that is not the input's, entry by entry or 1, is refused; the error names the dimension."""
    with pytest.raises(Invalid, match=message) as error:
        Layer(noise_shape=noise_shape).noise_over(shape)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("noise_shape_mismatch", pointer)]


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("field", ["name", "summary", "ranks", "noise", "training", "evaluation", "source"])
def test_rows_are_complete(name: str, field: str) -> None:
    """Every row says in words what the layer is, what it takes, what it computes and where it comes from."""
    assert getattr(VARIANTS[name], field).strip()


@pytest.mark.parametrize("name", VARIANTS)
def test_sources_can_be_followed(name: str) -> None:
    """Every row links to its source."""
    assert VARIANTS[name].source_url.startswith("https://")


def test_rows_are_found_by_name() -> None:
    """The table is keyed by the names of its rows."""
    assert [variant.name for variant in VARIANTS.values()] == list(VARIANTS)
