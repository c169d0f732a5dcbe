"""Health, metadata, and the extensions that tell of a server: statistics, configuration, the repository's index."""

from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from .model import DATATYPES, Model, Refused, holds

UNKNOWN = "/v2/models/no-such-model"
DURATIONS = ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"]


def true(reply: httpx.Response, *members: str) -> None:
    """Hold a reply to say yes: by its status and, if it has a body, by one of these members."""
    assert reply.status_code == 200
    if reply.content:
        assert True in [reply.json().get(member) for member in members]


def answered(reply: httpx.Response) -> Any:
    """The JSON of a reply that succeeded."""
    assert reply.status_code == 200, reply.text
    assert reply.headers.get("Content-Type", "").startswith("application/json")
    return reply.json()


@pytest.mark.parametrize("name", ["live", "ready"])
def test_the_server_is_live_and_ready(server: httpx.Client, name: str) -> None:
    """A status of 200 says yes; a body says `live`, or `ready` as servers do (OIP, Server Live, Server Ready)."""
    true(server.get(f"/v2/health/{name}"), "live", name)


def test_the_model_is_ready(model: Model) -> None:
    """So is the model, and a body names it (OIP, Model Ready)."""
    reply = model.server.get(f"{model.path}/ready")
    true(reply, "ready")
    assert not reply.content or reply.json()["name"] == model.name


def test_each_version_is_ready(model: Model) -> None:
    """So is each of its versions (OIP, Model Ready)."""
    for version in model.versions:
        true(model.server.get(f"{model.root}/versions/{version}/ready"), "ready")


def test_an_unknown_model_is_not_ready(server: httpx.Client) -> None:
    """What there is not is not ready, whether the status says so or the body (OIP, Model Ready)."""
    reply = server.get(f"{UNKNOWN}/ready")
    assert reply.status_code >= 400 or reply.json()["ready"] is False


def test_an_unknown_version_is_not_ready(model: Model) -> None:
    """Nor is a version that the model does not have (OIP, Model Ready)."""
    assert "99999999" not in model.versions
    reply = model.server.get(f"{model.root}/versions/99999999/ready")
    assert reply.status_code >= 400 or reply.json()["ready"] is False


@pytest.mark.parametrize("path", ["/v2", pytest.param("/v2/", marks=pytest.mark.robust)])
def test_server_metadata(server: httpx.Client, path: str) -> None:
    """The server names itself, its version and its extensions (OIP, Server Metadata; its OpenAPI file has /v2/)."""
    metadata = answered(server.get(path))
    holds(metadata, name=str, version=str, extensions=list)
    assert all(isinstance(extension, str) for extension in metadata["extensions"])


def check_model_metadata(metadata: Any, name: str) -> None:
    """Hold metadata to be a model's."""
    holds(metadata, name=str, platform=str, inputs=list, outputs=list)
    assert metadata["name"] == name
    holds({"versions": []} | metadata, versions=list)
    assert all(isinstance(version, str) for version in metadata.get("versions", []))
    for tensor in metadata["inputs"] + metadata["outputs"]:
        holds(tensor, name=str, datatype=str, shape=list)
        assert tensor["datatype"] in DATATYPES
        assert all(type(length) is int and length >= -1 for length in tensor["shape"])


def test_model_metadata(model: Model) -> None:
    """The model tells its tensors; a dimension is a number, -1 if it is variable (OIP, Model Metadata)."""
    check_model_metadata(answered(model.server.get(model.path)), model.name)


def test_model_metadata_of_each_version(model: Model) -> None:
    """So does each version (OIP, Model Metadata)."""
    for version in model.versions:
        check_model_metadata(answered(model.server.get(f"{model.root}/versions/{version}")), model.name)


def test_metadata_of_an_unknown_model_are_an_error(server: httpx.Client, refused: Refused) -> None:
    """A failure is an HTTP error status and `{"error": $string}` (OIP, Model Metadata Response JSON Error Object)."""
    refused(server.get(UNKNOWN))


