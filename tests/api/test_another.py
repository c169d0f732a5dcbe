"""A new layer: a row in the table of variants, and all that lists, calls, documents and verifies layers has it."""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from app.core import Draw, Layer, dropout
from tests.another import ROW
from tests.api.expect import post
from tests.service import Service

NAME = ROW.name
FIELDS = {"variant": NAME, "p": 0.25, "seed": 5}
X = np.arange(1.0, 8001).reshape(2, 4000)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of a service that has it."""
    service = Service("tests.another")
    yield service.client
    service.close()


@pytest.fixture(scope="module")
def output(client: httpx.Client) -> Any:
    """What it makes of an array."""
    return post(client, {"input": X.tolist(), **FIELDS}).json()["output"]


def test_it_is_called(output: Any) -> None:
    """Whole columns are dropped: with the decisions that dropout has where columns share them, and its scale."""
    expected: Any = dropout(X, layer=Layer(p=0.25, noise_shape=(1, None)), draw=Draw(seed=5)).output
    assert np.array_equal(output, expected)


def test_it_has_a_gradient(client: httpx.Client, output: Any) -> None:
    """It comes through where the output is not 0, times the same scale."""
    reply = client.post("/v1/dropout/backward", json={"grad_output": X.tolist(), **FIELDS})
    assert reply.json()["grad_input"] == output


def test_it_is_verified(client: httpx.Client, output: Any) -> None:
    """Its own output passes; that of another seed is found out."""
    body = {"input": X.tolist(), "output": output, **FIELDS}
    verdicts = [client.post("/v1/dropout/verify", json=body | {"seed": seed}).json()["verdict"] for seed in (5, 6)]
    assert verdicts == ["pass", "fail"]


def test_it_is_simulated(client: httpx.Client) -> None:
    """Its mean over all masks is known from its row."""
    summary = client.post("/v1/dropout/simulate", json={"shape": [4, 1000], **FIELDS}).json()["summary"]
    assert summary["expected_output_mean"] == pytest.approx(0.5, abs=0.05)


def test_it_is_documented(client: httpx.Client) -> None:
    """In the table, among the values of `variant`, and by an example whose reply is worked out."""
    assert client.get("/v1/variants").json()["variants"][-1]["name"] == NAME
    document = client.get("/openapi.json").json()
    assert document["components"]["schemas"]["Variant"]["enum"][-1] == NAME
    examples = document["paths"]["/v1/dropout"]["post"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert examples[NAME]["value"]["replay"]["variant"] == NAME


def test_it_is_a_model(client: httpx.Client) -> None:
    """NVIDIA's protocol has it too."""
    assert client.get(f"/v2/models/{NAME}/ready").status_code == 200
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP64", "data": [1.0, 2.0, 3.0, 4.0]}
    reply = client.post(f"/v2/models/{NAME}/infer", json={"inputs": [tensor], "parameters": {"seed": 5}})
    assert reply.json()["outputs"][0]["shape"] == [2, 2]
