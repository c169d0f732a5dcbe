"""Verification over HTTP: the same of JSON and npz, right about the service's own layers, and ready for anything."""

import gzip
import json
from typing import Any, Final, NoReturn

import httpx
import numpy as np
import pytest

from app.core import VARIANTS, FloatArray
from app.verify import FINDINGS, FindingCode
from app.wire.verify import ARRAYS, VerifyReply
from tests.api.expect import JSON, answered, refused, works
from tests.service import Service
from tests.wire.binary import archives

PATH: Final = "/v1/dropout/verify"
NPZ: Final = {"Content-Type": "application/zip"}
SEEN: Final = {"input": [1.0, 2.0], "output": [2.0, 0.0]}
"""What may be verified, and says little."""


def verified(reply: httpx.Response) -> Any:
    """What a reply says, once it fits its type, has no number that JSON does not have, and explains its findings."""
    told = answered(reply, VerifyReply)
    json.loads(reply.content, parse_constant=no_constant)
    assert (told["verdict"] == "fail") == bool(told["findings"])
    assert all(one["type"] == "/findings/" + one["code"] for one in told["findings"])
    p_values = [one["p_value"] for one in told["findings"]] + [one["p_value"] for one in told["checks"]]
    assert all(0 <= p_value <= 1 for p_value in p_values)
    return told


def no_constant(name: str) -> NoReturn:
    """NaN and infinity are no JSON."""
    raise AssertionError(name)


def asked(client: httpx.Client, body: dict[str, Any]) -> Any:
    """What comes of a JSON body."""
    return verified(client.post(PATH, json=body))


def sent(client: httpx.Client, arrays: dict[str, Any], claim: dict[str, Any], save: Any = np.savez) -> Any:
    """What comes of an archive of arrays, the claim in the query."""
    return verified(client.post(PATH, content=archives.saved(arrays, save), params=in_query(claim), headers=NPZ))


def in_query(claim: dict[str, Any]) -> dict[str, str]:
    """A claim as a query has it."""
    return {
        name: ",".join(map(json.dumps, value))
        if isinstance(value, list)
        else value
        if isinstance(value, str)
        else json.dumps(value)
        for name, value in claim.items()
    }


def codes(told: Any) -> list[str]:
    """The codes of what was found."""
    return [finding["code"] for finding in told["findings"]]


def numbers(*shape: int, seed: int = 1) -> FloatArray:
    """Numbers that each float type holds exactly."""
    return np.random.default_rng(seed).integers(1, 257, shape) / 64


def ran(client: httpx.Client, path: str = "/v1/dropout", **fields: Any) -> dict[str, Any]:
    """A reply of the layer itself."""
    reply = client.post(path, json=fields)
    assert reply.status_code == 200, reply.text
    value: dict[str, Any] = reply.json()
    return value


