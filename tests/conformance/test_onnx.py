"""With ONNX's own masks, our output is that of its reference evaluator and of its published cases, bit for bit.

But for one thing: ONNX multiplies by the mask, so a dropped negative is −0.0 there; adding 0 makes that +0.0, as here.
"""

from typing import Any

import numpy as np
import pytest

from app.core import BoolArray, Shape
from tests.conformance.measure import PS, normals, ours, ulps
from tests.conformance.with_onnx import CASES, evaluated, reference
from tests.core.oracle import bits

pytestmark = pytest.mark.conformance

PUBLISHED = {
    "test_dropout_default",
    "test_dropout_default_mask",
    "test_dropout_default_mask_ratio",
    "test_dropout_default_old",
    "test_dropout_default_ratio",
    "test_dropout_random_old",
    "test_training_dropout",
    "test_training_dropout_default",
    "test_training_dropout_default_mask",
    "test_training_dropout_mask",
    "test_training_dropout_zero_ratio",
    "test_training_dropout_zero_ratio_mask",
}

DEFAULTS: list[Any] = [None, np.float32(0.5), np.bool_(False)]
"""What Dropout's inputs, x, ratio and training_mode, are where they are not given."""


def uniform_mask(ratio: Any, shape: Shape) -> BoolArray:
    """The mask that the cases' definition draws, with seed 0."""
    mask: BoolArray = np.random.RandomState(0).uniform(0, 1, shape) >= ratio
    return mask


def test_published() -> None:
    """The cases are the twelve that ONNX publishes."""
    assert set(CASES) == PUBLISHED


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_evaluator(name: str) -> None:
    """ONNX's evaluator passes its own cases, bit for bit: it may stand for them."""
    ((inputs, outputs),) = CASES[name].data_sets
    names = [value.name for value in CASES[name].model.graph.input]
    results = reference.ReferenceEvaluator(CASES[name].model).run(None, dict(zip(names, inputs, strict=True)))
    assert list(map(bits, results)) == list(map(bits, outputs))


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_cases(name: str) -> None:
    """A case's output is ours but for the sign of zero, in training with the mask of its definition."""
    ((inputs, outputs),) = CASES[name].data_sets
    x, ratio, training = list(inputs) + DEFAULTS[len(inputs) :]
    mask = uniform_mask(ratio, x.shape) if training else None
    assert bits(ours(x, mask, p=float(ratio), training=bool(training))) == bits(outputs[0] + 0)
    for returned in outputs[1:]:
        assert np.array_equal(returned, np.ones(x.shape, bool) if mask is None else mask)


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training(dtype: str, p: float) -> None:
    """In float32 and float64, with the ratio in that type, the evaluator's output is ours but for the sign of zero."""
    x, ratio = normals(dtype, (60_000,)), np.dtype(dtype).type(p)
    expected, mask = evaluated(x, ratio)
    assert bits(ours(x, mask, p=float(ratio))) == bits(expected + 0)


@pytest.mark.parametrize("p", PS)
def test_float16(p: float) -> None:
    """In float16, where the evaluator works out the scale in float16 and we in float32, it is within 2 units."""
    x, ratio = normals("float16", (60_000,)), np.float16(p)
    expected, mask = evaluated(x, ratio)
    assert ulps(ours(x, mask, p=float(ratio)), expected) <= 2
