"""The network of the playground once more: from the page's address alone, with masks of the API and plain Python."""

from collections.abc import Sequence
from itertools import product
from math import prod, sqrt
from typing import Final, NamedTuple
from urllib.parse import parse_qs

import httpx

from tests.core import oracle

POINTS: Final = [
    *[(-1.8, -1.36), (-1.3, -2.2), (-0.9, -1.51), (-0.4, -1.22)],
    *[(0.3, 0.9), (0.8, 1.94), (1.2, 1.73), (1.7, 1.88)],
]
STEPS: Final = 3000
NETWORKS: Final = 400
USUAL: Final = {
    "p": "0.4",
    "seed": "378139",
    "scaling": "inverted",
    "x": "1",
    "step": "24",
    "depth": "3",
    "width": "6",
    "activation": "relu",
    "weights": "5",
}

Values = Sequence[float]
Mask = Sequence[bool]
Net = list[list[list[float]]]
"""Of each layer, a row of weights for each unit, its bias last."""


class Choices(NamedTuple):
    """What an address says of the network."""

    p: float
    seed: int
    scaling: str
    x: float
    step: int
    sizes: list[int]
    linear: bool
    weights: int


def choices(address: str) -> Choices:
    """What the part of an address after its # says."""
    told = USUAL | {name: values[0] for name, values in parse_qs(address.lstrip("#")).items()}
    sizes = [1, *[int(told["width"])] * (int(told["depth"]) - 1), 1]
    linear = told["activation"] == "linear"
    numbers = (float(told["p"]), int(told["seed"]), told["scaling"], float(told["x"]), int(told["step"]))
    return Choices(*numbers, sizes, linear, int(told["weights"]))


class Network:
    """A network that has learnt, and its thinned networks."""

    def __init__(self, address: str, client: httpx.Client) -> None:
        self.chosen = choices(address)
        self.client = client
        p = self.chosen.p
        self.scale = 1 / (1 - p) if self.chosen.scaling == "inverted" and p < 1 else 1.0
        self.evaluation = 1 - p if self.chosen.scaling == "inference" else 1.0
        self.net = self.trained()
        self.drawn = self.masks(self.chosen.seed, NETWORKS)

    def masks(self, seed: int, count: int) -> list[list[Mask]]:
        """The masks of steps 0, 1, …, as the API gives them: the stream is the layer, the sample the step."""
        layers = range(1, len(self.chosen.sizes) - 1)
        return [list(step) for step in zip(*(self._replicates(seed, count, layer) for layer in layers), strict=True)]

    def _replicates(self, seed: int, count: int, layer: int) -> list[Mask]:
        call = {
            "shape": [self.chosen.sizes[layer]],
            "p": self.chosen.p,
            "seed": seed,
            "stream": layer,
            "samples": count,
        }
        masks: list[Mask] = self.client.post("/v1/dropout/mask", json=call).raise_for_status().json()["mask"]
        return masks

    def initial(self) -> Net:
        """Weights before training: uniform numbers of the law, by layers."""
        net = []
        for layer, (before, units) in enumerate(zip(self.chosen.sizes, self.chosen.sizes[1:], strict=False), 1):
            drawn = [oracle.uniform(k, seed=self.chosen.weights, stream=layer) for k in range(units * (before + 1))]
            weights = [(2 * share - 1) * sqrt(6 / before) for share in drawn]
            net.append([weights[k * (before + 1) : (k + 1) * (before + 1)] for k in range(units)])
        return net

    def act(self, value: float) -> float:
        """What a unit makes of its sum."""
        return value if self.chosen.linear else max(0.0, value)

    def passed(
        self, net: Net, x: float, scale: float, kept: Sequence[Mask] | None
    ) -> tuple[list[list[float]], list[list[float]]]:
        """The values of layers, and the sums they come from."""
        values, sums = [[x]], []
        for k, layer in enumerate(net):
            sums.append([_sum(row, values[k]) for row in layer])
            if k < len(net) - 1:
                mask = kept[k] if kept else [True] * len(layer)
                values.append([self.act(of) * scale if keep else 0.0 for of, keep in zip(sums[k], mask, strict=True)])
        return values, sums

    def thinned(self, x: float, kept: Sequence[Mask]) -> float:
        """What a thinned network answers."""
        return self.passed(self.net, x, self.scale, kept)[1][-1][0]

    def whole(self, x: float) -> float:
        """What the whole network answers in evaluation."""
        return self.passed(self.net, x, self.evaluation, None)[1][-1][0]

    def outputs(self, x: float) -> list[float]:
        """What the thinned networks answer, step by step."""
        return [self.thinned(x, kept) for kept in self.drawn]

    def average(self, x: float) -> float:
        """The mean over all masks there are."""
        hidden = self.chosen.sizes[1:-1]
        total = 0.0
        for flat in product((False, True), repeat=sum(hidden)):
            chance = prod(1 - self.chosen.p if keep else self.chosen.p for keep in flat)
            total += chance * self.thinned(x, [flat[sum(hidden[:k]) :][:size] for k, size in enumerate(hidden)])
        return total

    def spread(self, x: float) -> tuple[float, float]:
        """Mean and deviation of the first hundred thinned networks."""
        outputs = [self.thinned(x, kept) for kept in self.drawn[:100]]
        mean = sum(outputs) / 100
        return mean, sqrt(sum((value - mean) ** 2 for value in outputs) / 100)

    def trained(self) -> Net:
        """The weights after training with Adam: each step has one point and a thinned network."""
        net = self.initial()
        first = [[[0.0] * len(row) for row in layer] for layer in net]
        second = [[[0.0] * len(row) for row in layer] for layer in net]
        decay = [1.0, 1.0]
        for step, kept in enumerate(self.masks(self.chosen.weights, STEPS)):
            decay = [decay[0] * 0.9, decay[1] * 0.999]
            x, y = POINTS[step % len(POINTS)]
            values, sums = self.passed(net, x, self.scale, kept)
            slopes = self._slopes(net, sums, kept, 2 * (sums[-1][0] - y))
            rate = 0.02 * (1 - step / STEPS)
            for k, layer in enumerate(net):
                for unit, row in enumerate(layer):
                    _move(row, [*values[k], 1.0], slopes[k][unit], first[k][unit], second[k][unit], decay, rate)
        return net

    def _slopes(self, net: Net, sums: list[list[float]], kept: Sequence[Mask], error: float) -> list[list[float]]:
        slopes = [[error]]
        for k in range(len(net) - 2, -1, -1):
            columns = [[row[unit] for row in net[k + 1]] for unit in range(len(sums[k]))]
            back = [_sum([*column, 0.0], slopes[0]) for column in columns]
            steep = [1.0 if self.chosen.linear or of > 0 else 0.0 for of in sums[k]]
            moved = zip(back, steep, kept[k], strict=True)
            slopes.insert(0, [of * self.scale * slope if keep else 0.0 for of, slope, keep in moved])
        return slopes


def _sum(row: Values, values: Values) -> float:
    """A bias, then products one by one: `sum` would be more exact, and so another number."""
    total = row[-1]
    for weight, value in zip(row, values, strict=False):
        total += weight * value
    return total


def _move(
    row: list[float], inputs: Values, slope: float, first: list[float], second: list[float], decay: Values, rate: float
) -> None:
    for k, value in enumerate(inputs):
        change = slope * value
        first[k] = 0.9 * first[k] + 0.1 * change
        second[k] = 0.999 * second[k] + 0.001 * change * change
        row[k] -= (rate * (first[k] / (1 - decay[0]))) / (sqrt(second[k] / (1 - decay[1])) + 1e-8)