def dropped(p: float, *shape: int, scale: float | None = None, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    """An input, and what a correct layer of anyone's makes of it, unless its scale is another."""
    x, keep = numbers(*shape), np.random.default_rng(seed).random(shape) >= p
    return x, np.where(keep, x * (1 / (1 - p) if scale is None else scale), 0)


# Verdicts


def test_a_correct_layer_passes(client: httpx.Client) -> None:
    """2,000 decisions at p = 0.4 would have shown a wrong rate or scale."""
    x, y = dropped(0.4, 50, 40)
    told = asked(client, {"input": x.tolist(), "output": y.tolist(), "p": 0.4})
    assert (told["verdict"], told["findings"]) == ("pass", [])
    assert told["layer"]["rate_interval"] is not None
    assert told["layer"]["rate_interval"][0] < 0.4 < told["layer"]["rate_interval"][1]


def test_a_swapped_layer_fails(client: httpx.Client) -> None:
    """Who takes p for the probability of keeping is told so, and nothing besides."""
    x, y = dropped(0.9, 50, 40)
    told = asked(client, {"input": x.tolist(), "output": y.tolist(), "p": 0.1})
    assert (told["verdict"], codes(told)) == ("fail", ["keep_drop_swapped"])


def test_little_data_is_inconclusive(client: httpx.Client) -> None:
    """Two decisions show nothing, and that is no pass; the message says how many would."""
    told = asked(client, SEEN)
    assert told["verdict"] == "inconclusive"
    assert "decisions" in told["message"]


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_has_a_page(client: httpx.Client, code: FindingCode) -> None:
    """Where a finding's type leads, its code, title, cause and advice stand."""
    assert client.get(f"/findings/{code}").json() == {"code": code, **FINDINGS[code]._asdict()}


@pytest.mark.parametrize("code", ["no_such_code", "out_of_range", "x" * 1000, "%00", "a%2Fb", "SHAPE_MISMATCH"])
def test_another_code_has_none(client: httpx.Client, code: str) -> None:
    """A code that is not one is 404."""
    refused(client.get(f"/findings/{code}"), 404, "not_found")


def test_a_finding_leads_to_its_page(client: httpx.Client) -> None:
    """The type of a finding is a path, and its message ends with the cause that stands there."""
    told = asked(client, {"input": [1.0] * 8, "output": [1.0] * 8, "p": 0.999})
    assert codes(told) == ["identity_in_training"]
    page = client.get(told["findings"][0]["type"]).json()
    assert page["code"] == told["findings"][0]["code"]
    assert page["cause"] in told["findings"][0]["message"]


# Transports


TRANSPORTS: Final[dict[str, Any]] = {"savez": np.savez, "savez_compressed": np.savez_compressed}
CASES: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "correct": (dict(zip(("input", "output"), dropped(0.4, 50, 40), strict=True)), {"p": 0.4}),
    "swapped": (dict(zip(("input", "output"), dropped(0.9, 50, 40), strict=True)), {"keep_prob": 0.9}),
    "missing scale": (dict(zip(("input", "output"), dropped(0.25, 9, 9, scale=1.0), strict=True)), {"p": 0.25}),
    "frozen": ({"input": numbers(40), "outputs": np.stack([dropped(0.5, 40)[1]] * 3)}, {}),
    "gradient": ({"input": [1.0, 2.0], "output": [2.0, 0.0], "grad_output": [1.0, 1.0], "grad_input": [1.0, 0.0]}, {}),
    "a seed": ({"input": numbers(30), "output": numbers(30)}, {"seed": 2**64 - 1, "stream": 3, "p": 0.3}),
    "another shape": ({"input": numbers(4, 3), "output": numbers(3, 4)}, {}),
    "rank 0": ({"input": 1.5, "output": 0.0}, {}),
    "no element": ({"input": numbers(0, 3), "output": numbers(0, 3)}, {}),
    "no element of several calls": ({"input": numbers(0), "outputs": numbers(2, 0)}, {}),
}


