"""Experiments without uploads: the article's statements, and what an experiment may cost."""

import json
from collections.abc import Callable
from math import sqrt
from time import perf_counter
from typing import Any, Final

import httpx
import numpy as np
import pytest

from app.core import Draw, Layer, simulate
from app.wire.simulate import SimulateReply
from tests.api.expect import JSON, answered, refused, works
from tests.service import Service

P: Final = 0.4
SIZE: Final = 50_000_000
SIGMA: Final = sqrt(1 / 12)
"""Of a number that is uniform in [0, 1)."""


def experiment(client: httpx.Client, **fields: Any) -> Any:
    """What comes of an experiment, once it fits its type."""
    return answered(client.post("/v1/dropout/simulate", json=fields), SimulateReply)


# The article


def test_fifty_million(client: httpx.Client) -> None:
    """40 % of 5,000,000 × 10 uniform numbers are zero after p = 0.4, and the mean is 0.5000 before and after.

    The share of zeros is a binomial's: σ = √(p(1 - p)/n) = 0.00007. The mean of n uniform numbers has σ = 0.2887/√n; of
    those dropped and scaled, x²/(1 - p) is 1/(3 · 0.6) on average, so σ = √(1/1.8 - 1/4)/√n = 0.00008.
    """
    told = experiment(client, shape=[5_000_000, 10], p=P, seed=42)
    statistics = told["statistics"]
    assert (statistics["decisions"], statistics["input"]["size"], statistics["output"]["size"]) == (SIZE,) * 3
    assert statistics["output"]["zero_fraction"] == pytest.approx(P, abs=6 * sqrt(P * (1 - P) / SIZE))
    assert statistics["input"]["mean"] == pytest.approx(0.5, abs=6 * SIGMA / sqrt(SIZE))
    assert statistics["output"]["mean"] == pytest.approx(0.5, abs=6 * sqrt(1 / 1.8 - 1 / 4) / sqrt(SIZE))
    assert [f"{statistics[name]['mean']:.3f}" for name in ("input", "output")] == ["0.500", "0.500"]


@pytest.mark.parametrize("scaling", ["inverted", "inference", "none"])
def test_scaling_at_inference_is_equivalent_on_average(client: httpx.Client, scaling: str) -> None:
    """Over many masks the mean of training meets that of evaluation where something is scaled, and only there."""
    fields = {"shape": [1000], "p": P, "seed": 7, "scaling": scaling}
    training = experiment(client, runs=2000, **fields)["summary"]
    evaluation = experiment(client, training=False, **fields)["summary"]
    assert evaluation["output_mean"] == pytest.approx(evaluation["expected_output_mean"], rel=1e-12)
    # the mean of 2,000 runs is normal, so 6 of its standard errors are never passed
    assert abs(training["output_mean"] - training["expected_output_mean"]) < 6 * training["standard_error"]
    meets = abs(training["output_mean"] - (evaluation["output_mean"] or 0)) < 6 * training["standard_error"]
    assert meets == (scaling != "none")


def test_p_meant_as_keep(client: httpx.Client) -> None:
    """Who means 0.4 as the probability of keeping drops 0.6; `keep_prob` says so."""
    told = experiment(client, shape=[1000, 1000], keep_prob=0.4, seed=42)
    assert told["replay"]["p"] == 0.6
    assert told["statistics"]["drop_rate"] == pytest.approx(0.6, abs=6 * sqrt(0.24 / 10**6))


# What is told


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"distribution": "normal", "dtype": "float16", "variant": "alpha_dropout"},
        {"distribution": "constant", "variant": "gaussian_dropout", "stream": 3},
        {"shape": [2, 3, 8, 8], "variant": "drop_block2d", "block_size": 3, "offset": 5},
        {"shape": [6, 4], "noise_shape": [None, 1], "input_seed": 2**64 - 1, "sample": 4},
        {"training": False, "scaling": "inference"},
        {"shape": [0]},
        {"p": 1.0},
    ],
    ids=str,
)
def test_an_experiment_is_the_cores(client: httpx.Client, fields: dict[str, Any]) -> None:
    """Runs, statistics and summary are the core's; `replay` gives the same again."""
    asked: dict[str, Any] = {"shape": [3, 40], "p": 0.25, "seed": 11, "runs": 3} | fields
    told = experiment(client, **asked)
    own: dict[str, Any] = {
        name: asked[name] for name in ("variant", "block_size", "training", "scaling", "p") if name in asked
    }
    noise_shape = asked.get("noise_shape")
    layer = Layer(**own, noise_shape=noise_shape and tuple(noise_shape))
    draw = Draw(**{name: asked[name] for name in ("seed", "stream", "offset", "sample") if name in asked})
    more: dict[str, Any] = {name: asked[name] for name in ("distribution", "input_seed") if name in asked}
    expected = simulate(tuple(asked["shape"]), layer=layer, draw=draw, runs=3, dtype=dtype(asked), **more)
    assert [run["sample"] for run in told["runs"]] == [draw.sample + k for k in range(3)]
    assert [run["output_mean"] for run in told["runs"]] == [run.output.mean for run in expected.runs]
    assert [run["drop_rate"] for run in told["runs"]] == [run.drop_rate for run in expected.runs]
    assert told["statistics"]["decisions"] == expected.tally.decisions
    assert (told["summary"]["standard_error"] is None) == (asked["shape"] == [0])
    assert experiment(client, **told["replay"]) == told


