"""A block of a larger array, computed alone, is that part of the whole: by every call and every way to send it."""

import io
import json
from itertools import pairwise, product
from math import prod
from typing import Any, Final

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import BoolArray, Draw, FloatArray, Layer, Shape, dropout
from tests.api.expect import answered, post, refused
from tests.api.test_transports import NPY, RAW, TRANSPORTS, Case, Transport
from tests.core import oracle
from tests.core.oracle import bits

# a layer of each kind of noise shape, and the rank it takes
LAYERS: Final[list[tuple[dict[str, Any], int]]] = [
    ({"variant": "dropout"}, 3),
    ({"variant": "dropout", "noise_shape": [None, 1, None]}, 3),
    ({"variant": "dropout", "noise_shape": [1, None]}, 2),
    ({"variant": "dropout1d"}, 3),
    ({"variant": "dropout2d", "channels_last": True}, 4),
    ({"variant": "stochastic_depth"}, 2),
    ({"variant": "alpha_dropout"}, 2),
    ({"variant": "feature_alpha_dropout"}, 3),
]
Cut = list[tuple[Shape, Shape]]


def cuts(draw: st.DrawFn, whole: Shape) -> Cut:
    """The blocks of a grid over the whole: the origin and the shape of each."""
    inner = [sorted(draw(st.sets(st.integers(1, max(1, length - 1)), max_size=2))) for length in whole]
    ends = [[0, *(at for at in some if at < length), length] for some, length in zip(inner, whole, strict=True)]
    grid = product(*map(list, map(pairwise, ends)))
    return [(tuple(a for a, _ in spans), tuple(b - a for a, b in spans)) for spans in grid]


@st.composite
def grids(draw: st.DrawFn) -> tuple[Case, Cut]:
    """An array, a layer for it, a place in the law, and how it is cut."""
    fields, rank = draw(st.sampled_from(LAYERS))
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=rank, max_size=rank)))
    dtype = draw(st.sampled_from(["float16", "float32", "float64"]))
    x = np.linspace(-3, 3, prod(shape), dtype=dtype).reshape(shape)
    place = {"p": 0.4, "seed": draw(st.integers(0, 2**64 - 1)), "offset": draw(st.sampled_from([0, 7, 2**40]))}
    samples = draw(st.sampled_from([{}, {"sample": 3}, {"samples": 2}]))
    return Case(x, fields | place | samples), cuts(draw, shape)


def region(origin: Shape, shape: Shape) -> tuple[Any, ...]:
    """Where a block lies, the samples before it."""
    return (..., *(slice(a, a + n) for a, n in zip(origin, shape, strict=True)))


def expected(case: Case, *, gradient: bool = False) -> tuple[FloatArray, BoolArray]:
    """What the core makes of the whole."""
    of = {name: case.fields[name] for name in ("variant", "channels_last") if name in case.fields}
    noise_shape = case.fields.get("noise_shape")
    layer = Layer(p=case.fields["p"], noise_shape=noise_shape and tuple(noise_shape), **of)
    draw = Draw(**{name: case.fields[name] for name in ("seed", "offset", "sample") if name in case.fields})
    samples = case.fields.get("samples")
    result = dropout(case.x, layer=layer, draw=draw, samples=samples, gradient=gradient, masks=True)
    assert result.output is not None
    assert result.mask is not None
    return result.output, result.mask


@pytest.mark.parametrize("transport", TRANSPORTS)
@settings(max_examples=10)
@given(grid=grids())
def test_blocks_put_together_are_the_whole(transport: Transport, client: httpx.Client, grid: tuple[Case, Cut]) -> None:
    """Outputs and masks of all blocks, at their places, are those of the whole bit for bit."""
    case, blocks = grid
    output, mask = expected(case)
    for origin, shape in blocks:
        at = region(origin, shape)
        block = Case(case.x[at], case.fields | {"whole": [*case.x.shape], "origin": [*origin]})
        assert bits(transport(client, block, "output").array) == bits(output[at])
        assert bits(transport(client, block, "mask").array) == bits(mask[at])


@settings(max_examples=10)
@given(grid=grids())
def test_gradients_and_masks_of_blocks(client: httpx.Client, grid: tuple[Case, Cut]) -> None:
    """So are gradients, and masks without an array, as JSON, npy and bits."""
    case, blocks = grid
    fields = {name: value for name, value in case.fields.items() if name != "samples"}
    gradient, mask = expected(Case(case.x, fields), gradient=True)
    for origin, shape in blocks:
        at, more = region(origin, shape), fields | {"whole": [*case.x.shape], "origin": [*origin]}
        sent = {"grad_output": case.x[at].astype("f8").tolist(), "dtype": case.dtype}
        reply = client.post("/v1/dropout/backward", json=sent | more).json()
        assert bits(np.array(reply["grad_input"], case.dtype)) == bits(gradient[at])
        asked = {"shape": [*shape]} | more
        assert client.post("/v1/dropout/mask", json=asked).json()["mask"] == mask[at].tolist()
        file, packed = (
            client.post("/v1/dropout/mask", json=asked, headers={"Accept": of}).content for of in (NPY, RAW)
        )
        assert np.array_equal(np.load(io.BytesIO(file), allow_pickle=False), mask[at])
        assert packed == np.packbits(mask[at], bitorder="little").tobytes()


