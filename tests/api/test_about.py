"""What there is: variants and limits."""

from collections.abc import Callable

import httpx

from app.core import VARIANTS
from app.wire.about import LimitsReply, VariantsReply
from tests.api.expect import post, refused
from tests.service import Service


def test_variants_are_the_cores_table(client: httpx.Client) -> None:
    """Every layer served is listed with its formulas."""
    reply = client.get("/v1/variants")
    assert reply.status_code == 200
    assert VariantsReply.model_validate_json(reply.content) == VariantsReply.table()
    assert [row["name"] for row in reply.json()["variants"]] == list(VARIANTS)


def test_limits_are_the_contracts(client: httpx.Client) -> None:
    """The limits of a service without settings are the documented ones."""
    reply = client.get("/v1/limits")
    expected = LimitsReply(
        max_body_bytes=64 * 2**20,
        max_elements=16_000_000,
        max_ndim=32,
        max_samples=10_000,
        max_simulated=10**9,
        deadline_seconds=30,
    )
    assert LimitsReply.model_validate_json(reply.content, strict=True) == expected


def test_limits_told_are_limits_held(start: Callable[..., Service]) -> None:
    """Each limit is a setting; what is told is what is held, and an error names both."""
    client = start(max_body_bytes="1000", max_elements="20", max_ndim="2", max_samples="3", max_simulated="40").client
    assert client.get("/v1/limits").json() == {
        "max_body_bytes": 1000,
        "max_elements": 20,
        "max_ndim": 2,
        "max_samples": 3,
        "max_simulated": 40,
        "deadline_seconds": 30,
    }
    small = {"shape": [2, 5], "runs": 4}
    assert client.post("/v1/dropout/simulate", json=small).status_code == 200
    problem = refused(client.post("/v1/dropout/simulate", json=small | {"runs": 5}), 413, "too_many_elements")
    assert "DROPOUT_MAX_SIMULATED" in problem.detail
    assert post(client, {"input": [1.0] * 20}).status_code == 200
    assert post(client, {"input": [[1.0] * 6], "samples": 3}).status_code == 200
    for body, status, code, name in (
        ({"input": [1.0] * 1000}, 413, "body_too_large", "DROPOUT_MAX_BODY_BYTES"),
        ({"input": [1.0] * 21}, 413, "too_many_elements", "DROPOUT_MAX_ELEMENTS"),
        ({"input": [1.0] * 11, "samples": 2}, 413, "too_many_elements", "DROPOUT_MAX_ELEMENTS"),
        ({"input": [1.0], "mask": [True] * 21}, 413, "too_many_elements", "DROPOUT_MAX_ELEMENTS"),
        ({"input": [1.0], "samples": 4}, 413, "too_many_elements", "DROPOUT_MAX_SAMPLES"),
        ({"input": [[[1.0]]]}, 422, "rank_too_high", "DROPOUT_MAX_NDIM"),
        ({"input": [1.0], "shape": [1, 1, 1]}, 422, "rank_too_high", "DROPOUT_MAX_NDIM"),
    ):
        assert name in refused(post(client, body), status, code).detail