@pytest.mark.parametrize("save", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_transports_agree(client: httpx.Client, case: tuple[dict[str, Any], dict[str, Any]], save: Any) -> None:
    """The same arrays and claims get the same reply as JSON and as either archive."""
    arrays, claim = case
    body = {name: np.asarray(x).tolist() for name, x in arrays.items()}
    if body["input"] == []:
        body = {name: [] if name != "outputs" else x for name, x in body.items()}
        arrays = {name: np.asarray(x) for name, x in body.items()}
    assert sent(client, arrays, claim, save) == asked(client, body | claim)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_its_values(client: httpx.Client, dtype: str, order: Any) -> None:
    """Type, byte order and memory order of an archive's arrays change nothing where they hold the same numbers."""
    x, y = dropped(0.5, 50, 40)
    arrays = {name: np.asarray(array, dtype, order=order) for name, array in (("input", x), ("output", y))}
    assert sent(client, arrays, {}) == asked(client, {"input": x.tolist(), "output": y.tolist()})


def test_claims_stand_in_the_query(client: httpx.Client) -> None:
    """Beside an archive every claim is a query's field, and comes back as it was understood."""
    x = numbers(50, 4)
    keep = np.random.default_rng(1).random((50, 1)) < 0.75
    claim = {"keep_prob": "0.75", "noise_shape": "50,1", "dtype": "float32"}
    arrays = {"input": x.astype("f4"), "output": (x * keep).astype("f4") / np.float32(0.75)}
    told = verified(client.post(PATH, content=archives.saved(arrays), params=claim, headers=NPZ))
    assert (told["findings"], told["dtype"]) == ([], "float32")
    assert (told["claim"]["p"], told["claim"]["noise_shape"], told["layer"]["noise_shape"]) == (0.25, [50, 1], [50, 1])


def test_a_null_of_a_noise_shape_stands_in_the_query(client: httpx.Client) -> None:
    """noise_shape=5000,null is a decision for each element, as in JSON."""
    x, y = dropped(0.5, 5000, 2)
    query = {"noise_shape": "5000,null"}
    told = verified(client.post(PATH, content=archives.saved({"input": x, "output": y}), params=query, headers=NPZ))
    assert (told["verdict"], told["claim"]["noise_shape"], told["layer"]["noise_shape"]) == (
        "pass",
        [5000, None],
        [5000, 2],
    )


def test_evaluation_stands_in_the_query(client: httpx.Client) -> None:
    """training=false, and the output is the input to the last bit."""
    x = numbers(7)
    told = sent(client, {"input": x, "output": x}, {"training": False})
    assert (told["verdict"], told["claim"]["training"]) == ("pass", False)


def test_bfloat16_is_claimed(client: httpx.Client) -> None:
    """numpy has no bfloat16: its numbers come in a wider type, and are held to its last places if it is claimed."""
    x, y = dropped(0.4, 50, 40)
    coarse = (y.astype("f4").view("u4") & 0xFFFF0000).view("f4")  # cut off, not rounded: within a unit
    arrays = {"input": x.astype("f4"), "output": coarse}
    assert sent(client, arrays, {"p": 0.4, "dtype": "bfloat16"})["verdict"] == "pass"
    assert sent(client, arrays, {"p": 0.4, "dtype": "float32"})["verdict"] == "fail"


@pytest.mark.parametrize("field", ["seed", "stream", "offset", "sample"])
@pytest.mark.parametrize("number", [2**53 - 1, 2**53, 2**64 - 1 - 2])
def test_large_integers_come_back_as_text(client: httpx.Client, field: str, number: int) -> None:
    """Above 2^53 - 1 a claim is told as text, as JavaScript needs it, however it was sent."""
    body = {"seed": 1, field: number}
    told = asked(client, SEEN | body)
    assert told["claim"][field] == (number if number < 2**53 else str(number))
    assert told == asked(client, SEEN | body | {field: str(number)}) == sent(client, SEEN, body)


def test_accept_takes_json(client: httpx.Client) -> None:
    """A reply is JSON, for whoever takes it."""
    for accepted in ("application/json", "*/*", "application/*", "application/zip, application/json;q=0.1"):
        verified(client.post(PATH, json=SEEN, headers={"Accept": accepted}))
    for accepted in ("application/zip", "application/x-npy", "text/html", "application/json;q=0"):
        refused(client.post(PATH, json=SEEN, headers={"Accept": accepted}), 406, "not_acceptable")


@pytest.mark.parametrize(
    "kind", ["application/x-npy", "application/octet-stream", "text/plain", "application/x-zip", ""]
)
def test_other_types_are_refused(client: httpx.Client, kind: str) -> None:
    """What is sent is JSON or an npz, and its type says which."""
    body = archives.saved(SEEN)
    refused(client.post(PATH, content=body, headers={"Content-Type": kind}), 415, "unsupported_media_type")


def test_a_type_says_what_is_sent(client: httpx.Client) -> None:
    """An archive that is said to be JSON is malformed, and JSON that is said to be an archive."""
    refused(client.post(PATH, content=archives.saved(SEEN), headers=JSON), 400, "malformed_json")
    refused(client.post(PATH, content=json.dumps(SEEN), headers=NPZ), 400, "malformed_npz")


def test_archives_come_compressed(client: httpx.Client) -> None:
    """Content-Encoding is another layer, as for any body."""
    body = gzip.compress(archives.saved(SEEN))
    verified(client.post(PATH, content=body, headers=NPZ | {"Content-Encoding": "gzip"}))


# The service's own layers


LAYERS: Final[dict[str, tuple[tuple[int, ...], dict[str, Any]]]] = {
    "dropout": ((40, 30), {"p": 0.4}),
    "dropout, shared": ((40, 30), {"p": 0.4, "noise_shape": [None, 1]}),
    "dropout, offset": ((40, 30), {"p": 0.4, "offset": 2**40 + 1, "stream": 5, "sample": 9}),
    "dropout, inference": ((40, 30), {"p": 0.4, "scaling": "inference"}),
    "dropout, unscaled": ((40, 30), {"p": 0.4, "scaling": "none"}),
    "dropout, p = 0": ((40, 30), {"p": 0}),
    "dropout, p = 1": ((40, 30), {"p": 1}),
    "dropout1d": ((40, 30, 2), {"variant": "dropout1d"}),
    "dropout2d": ((20, 30, 2, 2), {"variant": "dropout2d", "p": 0.1}),
    "dropout2d, channels last": ((20, 2, 2, 30), {"variant": "dropout2d", "channels_last": True}),
    "dropout3d": ((20, 30, 2, 2, 1), {"variant": "dropout3d"}),
    "stochastic_depth": ((600, 2), {"variant": "stochastic_depth", "p": 0.7}),
    "alpha_dropout": ((40, 30), {"variant": "alpha_dropout", "p": 0.4}),
    "feature_alpha_dropout": ((40, 30, 2), {"variant": "feature_alpha_dropout", "p": 0.2}),
    "gaussian_dropout": ((40, 30), {"variant": "gaussian_dropout", "p": 0.4}),
    "drop_block2d": ((2, 3, 20, 20), {"variant": "drop_block2d", "p": 0.2, "block_size": 3}),
    "dropout, evaluation": ((40, 30), {"p": 0.4, "training": False}),
    "dropout, inference, evaluation": ((40, 30), {"p": 0.4, "training": False, "scaling": "inference"}),
    "alpha_dropout, evaluation": ((40, 30), {"variant": "alpha_dropout", "training": False}),
    "gaussian_dropout, evaluation": ((40, 30), {"variant": "gaussian_dropout", "training": False}),
    "drop_block2d, evaluation": ((2, 3, 9, 9), {"variant": "drop_block2d", "block_size": 3, "training": False}),
}
OWN: Final = pytest.mark.parametrize(("shape", "layer"), LAYERS.values(), ids=LAYERS)
NAMED: Final = pytest.mark.parametrize("name", LAYERS)
TYPED: Final = pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])


