"""Statistics of blocks, put together, are those of one call."""

import json
from math import isclose
from typing import Any

import numpy as np
import pytest

from app.core import FloatArray
from examples.call import simulate
from examples.experiment import experiment
from examples.merge import together
from tests.service import Service

pytestmark = [pytest.mark.scale, pytest.mark.usefixtures("one")]

MOMENTS = ("mean", "std")


def statistics(replica: Service, x: FloatArray, **layer: Any) -> dict[str, Any]:
    """What a call says of this array."""
    params: dict[str, Any] = {"p": 0.4, "seed": 42, "dtype": x.dtype.name, "shape": ",".join(map(str, x.shape))} | layer
    raw = {"Content-Type": "application/octet-stream"}
    reply = replica.client.post("/v1/dropout", params=params, content=x.tobytes(), headers=raw).raise_for_status()
    told: dict[str, Any] = json.loads(reply.headers["Dropout-Statistics"])
    return told


def same(merged: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Whether counts are equal, and moments as equal as sums in another order can be."""
    counts = all(merged[name] == whole[name] for name in ("decisions", "dropped", "drop_rate"))
    return counts and all(_same(merged[side], whole[side]) for side in ("input", "output"))


def _same(merged: dict[str, Any], whole: dict[str, Any]) -> bool:
    def close(a: float | None, b: float | None) -> bool:
        return a == b if a is None or b is None else isclose(a, b, rel_tol=1e-12, abs_tol=1e-15)

    assert merged.keys() == whole.keys()
    return all(close(merged[name], whole[name]) if name in MOMENTS else merged[name] == whole[name] for name in whole)


def array(case: str) -> FloatArray:
    """An array that is hard to add up, or easy."""
    x = np.random.default_rng(1).normal(size=(60, 40))
    if case == "far from 0":
        return x + 1e3
    if case == "partly not finite":
        x[:20] = np.nan
        x[25, :7] = np.inf, -np.inf, np.nan, 0.0, -0.0, 0.0, 1.0
    return np.full_like(x, np.nan) if case == "nowhere finite" else x


@pytest.mark.parametrize("case", ["normal", "far from 0", "partly not finite", "nowhere finite"])
def test_blocks_together_say_what_one_call_says(case: str, replicas: tuple[Service, Service]) -> None:
    """Whatever the values and the cut; a block may be empty."""
    x = array(case)
    spans = [(0, 1), (1, 20), (20, 20), (20, 60)]
    parts = [statistics(replicas[0], x[a:b], whole="60,40", origin=f"{a},0") for a, b in spans]
    assert same(together(parts), statistics(replicas[1], x))


def test_nothing_together_says_what_an_empty_array_says(replicas: tuple[Service, Service]) -> None:
    """No block at all has no rate and no mean."""
    assert same(together([]), statistics(replicas[0], np.empty((0, 4))))


def test_an_experiment_in_parts_is_one_experiment(workers: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """A cluster's parts, the last one shorter, say what one call says, and a bar says how far they are."""
    layer = {"p": 0.4, "seed": 42, "distribution": "normal"}
    whole = simulate(shape=[4_000_000], **layer)["statistics"]
    assert same(experiment(workers, 4_000_000, 300_000, **layer), whole)
    assert "100% Completed" in capfd.readouterr().err
