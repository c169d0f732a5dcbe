"""Claims and arrays at the ends of what there is are verified in little time and memory, whatever they are."""

from collections.abc import Callable
from itertools import pairwise
from math import nextafter
from typing import Any, Final

import httpx
import numpy as np
import pytest

from app.core import Draw, Layer, dropout
from tests.api.expect import refused, works
from tests.api.test_verify import LAYERS, NPZ, PATH, asked, codes, dropped, numbers, sent, verified
from tests.service import Service
from tests.wire.binary import archives

# Probabilities

TINY: Final = [5e-324, 1e-160, 2.0**-64, 2.0**-53, 2.0**-33, 2.0**-31, 1e-6]
P: Final = [
    *TINY,
    *(1 - p for p in TINY if p >= 2.0**-53),
    *(nextafter(k / 256, side) for k in (77, 128) for side in (0, 1)),  # next to what 8 bits can have
    *(0.25 + off for off in (1e-9, 1e-6)),
]
"""Beside 0, 1 and what 8 random bits make: how many decisions show that p is not that grows beyond any number."""
VARIANTS: Final[dict[str, dict[str, Any]]] = {
    name: layer for name, (_, layer) in LAYERS.items() if layer.get("p") not in (0, 1) and "evaluation" not in name
}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("p", P)
@pytest.mark.parametrize("training", [True, False])
def test_any_probability_is_verified(service: Service, name: str, p: float, training: bool) -> None:
    """A claim of any p is held against what drops nothing, everything, half and what it should, in no memory."""
    layer = VARIANTS[name] | {"p": p}
    x = np.ones(LAYERS[name][0])
    half = np.where(np.arange(x.size).reshape(x.shape) % 2, 2.0, 0.0)
    before = service.forget_peak()
    for y in (x, x * 0, half, x / (1 - p)):
        claim = {key: value for key, value in layer.items() if key != "sample"} | {"training": training}
        arrays = {"input": x, "outputs": np.stack([y, y])}
        sent(service.client, arrays, claim)
        sent(service.client, arrays, claim | {"seed": 1})
    assert service.peak() - before < 32 * 2**20


@pytest.mark.parametrize("p", P)
def test_any_probability_passes(client: httpx.Client, p: float) -> None:
    """What a layer of any p makes is found no fault with."""
    x = numbers(50, 40)
    y = dropout(x, layer=Layer(p=p), draw=Draw(seed=1), samples=2).output
    assert codes(sent(client, {"input": x, "outputs": y}, {"p": p})) == []


@pytest.mark.parametrize("p", [0, 1])
@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "gaussian_dropout"])
def test_a_seed_decides_nothing_at_the_ends(client: httpx.Client, name: str, p: int) -> None:
    """Where nothing or everything is dropped, whatever the seed, nobody is told to have misread it."""
    layer = {key: value for key, value in VARIANTS[name].items() if key != "sample"} | {"p": p}
    x = numbers(*LAYERS[name][0])
    for y, right in ((x, p == 0), (x * 0, p == 1), (2 * x * np.tri(*x.shape[-2:]), False)):
        told = asked(client, {"input": x.tolist(), "output": y.tolist(), "seed": 3} | layer)
        assert (told["verdict"] == "pass") == right
        assert "mask_not_reproduced" not in codes(told)


def test_more_decisions_show_less(client: httpx.Client) -> None:
    """How many decisions are enough is said for every p, and grows as p nears 0 or 1."""
    x = numbers(50, 40).tolist()
    for side in (1, -1):
        needed: list[int] = []
        for p in (0.1, 1e-3, 1e-5, 1e-8, 1e-12):
            told = asked(client, {"input": x, "output": x, "p": p if side > 0 else 1 - p, "scaling": "none"})
            needed += [check["detectable"]["enough"] or 0 for check in told["checks"] if check["name"] == "rate"]
        assert len(needed) == 5
        assert all(a < b for a, b in pairwise(needed[:-1]))
        assert needed[-1] >= needed[-2]  # as near to 0 or 1 as counts can tell


# Numbers


ODD: Final = [np.nan, np.inf, -np.inf, 5e-324, -1e-310, 1e308, -1.7976931348623157e308, 65504.0, 1e39, 0.0, -0.0, 1.0]