def test_every_variant_is_tried() -> None:
    """None of the table is left out."""
    assert {layer.get("variant", "dropout") for _, layer in LAYERS.values()} == set(VARIANTS)


@NAMED
@TYPED
def test_its_own_layers_pass(client: httpx.Client, name: str, dtype: str) -> None:
    """What the service makes of an array is found no fault with, seed claimed or not, in any type, as JSON and npz."""
    shape, layer = LAYERS[name]
    x = numbers(*shape)
    seed = {"seed": 42} | {name: layer[name] for name in ("stream", "offset", "sample") if name in layer}
    claim = {name: value for name, value in layer.items() if name not in seed}
    y = ran(client, input=x.tolist(), dtype=dtype, **claim, **seed)["output"]
    arrays = {"input": x, "output": np.array(y, dtype)}
    for fields in (claim | seed, claim):
        said = asked(client, {"input": x.tolist(), "output": y, "dtype": dtype} | fields)
        told = sent(client, arrays, fields)
        assert codes(said) == codes(told) == []
        assert said["verdict"] == told["verdict"]
        assert told["verdict"] == "pass" or "seed" not in fields


@OWN
def test_another_seed_does_not(client: httpx.Client, shape: tuple[int, ...], layer: dict[str, Any]) -> None:
    """Where something is drawn, a seed that it was not drawn with is found out."""
    x = numbers(*shape)
    y = ran(client, input=x.tolist(), seed=42, **{"p": 0.5} | layer)["output"]
    told = asked(client, {"input": x.tolist(), "output": y, "seed": 43} | layer)
    chance = layer.get("training", True) and layer.get("p") not in (0, 1)
    assert codes(told) == (["mask_not_reproduced"] if chance else [])


