"""NVIDIA's own client, synchronous and asyncio, works unmodified."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import numpy as np
import pytest
import tritonclient.http as sync
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from app import __version__
from app.core import FLOATS, VARIANTS, Draw, FloatArray, Layer, dropout
from tests.core.oracle import bits

P: Final = 0.4
SEED: Final = 42
DATATYPES: Final = {"FP16": "float16", "BF16": "bfloat16", "FP32": "float32", "FP64": "float64"}
X: Final = np.linspace(-3, 3, 7 * 40).repeat(5).reshape(7, 200)
"""Large and regular enough to be worth compressing."""
EXPECTED: Final = {
    name: dropout(X.astype(FLOATS[of]), layer=Layer(p=P), draw=Draw(seed=SEED), masks=True)
    for name, of in DATATYPES.items()
}

Call = Callable[..., Any]


class Sync:
    """The synchronous client: `client("infer", …)` is `client.infer(…)`."""

    def __init__(self, address: str) -> None:
        self._client = sync.InferenceServerClient(address)

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._client, name)(*args, **kwargs)

    def close(self) -> None:
        self._client.close()


class Aio:
    """The asyncio client, called the same way."""

    def __init__(self, address: str) -> None:
        self._loop = asyncio.Runner()
        self._client = self._loop.run(self._made(address))

    async def _made(self, address: str) -> Any:
        return aio.InferenceServerClient(address)

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._loop.run(getattr(self._client, name)(*args, **kwargs))

    def close(self) -> None:
        self._loop.run(self._client.close())
        self._loop.close()


@pytest.fixture(scope="module", params=[Sync, Aio], ids=["sync", "aio"])
def triton(request: pytest.FixtureRequest, url: str) -> Iterator[Call]:
    """A client of each kind."""
    client = request.param(url.removeprefix("http://"))
    yield client
    client.close()


def tensor(x: Any, datatype: str, *, name: str = "input", binary: bool = True) -> sync.InferInput:
    """An input as the client makes it."""
    made = sync.InferInput(name, list(x.shape), datatype)
    made.set_data_from_numpy(x, binary_data=binary)
    return made


def infer(triton: Call, *inputs: sync.InferInput, model: str = "dropout", **more: Any) -> Any:
    """An inference with the parameters that all have here."""
    parameters = {"p": P, "seed": SEED} | more.pop("parameters", {})
    return triton("infer", model, list(inputs), parameters=parameters, **more)


def refused(triton: Call, *inputs: sync.InferInput, status: str, words: str, **more: Any) -> None:
    """Hold an inference to be refused, so that the client's user reads these words."""
    with pytest.raises(InferenceServerException) as caught:
        infer(triton, *inputs, **more)
    assert caught.value.status() == status
    assert words in caught.value.message()


# Health and metadata


@pytest.mark.parametrize(
    "call",
    [("is_server_live",), ("is_server_ready",), ("is_model_ready", "dropout"), ("is_model_ready", "dropout", "1")],
    ids=" ".join,
)
def test_it_is_live_and_ready(triton: Call, call: tuple[str, ...]) -> None:
    """The server, the model and its version are."""
    assert triton(*call) is True


@pytest.mark.parametrize("call", [("is_model_ready", "nothing"), ("is_model_ready", "dropout", "2")], ids=" ".join)
def test_what_there_is_not_is_not_ready(triton: Call, call: tuple[str, ...]) -> None:
    """Another model is not, nor another version."""
    assert triton(*call) is False


def test_server_metadata(triton: Call) -> None:
    """The server tells its version, and that it takes binary tensors."""
    metadata = triton("get_server_metadata")
    assert metadata["version"] == __version__
    assert "binary_tensor_data" in metadata["extensions"]


@pytest.mark.parametrize("version", ["", "1"])
def test_model_metadata(triton: Call, version: str) -> None:
    """A model tells its tensors, with a version in the path and without."""
    metadata = triton("get_model_metadata", "dropout", version)
    assert metadata["name"] == "dropout"
    assert metadata["versions"] == ["1"]
    tensors = [(of["name"], of["datatype"], of["shape"]) for of in metadata["inputs"] + metadata["outputs"]]
    assert tensors == [
        (name, of, [-1]) for name, of in [("input", "FP32"), ("mask", "BOOL"), ("output", "FP32"), ("mask", "BOOL")]
    ]


@pytest.mark.parametrize("version", ["", "1"])
def test_model_config(triton: Call, version: str) -> None:
    """Its configuration says that the mask is optional, and that nothing is batched."""
    config = triton("get_model_config", "dropout", version)
    assert (config["name"], config["max_batch_size"]) == ("dropout", 0)
    assert [(of["name"], of["data_type"], of["optional"]) for of in config["input"]] == [
        ("input", "TYPE_FP32", False),
        ("mask", "TYPE_BOOL", True),
    ]


