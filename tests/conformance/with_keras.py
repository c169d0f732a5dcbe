"""Keras on PyTorch's tensors, on the CPU, and with none of the settings that a user may have."""

from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.conformance.tensors import Theirs

# both are read on import, and only then
with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as environment:
    environment.setenv("KERAS_HOME", home)
    environment.setenv("KERAS_BACKEND", "torch")
    environment.setenv("KERAS_TORCH_DEVICE", "cpu")
    keras: Any = pytest.importorskip("keras", reason="NOT HELD AGAINST KERAS: keras is not installed here")


def training(name: str, p: float, dtype: str, *, seed: int = 7, **options: Any) -> Theirs:
    """A layer of Keras in training: a new one each time, since each call moves its seed on."""
    return lambda x: getattr(keras.layers, name)(p, seed=seed, dtype=dtype, **options)(x, training=True)


def evaluation(name: str, p: float, dtype: str, **options: Any) -> Theirs:
    """The same in evaluation."""
    return lambda x: getattr(keras.layers, name)(p, dtype=dtype, **options)(x, training=False)
