"""POST /v1/dropout."""

import json
from typing import Any

import httpx
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import Draw, Layer, dropout
from app.wire.fields import SAFE
from tests.api.expect import GOOD, OUTPUT, answered, post, refused

KINDS: list[dict[str, Any]] = [
    {"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42},
    {"input": [0.5, 1.5, -2.5]},
    {"input": 1.5},
    {"input": [[[[[[1]]]]]]},
    {"input": []},
    {"input": [[], []], "samples": 3},
    {"input": [], "shape": [3, 0, 2]},
    {"input": [1, 2, 3, 4, 5, 6], "shape": [2, 3], "noise_shape": [None, 1]},
    {"input": [1, 2, 3, 4, 5, 6], "shape": [2, 3], "noise_shape": [2, 3]},
    {"input": [1], "shape": [1, 1, 1]},
    {"input": [1, 2, 3], "samples": 4, "include": ["mask", "output"]},
    {"input": [1, 2, 3], "sample": 4},
    {"input": [1, 2, 3], "seed": 2**64 - 1, "stream": "18446744073709551615", "offset": SAFE + 1, "sample": str(2**63)},
    {"input": [1, 2, 3], "seed": SAFE},
    {"input": [1, 2, 3], "seed": "007"},
    {"input": [1, 2, 3], "keep_prob": 0.9},
    {"input": [1, 2, 3], "keep_prob": 0},
    {"input": [1, 2, 3], "p": 1, "scaling": "none"},
    {"input": [1, 2, 3], "p": 1e-300},
    {"input": [1, 2, 3], "p": -0.0},
    {"input": [1, 2, 3], "training": False},
    {"input": [1, 2, 3], "training": False, "samples": 2},
    {"input": [1, 2, 3], "training": False, "seed": 5, "offset": 3},
    {"input": [1, 2, 3], "training": False, "offset": 3, "sample": 2},
    {"input": [1, 2, 3], "training": False, "scaling": "inference", "p": 0.25},
    {"input": [1, 2, 3], "training": True, "scaling": "inference", "p": 0.25},
    {"input": [[1, 2], [3, 4]], "mask": [[True, False], [False, True]]},
    {"input": [[1, 2], [3, 4]], "mask": [True, False], "include": ["output", "mask", "statistics"]},
    {"input": [1, 2, 3, 4], "shape": [2, 2], "mask": [[True], [False]], "p": 0.1},
    {"input": [1, 2, 3, 4], "mask": False, "p": 1},
    {"input": [0.1, 0.2, 65504], "dtype": "float16", "p": 0, "include": ["statistics", "output"]},
    {"input": [0.1, 0.2, 0.3], "dtype": "float32", "include": []},
]


@pytest.mark.parametrize("body", KINDS, ids=json.dumps)
def test_a_replay_gives_the_same_reply(client: httpx.Client, body: dict[str, Any]) -> None:
    """The replay is a legal request: with the same array it gives the same reply, byte for byte."""
    first = post(client, body)
    replay = answered(first)["replay"]
    second = post(client, replay | {"input": body["input"]})
    assert second.content == first.content


def test_the_contracts_example(client: httpx.Client) -> None:
    """The request in the contract, field by field."""
    assert answered(post(client, GOOD)) == {
        "output": OUTPUT,
        "shape": [2, 2],
        "dtype": "float64",
        "replay": {
            "p": 0.4,
            "training": True,
            "seed": 42,
            "stream": 0,
            "offset": 0,
            "sample": 0,
            "variant": "dropout",
            "scaling": "inverted",
            "dtype": "float64",
            "include": ["output", "statistics"],
        },
        "layer": {"keep_prob": 0.6, "scale": 1 / 0.6, "noise_shape": [2, 2], "mask_law": "philox4x64-10/v2"},
        "statistics": {
            "decisions": 4,
            "dropped": 2,
            "drop_rate": 0.5,
            "expected_drop_rate_interval": [0.0, 1.0],
            "input": moments(np.array(GOOD["input"])),
            "output": moments(np.array(OUTPUT)),
        },
    }


def moments(x: Any) -> dict[str, Any]:
    """What statistics say of a finite array."""
    return {
        "size": x.size,
        "mean": pytest.approx(x.mean(), rel=1e-15),
        "std": pytest.approx(x.std(), rel=1e-15),
        "zero_fraction": (x == 0).mean(),
        "non_finite": 0,
    }


GOLDEN = [
    ({"seed": 0}, 0.5, "01011001011000010110100001100000", 5005),
    ({"seed": 0}, 0.1, "11111111111111111111111111111111", 8989),
    ({"seed": 0}, 0.4, "11011101111001010110100001100100", 6011),
    ({"seed": 42}, 0.5, "00011010111010111101010100001000", 5025),
    ({"seed": 42}, 0.1, "01011110111110111111111110101011", 9042),
    ({"seed": 42}, 0.4, "01011110111010111101010100001000", 6063),
    ({"seed": 42, "stream": 3, "sample": 2}, 0.5, "01000011001101010110000110110101", 5051),
    ({"seed": "42", "stream": "3", "sample": "2"}, 0.1, "11111111011101111111101111110101", 9000),
    ({"seed": 42, "stream": 3, "sample": 2}, 0.4, "01100011001101010110000110110101", 6046),
]


@pytest.mark.parametrize(("place", "p", "bits", "count"), GOLDEN)
def test_masks_are_the_published_ones(
    client: httpx.Client, place: dict[str, Any], p: float, bits: str, count: int
) -> None:
    """The mask is the contract's golden one: its first 32 bits, and how many of 10,000 are kept."""
    body = place | {"input": [1] * 10_000, "p": p, "include": ["mask", "statistics"]}
    reply = answered(post(client, body))
    assert "".join("01"[keep] for keep in reply["mask"][:32]) == bits
    assert sum(reply["mask"]) == count
    assert reply["statistics"]["dropped"] == 10_000 - count


def test_words_of_the_largest_seed(client: httpx.Client) -> None:
    """The golden words of seed 2^64 - 1 and of a far decision decide at p just at and just above them."""
    for place, word in (
        ({"seed": 2**64 - 1}, 0x3DE1C442A7286593),
        ({"seed": 42, "offset": 2**40 + 1}, 0xE64DBD44F4AB4958),
    ):
        below, above = word / 2**64 * (1 - 2**-40), word / 2**64 * (1 + 2**-40)
        masks = [
            answered(post(client, place | {"input": 1, "p": p, "include": ["mask"]}))["mask"] for p in (below, above)
        ]
        assert masks == [True, False]


def test_parts_are_what_was_asked_for(client: httpx.Client) -> None:
    """`include` names the parts of the reply; without it they are output and statistics."""
    always = {"shape", "dtype", "replay", "layer"}
    assert set(answered(post(client, GOOD))) == always | {"output", "statistics"}
    for include in ([], ["mask"], ["statistics", "mask"], ["output"], ["output", "mask", "statistics"]):
        assert set(answered(post(client, GOOD | {"include": include}))) == always | set(include)


def test_a_seed_is_drawn_and_returned(client: httpx.Client) -> None:
    """Without a seed the server draws one below 2^53 and tells it; no two calls have the same."""
    replies = [answered(post(client, {"input": [1.0] * 100})) for _ in range(10)]
    assert all(0 <= reply["replay"]["seed"] <= SAFE for reply in replies)
    assert len({str(reply["output"]) for reply in replies}) == 10


@pytest.mark.parametrize(
    ("sent", "told"), [(SAFE, SAFE), (SAFE + 1, str(SAFE + 1)), (str(2**64 - 1), str(2**64 - 1)), ("1", 1)]
)
def test_seeds_no_float_can_hold_are_text(client: httpx.Client, sent: int | str, told: int | str) -> None:
    """In replies, an integer up to 2^53 - 1 is a number, above it text."""
    assert answered(post(client, {"input": 1, "seed": sent}))["replay"]["seed"] == told


def test_consecutive_rows_are_those_of_the_whole(client: httpx.Client) -> None:
    """Rows sent alone with their offset are dropped as in the whole array."""
    rows = [[float(10 * i + j) for j in range(7)] for i in range(6)]
    whole = answered(post(client, {"input": rows, "seed": 3}))["output"]
    parts = [
        answered(post(client, {"input": rows[i : i + 2], "seed": 3, "offset": 7 * i}))["output"] for i in (0, 2, 4)
    ]
    assert [row for part in parts for row in part] == whole


def test_samples_are_the_replicates(client: httpx.Client) -> None:
    """Replicate k of `samples` is what `sample: k` gives."""
    body = {"input": [1.0] * 20, "seed": 3, "include": ["output", "mask"]}
    together = answered(post(client, body | {"samples": 3}))
    assert together["shape"] == [3, 20]
    for name in ("output", "mask"):
        assert together[name] == [answered(post(client, body | {"sample": k}))[name] for k in range(3)]


CALLS = st.fixed_dictionaries(
    {"p": st.floats(0, 0.99), "seed": st.integers(0, 2**64 - 1)},
    optional={
        "training": st.booleans(),
        "stream": st.integers(0, 2**64 - 1),
        "offset": st.integers(0, 2**64 - 2**20),
        "scaling": st.sampled_from(["inverted", "inference", "none"]),
    },
)


@settings(max_examples=40)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@given(data=st.data(), call=CALLS, samples=st.none() | st.integers(1, 3))
def test_a_reply_is_the_cores_result(
    client: httpx.Client, dtype: Any, data: st.DataObject, call: dict[str, Any], samples: int | None
) -> None:
    """Output and mask, read from the reply, are what the core makes of the same array, bit for bit."""
    x = data.draw(
        hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, max_side=5), elements=st.integers(-99, 99))
    )
    noise = data.draw(st.none() | st.tuples(*(st.sampled_from([None, 1, length]) for length in x.shape)))
    body = call | {"input": x.tolist(), "dtype": dtype, "include": ["output", "mask"]}
    body |= {} if noise is None else {"noise_shape": noise}
    reply = answered(post(client, body if samples is None else body | {"samples": samples}))
    layer = {name: call[name] for name in ("p", "training", "scaling") if name in call}
    place = {name: call[name] for name in ("seed", "stream", "offset") if name in call}
    result = dropout(x, layer=Layer(**layer, noise_shape=noise), draw=Draw(**place), samples=samples, masks=True)
    assert result.output is not None
    assert result.mask is not None
    assert np.array(reply["output"], "f8").astype(dtype).tobytes() == result.output.tobytes()
    assert reply["mask"] == result.mask.tolist()
    assert reply["shape"] == list(result.output.shape)


