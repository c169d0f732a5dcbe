"""A layer's factor is rounded as PyTorch rounds it on a CPU, and is a number in the array's type or an error."""

from math import inf, nan, nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import FLOATS, Layer, Scaling
from app.errors import Invalid

# p, 1/(1 − p) in float16, float32 and float64; at 0.1 and 0.9 the three roundings are plain to see
FACTORS = [
    (0.0, 1.0, 1.0, 1.0),
    (0.1, 1.111328125, 1.111111164093017578125, 1.1111111111111112),
    (0.25, 1.3330078125, 1.33333337306976318359375, 1.3333333333333333),
    (0.4, 1.6669921875, 1.66666662693023681640625, 1.6666666666666667),
    (0.5, 2.0, 2.0, 2.0),
    (0.75, 4.0, 4.0, 4.0),
    (0.9, 10.0, 10.0, 10.000000000000002),
    (1 - 2.0**-15, 2.0**15, 2.0**15, 2.0**15),
]

SCALINGS: list[Scaling] = ["inverted", "inference", "none"]

# scaling, training, p, factor in float64
RULES: list[tuple[Scaling, bool, float, float | None]] = [
    ("inverted", True, 0.4, 1 / 0.6),
    ("inverted", True, 0.0, 1.0),
    ("inverted", True, 1.0, None),
    ("inverted", False, 0.4, 1.0),
    ("inverted", False, 1.0, 1.0),
    ("inference", True, 0.4, 1.0),
    ("inference", True, 1.0, 1.0),
    ("inference", False, 0.4, 0.6),
    ("inference", False, 0.0, 1.0),
    ("inference", False, 1.0, 0.0),
    ("none", True, 0.4, 1.0),
    ("none", True, 1.0, 1.0),
    ("none", False, 0.4, 1.0),
    ("none", False, 1.0, 1.0),
]


@pytest.mark.parametrize(("p", "half", "single", "double"), FACTORS)
def test_factor_table(p: float, half: float, single: float, double: float) -> None:
    """The factor of each type is these very digits."""
    layer = Layer(p=p)
    assert [layer.effect(FLOATS[name]).scale for name in ("float16", "float32", "float64")] == [half, single, double]


@given(st.floats(0, nextafter(1, 0)), st.sampled_from(["float32", "float64"]))
def test_factor_is_the_formula(p: float, name: str) -> None:
    """For every p < 1 the factor is c(1)/c(1 − p), finite from float32 up, and of the array's type."""
    c = np.dtype(name).type
    scale = Layer(p=p).effect(np.dtype(name)).scale
    assert scale == c(1) / c(1 - p)
    assert scale is not None
    assert scale.dtype == name


@given(st.floats(0, 1 - 2.0**-15))
def test_factor_of_float16_is_rounded_once_from_float32(p: float) -> None:
    """In float16 the factor is worked out in float32, then rounded."""
    assert Layer(p=p).effect(np.dtype("float16")).scale == np.float16(np.float32(1) / np.float32(1 - p))


@pytest.mark.parametrize(("scaling", "training", "p", "expected"), RULES)
def test_rules(scaling: Scaling, training: bool, p: float, expected: float | None) -> None:
    """What scales when: inverted in training, inference in evaluation, none never; at p = 1 inverted has no factor."""
    assert Layer(p=p, training=training, scaling=scaling).effect(np.dtype("float64")).scale == expected


@pytest.mark.parametrize("p", [1 - 2.0**-16, 0.99999, nextafter(1, 0)])
def test_factor_that_is_not_finite(p: float) -> None:
    """Where float16 cannot hold 1/(1 − p), at 65,520 and up, the layer is refused and not turned into infinities."""
    with pytest.raises(Invalid, match="float16") as error:
        Layer(p=p).effect(np.dtype("float16"))
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("scale_not_finite", "/p")]


@pytest.mark.parametrize("layer", [{"training": False}, {"scaling": "none"}, {"scaling": "inference"}])
def test_factor_that_is_not_needed(layer: dict[str, Any]) -> None:
    """A factor that is not applied is not worked out either: such a p is fine where 1/(1 − p) has no part."""
    assert Layer(p=1 - 2.0**-16, **layer).effect(np.dtype("float16")).scale == 1


@pytest.mark.parametrize("p", [-5e-324, -1.0, nextafter(1, 2), 256.0, inf, -inf, nan])
@pytest.mark.parametrize("training", [True, False])
def test_p_is_a_probability(p: float, training: bool) -> None:
    """p outside [0, 1] is refused, NaN too, in training and in evaluation."""
    with pytest.raises(Invalid, match=r"p must be in \[0, 1\]") as error:
        Layer(p=p, training=training)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("out_of_range", "/p")]


@pytest.mark.parametrize("name", ["scaling", "variant"])
@pytest.mark.parametrize("value", ["", "Inverted", "dropout ", "nothing"])
def test_unknown_names(name: str, value: str) -> None:
    """A name that is not in the table is refused with those that are, and is not repeated."""
    with pytest.raises(Invalid, match="must be one of") as error:
        Layer(**{name: value})  # type: ignore[arg-type]
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("unknown_value", f"/{name}")]


def test_defaults() -> None:
    """A layer of which nothing is said drops half of what it sees in training, as PyTorch's does."""
    assert Layer() == Layer(p=0.5, training=True, variant="dropout", scaling="inverted", noise_shape=None)