def test_repository_index(triton: Call) -> None:
    """Every variant is a model that is ready."""
    index = triton("get_model_repository_index")
    assert [(model["name"], model["state"]) for model in index] == [(name, "READY") for name in VARIANTS]


def test_statistics(triton: Call) -> None:
    """Each inference is counted once, as a success or as a failure, and its phases add up to it."""
    before = triton("get_inference_statistics", "dropout", "1")["model_stats"][0]
    infer(triton, tensor(X, "FP64"))
    refused(triton, tensor(X, "FP64"), parameters={"p": 2}, status="422", words="p")
    [after] = triton("get_inference_statistics", "dropout")["model_stats"]
    assert after["inference_count"] == before["inference_count"] + 1
    assert after["inference_stats"]["fail"]["count"] == before["inference_stats"]["fail"]["count"] + 1
    assert after["last_inference"] > 0
    phases = [
        after["inference_stats"][name]["ns"] for name in ("queue", "compute_input", "compute_infer", "compute_output")
    ]
    assert sum(phases) == after["inference_stats"]["success"]["ns"]
    assert len(triton("get_inference_statistics")["model_stats"]) == len(VARIANTS)


@pytest.mark.parametrize(
    "call",
    [
        ("load_model", "dropout"),
        ("unload_model", "dropout"),
        ("get_trace_settings",),
        ("get_log_settings",),
        ("get_system_shared_memory_status",),
        ("get_cuda_shared_memory_status",),
        ("register_system_shared_memory", "name", "key", 8),
        ("unregister_cuda_shared_memory",),
    ],
    ids=lambda call: call[0],
)
def test_what_is_not_served_is_told(triton: Call, call: tuple[Any, ...]) -> None:
    """A call of Triton's that means nothing here ends in a sentence."""
    with pytest.raises(InferenceServerException, match="does not load models") as caught:
        triton(*call)
    assert caught.value.status() == "404"


@pytest.mark.parametrize("name", ["get_model_metadata", "get_model_config", "get_inference_statistics"])
def test_metadata_of_no_model(triton: Call, name: str) -> None:
    """What is asked of a model that there is not names those that there are."""
    with pytest.raises(InferenceServerException, match="there are dropout"):
        triton(name, "nothing")


# Inference

OUTPUTS: Final[dict[str, list[tuple[str, bool]] | None]] = {
    "binary": [("output", True), ("mask", True)],
    "json": [("output", False), ("mask", False)],
    "mixed": [("mask", False), ("output", True)],
    "none named": None,
}
CODINGS: Final = (None, "gzip", "deflate")


@pytest.mark.parametrize("codings", list(product(CODINGS, CODINGS)), ids=lambda codings: f"{codings[0]}-{codings[1]}")
@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("datatype", DATATYPES)
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_infer(triton: Call, binary: bool, datatype: str, outputs: str, codings: tuple[str | None, str | None]) -> None:
    """In binary or JSON, in and out, compressed or not, it is what the core makes of it; halves are binary only."""
    asked = OUTPUTS[outputs]
    wanted = asked and [sync.InferRequestedOutput(name, binary_data=of) for name, of in asked]
    more: dict[str, Any] = {
        "outputs": wanted,
        "request_compression_algorithm": codings[0],
        "response_compression_algorithm": codings[1],
    }
    x = X.astype(FLOATS[DATATYPES[datatype]])
    half = datatype in ("FP16", "BF16")
    if half and not binary:
        refused_as_json(triton, x, datatype, **more)
    elif half and outputs == "json":
        refused(triton, tensor(x, datatype), status="422", words=f"{datatype} is sent and returned as binary", **more)
    else:
        holds(infer(triton, tensor(x, datatype, binary=binary), **more), datatype, masked=asked is not None)


def refused_as_json(triton: Call, x: FloatArray, datatype: str, **more: Any) -> None:
    """Hold a half in JSON to be refused: by the client itself for BF16, by us for FP16."""
    if datatype == "BF16":
        with pytest.raises(InferenceServerException, match="BF16"):
            tensor(x, datatype, binary=False)
    else:
        refused(triton, tensor(x, datatype, binary=False), status="422", words="FP16 is sent", **more)


