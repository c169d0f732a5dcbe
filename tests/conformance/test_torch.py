"""With PyTorch's own masks, what we make of an array is what PyTorch makes of it, and so are the gradients.

Dropout is PyTorch's bit for bit. Alpha dropout adds two terms, and PyTorch rounds between its steps to the type of the
array, where we round once: see `test_alpha`.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest

from app.core import FloatArray, Layer, Shape
from tests.conformance.measure import DTYPES, PS, alpha_terms, decisions, normals, ours, ulps
from tests.conformance.tensors import backward, forward, from_torch, mask_of, to_torch, torch
from tests.core.oracle import bits

pytestmark = pytest.mark.conformance


class Row(NamedTuple):
    """Our variant, PyTorch's module, an input."""

    variant: str
    name: str
    shape: Shape

    def theirs(self, p: float, *, train: bool = True) -> Any:
        return getattr(torch.nn, self.name)(p).train(train)


DROPOUTS = [
    Row("dropout", "Dropout", (300_000,)),
    Row("dropout", "Dropout", ()),
    Row("dropout1d", "Dropout1d", (100, 40, 15)),
    Row("dropout2d", "Dropout2d", (100, 40, 5, 3)),
    Row("dropout3d", "Dropout3d", (100, 40, 2, 2, 4)),
]
ALPHAS = [
    Row("alpha_dropout", "AlphaDropout", (300_000,)),
    Row("feature_alpha_dropout", "FeatureAlphaDropout", (100, 400)),
    Row("feature_alpha_dropout", "FeatureAlphaDropout", (100, 40, 15)),
    Row("feature_alpha_dropout", "FeatureAlphaDropout", (100, 40, 2, 2, 4)),
]
LAYERS = DROPOUTS + ALPHAS


def named(row: Row) -> str:
    return row.name


def any_bits(dtype: str, shape: Shape) -> FloatArray:
    """Floats of any bits: subnormals, infinities, zeros of both signs, NaN of all kinds."""
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    patterns = np.random.default_rng(4).integers(0, 2 ** (8 * unsigned.itemsize), shape, unsigned, endpoint=False)
    x: FloatArray = np.asarray(patterns).view(dtype)
    return x


def alike(y: FloatArray, expected: FloatArray) -> bool:
    """Whether they have the same bits, but for those of NaN."""
    with np.errstate(invalid="ignore"):  # looking at a signalling NaN signals
        absent = np.isnan(y)
        return np.array_equal(absent, np.isnan(expected)) and bits(y[~absent]) == bits(expected[~absent])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", DROPOUTS, ids=named)