def dtype(fields: dict[str, Any]) -> Any:
    """The element type asked for."""
    return np.dtype(fields.get("dtype", "float64"))


def test_a_seed_is_drawn_once(client: httpx.Client) -> None:
    """Without a seed the server draws one, for input and masks, and tells it."""
    told = experiment(client, shape=[100])
    assert told["replay"]["seed"] == told["replay"]["input_seed"]
    assert told != experiment(client, shape=[100])


# What is refused


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 422, "missing_field", "/shape"),
        ({"shape": [10], "runs": 0}, 422, "out_of_range", "/runs"),
        ({"shape": [10], "runs": 10_001}, 422, "out_of_range", "/runs"),
        ({"shape": [10], "samples": 2}, 422, "unknown_field", "/samples"),
        ({"shape": [10], "mask": [True]}, 422, "unknown_field", "/mask"),
        ({"shape": [10], "input": [1]}, 422, "unknown_field", "/input"),
        ({"shape": [10], "include": ["output"]}, 422, "unknown_field", "/include"),
        ({"shape": [10], "distribution": "cauchy"}, 422, "unknown_value", "/distribution"),
        ({"shape": [10], "p": 1, "variant": "gaussian_dropout"}, 422, "out_of_range", "/p"),
        ({"shape": [10], "variant": "dropout2d"}, 422, "wrong_rank", "/shape"),
        ({"shape": [1] * 40}, 422, "rank_too_high", "/shape"),
        ({"shape": [2**31, 2**31]}, 413, "too_many_elements", "/shape"),
        ({"shape": [10**6], "runs": 1001}, 413, "too_many_elements", "/shape"),
        ({"shape": [17_000_000, 2], "noise_shape": [None, 1]}, 413, "too_many_elements", "/shape"),
        ({"shape": [1, 1, 5000, 5000], "variant": "drop_block2d", "block_size": 2}, 413, "too_many_elements", "/shape"),
        ({"shape": [2**64], "offset": 1}, 413, "too_many_elements", "/shape"),
    ],
    ids=str,
)
def test_an_experiment_that_is_wrong_is_refused(
    client: httpx.Client, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    """With the field that is."""
    assert refused(client.post("/v1/dropout/simulate", json=body), status, code).errors[0].pointer == pointer
    works(client)


def test_an_experiment_takes_no_memory(service: Service, client: httpx.Client) -> None:
    """20 million elements are never held."""
    experiment(client, shape=[100_000], seed=1)
    before = service.forget_peak()
    experiment(client, shape=[20_000_000], p=P, seed=1)
    assert service.peak() - before < 16 * 2**20


def test_an_experiment_has_a_deadline(start: Callable[..., Service]) -> None:
    """Over it, the answer is an error that names the setting, soon, and the service goes on."""
    client = start(deadline_seconds="1", threads="1").client
    began = perf_counter()
    reply = client.post("/v1/dropout/simulate", json={"shape": [10**9]})
    assert "DROPOUT_DEADLINE_SECONDS" in client.get("/problems/deadline_exceeded").json()["explanation"]
    refused(reply, 413, "deadline_exceeded")
    assert perf_counter() - began < 5
    works(client)


def test_only_json_is_spoken(client: httpx.Client) -> None:
    """An experiment has no array, so there is nothing to send or get in binary."""
    body = json.dumps({"shape": [4]})
    refused(
        client.post("/v1/dropout/simulate", content=body, headers=JSON | {"Accept": "application/x-npy"}),
        406,
        "not_acceptable",
    )
    headers = {"Content-Type": "application/octet-stream"}
    refused(client.post("/v1/dropout/simulate", content=body, headers=headers), 415, "unsupported_media_type")
