"""The whole family, by every way there is to send it: layers, replicates, gradients, masks."""

import io
import json
from typing import Any, Final

import httpx
import numpy as np
import pytest

from app.core import VARIANTS, Draw, FloatArray, Layer, dropout
from app.wire.backward import BackwardReply
from app.wire.mask import MaskReply
from tests.api.expect import answered, post, refused
from tests.api.test_transports import NPY, RAW, TRANSPORTS, Case, Transport, text, typed
from tests.core.oracle import bits

SHAPES: Final = {"dropout1d": (3, 4, 5), "dropout3d": (2, 3, 2, 3, 2)} | dict.fromkeys(
    ("dropout2d", "drop_block2d", "feature_alpha_dropout"), (2, 3, 4, 5)
)
OWN: Final[dict[str, dict[str, Any]]] = {"drop_block2d": {"block_size": 2}}
LAYERS: Final[list[dict[str, Any]]] = [
    *({"variant": name, "p": 0.3, **OWN.get(name, {})} for name in VARIANTS),
    {"variant": "dropout2d", "p": 0.3, "channels_last": True},
    {"variant": "dropout", "p": 0.3, "noise_shape": [None, 1]},
    {"variant": "dropout3d", "p": 0.3, "scaling": "none"},
    {"variant": "stochastic_depth", "p": 0.3, "scaling": "inference", "training": False},
    {"variant": "alpha_dropout", "p": 0.3, "training": False},
    {"variant": "gaussian_dropout", "p": 0.0},
    {"variant": "drop_block2d", "p": 1.0, "block_size": 3},
]
EACH = pytest.mark.parametrize("fields", LAYERS, ids=lambda fields: " ".join(map(str, fields.values())))
PLACE: Final = {"seed": 2**63 + 5, "stream": 3, "offset": 7}


def made(fields: dict[str, Any]) -> FloatArray:
    """An input for a layer."""
    shape = SHAPES.get(fields["variant"], (6, 7))
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def layer(fields: dict[str, Any]) -> Layer:
    """The layer that fields describe."""
    shape = fields.get("noise_shape")
    return Layer(**fields | {"noise_shape": shape and tuple(shape)})


def masked(fields: dict[str, Any]) -> bool:
    """Whether there is a mask to ask for."""
    return "mask" in VARIANTS[fields["variant"]].parameters


@pytest.mark.parametrize("transport", TRANSPORTS)
@EACH
def test_every_layer_goes_by_every_way(client: httpx.Client, transport: Transport, fields: dict[str, Any]) -> None:
    """Output and mask of each variant are the core's, bit for bit."""
    case = Case(made(fields), fields | PLACE)
    expected = dropout(case.x, layer=layer(fields), draw=Draw(**PLACE), masks=masked(fields))
    assert expected.output is not None
    assert bits(transport(client, case, "output").array) == bits(expected.output)
    if expected.mask is not None:
        assert bits(transport(client, case, "mask").array) == bits(expected.mask)


@pytest.mark.parametrize("transport", TRANSPORTS)
@EACH
def test_a_replicate_is_the_call_for_it_alone(
    client: httpx.Client, transport: Transport, fields: dict[str, Any]
) -> None:
    """Replicate k of n is what `sample` k alone gives, for every variant and by every way."""
    x, place = made(fields), {"seed": 4}
    together = transport(client, Case(x, fields | place | {"samples": 3}), "output").array
    assert together.shape == (3, *x.shape)
    for k in range(3):
        assert bits(together[k]) == bits(transport(client, Case(x, fields | place | {"sample": k}), "output").array)


@EACH
def test_a_reply_can_be_had_again(client: httpx.Client, fields: dict[str, Any]) -> None:
    """`replay` is a legal request for every variant, and gives the same reply."""
    array = {"input": made(fields).tolist(), "dtype": "float32"}
    first = answered(post(client, array | fields))
    again = answered(post(client, {"input": array["input"]} | first["replay"]))
    assert again == first
    for name in ("channels_last", "block_size", "noise_shape"):
        assert (name in first["replay"]) == (name in fields)


# Gradients


def gradient(fields: dict[str, Any], **more: Any) -> FloatArray:
    """The gradient of ones, by the core."""
    result = dropout(np.ones_like(made(fields)), layer=layer(fields), gradient=True, **more).output
    assert result is not None
    return result


def read_npy(reply: httpx.Response) -> Any:
    """The array of a reply."""
    assert reply.status_code == 200, reply.text
    return np.load(io.BytesIO(reply.content))


