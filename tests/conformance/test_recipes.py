"""The dropouts of docs/recipes.md: with the masks of their authors' code, our outputs and gradients are theirs.

The code is that of the repositories it is named after, as far as it draws and applies a mask.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest

from app.core import Layer, Shape
from tests.conformance.measure import decisions, normals, ours, ulps
from tests.conformance.tensors import Theirs, backward, forward, mask_of, torch
from tests.conformance.with_keras import training

pytestmark = pytest.mark.conformance

P = 0.3


def locked(x: Any) -> Any:
    """`LockedDropout` of salesforce/awd-lstm-lm: time, batch, features."""
    m = x.data.new(1, x.size(1), x.size(2)).bernoulli_(1 - P)
    return m.div_(1 - P).expand_as(x) * x


def embedded(weight: Any) -> Any:
    """`embedded_dropout` of salesforce/awd-lstm-lm: a table's rows."""
    mask = weight.data.new().resize_((weight.size(0), 1)).bernoulli_(1 - P).expand_as(weight) / (1 - P)
    return mask * weight


def drop_connect(weight: Any) -> Any:
    """`WeightDrop` of salesforce/awd-lstm-lm, and LoRA's input in loralib: PyTorch's own dropout on any array."""
    return torch.nn.functional.dropout(weight, p=P, training=True)


def heads(x: Any) -> Any:
    """PyTorch's channels, where these are heads: batch, heads, time, features."""
    return torch.nn.functional.dropout2d(x, p=P, training=True)


def drop_path(x: Any) -> Any:
    """`drop_path` of timm, with `scale_by_keep`."""
    random_tensor = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(1 - P)
    return x * random_tensor.div_(1 - P)


def drop_row(x: Any) -> Any:
    """Rows of B in LoRA Dropout, by PyTorch's dropout of a column of ones."""
    return x * torch.nn.functional.dropout(x.new_ones(x.shape[0], 1), p=P)


def drop_column(x: Any) -> Any:
    """Columns of A in LoRA Dropout."""
    return x * torch.nn.functional.dropout(x.new_ones(1, x.shape[1]), p=P)


def layer_drop(x: Any) -> Any:
    """`LayerDropModuleList` of fairseq: a layer runs where a uniform number is above p, as it is."""
    return x * float(torch.rand(()) > P)


class Recipe(NamedTuple):
    """Their function, our fields, an input."""

    theirs: Theirs
    fields: dict[str, Any]
    shape: Shape


RECIPES = {
    "locked": Recipe(locked, {"noise_shape": (1, None, None)}, (7, 20, 30)),
    "embedding": Recipe(embedded, {"noise_shape": (None, 1)}, (400, 12)),
    "drop_connect": Recipe(drop_connect, {}, (60, 40)),
    "heads": Recipe(heads, {"noise_shape": (None, None, 1, 1)}, (30, 8, 5, 6)),
    "drop_path": Recipe(drop_path, {"variant": "stochastic_depth"}, (300, 3, 4)),
    "lora_b": Recipe(drop_row, {"noise_shape": (None, 1)}, (200, 8)),
    "lora_a": Recipe(drop_column, {"noise_shape": (1, None)}, (8, 200)),
    "layer_drop": Recipe(layer_drop, {"noise_shape": (1, 1, 1), "scaling": "none"}, (4, 5, 6)),
    "spatial, by Keras": Recipe(
        training("SpatialDropout2D", P, "float32"), {"variant": "dropout2d", "channels_last": True}, (20, 3, 4, 30)
    ),
    "locked, by Keras": Recipe(
        training("Dropout", P, "float32", noise_shape=(1, None, None)), {"noise_shape": (1, None, None)}, (7, 20, 30)
    ),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_its_authors(recipe: Recipe) -> None:
    """Decisions fill our noise shape; with them, output and gradient are theirs, but for the rounding of a division."""
    x, grad = normals("float32", recipe.shape), normals("float32", recipe.shape, 5)
    keep = mask_of(recipe.theirs, x)
    decisions(keep, Layer(p=P, **recipe.fields))
    y, grad_input = ours(x, keep, p=P, **recipe.fields), ours(grad, keep, gradient=True, p=P, **recipe.fields)
    assert np.array_equal(y != 0, keep)
    assert ulps(y, forward(recipe.theirs, x)) <= 2
    assert ulps(grad_input, backward(recipe.theirs, x, grad)) <= 2


@pytest.mark.parametrize("shape", [(1, 4, 16, 16), (2, 1, 8, 24)])
def test_attention_drops_behind_the_softmax(shape: Shape) -> None:
    """Of an identity for value, PyTorch's attention gives the rows themselves: ours with its mask, but for rounding.

    It takes another way through its sums where it drops.
    """
    n, h, queries, keys = shape
    query, key = (torch.from_numpy(normals("float32", (n, h, length, 16), length).copy()) for length in (queries, keys))
    value = torch.eye(keys).expand(n, h, keys, keys)
    attention = torch.nn.functional.scaled_dot_product_attention
    rows = attention(query, key, value).numpy()
    torch.manual_seed(7)
    theirs = attention(query, key, value, dropout_p=P).numpy()
    keep = theirs != 0
    assert ulps(ours(rows, keep, p=P), theirs) <= 16
