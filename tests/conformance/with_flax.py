"""Flax's Dropout on JAX, on the CPU."""

from typing import Any

import numpy as np
import pytest

from app.core import FloatArray

jax: Any = pytest.importorskip("jax", reason="NOT HELD AGAINST FLAX: jax is not installed here")
linen: Any = pytest.importorskip("flax.linen", reason="NOT HELD AGAINST FLAX: flax is not installed here")


def forward(
    x: FloatArray, p: float, *, shared: tuple[int, ...] = (), training: bool = True, seed: int = 7
) -> FloatArray:
    """What its Dropout makes of an array, decisions shared along some axes."""
    layer = linen.Dropout(p, broadcast_dims=shared, deterministic=not training)
    return np.asarray(layer.apply({}, jax.numpy.asarray(x), rngs={"dropout": jax.random.key(seed)}))


def backward(x: FloatArray, grad: FloatArray, p: float, *, seed: int = 7) -> FloatArray:
    """What JAX's automatic differentiation makes of a gradient, at x."""
    layer = linen.Dropout(p, deterministic=False)
    _, pull = jax.vjp(lambda one: layer.apply({}, one, rngs={"dropout": jax.random.key(seed)}), jax.numpy.asarray(x))
    return np.asarray(pull(jax.numpy.asarray(grad))[0])