@EACH
def test_a_gradient_is_the_cores(client: httpx.Client, fields: dict[str, Any]) -> None:
    """As JSON, npy and raw, with the forward's seed and sample."""
    ones, place = np.ones_like(made(fields)), {"seed": 9, "sample": 2}
    expected = gradient(fields, draw=Draw(**place))
    body = {"grad_output": ones.tolist(), "dtype": "float32"} | fields | place
    reply = answered(client.post("/v1/dropout/backward", json=body), BackwardReply)
    assert bits(np.array(reply["grad_input"], "f4")) == bits(expected)
    query = {name: text(value) for name, value in (fields | place).items()}
    file = io.BytesIO()
    np.save(file, ones)
    sent = client.post("/v1/dropout/backward", content=file.getvalue(), params=query, headers=typed(NPY))
    assert bits(read_npy(sent)) == bits(expected)
    query |= {"dtype": "float32", "shape": text(list(ones.shape)), "include": "grad_input"}
    sent = client.post("/v1/dropout/backward", content=ones.tobytes(), params=query, headers=typed(RAW))
    assert sent.content == expected.tobytes()
    told = json.loads(sent.headers["Dropout-Statistics"])
    assert told["grad_input"] == reply["statistics"]["grad_input"]
    assert json.loads(sent.headers["Dropout-Replay"])["include"] == ["grad_input"]


def test_a_gradient_has_the_forwards_mask(client: httpx.Client) -> None:
    """The mask is drawn again from the seed: it need not travel, and where it does, it gives the same."""
    call = {"p": 0.4, "seed": 5, "include": ["mask"]}
    mask = answered(post(client, {"input": [[1.0] * 50] * 4} | call))["mask"]
    ones = {"grad_output": [[1.0] * 50] * 4, "p": 0.4}
    redrawn = client.post("/v1/dropout/backward", json=ones | {"seed": 5, "include": ["grad_input", "mask"]}).json()
    given = client.post("/v1/dropout/backward", json=ones | {"mask": mask}).json()
    assert redrawn["mask"] == mask
    assert given["grad_input"] == redrawn["grad_input"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"grad_output": [1.0]}, "seed_required", "/seed"),
        ({"grad_output": [1.0], "p": 0}, "seed_required", "/seed"),
        ({"grad_output": [1.0], "variant": "gaussian_dropout"}, "seed_required", "/seed"),
        ({"grad_output": [1.0], "seed": 1, "samples": 2}, "unknown_field", "/samples"),
        ({"input": [1.0], "seed": 1}, "missing_field", "/grad_output"),
        ({"grad_output": [1.0], "input": [1.0], "seed": 1}, "unknown_field", "/input"),
        ({"grad_output": [1.0, "a"], "seed": 1}, "not_a_number", "/grad_output/1"),
        ({"grad_output": [[1.0], []], "seed": 1}, "ragged", "/grad_output"),
        ({"grad_output": [1e300], "seed": 1, "dtype": "float32"}, "overflow", "/grad_output/0"),
        ({"grad_output": [1.0], "seed": 1, "variant": "dropout2d"}, "wrong_rank", "/grad_output"),
        ({"grad_output": [1e308], "mask": True, "p": 0.9}, "overflow", "/grad_output"),
        ({"grad_output": [1.0], "seed": 1, "include": ["output"]}, "unknown_value", "/include/0"),
    ],
    ids=str,
)
def test_a_gradient_that_is_wrong_is_refused(
    client: httpx.Client, body: dict[str, Any], code: str, pointer: str
) -> None:
    """Without the forward's mask, of several replicates, or of anything else than a gradient; errors point at it."""
    problem = refused(client.post("/v1/dropout/backward", json=body), 422, code)
    assert problem.errors[0].pointer == pointer


def test_evaluation_needs_no_seed(client: httpx.Client) -> None:
    """Nothing is drawn there: the gradient is the layer's, the identity or 1 - p."""
    body = {"grad_output": [1.0, -2.0], "training": False, "p": 0.25}
    assert client.post("/v1/dropout/backward", json=body).json()["grad_input"] == [1.0, -2.0]
    scaled = client.post("/v1/dropout/backward", json=body | {"scaling": "inference"}).json()
    assert scaled["grad_input"] == [0.75, -1.5]


# Masks