def test_gaussian_blocks(client: httpx.Client) -> None:
    """Gaussian noise is that of the whole, to what the normals are promised to."""
    fields, whole = {"p": 0.4, "seed": 42, "variant": "gaussian_dropout"}, np.linspace(1, 2, 35).reshape(5, 7)
    output = np.array(answered(post(client, {"input": whole.tolist(), **fields}))["output"])
    for origin, shape in (((0, 3), (5, 1)), ((2, 1), (3, 5))):
        at = region(origin, shape)
        block = {"input": whole[at].tolist(), "whole": [5, 7], "origin": [*origin], **fields}
        seen = np.array(answered(post(client, block))["output"])
        assert np.abs(seen / output[at] - 1).max() <= 4e-12  # 1 + z·σ loses a digit where it is small


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_experiments_on_blocks(client: httpx.Client, distribution: str) -> None:
    """The made-up input of a block is that part of the whole's, and so are its decisions."""
    fields = {"p": 0.4, "seed": 42, "offset": 5, "distribution": distribution, "shape": [4, 3]}
    reply = client.post("/v1/dropout/simulate", json=fields | {"whole": [9, 8], "origin": [2, 4]}).json()
    index = [i * 8 + j for i in range(2, 6) for j in range(4, 7)]
    element = (
        oracle.uniform if distribution == "uniform" else lambda i, seed: oracle.normal(i, seed=seed, tag=oracle.INPUTS)
    )
    x = np.array([element(i, seed=42) for i in index])
    keep = oracle.mask((4, 3), 0.4, Draw(seed=42, offset=5), ((9, 8), (2, 4))).ravel()
    [run] = reply["runs"]
    assert run["input_mean"] == pytest.approx(x.mean(), rel=1e-12)
    assert run["output_mean"] == pytest.approx((x * keep).mean() / 0.6, rel=1e-12)
    assert reply["statistics"]["dropped"] == 12 - keep.sum()
    assert (reply["replay"]["whole"], reply["replay"]["origin"]) == ([9, 8], [2, 4])


def test_a_block_is_verified_against_its_place(client: httpx.Client) -> None:
    """With a claimed seed the decisions are those of the place; at another place they are not reproduced."""
    block = {"whole": [60, 70], "origin": [7, 9], "noise_shape": [None, 70], "p": 0.4, "seed": 42}
    x = np.ones((50, 40))
    y = answered(post(client, {"input": x.tolist(), **block}))["output"]
    for origin, code in (([7, 9], []), ([7, 10], ["mask_not_reproduced"])):
        claim = {"input": x.tolist(), "output": y, **block, "origin": origin}
        reply = client.post("/v1/dropout/verify", json=claim).json()
        assert [found["code"] for found in reply["findings"]] == code
        assert reply["claim"]["origin"] == origin
    assert reply["layer"]["variant"] == "dropout"


def test_the_reply_tells_the_place(client: httpx.Client) -> None:
    """`replay` has both, the origin in force too; `noise_shape` is the whole's; decisions are those that touch it."""
    call = {"input": [[1, 2, 3], [4, 5, 6]], "whole": [10, 3], "noise_shape": [None, 1], "seed": 42}
    reply = answered(post(client, call))
    assert (reply["replay"]["whole"], reply["replay"]["origin"]) == ([10, 3], [0, 0])
    assert reply["layer"]["noise_shape"] == [10, 1]
    assert reply["statistics"]["decisions"] == 2
    assert answered(post(client, call | reply["replay"])) == reply


def test_an_array_that_nobody_holds(client: httpx.Client) -> None:
    """A whole may have 2^64 elements; what is beyond 2^53 - 1 comes back as text, and goes in as text."""
    call = {"input": [1, 2, 3], "whole": [2**64], "origin": [2**64 - 3], "seed": 42, "include": ["mask"]}
    reply = answered(post(client, call))
    assert reply["replay"]["whole"] == reply["layer"]["noise_shape"] == [str(2**64)]
    assert reply["mask"] == oracle.mask((3,), 0.5, Draw(seed=42, offset=2**64 - 3)).tolist()
    assert answered(post(client, {"input": [1, 2, 3], **reply["replay"]})) == reply


@pytest.mark.parametrize("more", [{"training": False}, {"mask": [[True, False, True]]}], ids=["evaluation", "mask"])
def test_what_a_place_does_not_change(client: httpx.Client, more: dict[str, Any]) -> None:
    """Evaluation and a given mask are the same with a place as without."""
    call = {"input": [[1, 2, 3]], "noise_shape": [None, 1], **more}
    alone, placed = (answered(post(client, call | place)) for place in ({}, {"whole": [9, 9], "origin": [1, 1]}))
    assert placed["output"] == alone["output"]
    assert placed["statistics"] == alone["statistics"]


