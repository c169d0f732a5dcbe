"""torchvision's two layers, by the formulas of torchvision/ops/stochastic_depth.py and drop_block.py of its repository.

Not its own code: a wheel of torchvision imports beside the PyTorch build that it was made with, and beside no other.
"""

from typing import Any

from tests.conformance.tensors import Theirs, torch


def stochastic_depth(p: float, mode: str) -> Theirs:
    """`stochastic_depth` in training: a Bernoulli number for each row, or for the whole batch, over 1 − p."""

    def theirs(x: Any) -> Any:
        rows = x.shape[0] if mode == "row" else 1
        noise = torch.empty([rows] + [1] * (x.ndim - 1), dtype=x.dtype).bernoulli_(1 - p)
        return x * (noise.div_(1 - p) if p < 1 else noise)

    return theirs


def drop_block2d(seeds: Any, block_size: int, *, eps: float = 1e-6) -> Theirs:
    """`drop_block2d` in training, with given seeds, 1 where a block begins and else 0."""
    pad = block_size // 2

    def theirs(x: Any) -> Any:
        framed = torch.nn.functional.pad(seeds.to(x.dtype), [pad] * 4)
        kept = 1 - torch.nn.functional.max_pool2d(framed, block_size, stride=1, padding=pad)
        return x * kept * (kept.numel() / (eps + kept.sum()))

    return theirs


def gamma(p: float, block_size: int, height: int, width: int) -> float:
    """What a seed of `drop_block2d` drops with."""
    corners = (height - block_size + 1) * (width - block_size + 1)
    return p * height * width / (block_size**2 * corners)