@NAMED
@TYPED
def test_its_own_gradients_pass(client: httpx.Client, name: str, dtype: str) -> None:
    """The gradient that the service works out is that of the output it gave."""
    shape, layer = LAYERS[name]
    x, g = numbers(*shape), numbers(*shape, seed=2)
    fields: dict[str, Any] = {"seed": 42, "dtype": dtype} | layer
    y = ran(client, input=x.tolist(), **fields)["output"]
    dx = ran(client, "/v1/dropout/backward", grad_output=g.tolist(), **fields)["grad_input"]
    arrays = {"input": x.tolist(), "output": y, "grad_output": g.tolist(), "grad_input": dx}
    told = asked(client, arrays | fields)
    assert (codes(told), told["verdict"]) == ([], "pass")
    assert {"gradient_mask", "gradient_scale"} <= {check["name"] for check in told["checks"]}


@pytest.mark.parametrize("name", ["dropout", "dropout2d", "alpha_dropout", "gaussian_dropout", "drop_block2d"])
def test_output_k_is_held_against_sample_k(client: httpx.Client, name: str) -> None:
    """With a claimed seed the outputs are those of samples 0, 1, 2, in that order and no other."""
    shape, layer = LAYERS[name]
    x = numbers(*shape).tolist()
    outputs = ran(client, input=x, seed=42, samples=3, **layer)["output"]
    single = [ran(client, input=x, seed=42, sample=k, **layer)["output"] for k in range(3)]
    assert outputs == single
    assert asked(client, {"input": x, "outputs": outputs, "seed": 42} | layer)["verdict"] == "pass"
    for order in ([1, 0, 2], [0, 2, 1], [1, 2]):
        told = asked(client, {"input": x, "outputs": [outputs[k] for k in order], "seed": 42} | layer)
        assert codes(told) == ["mask_not_reproduced"]


def test_a_sample_is_claimed_of_one_output(client: httpx.Client) -> None:
    """Beside `output`, `sample` says which replicate it is."""
    x = numbers(50, 40).tolist()
    y = ran(client, input=x, seed=42, sample=7)["output"]
    assert asked(client, {"input": x, "output": y, "seed": 42, "sample": 7})["verdict"] == "pass"
    assert codes(asked(client, {"input": x, "output": y, "seed": 42, "sample": 8})) == ["mask_not_reproduced"]


# What is refused