def test_metadata_of_an_unknown_version_are_an_error(model: Model, refused: Refused) -> None:
    """So it is for a version (OIP, Model Metadata Response JSON Error Object)."""
    assert "99999999" not in model.versions
    refused(model.server.get(f"{model.root}/versions/99999999"))


@pytest.mark.parametrize(("call", "extension"), [("config", "model_configuration"), ("stats", "statistics")])
def test_what_extensions_tell_of_an_unknown_model_is_an_error(
    model: Model, call: str, extension: str, refused: Refused
) -> None:
    """Extensions fail as the protocol does (Triton, extension_model_configuration, extension_statistics)."""
    model.needs(extension)
    refused(model.server.get(f"{UNKNOWN}/{call}"))


def test_the_configuration_has_the_tensors_of_the_metadata(model: Model) -> None:
    """The configuration is a ModelConfig: what it says of tensors is what the metadata say, but for the batch's axis
    (Triton, extension_model_configuration, model_config.proto)."""
    model.needs("model_configuration")
    config = answered(model.server.get(f"{model.path}/config"))
    holds(config, name=str, max_batch_size=int, input=list, output=list)
    batch = [-1] if config["max_batch_size"] else []
    for own, theirs in (("input", "inputs"), ("output", "outputs")):
        told = [(tensor["name"], tensor["data_type"], batch + tensor["dims"]) for tensor in config[own]]
        names = {"BYTES": "STRING"}
        assert sorted(told) == sorted(
            (tensor["name"], f"TYPE_{names.get(tensor['datatype'], tensor['datatype'])}", tensor["shape"])
            for tensor in model.metadata[theirs]
        )


def statistics(model: Model, path: str) -> Any:
    """The statistics there are at a path."""
    model.needs("statistics")
    return answered(model.server.get(f"{path}/stats"))["model_stats"]


def check_statistics(statistics: Any) -> None:
    """Hold statistics to be a model's."""
    holds(statistics, name=str, last_inference=int, inference_count=int, execution_count=int)
    holds(statistics, inference_stats=dict, batch_stats=list)
    durations = statistics["inference_stats"]
    holds(durations, **dict.fromkeys(DURATIONS, dict))
    for name in DURATIONS:
        holds(durations[name], count=int, ns=int)


def test_statistics(model: Model) -> None:
    """A model tells how often it was asked, and where the time went (Triton, extension_statistics)."""
    for found in statistics(model, model.path):
        check_statistics(found)
        assert found["name"] == model.name


def test_statistics_of_all_models(model: Model) -> None:
    """Without a model's name they are those of all (Triton, extension_statistics)."""
    found = statistics(model, "/v2/models")
    assert model.name in [one["name"] for one in found]
    check_statistics(found[0])


def test_statistics_of_each_version(model: Model) -> None:
    """With a version in the path they are of that version only (Triton, extension_statistics)."""
    for version in model.versions:
        assert [one["version"] for one in statistics(model, f"{model.root}/versions/{version}")] == [version]


@pytest.mark.usefixtures("text")
def test_statistics_count_inferences(model: Model) -> None:
    """Each inference counts, each of a batch by itself (Triton, extension_statistics, inference_count)."""

    def count() -> int:
        return sum(one["inference_count"] for one in statistics(model, model.path))

    size = len(model.inputs()[0].x) if model.most else 1
    wanted, deadline = count() + 3 * size, monotonic() + 2
    for _ in range(3):
        model.infer()
    while count() != wanted and monotonic() < deadline:  # the law does not say that they are up to date at once
        sleep(0.02)
    assert count() == wanted


def test_the_repository_lists_the_model(model: Model) -> None:
    """The index has every model, with its state (Triton, extension_model_repository, Index)."""
    model.needs("model_repository")
    index = answered(model.server.post("/v2/repository/index", json={}))
    assert model.name in [entry["name"] for entry in index]
    for entry in index:
        holds(entry, name=str, state=str)
        assert {type(entry.get(name, "")) for name in ("version", "reason")} == {str}
