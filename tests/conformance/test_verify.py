"""Real layers, of PyTorch, torchvision, Keras and Flax, are verified, and pass."""

from typing import Any

import numpy as np
import pytest

from app.core import FLOATS, Layer, Shape
from app.verify import Gradients, Verification, verify
from tests.conformance import tensors, with_flax, with_keras
from tests.conformance.measure import DTYPES, normals
from tests.conformance.tensors import Theirs, torch
from tests.conformance.vision import drop_block2d, gamma, stochastic_depth

pytestmark = pytest.mark.conformance

PS = (0.1, 0.4, 0.5, 0.8)
ELEMENTS: Shape = (120, 400)
CHANNELS: Shape = (120, 400, 3)
IMAGES: Shape = (120, 400, 2, 2)

# PyTorch's module, our layer, an input
TORCH: list[tuple[str, dict[str, Any], Shape]] = [
    ("Dropout", {}, ELEMENTS),
    ("Dropout1d", {"variant": "dropout1d"}, CHANNELS),
    ("Dropout2d", {"variant": "dropout2d"}, IMAGES),
    ("Dropout3d", {"variant": "dropout3d"}, (*IMAGES, 2)),
    ("AlphaDropout", {"variant": "alpha_dropout"}, ELEMENTS),
    ("FeatureAlphaDropout", {"variant": "feature_alpha_dropout"}, CHANNELS),
]
# Keras's layer, its options, our layer, an input
KERAS: list[tuple[str, dict[str, Any], dict[str, Any], Shape]] = [
    ("Dropout", {}, {}, ELEMENTS),
    ("Dropout", {"noise_shape": (120, 1, 400)}, {"noise_shape": (None, 1, None)}, (120, 3, 400)),
    ("SpatialDropout1D", {}, {"variant": "dropout1d", "channels_last": True}, (120, 3, 400)),
    ("SpatialDropout2D", {"data_format": "channels_first"}, {"variant": "dropout2d"}, IMAGES),
    ("AlphaDropout", {}, {"variant": "alpha_dropout"}, ELEMENTS),
]


def told(verification: Verification) -> tuple[str, list[str]]:
    """The verdict, and what was found, in words."""
    return verification.verdict, [found.message for found in verification.findings]


def check(theirs: Theirs, layer: Layer, shape: Shape, dtype: str) -> None:
    """Assert that an output and its gradient pass."""
    x, g = normals(dtype, shape), normals(dtype, shape, 5)
    y, dx = tensors.forward(theirs, x), tensors.backward(theirs, x, g)
    gradients = Gradients(g[None], dx[None])
    assert told(verify(x, y[None], layer=layer, dtype=FLOATS[dtype], gradients=gradients)) == ("pass", [])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "fields", "shape"), TORCH)
def test_torch_passes(name: str, fields: dict[str, Any], shape: Shape, dtype: str, p: float) -> None:
    """Every dropout of PyTorch, in every type, with its gradient."""
    check(getattr(torch.nn, name)(p), Layer(p=p, **fields), shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "fields", "shape"), TORCH)
def test_torch_in_evaluation_passes(name: str, fields: dict[str, Any], shape: Shape, dtype: str) -> None:
    """The same with .eval(); left in training, each is found out."""
    x, layer, module = normals(dtype, shape), Layer(p=0.4, training=False, **fields), getattr(torch.nn, name)(0.4)
    trained, evaluated = (tensors.forward(module.train(train), x) for train in (True, False))
    assert told(verify(x, evaluated[None], layer=layer)) == ("pass", [])
    found = verify(x, trained[None], layer=layer, dtype=FLOATS[dtype]).findings
    assert {one.code for one in found} <= {"dropout_in_evaluation", "survivor_changed"}
    assert found


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_torchvision_passes(dtype: str, p: float) -> None:
    """Stochastic depth of rows passes; DropBlock, of which only what is certain is checked, has no finding."""
    check(stochastic_depth(p, "row"), Layer(p=p, variant="stochastic_depth"), (12_000, 2), dtype)
    x = normals(dtype, (4, 3, 16, 16) if dtype != "bfloat16" else (1, 2, 8, 8))
    n, c, height, width = x.shape
    seeds = torch.rand(n, c, height - 2, width - 2) < gamma(p / 4, 3, height, width)
    y = tensors.forward(drop_block2d(seeds, 3), x)
    layer = Layer(p=p / 4, variant="drop_block2d", block_size=3)
    assert told(verify(x, y[None], layer=layer, dtype=FLOATS[dtype])) == ("inconclusive", [])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "options", "fields", "shape"), KERAS)
def test_keras_passes(
    name: str, options: dict[str, Any], fields: dict[str, Any], shape: Shape, dtype: str, p: float
) -> None:
    """Keras's layers, which divide where PyTorch multiplies, in every type, with their gradients."""
    check(with_keras.training(name, p, dtype, **options), Layer(p=p, **fields), shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_keras_gaussian_dropout_has_no_finding(dtype: str) -> None:
    """Only what is certain is checked of it."""
    x = normals(dtype, ELEMENTS)
    y = tensors.forward(with_keras.training("GaussianDropout", 0.4, dtype), x)
    assert told(verify(x, y[None], layer=Layer(p=0.4, variant="gaussian_dropout"))) == ("inconclusive", [])


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_flax_passes(dtype: str, p: float) -> None:
    """Flax's Dropout, of elements with their gradient, of channels, and in evaluation."""
    x, g = normals(dtype, IMAGES), normals(dtype, IMAGES, 5)
    kind, layer = FLOATS[dtype], Layer(p=p)
    gradients = Gradients(g[None], with_flax.backward(x, g, p)[None])
    y = with_flax.forward(x, p)
    assert told(verify(x, y[None], layer=layer, dtype=kind, gradients=gradients)) == ("pass", [])
    y = with_flax.forward(x, p, shared=(2, 3))
    assert told(verify(x, y[None], layer=Layer(p=p, variant="dropout2d"), dtype=kind)) == ("pass", [])
    y = with_flax.forward(x, p, training=False)
    assert told(verify(x, y[None], layer=Layer(p=p, training=False))) == ("pass", [])


@pytest.mark.parametrize("calls", [2, 6])
def test_repeated_calls_pass(calls: int) -> None:
    """Of one module of PyTorch, on one input."""
    x, module = normals("float32", (20_000,)), torch.nn.Dropout(0.4)
    torch.manual_seed(3)
    y = np.stack([tensors.from_torch(module(tensors.to_torch(x))) for _ in range(calls)])
    assert told(verify(x, y, layer=Layer(p=0.4))) == ("pass", [])
    frozen = np.stack([tensors.forward(module, x)] * calls)
    assert [one.code for one in verify(x, frozen, layer=Layer(p=0.4)).findings] == ["mask_frozen"]
