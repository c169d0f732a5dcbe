"""The family: every layer served, a row each.

A variant is a noise drawn in a noise shape. Its function says which shape; its row says the rest, and everything that
lists the variants reads it here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.core.arrays import Shape
from app.errors import Invalid

NoiseShape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A row of the table.

    noise : the noise shape in words; noise_over : the same as a function of the input's shape and of what was asked.
    formula : training, evaluation. ranks : which inputs it takes. parameters : the fields that are its own.
    """

    name: str
    summary: str
    ranks: str
    noise: str
    training: str
    evaluation: str
    parameters: tuple[str, ...]
    source: str
    source_url: str
    noise_over: Callable[[Shape, NoiseShape | None], Shape]


def _elementwise(shape: Shape, noise_shape: NoiseShape | None) -> Shape:
    """The input's shape, or what `noise_shape` makes of it."""
    if noise_shape is None:
        return shape
    asked = "noise_shape must have an entry for each dimension of the input: null or its length, or 1 to share"
    if len(noise_shape) != len(shape):
        message = f"{asked}; got {len(noise_shape)} entries for {len(shape)} dimensions"
        raise Invalid.of("noise_shape_mismatch", message, "/noise_shape")
    for axis, (entry, length) in enumerate(zip(noise_shape, shape, strict=True)):
        if entry not in (None, 1, length):
            message = f"{asked}; dimension {axis} has length {length}, got {entry}"
            raise Invalid.of("noise_shape_mismatch", message, f"/noise_shape/{axis}")
    return tuple(length if entry is None else entry for entry, length in zip(noise_shape, shape, strict=True))


VARIANTS: Final = {
    variant.name: variant
    for variant in (
        Variant(
            name="dropout",
            summary="Drops single elements, or whatever shares a decision in noise_shape.",
            ranks="any",
            noise="the input's shape, or noise_shape: an entry a dimension, null = its length, 1 = shared",
            training="y = m · x / (1 - p), m = 1 with probability 1 - p, else 0",
            evaluation="y = x",
            parameters=("scaling", "noise_shape", "mask"),
            source="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout: A Simple Way to Prevent Neural "
            "Networks from Overfitting, JMLR 15 (2014); torch.nn.Dropout",
            source_url="https://jmlr.org/papers/v15/srivastava14a.html",
            noise_over=_elementwise,
        ),
    )
}