DRAWN: Final = [name for name in LAYERS if "evaluation" not in name]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("where", ["input", "output", "both"])
def test_any_numbers_are_answered(client: httpx.Client, name: str, dtype: str, where: str) -> None:
    """NaN, infinity and numbers at the ends of a type, before or behind the layer, never fail nor come back as NaN."""
    shape, layer = LAYERS[name]
    chance = np.random.default_rng(1)
    for training, several in ((True, False), (True, True), (False, True)):
        x, y = numbers(*shape), np.stack([2 * numbers(*shape)] * (1 + several))
        with np.errstate(over="ignore"):
            odd = np.array(ODD).astype(dtype)
            x, y = x.astype(dtype), y.astype(dtype)
        if where != "output":
            x = chance.choice(odd, shape)
        if where != "input":
            y = chance.choice(odd, y.shape)
        arrays = {"input": x, "outputs": y, "grad_output": np.broadcast_to(x, y.shape), "grad_input": y[::-1]}
        claim = {key: value for key, value in layer.items() if key != "sample"} | {"training": training}
        sent(client, arrays, claim)
        sent(client, arrays, claim | {"seed": 1})


@pytest.mark.parametrize("p", [0.4, 0])
def test_what_is_not_finite_stays_so(client: httpx.Client, p: float) -> None:
    """Kept NaN and infinity are no fault; dropped they are 0, or NaN as PyTorch's product has them."""
    x, y = dropped(p, 50, 40)
    x[0], y[0] = np.nan, np.where(y[0] == 0, 0, np.nan)
    x[1], y[1] = np.inf, np.where(y[1] == 0, np.nan, np.inf)
    assert sent(client, {"input": x, "output": y}, {"p": p})["verdict"] == "pass"


# Shapes


def test_no_more_outputs_than_samples(few: Service) -> None:
    """Outputs are replicates, as many as a call may have: each has a price of its own, also without an element."""
    client = few.client
    for size in (0, 1):
        x, y = np.ones(size), np.ones((101, size))
        assert sent(client, {"input": x, "outputs": y[:100]}, {"seed": 1})["verdict"] != "pass"
        for reply in (
            client.post(PATH, content=archives.saved({"input": x, "outputs": y}), headers=NPZ),
            client.post(PATH, json={"input": x.tolist(), "outputs": y.tolist()}),
        ):
            problem = refused(reply, 413, "too_many_elements")
            assert "DROPOUT_MAX_SAMPLES" in problem.detail
            assert problem.errors[0].pointer == "/outputs"
    works(client)


@pytest.mark.parametrize("side", [1, 2, 250, 500])
def test_blocks_of_any_size_cost_alike(client: httpx.Client, side: int) -> None:
    """So many elements in one block are looked at as fast as in small ones; each by itself is the square of that."""
    x = np.ones((1, 1, 500, 500), "f4")
    layer = Layer(variant="drop_block2d", p=0.3, block_size=side)
    y = dropout(x, layer=layer, draw=Draw(seed=1)).output
    claim = {"variant": "drop_block2d", "p": 0.3, "block_size": side}
    assert codes(sent(client, {"input": x, "output": y}, claim)) == []
    stray = np.ones_like(x)
    stray[..., 1, 1] = 0
    assert ("wrong_noise_shape" in codes(sent(client, {"input": x, "output": stray}, claim))) == (side > 1)


def shapes(bits: int) -> list[tuple[int, ...]]:
    """Of so many elements, a power of two, from one dimension to as many as there may be."""
    most, half, quarter = (2,) * bits, 2 ** (bits - 1), 2 ** (bits // 4)
    return [most, (1,) * (32 - bits) + most, (quarter,) * 4, (2 * half,), (half, 2), (2, half)]


@pytest.mark.parametrize(
    "shape", [*shapes(16), *(pytest.param(one, marks=pytest.mark.exhaustive) for one in shapes(20))]
)
def test_any_shape_is_verified(client: httpx.Client, shape: tuple[int, ...]) -> None:
    """Elements pass in however many dimensions, by chance, and with a wrong scale they do not."""
    x, y = dropped(0.4, *shape)
    assert sent(client, {"input": x, "output": y}, {"p": 0.4})["verdict"] == "pass"
    assert codes(sent(client, {"input": x, "output": 1.25 * y}, {"p": 0.4})) == ["wrong_scale"]


LARGE: Final = [(2**23,), (2**12, 2**11), (2,) * 23, (16, 2**19)]


@pytest.mark.parametrize(
    "shape", [(3 * 2**10, 2**11), *(pytest.param(one, marks=pytest.mark.exhaustive) for one in LARGE)], ids=str
)
def test_memory_goes_with_the_arrays(start: Callable[..., Service], shape: tuple[int, ...]) -> None:
    """A large archive, of which nothing is inflated, is verified in four times as much, the body among it."""
    service = start(max_body_bytes=str(2**27))
    small, large = ([array.astype("f4") for array in dropped(0.5, *sides)] for sides in ((9,), shape))
    for x, y in (small, large):
        body = archives.saved({"input": x, "output": y})
        before = service.forget_peak()
        told = verified(service.client.post(PATH, content=body, headers=NPZ))
        taken, allowed = service.peak() - before, 4 * (x.nbytes + y.nbytes)
    assert told["verdict"] == "pass"
    assert taken < allowed