NOTHING: Final[dict[str, Any]] = {}
TWO: Final = [[2.0, 0.0], [0.0, 4.0]]
REFUSED: Final[list[tuple[dict[str, Any], str, str]]] = [
    ({"input": None}, "wrong_type", "/input"),
    ({"output": None}, "wrong_type", "/output"),
    ({"outputs": TWO}, "conflicting_fields", "/outputs"),
    ({"grad_output": [1.0, 1.0]}, "missing_field", "/grad_input"),
    ({"grad_input": [1.0, 1.0]}, "missing_field", "/grad_output"),
    ({"p": 0.5, "keep_prob": 0.5}, "conflicting_fields", "/keep_prob"),
    ({"p": 1.5}, "out_of_range", "/p"),
    ({"p": -0.1}, "out_of_range", "/p"),
    ({"p": "0.5"}, "wrong_type", "/p"),
    ({"p": True}, "wrong_type", "/p"),
    ({"p": None}, "wrong_type", "/p"),
    ({"keep_prob": 1e-17}, "out_of_range", "/keep_prob"),
    ({"training": 1}, "wrong_type", "/training"),
    ({"seed": -1}, "out_of_range", "/seed"),
    ({"seed": 2**64}, "out_of_range", "/seed"),
    ({"seed": 1.0}, "wrong_type", "/seed"),
    ({"seed": 1, "offset": 2**64 - 1}, "out_of_range", "/offset"),
    ({"dtype": "int8"}, "unknown_value", "/dtype"),
    ({"dtype": "float128"}, "unknown_value", "/dtype"),
    ({"variant": "zoneout"}, "unknown_value", "/variant"),
    ({"variant": "dropout2d"}, "wrong_rank", "/input"),
    ({"variant": "drop_block2d", "block_size": 2}, "wrong_rank", "/input"),
    ({"variant": "drop_block2d"}, "wrong_rank", "/input"),
    ({"variant": "gaussian_dropout", "p": 1}, "out_of_range", "/p"),
    ({"variant": "alpha_dropout", "scaling": "none"}, "conflicting_fields", "/scaling"),
    ({"variant": "stochastic_depth", "noise_shape": [1]}, "conflicting_fields", "/noise_shape"),
    ({"noise_shape": [3]}, "noise_shape_mismatch", "/noise_shape/0"),
    ({"noise_shape": [1, 1]}, "noise_shape_mismatch", "/noise_shape"),
    ({"block_size": 2}, "conflicting_fields", "/block_size"),
    ({"channels_last": True}, "conflicting_fields", "/channels_last"),
    ({"samples": 2}, "unknown_field", "/samples"),
    ({"mask": [True, False]}, "unknown_field", "/mask"),
    ({"include": ["output"]}, "unknown_field", "/include"),
    ({"shape": [2]}, "unknown_field", "/shape"),
    ({"rate": 0.5}, "unknown_field", "/rate"),
]


@pytest.mark.parametrize(("more", "code", "pointer"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_claim_that_is_wrong_is_refused(client: httpx.Client, more: dict[str, Any], code: str, pointer: str) -> None:
    """With the field that is."""
    assert refused(client.post(PATH, json=SEEN | more), 422, code).errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "missing_field", "/input"),
        ({"output": [1.0]}, "missing_field", "/input"),
        ({"input": [1.0]}, "missing_field", "/output"),
        ({"input": [1.0, 2.0], "outputs": []}, "shape_mismatch", "/outputs"),
        ({"input": 1.0, "outputs": 1.0}, "shape_mismatch", "/outputs"),
        ({"input": [1.0, 2.0], "outputs": TWO, "seed": 1, "sample": 0}, "conflicting_fields", "/sample"),
        ({"input": [1.0, 2.0], "outputs": TWO, "sample": 1}, "conflicting_fields", "/sample"),
        ([], "wrong_type", ""),
        ("input", "wrong_type", ""),
    ],
    ids=str,
)
def test_arrays_that_do_not_go_together_are_refused(client: httpx.Client, body: Any, code: str, pointer: str) -> None:
    """An input, and an output or those of several calls."""
    assert refused(client.post(PATH, json=body), 422, code).errors[0].pointer == pointer


