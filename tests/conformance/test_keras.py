"""With Keras's own masks and noise, we are within 2 units in the last place of Keras; what is dropped is +0.0 in both.

Not bit for bit: Keras divides by 1 − p where we multiply by 1/(1 − p), as PyTorch does. Keras runs on PyTorch's tensors
here, since its numpy backend needs SciPy and has no gradients.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest

from app.core import Draw, Layer, Shape, Window
from app.core.effect import Multiply
from app.core.variants import Place
from tests.conformance.measure import DTYPES, PS, alpha_terms, decisions, normals, ours, ulps
from tests.conformance.tensors import Theirs, backward, forward, from_torch, mask_of
from tests.conformance.with_keras import evaluation, keras, training
from tests.core.oracle import bits

pytestmark = pytest.mark.conformance

SHARED = (None, 1, None)
ONE, TWO, THREE = (100, 6, 40), (100, 2, 3, 40), (100, 1, 2, 3, 40)
ONE_FIRST, TWO_FIRST, THREE_FIRST = (100, 40, 6), (100, 40, 2, 3), (100, 40, 1, 2, 3)


class Row(NamedTuple):
    """Our layer, Keras's layer, its options, an input."""

    fields: dict[str, Any]
    name: str
    options: dict[str, Any]
    shape: Shape

    def training(self, p: float, dtype: str) -> Theirs:
        return training(self.name, p, dtype, **self.options)

    def evaluation(self, p: float, dtype: str) -> Theirs:
        return evaluation(self.name, p, dtype, **self.options)


DROPOUTS = [
    Row({"variant": "dropout"}, "Dropout", {}, (24_000,)),
    Row({"noise_shape": SHARED}, "Dropout", {"noise_shape": SHARED}, ONE),
    Row({"noise_shape": (100, 6, 1)}, "Dropout", {"noise_shape": (100, 6, 1)}, ONE),
    Row({"noise_shape": (1, 6, 40)}, "Dropout", {"noise_shape": (1, None, None)}, ONE),
    Row({"variant": "dropout1d", "channels_last": True}, "SpatialDropout1D", {}, ONE),
    Row({"variant": "dropout2d", "channels_last": True}, "SpatialDropout2D", {}, TWO),
    Row({"variant": "dropout2d", "channels_last": True}, "SpatialDropout2D", {"data_format": "channels_last"}, TWO),
    Row({"variant": "dropout2d"}, "SpatialDropout2D", {"data_format": "channels_first"}, TWO_FIRST),
    Row({"variant": "dropout3d", "channels_last": True}, "SpatialDropout3D", {}, THREE),
    Row({"variant": "dropout3d", "channels_last": True}, "SpatialDropout3D", {"data_format": "channels_last"}, THREE),
    Row({"variant": "dropout3d"}, "SpatialDropout3D", {"data_format": "channels_first"}, THREE_FIRST),
]
LAYERS = [*DROPOUTS, Row({"variant": "alpha_dropout"}, "AlphaDropout", {}, (24_000,))]
EVALUATED = [*LAYERS, Row({"variant": "gaussian_dropout"}, "GaussianDropout", {}, (24_000,))]


def named(row: Row) -> str:
    return row.name


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", DROPOUTS, ids=named)
def test_dropout(row: Row, dtype: str, p: float) -> None:
    """Survivors are Keras's within 2 units, and what Keras dropped is +0.0 here and there."""
    x, theirs = normals(dtype, row.shape), row.training(p, dtype)
    expected, keep = forward(theirs, x), mask_of(theirs, x)
    y = ours(x, keep, p=p, **row.fields)
    assert ulps(y, expected) <= 2
    assert bits(y[~keep]) == bits(expected[~keep])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_gradients(row: Row, dtype: str, p: float) -> None:
    """Gradients are Keras's, by PyTorch's automatic differentiation, within 2 units; of alpha dropout too."""
    x, grad, theirs = normals(dtype, row.shape), normals(dtype, row.shape, 5), row.training(p, dtype)
    keep = mask_of(theirs, x)
    assert ulps(ours(grad, keep, gradient=True, p=p, **row.fields), backward(theirs, x, grad)) <= 2


