"""bfloat16 is computed as the other types are: in float32, and rounded once; the oracle's rounding is by integers."""

from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core import FLOATS, Draw, FloatArray, Layer, dropout
from tests.core.oracle import mask

BFLOAT16: Final = FLOATS["bfloat16"]
EVERY: Final[FloatArray] = np.arange(2**16, dtype=np.uint16).view(BFLOAT16)
SCALES: Final = [0.1, 0.3, 1 / 3, 0.4, 0.5, 0.9, 0.999]


def rounded(x: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The bits of float32 numbers as bfloat16, to nearest, ties to even: its upper half, and a carry from the lower."""
    bits = x.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def dilate(x: FloatArray) -> NDArray[np.float32]:
    """bfloat16 numbers as float32, by their bits."""
    return (x.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def applied(x: FloatArray, p: float, **more: Any) -> FloatArray:
    """What a layer makes of it."""
    output = dropout(x, layer=Layer(p=p), **more).output
    assert output is not None
    assert output.dtype == BFLOAT16
    return output


@pytest.mark.parametrize("p", SCALES)
def test_the_scale_is_rounded_from_float32(p: float) -> None:
    """s = bfloat16(float32(1) / float32(1 - p))."""
    scale = Layer(p=p).effect(BFLOAT16).scale
    wide = np.float32(1) / np.float32(1 - p)
    assert np.array([scale], BFLOAT16).view(np.uint16) == rounded(np.array([wide]))


@pytest.mark.parametrize("p", SCALES)
def test_every_product_is_rounded_once(p: float) -> None:
    """Each of the 65,536 numbers times the scale is the float32 product rounded once; a NaN remains one."""
    scale = np.float32(Layer(p=p).effect(BFLOAT16).scale)
    seen = applied(EVERY, p, mask=np.array(True))
    with np.errstate(all="ignore"):
        product = dilate(EVERY) * scale
    numbers = ~np.isnan(product)
    assert np.array_equal(seen.view(np.uint16)[numbers], rounded(product)[numbers])
    assert np.isnan(dilate(seen)[~numbers]).all()


def test_what_is_dropped_has_no_bit_set() -> None:
    """Of all that a bfloat16 can be."""
    assert not applied(EVERY, 0.4, mask=np.array(False)).view(np.uint16).any()


def test_the_mask_does_not_depend_on_the_type() -> None:
    """The decisions are those of the law."""
    draw = Draw(seed=42, stream=3, offset=5, sample=2)
    result = dropout(EVERY[:100], layer=Layer(p=0.4), draw=draw, masks=True)
    assert result.mask is not None
    assert np.array_equal(result.mask, mask((100,), 0.4, draw))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_edges(p: float) -> None:
    """p = 0 leaves every bit as it is, p = 1 none."""
    assert np.array_equal(applied(EVERY, p).view(np.uint16), EVERY.view(np.uint16) * (p == 0))


def test_statistics_are_of_the_values_as_they_are() -> None:
    """Means and deviations are those of the same numbers in float64."""
    finite = np.isfinite(dilate(EVERY))
    x = EVERY[finite][::7]
    tally, wide = (dropout(of, layer=Layer(training=False)).tally.input for of in (x, dilate(x).astype(np.float64)))
    assert tally == wide
    assert dropout(EVERY, layer=Layer(training=False)).tally.input.non_finite == np.count_nonzero(~finite)
