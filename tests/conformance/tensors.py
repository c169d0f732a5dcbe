"""PyTorch's side: a layer is a function of a tensor, which draws by a seed that is set before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.core import FLOATS, BoolArray, FloatArray

torch: Any = pytest.importorskip("torch", reason="NOT HELD AGAINST PYTORCH: torch is not installed here")

Theirs = Callable[[Any], Any]


def forward(theirs: Theirs, x: FloatArray, *, seed: int = 7) -> FloatArray:
    """What their layer makes of an array on a CPU."""
    torch.manual_seed(seed)
    return from_torch(theirs(to_torch(x)).detach())


def backward(theirs: Theirs, x: FloatArray, grad: FloatArray, *, seed: int = 7) -> FloatArray:
    """What their automatic differentiation makes of a gradient, at x."""
    leaf = to_torch(x).requires_grad_()
    torch.manual_seed(seed)
    theirs(leaf).backward(to_torch(grad))
    return from_torch(leaf.grad)


def mask_of(theirs: Theirs, x: FloatArray, *, seed: int = 7) -> BoolArray:
    """The mask they do that with: of ones, what is kept is positive; the draw does not look at the values."""
    keep: BoolArray = forward(theirs, np.ones_like(x), seed=seed) > 0
    return keep


def to_torch(x: FloatArray) -> Any:
    """A tensor of an array; PyTorch takes bfloat16 as bits only."""
    if x.dtype == FLOATS["bfloat16"]:
        return torch.from_numpy(x.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(x.copy())


def from_torch(tensor: Any) -> FloatArray:
    """The array of a tensor."""
    half = tensor.dtype == torch.bfloat16
    x: FloatArray = tensor.view(torch.int16).numpy().view(FLOATS["bfloat16"]) if half else tensor.numpy()
    return x