def test_an_empty_block_has_no_decisions(client: httpx.Client) -> None:
    """Shared decisions of others do not touch it: there are none, and no rate."""
    call = {"input": [], "shape": [2, 3, 0], "variant": "dropout1d", "whole": [2, 3, 4], "origin": [0, 0, 4], "seed": 1}
    told = answered(post(client, call))["statistics"]
    assert (told["decisions"], told["drop_rate"], told["expected_drop_rate_interval"]) == (0, None, None)


WRONG: Final[list[tuple[dict[str, Any], str, str]]] = [
    ({"origin": [0, 0]}, "missing_field", "/whole"),
    ({"whole": [9]}, "shape_mismatch", "/whole"),
    ({"whole": [9, 9], "origin": [1]}, "shape_mismatch", "/origin"),
    ({"whole": [9, 2]}, "out_of_range", "/origin"),
    ({"whole": [9, 9], "origin": [8, 0]}, "out_of_range", "/origin"),
    ({"whole": [2**33, 2**32]}, "out_of_range", "/whole"),
    ({"whole": [2**32, 2**32], "offset": 1}, "out_of_range", "/whole"),
    ({"whole": [2**65, 9]}, "out_of_range", "/whole"),
    ({"whole": [9, 9], "noise_shape": [None, 3]}, "noise_shape_mismatch", "/noise_shape/1"),
    ({"whole": [9, "9"]}, "wrong_type", "/whole/1"),
    ({"whole": [9, 9.0]}, "wrong_type", "/whole/1"),
    ({"whole": 81}, "wrong_type", "/whole"),
    ({"whole": [9, 9], "origin": [0, -1]}, "out_of_range", "/origin/1"),
    ({"whole": None}, "wrong_type", "/whole"),
]


@pytest.mark.parametrize(("fields", "code", "pointer"), WRONG, ids=str)
@pytest.mark.parametrize("path", ["", "/backward", "/mask", "/simulate"])
def test_what_is_no_place_is_refused(
    client: httpx.Client, path: str, fields: dict[str, Any], code: str, pointer: str
) -> None:
    """Every call refuses it alike, at the field that is wrong."""
    array = [[1, 2, 3], [4, 5, 6]]
    own = {"": {"input": array}, "/backward": {"grad_output": array}}.get(path, {"shape": [2, 3]})
    reply = client.post(f"/v1/dropout{path}", json={**own, "seed": 42, **fields})
    assert refused(reply, 422, code).errors[0].pointer == pointer


@pytest.mark.parametrize("training", [True, False])
def test_blocks_of_dropped_squares(client: httpx.Client, training: bool) -> None:
    """DropBlock takes no place: its scale needs all of the array."""
    call = {"input": [[[[1, 2], [3, 4]]]], "variant": "drop_block2d", "block_size": 1, "training": training}
    reply = post(client, call | {"whole": [1, 1, 4, 4]})
    assert refused(reply, 422, "conflicting_fields").errors[0].pointer == "/whole"


def test_a_place_in_a_query_and_among_parameters(client: httpx.Client) -> None:
    """Lists are text there; errors of an inference point at its parameters."""
    x = np.arange(6, dtype="<f4")
    query = {"dtype": "float32", "shape": "2,3", "whole": "5000,10", "origin": "100,0", "seed": "42"}
    reply = client.post("/v1/dropout", content=x.tobytes(), params=query, headers={"Content-Type": RAW})
    assert json.loads(reply.headers["Dropout-Replay"])["origin"] == [100, 0]
    tensor = {"name": "input", "shape": [2, 3], "datatype": "FP32", "data": x.tolist()}
    parameters = {"whole": "5000,10", "origin": "100,0", "seed": 42}
    told = client.post("/v2/models/dropout/infer", json={"inputs": [tensor], "parameters": parameters}).json()
    assert (told["parameters"]["whole"], told["parameters"]["origin"]) == ("5000,10", "100,0")
    assert told["outputs"][0]["data"] == np.frombuffer(reply.content, "<f4").tolist()
    wrong = {"inputs": [tensor], "parameters": parameters | {"origin": "100"}}
    refusal = client.post("/v2/models/dropout/infer", json=wrong).json()
    assert refusal["errors"][0]["pointer"] == "/parameters/origin"


def test_cost_follows_the_block(client: httpx.Client) -> None:
    """A block far inside 10^15 elements is answered like any other; limits count it alone."""
    x = np.ones((64, 64))
    far = {"whole": [31_622_777, 31_622_777], "origin": [31_000_000, 31_000_000], "seed": 42, "p": 0.4}
    reply = answered(post(client, {"input": x.tolist(), **far}))
    index = [(31_000_000 + i) * 31_622_777 + 31_000_000 for i in (0, 63)]
    for row, first in zip((0, 63), index, strict=True):
        alone = answered(post(client, {"input": x[row].tolist(), "offset": first, "seed": 42, "p": 0.4}))
        assert reply["output"][row] == alone["output"]
