"""With the same decisions, stochastic depth is torchvision's bit for bit, and so is the mask of DropBlock."""

from typing import Any

import numpy as np
import pytest

from app.core import BoolArray, Draw, Layer, Result, Shape, dropout
from tests.conformance.measure import DTYPES, PS, decisions, normals, ours, ulps
from tests.conformance.tensors import backward, forward, mask_of, torch
from tests.conformance.vision import drop_block2d, gamma, stochastic_depth
from tests.core import given
from tests.core.oracle import bits

pytestmark = pytest.mark.conformance

# torchvision's mode, our layer, an input
MODES: list[tuple[str, dict[str, Any], Shape]] = [
    ("row", {"variant": "stochastic_depth"}, (2000,)),
    ("row", {"variant": "stochastic_depth"}, (2000, 3)),
    ("row", {"variant": "stochastic_depth"}, (1000, 3, 2, 5)),
    ("batch", {"noise_shape": (1, 1, 1, 1)}, (10, 3, 2, 5)),
]
BLOCKS = [1, 3, 5, 7]
RATES = [0.001, 0.05, 0.1, 0.3, 0.5, 0.9]
SHAPES = {"float64": (3, 4, 30, 20), "float32": (3, 4, 30, 20), "float16": (2, 3, 15, 20), "bfloat16": (1, 2, 10, 12)}
"""Whose elements can be counted in the type, as torchvision does: up to 2^11 in float16, 2^8 in bfloat16."""


@pytest.mark.parametrize("p", PS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("mode", "fields", "shape"), MODES)
def test_stochastic_depth(mode: str, fields: dict[str, Any], shape: Shape, dtype: str, p: float) -> None:
    """Output and gradient have torchvision's bits where kept, and are zero elsewhere."""
    x, grad, theirs = normals(dtype, shape), normals(dtype, shape, 5), stochastic_depth(p, mode)
    keep = mask_of(theirs, x)
    y, grad_input = ours(x, keep, p=p, **fields), ours(grad, keep, gradient=True, p=p, **fields)
    assert bits(y[keep]) == bits(forward(theirs, x)[keep])
    assert bits(grad_input[keep]) == bits(backward(theirs, x, grad)[keep])
    assert not y[~keep].any()
    assert not grad_input[~keep].any()


@pytest.mark.parametrize(("mode", "fields", "shape"), MODES)
def test_decisions(mode: str, fields: dict[str, Any], shape: Shape) -> None:
    """The decisions of stochastic depth fill our noise shape: rows, or one for the whole batch."""
    decisions(mask_of(stochastic_depth(0.4, mode), normals("float32", shape)), Layer(**fields))


def drop_block(dtype: str, p: float, block_size: int, **options: Any) -> tuple[Result, BoolArray]:
    """Our DropBlock of normals, or of a gradient, and the seeds it drew, true where a block begins."""
    layer, shape = Layer(variant="drop_block2d", p=p, block_size=block_size), SHAPES[dtype]
    result = dropout(normals(dtype, shape), layer=layer, draw=Draw(seed=5), masks=True, **options)
    return result, ~given.decisions(gamma(p, block_size, *shape[2:]), Draw(seed=5), layer.noise_over(shape))


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("block_size", BLOCKS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_drop_block_mask(dtype: str, block_size: int, p: float) -> None:
    """From the same seeds, at torchvision's γ, the same blocks are dropped."""
    result, seeds = drop_block(dtype, p, block_size)
    assert result.rate == gamma(p, block_size, *SHAPES[dtype][2:])
    assert result.mask is not None
    theirs = drop_block2d(torch.from_numpy(seeds), block_size)
    assert np.array_equal(result.mask, mask_of(theirs, normals(dtype, SHAPES[dtype])))


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("block_size", BLOCKS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_drop_block(dtype: str, block_size: int, p: float) -> None:
    """From the same seeds, output and gradient are torchvision's within 3 units, without the 1e-6 it adds to kept.

    Its scale is size · (1/kept), rounded twice, at most a unit away; that is two of the product's, and one is rounding.
    """
    result, seeds = drop_block(dtype, p, block_size)
    grad_input = drop_block(dtype, p, block_size, gradient=True)[0].output
    x, theirs = normals(dtype, SHAPES[dtype]), drop_block2d(torch.from_numpy(seeds), block_size, eps=0)
    assert result.output is not None
    assert grad_input is not None
    assert ulps(result.output, forward(theirs, x)) <= 3
    assert ulps(grad_input, backward(theirs, x, x)) <= 3


@pytest.mark.parametrize("block_size", [*BLOCKS, 2, 4])
def test_drop_block_replay(block_size: int) -> None:
    """The final mask given in place of the seeds is the same layer, even blocks included."""
    result, _seeds = drop_block("float32", 0.3, block_size)
    x = normals("float32", SHAPES["float32"])
    assert result.output is not None
    y = ours(x, result.mask, variant="drop_block2d", p=0.3, block_size=block_size)
    assert bits(y) == bits(result.output)
