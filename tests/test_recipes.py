"""What docs/recipes.md says goes wrong elsewhere is what the verifier finds there."""

from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest

from app.core import Draw, FloatArray, Layer, dropout

RNG = np.random.default_rng(0)
SEQUENCES = RNG.random((10, 20, 30)) + 0.1
ROWS = RNG.dirichlet(np.ones(32), (1, 4, 32))
HEADS = RNG.random((60, 8, 4, 4)) + 0.1
MAPS = RNG.random((60, 12, 12, 24)) + 0.1
SHARD = RNG.random((50, 40)) + 0.1


class Wrong(NamedTuple):
    """What a layer is claimed to be, what it made of an input, and what is found."""

    claim: dict[str, Any]
    x: FloatArray
    y: FloatArray
    codes: list[str]


def dropped(x: FloatArray, **fields: Any) -> FloatArray:
    """What the layer makes of an array."""
    y = dropout(x, layer=Layer(**fields), draw=Draw(seed=3)).output
    assert y is not None
    return y


def by_heads_kept(x: FloatArray, p: float) -> FloatArray:
    """Heads dropped, and scaled by how many are kept of each example."""
    kept = RNG.random((*x.shape[:2], 1, 1)) >= p
    y: FloatArray = x * kept * x.shape[1] / np.maximum(1, kept.sum(1, keepdims=True))
    return y


def renormalised(rows: FloatArray) -> FloatArray:
    """Rows that add up to 1."""
    y: FloatArray = rows / rows.sum(-1, keepdims=True)
    return y


LOCKED: dict[str, Any] = {"p": 0.4, "noise_shape": [1, None, None]}
OVER_BATCH = dropped(SEQUENCES, p=0.4, noise_shape=(None, 1, None))
TWICE = [dropped(SHARD, p=0.5)] * 2
WRONG = {
    "locked, drawn at each step": Wrong(LOCKED, SEQUENCES, dropped(SEQUENCES, p=0.4), ["wrong_noise_shape"]),
    "locked over the batch": Wrong(LOCKED, SEQUENCES, OVER_BATCH, ["wrong_noise_shape"]),
    "locked, not claimed": Wrong(
        {"p": 0.4}, SEQUENCES, dropped(SEQUENCES, p=0.4, noise_shape=(1, None, None)), ["mask_repeated"]
    ),
    "attention in evaluation": Wrong(
        {"p": 0.1, "training": False}, ROWS, dropped(ROWS, p=0.1), ["dropout_in_evaluation"]
    ),
    "attention renormalised": Wrong({"p": 0.1}, ROWS, renormalised(dropped(ROWS, p=0.1)), ["survivor_changed"]),
    "attention of one mask for all heads": Wrong(
        {"p": 0.1}, ROWS, dropped(ROWS, p=0.1, noise_shape=(None, 1, None, None)), ["wrong_noise_shape"]
    ),
    "heads scaled by those kept": Wrong(
        {"p": 0.25, "noise_shape": [None, None, 1, 1]},
        *(HEADS, by_heads_kept(HEADS, 0.25)),
        ["survivor_changed", "wrong_scale"],
    ),
    "the scale of an earlier p": Wrong(
        {"p": 0.4}, SEQUENCES, dropped(SEQUENCES, p=0.4, scaling="none") / 0.8, ["wrong_scale"]
    ),
    "an earlier p": Wrong({"p": 0.4}, SEQUENCES, dropped(SEQUENCES, p=0.2), ["wrong_rate", "wrong_scale"]),
    "channels second where they are last": Wrong(
        {"p": 0.3, "variant": "dropout2d", "channels_last": True},
        *(MAPS, dropped(MAPS, p=0.3, variant="dropout2d")),
        ["wrong_noise_shape"],
    ),
    "one seed for shards of rows": Wrong({"p": 0.5}, np.vstack([SHARD] * 2), np.vstack(TWICE), ["mask_repeated"]),
    "one seed for shards of columns": Wrong({"p": 0.5}, np.hstack([SHARD] * 2), np.hstack(TWICE), ["mask_correlated"]),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_goes_wrong_elsewhere_is_found(wrong: Wrong, client: httpx.Client) -> None:
    """The verifier answers with the codes that the recipe names."""
    call = {"input": wrong.x.tolist(), "output": wrong.y.tolist(), **wrong.claim}
    reply = client.post("/v1/dropout/verify", json=call).raise_for_status().json()
    assert [finding["code"] for finding in reply["findings"]] == wrong.codes


def test_one_seed_for_every_pass_is_found(client: httpx.Client) -> None:
    """Passes of one mask, sent as outputs, are frozen."""
    outputs = [dropped(SHARD, p=0.2).tolist()] * 3
    call = {"input": SHARD.tolist(), "outputs": outputs, "p": 0.2}
    reply = client.post("/v1/dropout/verify", json=call).raise_for_status().json()
    assert [finding["code"] for finding in reply["findings"]] == ["mask_frozen"]