def holds(result: Any, datatype: str, *, masked: bool) -> None:
    """Hold a result against the core's."""
    expected = EXPECTED[datatype]
    assert expected.output is not None
    assert bits(result.as_numpy("output")) == bits(expected.output)
    assert expected.mask is not None
    mask = result.as_numpy("mask")
    assert (mask is not None) == masked
    assert not masked or np.array_equal(mask, expected.mask)


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), (), (1,), (1, 1, 1, 1, 5)], ids=str)
def test_any_shape(triton: Call, shape: tuple[int, ...], binary: bool) -> None:
    """Empty tensors and those without dimensions go through like any other."""
    result = infer(triton, tensor(np.ones(shape), "FP64", binary=binary), parameters={"p": 0.0})
    assert bits(result.as_numpy("output")) == bits(np.ones(shape))


@pytest.mark.parametrize("output", [True, False], ids=["binary out", "json out"])
@pytest.mark.parametrize("binary", [True, False], ids=["binary in", "json in"])
@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_nan_and_infinity(triton: Call, datatype: str, binary: bool, output: bool) -> None:
    """NaN and both infinities travel both ways, as bytes and as tokens; dropped, they are zero."""
    x = np.array([np.nan, np.inf, -np.inf, -0.0, np.nan, np.inf], DATATYPES[datatype])
    keep = np.array([1, 1, 1, 1, 0, 0], bool)
    wanted = [sync.InferRequestedOutput("output", binary_data=output)]
    inputs = tensor(x, datatype, binary=binary), tensor(keep, "BOOL", name="mask", binary=binary)
    result = triton("infer", "dropout", list(inputs), outputs=wanted)
    assert bits(result.as_numpy("output")) == bits(np.where(keep, x, x.dtype.type(0)))


@pytest.mark.parametrize("mask", [True, False], ids=["mask binary", "mask json"])
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_a_given_mask(triton: Call, binary: bool, mask: bool) -> None:
    """A BOOL tensor that broadcasts to the input replaces the draw, sent in either form."""
    keep = np.arange(7) % 3 > 0
    inputs = tensor(keep[:, None], "BOOL", name="mask", binary=mask), tensor(X, "FP64", binary=binary)
    result = triton("infer", "dropout", list(inputs), parameters={"p": P})
    expected = dropout(X, layer=Layer(p=P), mask=keep[:, None]).output
    assert expected is not None
    assert bits(result.as_numpy("output")) == bits(expected)


def test_the_id_comes_back(triton: Call) -> None:
    """An id is echoed."""
    assert infer(triton, tensor(X, "FP64"), request_id="ä 42").get_response()["id"] == "ä 42"


def test_the_reply_can_be_had_again(triton: Call) -> None:
    """Without a seed the server draws one, and tells it: the reply's parameters ask for the same again."""
    first = triton("infer", "dropout", [tensor(X, "FP64")], parameters={"p": P, "noise_shape": "7,null", "stream": 9})
    told = first.get_response()["parameters"]
    fields = {"p", "training", "seed", "stream", "offset", "sample", "variant", "scaling", "noise_shape", "dtype"}
    again = triton("infer", "dropout", [tensor(X, "FP64")], parameters={name: told[name] for name in fields})
    assert bits(again.as_numpy("output")) == bits(first.as_numpy("output"))
    assert again.get_response()["parameters"] == told


def test_the_statistics_are_parameters(triton: Call) -> None:
    """What was counted comes flat: the numbers that /v1 tells."""
    told = infer(triton, tensor(X, "FP64")).get_response()["parameters"]
    tally = EXPECTED["FP64"].tally
    assert (told["decisions"], told["dropped"], told["drop_rate"]) == (X.size, tally.dropped, tally.drop_rate)
    assert (told["input_mean"], told["output_mean"]) == (tally.input.mean, tally.output.mean)
    low, high = map(float, told["expected_drop_rate_interval"].split(","))
    assert low < P < high


def test_samples(triton: Call) -> None:
    """Replicates come on a leading axis, and each is the one that is had alone."""
    result = infer(triton, tensor(X, "FP64"), parameters={"samples": 3}).as_numpy("output")
    assert result.shape == (3, *X.shape)
    for k in range(3):
        alone = infer(triton, tensor(X, "FP64"), parameters={"sample": k}).as_numpy("output")
        assert bits(result[k]) == bits(alone)


def test_evaluation(triton: Call) -> None:
    """In evaluation the tensor comes back bit for bit, and nothing is counted."""
    result = triton("infer", "dropout", [tensor(X, "FP64")], parameters={"training": False})
    assert bits(result.as_numpy("output")) == bits(X)
    assert result.get_response()["parameters"]["decisions"] == 0


def test_timeout_and_priority_are_ignored(triton: Call) -> None:
    """What the protocol has for schedulers changes nothing."""
    holds(infer(triton, tensor(X, "FP64"), timeout=10**6, priority=1), "FP64", masked=False)


def test_a_version_may_be_named(triton: Call) -> None:
    """Version 1 is the model."""
    holds(infer(triton, tensor(X, "FP64"), model_version="1"), "FP64", masked=False)