ELEMENTS: Final = {
    '"1"': ("not_a_number", 422),
    "true": ("not_a_number", 422),
    "null": ("not_a_number", 422),
    "{}": ("not_a_number", 422),
    "NaN": ("non_finite", 422),
    "Infinity": ("non_finite", 422),
    "-Infinity": ("non_finite", 422),
    "1e999": ("overflow", 422),
    "[1]": ("ragged", 422),
    "01": ("malformed_json", 400),
    "1.": ("malformed_json", 400),
    "nan": ("malformed_json", 400),
    "1 2": ("malformed_json", 400),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(("element", "expected"), ELEMENTS.items(), ids=ELEMENTS)
def test_what_is_no_number_is_refused(client: httpx.Client, name: str, element: str, expected: tuple[str, int]) -> None:
    """In each of the arrays, the pointer says where."""
    texts = {"input": "[1, 1]", "outputs" if name == "outputs" else "output": "[1, 1]"}
    if name.startswith("grad"):
        texts |= {"grad_output": "[1, 1]", "grad_input": "[1, 1]"}
    texts |= {name: f"[0, {element}]"}
    body = "{" + ", ".join(f'"{key}": {text}' for key, text in texts.items()) + "}"
    code, status = expected
    problem = refused(client.post(PATH, content=body, headers=JSON), status, code)
    if status == 422:
        place = "" if code in ("ragged", "overflow") else "/1"  # of the array, not of one element
        assert problem.errors[0].pointer == f"/{name}{place}"
    else:
        assert "line 1 column" in problem.detail


@pytest.mark.parametrize("name", ARRAYS)
def test_a_key_that_stands_twice_is_refused(client: httpx.Client, name: str) -> None:
    """Neither of two arrays is the one that was meant."""
    others = {key: [1.0] for key in ARRAYS if key != name}
    body = json.dumps(others)[:-1] + f', "{name}": [1.0], "{name}": [2.0]}}'
    assert name in refused(client.post(PATH, content=body, headers=JSON), 400, "duplicate_key").detail
    twice = client.post(PATH, content=archives.archive(*[archives.Member(f"{name}.npy".encode())] * 2), headers=NPZ)
    refused(twice, 400, "malformed_npz")


@pytest.mark.parametrize("query", ["p=0.5", "seed=42", "input=1", "x=1", "=", "dtype=float32"])
def test_a_query_beside_json_is_refused(client: httpx.Client, query: str) -> None:
    """The fields of a JSON body stand in the body."""
    problem = refused(client.post(f"{PATH}?{query}", json=SEEN), 422, "unknown_field")
    assert problem.errors[0].pointer == f"/{query.partition('=')[0]}"


@pytest.mark.parametrize(
    ("query", "status", "code", "pointer"),
    [
        ("p=0.5&p=0.5", 400, "duplicate_key", ""),
        ("p=0.5&keep_prob=0.5", 422, "conflicting_fields", "/keep_prob"),
        ("p=NaN", 422, "non_finite", "/p"),
        ("p=null", 422, "wrong_type", "/p"),
        ("input=1", 422, "unknown_field", "/input"),
        ("shape=2", 422, "unknown_field", "/shape"),
        ("samples=2", 422, "unknown_field", "/samples"),
        ("include=mask", 422, "unknown_field", "/include"),
        ("noise_shape=2,x", 422, "wrong_type", "/noise_shape/1"),
        ("training=yes", 422, "wrong_type", "/training"),
    ],
)
def test_a_query_that_is_wrong_is_refused(
    client: httpx.Client, query: str, status: int, code: str, pointer: str
) -> None:
    """As the same field in JSON is."""
    reply = client.post(f"{PATH}?{query}", content=archives.saved(SEEN), headers=NPZ)
    assert refused(reply, status, code).errors[0].pointer == pointer


@pytest.mark.parametrize("name", ARRAYS)
def test_too_many_elements_are_refused(few: Service, name: str) -> None:
    """Of each array, as JSON and as npz: 413, with the limit's setting and the array that is over it."""
    client = few.client
    arrays = {key: np.ones(2) for key in ("input", "output", "grad_output", "grad_input")}
    if name == "outputs":
        arrays = {"input": np.ones(150), "outputs": np.ones((2, 150))}
    else:
        arrays[name] = np.ones(201)
    replies = [
        client.post(PATH, json={key: x.tolist() for key, x in arrays.items()}),
        client.post(PATH, content=archives.saved(arrays), headers=NPZ),
    ]
    for reply in replies:
        problem = refused(reply, 413, "too_many_elements")
        assert "DROPOUT_MAX_ELEMENTS" in problem.detail
        assert problem.errors[0].pointer == f"/{name}"
    works(client)


def test_hostile_archives_are_refused(client: httpx.Client) -> None:
    """Each as its reader refuses it, and the next request is answered as if nothing had been."""
    for hostile in archives.HOSTILE.values():
        reply = client.post(PATH, content=hostile.body, headers=NPZ)
        problem = refused(reply, reply.status_code, hostile.code)
        assert (400 <= reply.status_code < 500, problem.errors[0].pointer) == (True, hostile.pointer)
    verified(client.post(PATH, json=SEEN))
    works(client)


# Arrays at the edges


@pytest.mark.parametrize(
    ("arrays", "seen"),
    [
        ({"input": [1.0, 2.0], "output": [1.0, 2.0, 3.0]}, [3]),
        ({"input": [1.0, 2.0], "output": [[1.0, 2.0]]}, [1, 2]),
        ({"input": [1.0, 2.0], "output": 1.0}, []),
        ({"input": 1.0, "output": [1.0]}, [1]),
        ({"input": [1.0, 2.0], "outputs": [1.0, 2.0]}, []),
        ({"input": [1.0, 2.0], "outputs": [[1.0, 2.0, 3.0]]}, [3]),
        ({"input": [], "output": [1.0]}, [1]),
        ({"input": [1.0], "output": []}, [0]),
        ({"input": [1.0], "output": [2.0], "grad_output": [[1.0]], "grad_input": [1.0]}, [1, 1, 1]),
        ({"input": [1.0], "output": [2.0], "grad_output": [1.0], "grad_input": []}, [1, 0]),
    ],
    ids=str,
)
def test_another_shape_is_a_finding(client: httpx.Client, arrays: dict[str, Any], seen: list[int]) -> None:
    """A layer that loses a dimension is what verification is there for: no error, but an answer."""
    told = asked(client, arrays)
    assert codes(told) == ["shape_mismatch"]
    assert told["findings"][0]["seen"] == seen
    assert sent(client, arrays, {}) == told


def test_a_single_element_is_verified(client: httpx.Client) -> None:
    """Arrays may have no dimension; a wrong scale shows in one element."""
    assert asked(client, {"input": 3, "output": 6})["verdict"] == "inconclusive"
    assert codes(asked(client, {"input": 3, "output": 3, "p": 0.25, "seed": 42, "training": True})) != []
    assert asked(client, {"input": 3, "output": 3, "training": False})["verdict"] == "pass"


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_tells_nothing(client: httpx.Client, variant: str) -> None:
    """Arrays without elements, or of zeros alone, are inconclusive in training."""
    layer = {"variant": variant} | ({"block_size": 1} if variant == "drop_block2d" else {})
    rank = {"dropout1d": 3, "dropout3d": 5}.get(variant, 4)
    for shape in ((0,) * (rank - 2) + (2, 2), (2,) * (rank - 2) + (2, 2)):
        x = np.zeros(shape)
        y = x if "alpha" not in variant else x * np.nan
        for claim in (layer, layer | {"seed": 1}):
            if x.size and "alpha" in variant:
                continue  # what alpha dropout makes of 0 tells
            assert sent(client, {"input": x, "output": y}, claim)["verdict"] == "inconclusive"


@pytest.mark.parametrize("rank", [32, 33])
def test_the_highest_rank_is_verified(client: httpx.Client, rank: int) -> None:
    """An input may have as many dimensions as anywhere; its output has no more."""
    x, y = dropped(0.5, *(1,) * (rank - 2), 50, 40)
    reply = client.post(PATH, content=archives.saved({"input": x, "output": y}), headers=NPZ)
    if rank <= 32:
        assert verified(reply)["verdict"] == "pass"
        assert asked(client, {"input": x.tolist(), "output": y.tolist()})["verdict"] == "pass"
    else:
        assert refused(reply, 422, "rank_too_high").errors[0].pointer == "/input"