def test_survivors(row: Row, dtype: str, p: float) -> None:
    """Survivors have PyTorch's bits, and what PyTorch dropped is zero."""
    x, theirs = normals(dtype, row.shape), row.theirs(p)
    expected, keep = forward(theirs, x), mask_of(theirs, x)
    y = ours(x, keep, variant=row.variant, p=p)
    assert bits(y[keep]) == bits(expected[keep])
    assert np.array_equal(y, expected)
    assert np.array_equal(y != 0, keep)


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", DROPOUTS, ids=named)
def test_extreme_survivors(row: Row, dtype: str, p: float) -> None:
    """Subnormals, overflow, infinities and both zeros survive with PyTorch's bits; NaN as NaN."""
    x, theirs = any_bits(dtype, row.shape), row.theirs(p)
    keep = mask_of(theirs, x)
    expected, y = forward(theirs, x), ours(x, keep, variant=row.variant, p=p)
    assert alike(y[keep], expected[keep])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_gradients(row: Row, dtype: str, p: float) -> None:
    """Gradients have the bits of PyTorch's automatic differentiation where kept, of alpha dropout too; elsewhere 0."""
    x, grad, theirs = normals(dtype, row.shape), normals(dtype, row.shape, 5), row.theirs(p)
    expected, keep = backward(theirs, x, grad), mask_of(theirs, x)
    grad_input = ours(grad, keep, gradient=True, variant=row.variant, p=p)
    assert bits(grad_input[keep]) == bits(expected[keep])
    assert np.array_equal(grad_input, expected)


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ALPHAS, ids=named)
def test_alpha(row: Row, dtype: str, p: float) -> None:
    """Alpha dropout is PyTorch's within 2 units in the last place of the larger of its two terms.

    Not of the result, from which it may be hundreds away: PyTorch adds two terms that are rounded already, and where
    they cancel out, their errors are all that is left. Where kept, these are a · x and a · α′ · p; in float16 and
    bfloat16 PyTorch rounds a · x to the type, and adds afterwards, where we add in float32. Where dropped, they are
    −a · α′, rounded in every type, and a · α′ · p; near p = 1 they cancel out, where we round a · α′ · (p − 1) once.
    """
    x, theirs = normals(dtype, row.shape), row.theirs(p)
    expected, keep = forward(theirs, x), mask_of(theirs, x)
    y = ours(x, keep, variant=row.variant, p=p)
    assert ulps(y, expected, *alpha_terms(x, keep, p)) <= 2


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ALPHAS, ids=named)
def test_alpha_survivors(row: Row, dtype: str, p: float) -> None:
    """In float32 and float64, the types of its steps in between too, alpha dropout's survivors have PyTorch's bits."""
    x, theirs = any_bits(dtype, row.shape), row.theirs(p)
    keep = mask_of(theirs, x)
    expected, y = forward(theirs, x), ours(x, keep, variant=row.variant, p=p)
    assert alike(y[keep], expected[keep])


@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_decisions(row: Row) -> None:
    """PyTorch's decisions fill our noise shape, and given in that shape they are the same mask."""
    x = normals("float32", row.shape)
    keep = mask_of(row.theirs(0.4), x)
    noise = decisions(keep, Layer(variant=row.variant))
    assert bits(ours(x, noise, variant=row.variant, p=0.4)) == bits(ours(x, keep, variant=row.variant, p=0.4))


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_evaluation(row: Row, dtype: str, p: float) -> None:
    """Evaluation is PyTorch's bit for bit, and so is its gradient: both are the identity."""
    x, grad, theirs = any_bits(dtype, row.shape), normals(dtype, row.shape, 5), row.theirs(p, train=False)
    assert bits(ours(x, variant=row.variant, p=p, training=False)) == bits(forward(theirs, x)) == bits(x)
    grad_input = ours(grad, gradient=True, variant=row.variant, p=p, training=False)
    assert bits(grad_input) == bits(backward(theirs, x, grad)) == bits(grad)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_nothing_is_dropped_at_p_0(row: Row, dtype: str) -> None:
    """At p = 0 training is the identity here and there."""
    x = any_bits(dtype, row.shape)
    assert bits(ours(x, variant=row.variant, p=0)) == bits(forward(row.theirs(0), x)) == bits(x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_everything_is_dropped_at_p_1(row: Row, dtype: str) -> None:
    """At p = 1 positive numbers are +0.0 here and there, and so are positive gradients."""
    x, theirs = np.asarray(np.abs(normals(dtype, row.shape))), row.theirs(1)
    none = np.zeros(row.shape, bool)
    assert bits(ours(x, variant=row.variant, p=1)) == bits(forward(theirs, x)) == bits(np.zeros_like(x))
    assert bits(ours(x, none, gradient=True, variant=row.variant, p=1)) == bits(backward(theirs, x, x))


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_native_dropout(dtype: str, p: float) -> None:
    """`torch.native_dropout`, which works its scale out in float64 and returns its mask, is within 2 units."""
    x = normals(dtype, (300_000,))
    expected, mask = torch.native_dropout(to_torch(x), p, True)
    keep = mask.numpy()
    assert ulps(ours(x, keep, p=p), from_torch(expected)) <= 2