def test_queries_are_tolerated(triton: Call) -> None:
    """NVIDIA's examples send some."""
    holds(infer(triton, tensor(X, "FP64"), query_params={"test_1": 1, "test_2": [2, 3]}), "FP64", masked=False)


# Errors


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"model": "nothing"}, "404", "there is no model 'nothing'"),
        ({"model_version": "7"}, "404", "dropout has version 1 only"),
        ({"parameters": {"p": 1.5}}, "422", "parameters.p should be less than or equal to 1, got 1.5"),
        ({"parameters": {"rate": 0.5}}, "422", "did you mean p?"),
        ({"parameters": {"keep_prob": 0.5}}, "422", "send one of them"),
        ({"parameters": {"variant": "dropout2d"}}, "422", "another variant is another model"),
        ({"parameters": {"dtype": "float32"}}, "422", "their own dtype, float64"),
        ({"parameters": {"noise_shape": "7,3"}}, "422", "noise_shape"),
        ({"sequence_id": 5, "sequence_start": True}, "422", "sequence_id"),
        ({"outputs": [sync.InferRequestedOutput("result")]}, "422", "'output' or 'mask'"),
        ({"outputs": [sync.InferRequestedOutput("output")] * 2}, "422", "may stand once"),
        ({"outputs": [sync.InferRequestedOutput("output", class_count=1)]}, "422", "classification"),
    ],
    ids=lambda value: value if isinstance(value, str) else ", ".join(value),
)
def test_what_is_wrong_is_told(triton: Call, more: dict[str, Any], status: str, words: str) -> None:
    """The sentence of an error is what the client raises."""
    refused(triton, tensor(X, "FP64"), status=status, words=words, **more)


def reshaped(*shape: int) -> sync.InferInput:
    """A tensor that claims another shape than its data have."""
    made = tensor(X, "FP64")
    made.set_shape(list(shape))
    return made


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        (lambda: tensor(X.astype("i4"), "INT32"), "422", "datatype of input must be one of FP64, FP32, FP16, BF16"),
        (lambda: tensor(np.array([b"text"], object), "BYTES"), "422", "datatype of input"),
        (lambda: tensor(X, "FP64", name="x"), "422", "'input' or 'mask'"),
        (lambda: reshaped(7, 199), "400", "float64 and shape [7, 199] has 11144 bytes, got 11200"),
        (lambda: reshaped(-7, -200), "422", "greater than or equal to 0"),
        (lambda: reshaped(2**33, 2**31), "400", "more than 10^20 bytes"),
        (lambda: tensor(X > 0, "BOOL", name="mask"), "422", "input is required"),
        (lambda: reshaped(*[1] * 40, 7, 200), "422", "DROPOUT_MAX_NDIM"),
    ],
)
def test_tensors_that_are_wrong_are_told(triton: Call, made: Any, status: str, words: str) -> None:
    """Another datatype, name or shape is."""
    refused(triton, made(), status=status, words=words)


def test_a_client_may_write_the_body_itself(client: Any) -> None:
    """The client's own writer and reader of bodies work with any HTTP client."""
    body, size = sync.InferenceServerClient.generate_request_body(
        [tensor(X, "FP64")], parameters={"p": P, "seed": SEED}
    )
    reply = client.post(
        "/v2/models/dropout/infer", content=body, headers={"Inference-Header-Content-Length": str(size)}
    )
    length = int(reply.headers["Inference-Header-Content-Length"])
    result = sync.InferenceServerClient.parse_response_body(reply.content, header_length=length)
    holds(result, "FP64", masked=False)


# The family


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_a_model(triton: Call, name: str) -> None:
    """Its metadata have the dimensions it takes and a mask if it has one; what fits them is inferred."""
    metadata = triton("get_model_metadata", name)
    shape, masked = metadata["inputs"][0]["shape"], "mask" in VARIANTS[name].parameters
    assert shape == [-1] * VARIANTS[name].rank
    for tensors, config in zip(
        (metadata["inputs"], metadata["outputs"]),
        (triton("get_model_config", name)[key] for key in ("input", "output")),
        strict=True,
    ):
        assert [of["name"] for of in tensors] == [of["name"] for of in config]
        assert (tensors[1:] != []) == masked
    x = np.linspace(-1, 1, 4 ** len(shape)).reshape([4] * len(shape))
    own: dict[str, Any] = {"block_size": 2} if name == "drop_block2d" else {}
    result = infer(triton, tensor(x, "FP64"), model=name, parameters=own)
    expected = dropout(x, layer=Layer(p=P, variant=name, **own), draw=Draw(seed=SEED)).output
    assert expected is not None
    assert bits(result.as_numpy("output")) == bits(expected)