@EACH
def test_a_mask_needs_no_array(client: httpx.Client, fields: dict[str, Any]) -> None:
    """As JSON, as npy, and as bits it is the mask of the layer; gaussian dropout has none."""
    x = made(fields)
    body = {"shape": list(x.shape), "samples": 2} | fields | PLACE
    if not masked(fields):
        refused(client.post("/v1/dropout/mask", json=body), 422, "conflicting_fields")
        return
    expected = dropout(x, layer=layer(fields), draw=Draw(**PLACE), samples=2, masks=True)
    assert expected.mask is not None
    reply = client.post("/v1/dropout/mask", json=body)
    told = answered(reply, MaskReply)
    assert np.array_equal(told["mask"], expected.mask)
    assert (told["statistics"]["decisions"], told["statistics"]["dropped"]) == expected.tally[:2]
    accepted = [client.post("/v1/dropout/mask", json=body, headers={"Accept": form}) for form in (NPY, RAW)]
    assert np.array_equal(read_npy(accepted[0]), expected.mask)
    assert accepted[1].content == np.packbits(expected.mask, bitorder="little").tobytes()
    assert accepted[1].headers["Dropout-Shape"] == text(list(expected.mask.shape))
    assert client.post("/v1/dropout/mask", json=told["replay"]).content == reply.content


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 422, "missing_field", "/shape"),
        ({"shape": [-1]}, 422, "out_of_range", "/shape/0"),
        ({"shape": [2**40]}, 413, "too_many_elements", "/shape"),
        ({"shape": [1] * 40}, 422, "rank_too_high", "/shape"),
        ({"shape": [2], "input": [1]}, 422, "unknown_field", "/input"),
        ({"shape": [2], "dtype": "float32"}, 422, "unknown_field", "/dtype"),
        ({"shape": [2], "variant": "dropout1d"}, 422, "wrong_rank", "/shape"),
        ({"shape": [1, 1, 2, 2], "variant": "drop_block2d"}, 422, "missing_field", "/block_size"),
        ({"shape": [1, 1, 2, 2], "variant": "drop_block2d", "block_size": 3}, 422, "out_of_range", "/block_size"),
    ],
    ids=str,
)
def test_a_mask_that_is_wrong_is_refused(
    client: httpx.Client, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    """Errors point at the shape."""
    assert refused(client.post("/v1/dropout/mask", json=body), status, code).errors[0].pointer == pointer


def test_a_large_mask_costs_its_bits(client: httpx.Client) -> None:
    """16 million decisions are 2 MB as bits."""
    body = {"shape": [16_000_000], "p": 0.4, "seed": 42}
    reply = client.post("/v1/dropout/mask", json=body, headers={"Accept": RAW})
    assert len(reply.content) == 2_000_000
    kept = int(np.unpackbits(np.frombuffer(reply.content[:1250], "u1")).sum())
    assert kept == 6063  # of the first 10,000, as published


# What a rank means


@pytest.mark.parametrize(
    ("variant", "ranks"),
    [
        ("dropout1d", {3}),
        ("dropout2d", {4}),
        ("dropout3d", {5}),
        ("drop_block2d", {4}),
        ("stochastic_depth", set(range(1, 7))),
        ("feature_alpha_dropout", set(range(2, 7))),
    ],
)
def test_a_rank_is_never_guessed(client: httpx.Client, variant: str, ranks: set[int]) -> None:
    """What frameworks read in different ways is an error, which shows how to say what is meant."""
    for rank in range(7):
        own = {"block_size": 1} if "block" in variant else {}
        reply = post(client, {"input": [1.0], "shape": [1] * rank, "variant": variant} | own)
        if rank in ranks:
            answered(reply)
        else:
            assert "noise_shape" in refused(reply, 422, "wrong_rank").detail


def test_alpha_tells_its_shift(client: httpx.Client) -> None:
    """`scale` is a, and `shift` stands beside it; other layers have none."""
    told = answered(post(client, {"input": [1.0], "variant": "alpha_dropout", "p": 0.5}))["layer"]
    assert (told["scale"], told["shift"]) == pytest.approx((0.886404894665932, 0.7791939305180317), rel=1e-15)
    assert "shift" not in answered(post(client, {"input": [1.0]}))["layer"]


@pytest.mark.parametrize(("fields", "shift"), [({"p": 0}, 0.0), ({"p": 1}, None), ({"training": False}, 0.0)], ids=str)
def test_alpha_always_tells_a_shift(client: httpx.Client, fields: dict[str, Any], shift: float | None) -> None:
    """Nothing is added at p = 0 and in evaluation; at p = 1 nothing is kept to add it to, and it is null."""
    for variant in ("alpha_dropout", "feature_alpha_dropout"):
        body = {"input": [[1.0]], "variant": variant} | fields
        assert answered(post(client, body))["layer"]["shift"] == shift