@settings(max_examples=40)
@given(x=hnp.arrays("f8", 5, elements={"allow_nan": False, "allow_infinity": False}))
def test_evaluation_is_the_identity(client: httpx.Client, x: Any) -> None:
    """In evaluation any float64 comes back to the bit: −0.0, subnormals and the largest too."""
    reply = post(client, {"input": x.tolist(), "training": False})
    assert np.array(answered(reply)["output"]).tobytes() == x.tobytes()


def test_a_large_array_is_read_and_written(client: httpx.Client) -> None:
    """An array of several megabytes goes the same way as a small one."""
    x = np.random.default_rng(1).standard_normal((100, 100, 20))
    body = json.dumps({"input": x.tolist(), "seed": 9, "p": 0.3, "include": ["output", "mask"]}, indent=1)
    reply = answered(post(client, body))
    result = dropout(x, layer=Layer(p=0.3), draw=Draw(seed=9), masks=True)
    assert result.output is not None
    assert result.mask is not None
    assert np.array_equal(np.array(reply["output"]), result.output)
    assert reply["mask"] == result.mask.tolist()


def test_a_tiny_keep_prob_is_refused(client: httpx.Client) -> None:
    """A probability of keeping too small for p to tell is refused, and a legal one is told as p."""
    refused(post(client, {"input": [1], "keep_prob": 1e-17}), 422, "out_of_range")
    assert answered(post(client, {"input": [1], "keep_prob": 0.9}))["replay"]["p"] == 1.0 - 0.9


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"input": [1], "p": 0.5, "keep_prob": 0.5}, "conflicting_fields", "/keep_prob"),
        ({"input": [1], "sample": 0, "samples": 1}, "conflicting_fields", "/samples"),
        ({"input": [1], "mask": [True], "seed": 1}, "conflicting_fields", "/seed"),
        ({"input": [1], "mask": [True], "training": False}, "conflicting_fields", "/mask"),
        ({"input": [1], "mask": [True], "p": 1}, "conflicting_fields", "/mask"),
        ({"input": [1, 2], "mask": [True, True, True]}, "mask_mismatch", "/mask"),
        ({"input": [1, 2], "mask": [[True, True]]}, "mask_mismatch", "/mask"),
        ({"input": [1, 2], "noise_shape": [3]}, "noise_shape_mismatch", "/noise_shape/0"),
        ({"input": [1, 2], "noise_shape": [None, 1]}, "noise_shape_mismatch", "/noise_shape"),
        ({"input": [1e308], "p": 0.9, "mask": True}, "overflow", "/input"),
        ({"input": [65504], "p": 0.5, "mask": True, "dtype": "float16"}, "overflow", "/input"),
        ({"input": [1], "p": 0.99999, "dtype": "float16"}, "scale_not_finite", "/p"),
        ({"input": [1, 1], "offset": 2**64 - 1}, "out_of_range", "/offset"),
        ({"input": [1], "variant": "gaussian"}, "unknown_value", "/variant"),
        ({"input": [1], "channels_last": True}, "conflicting_fields", "/channels_last"),
        ({"input": [1], "block_size": 2}, "conflicting_fields", "/block_size"),
    ],
)
def test_what_has_no_meaning_together_is_refused(
    client: httpx.Client, body: dict[str, Any], code: str, pointer: str
) -> None:
    """Fields that are right alone and wrong together are told apart, with a place."""
    assert refused(post(client, body), 422, code).errors[0].pointer == pointer