@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_decisions(row: Row) -> None:
    """Keras's decisions fill our noise shape, and given in that shape they are the same mask."""
    x = normals("float32", row.shape)
    keep = mask_of(row.training(0.4, "float32"), x)
    noise = decisions(keep, Layer(**row.fields))
    assert bits(ours(x, noise, p=0.4, **row.fields)) == bits(ours(x, keep, p=0.4, **row.fields))


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_alpha(dtype: str, p: float) -> None:
    """Alpha dropout is Keras's within 4 units in the last place of the larger of its two terms.

    Why more than 2: Keras works a out in another order, from α and λ, and is a unit or two away in float64; in float16
    and bfloat16 it applies a in float32, where PyTorch and we round it to the type first.
    """
    x, theirs = normals(dtype, (300_000,)), training("AlphaDropout", p, dtype)
    expected, keep = forward(theirs, x), mask_of(theirs, x)
    y = ours(x, keep, variant="alpha_dropout", p=p)
    assert ulps(y, expected, *alpha_terms(x, keep, p)) <= 4


def gaussian(p: float, dtype: str, shape: Shape) -> Multiply:
    """What our gaussian dropout does to an array once its normal numbers are there."""
    place = Place(shape=shape, dtype=np.dtype(dtype), decisions=Window.all_of(shape), draw=Draw())
    effect = Layer(variant="gaussian_dropout", p=p).replicate(place)[1]
    assert isinstance(effect, Multiply)
    return effect


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_gaussian_product(dtype: str, p: float) -> None:
    """Times Keras's own noise, which ones give away, gaussian dropout and its gradient are Keras's bit for bit."""
    x, grad, theirs = normals(dtype, (24_000,)), normals(dtype, (24_000,), 5), training("GaussianDropout", p, dtype)
    noise = forward(theirs, np.ones_like(x)).astype(float)
    effect, y, grad_input = Multiply(1), np.empty_like(x), np.empty_like(x)
    effect(x, noise - 1, out=y)
    effect.gradient(grad, noise - 1, out=grad_input)
    assert bits(y) == bits(forward(theirs, x))
    assert bits(grad_input) == bits(backward(theirs, x, grad))


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gaussian(dtype: str, p: float) -> None:
    """With Keras's own normal numbers z, gaussian dropout is Keras's within 2 units of the larger of its two terms.

    These are x and x · z · √(p/(1 − p)); their sum may be near 0, and has no smaller errors there.
    """
    x, effect = normals(dtype, (24_000,)), gaussian(p, dtype, (24_000,))
    z = from_torch(keras.random.normal(x.shape, seed=keras.random.SeedGenerator(7), dtype=dtype)).astype(float)
    y = np.empty_like(x)
    effect(x, z, out=y)
    assert ulps(y, forward(training("GaussianDropout", p, dtype), x), x, x * z * effect.deviation) <= 2


@pytest.mark.parametrize("p", PS)
def test_gaussian_variance(p: float) -> None:
    """The noise has the variance of dropout's, p/(1 − p), and so has Keras's: 4 standard errors of 300,000 numbers."""
    variance = gaussian(p, "float64", (1,)).deviation ** 2
    theirs = forward(training("GaussianDropout", p, "float64"), np.ones(300_000))
    assert variance == pytest.approx(p / (1 - p), rel=1e-15)
    assert np.var(theirs) == pytest.approx(variance, rel=4 * (2 / 300_000) ** 0.5)


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", EVALUATED, ids=named)
def test_evaluation(row: Row, dtype: str, p: float) -> None:
    """Evaluation is Keras's bit for bit: the identity."""
    x = normals(dtype, row.shape)
    assert bits(ours(x, p=p, training=False, **row.fields)) == bits(forward(row.evaluation(p, dtype), x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", DROPOUTS, ids=named)
def test_everything_is_dropped_at_p_1(row: Row, dtype: str) -> None:
    """At p = 1 everything is +0.0 here and there, whatever its sign."""
    x = normals(dtype, row.shape)
    assert bits(ours(x, p=1, **row.fields)) == bits(forward(row.training(1, dtype), x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", LAYERS, ids=named)
def test_nothing_is_dropped_at_p_0(row: Row, dtype: str) -> None:
    """At p = 0 training is the identity here and there."""
    x = normals(dtype, row.shape)
    assert bits(ours(x, p=0, **row.fields)) == bits(forward(row.training(0, dtype), x))


@pytest.mark.parametrize("value", [-3.0, -0.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropped(dtype: str, value: float) -> None:
    """Whatever is dropped is +0.0 here and there: both select."""
    x, theirs = np.full(1000, value, dtype), training("Dropout", 0.4, dtype)
    keep = mask_of(theirs, x)
    assert bits(ours(x, keep, p=0.4)[~keep]) == bits(forward(theirs, x)[~keep])
