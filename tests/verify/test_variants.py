"""A variant that nobody knew of is verified and differentiated by what its row says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from app.core import VARIANTS, Draw, FloatArray, Layer, Shape, Variant, dropout
from app.core.effect import Effect, Multiply
from app.core.noise import Noise, normals
from app.verify import Gradients, Verification, verify

SEED = Draw(seed=7)


def row(name: str, **fields: Any) -> Variant:
    """A row of the table, as far as verification asks it."""
    words: dict[str, Any] = dict.fromkeys(("summary", "ranks", "noise", "training", "source", "source_url"), "")
    return Variant(name=name, **words | {"parameters": (), "noise_over": lambda _layer, shape: shape} | fields)


def columns(_layer: Layer, shape: Shape) -> Shape:
    """One decision for each entry of the last axis."""
    return (1,) * (len(shape) - 1) + shape[-1:]


def jittered(_layer: Layer, place: Any) -> tuple[Noise, Effect]:
    """Each element times a number next to 1."""
    return normals(place.draw, place.indices, none=False), Multiply(0.1)


@dataclass(frozen=True)
class Add:
    """x + z."""

    scale: None = None
    shift: None = None
    keeps_nonzero: bool = False

    @property
    def gradient(self) -> Multiply:
        return Multiply(0)

    def __call__(self, x: FloatArray, noise: Any, *, out: FloatArray) -> None:
        np.add(x, noise, out=out)


def added(_layer: Layer, place: Any) -> tuple[Noise, Effect]:
    """A normal number to each element."""
    return normals(place.draw, place.indices, none=False), Add()


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Layer]:
    """Puts a row into the table, and gives a layer of it; the row is gone after the test."""

    def add(**fields: Any) -> Layer:
        monkeypatch.setitem(VARIANTS, "new", row("new", **fields))
        return Layer(variant="new", p=0.3)

    return add


def made(layer: Layer, shape: Shape) -> tuple[FloatArray, FloatArray, Gradients]:
    """An input, its output with an axis in front, and their gradients."""
    x, g = np.random.default_rng(0).normal(size=(2, *shape))
    y, dx = (dropout(one, layer=layer, draw=SEED, gradient=one is g).output for one in (x, g))
    assert y is not None
    assert dx is not None
    return x, y[None], Gradients(g[None], dx[None])


def codes(verification: Verification) -> list[str]:
    """What was found."""
    return [found.code for found in verification.findings]


def test_a_mask_of_another_shape(add: Callable[..., Layer]) -> None:
    """With a mask and factors as of dropout, all checks are run of it, in its noise shape."""
    layer = add(noise_over=columns, parameters=("mask",))
    x, y, gradients = made(layer, (20, 3000))
    for draw in (None, SEED):
        verification = verify(x, y, layer=layer, draw=draw, gradients=gradients)
        assert (verification.verdict, codes(verification)) == ("pass", [])
        assert (verification.layer.variant, verification.layer.noise_shape) == ("new", (1, 3000))
        wrong = verify(x, y, layer=layer, draw=draw, gradients=gradients._replace(input=gradients.input * 1.01))
        assert codes(wrong) == ["gradient_scale_differs"]
    assert codes(verify(x, y, layer=layer, draw=Draw(seed=8))) == ["mask_not_reproduced"]
    assert codes(verify(x, y * 0.7, layer=layer)) == ["missing_scale"]
    assert codes(verify(x, y, layer=Layer(p=0.3))) == ["mask_repeated"]
    assert verify(x, y, layer=Layer(p=0.3)).layer.variant == "new"


def test_noise_that_nothing_is_registered_for(add: Callable[..., Layer]) -> None:
    """Only a seed can tell, and the gradient, which is the output's factor for each element."""
    layer = add(replicate=jittered, factors=lambda _layer, _number: None)
    x, y, gradients = made(layer, (50, 40))
    verification = verify(x, y, layer=layer, gradients=gradients)
    assert (verification.verdict, codes(verification)) == ("inconclusive", [])
    assert "claim a seed" in verification.message
    assert verify(x, y, layer=layer, draw=SEED, gradients=gradients).verdict == "pass"
    assert codes(verify(x, y, layer=layer, draw=Draw(seed=8))) == ["mask_not_reproduced"]
    wrong = verify(x, y, layer=layer, gradients=gradients._replace(input=gradients.input * 1.01))
    assert codes(wrong) == ["gradient_scale_differs"]


def test_noise_that_is_added(add: Callable[..., Layer]) -> None:
    """No factor is known of its gradient, so none is missed."""
    layer = add(replicate=added, factors=lambda _layer, _number: None, shifts=True)
    x, y, gradients = made(layer, (50, 40))
    assert codes(verify(x, y, layer=layer, gradients=gradients)) == []
    assert verify(x, y, layer=layer, draw=SEED, gradients=gradients).verdict == "pass"
    assert codes(verify(x, y + 1, layer=layer, draw=SEED)) == ["mask_not_reproduced"]


def test_evaluation_is_decided_as_of_any(add: Callable[..., Layer]) -> None:
    """In evaluation every variant is the input, unless it scales there."""
    add(replicate=jittered, factors=lambda _layer, _number: None)
    layer, x = Layer(variant="new", training=False), np.ones(3)
    assert verify(x, x[None], layer=layer).verdict == "pass"
    assert codes(verify(x, 2 * x[None], layer=layer)) == ["scaled_in_evaluation"]
