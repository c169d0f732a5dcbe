"""Clients that others' generators make of the document: they type-check, do the main job, and read an error."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.api.expect import answered
from tests.clients.conftest import Workshop

pytestmark = pytest.mark.clients

GENERATE = {
    "python": "openapi-python-client generate --url {url}/openapi.json --meta none --output-path dropout_client",
    # what has a default may be left out of a request
    "typescript": "openapi-typescript {url}/openapi.json --default-non-nullable=false -o dropout.ts",
}
CHECK = {
    # silent: the file that is the same in every client of this generator, client.py, is not as strict
    "python": "mypy --strict --follow-imports=silent use.py dropout_client/api dropout_client/models",
    "typescript": "tsc --strict --noEmit --module nodenext --allowImportingTsExtensions use.ts",
}
USE = {"python": "python use.py {url}", "typescript": "node use.ts {url}"}


@pytest.fixture(scope="session", params=GENERATE)
def language(request: pytest.FixtureRequest, workshop: Workshop, url: str) -> str:
    """A language, once its client is generated. The generator leaves out npy and npz bodies, and nothing else."""
    name: str = request.param
    told = workshop.run(*GENERATE[name].format(url=url).split())
    missed = set(re.findall(r"^(?:Unsupported|Missing|Cannot|Could not|Unable).*|^type .*", told, re.MULTILINE))
    assert missed <= {f"Unsupported content type application/{kind}" for kind in ("x-npy", "zip")}, told
    return name


def test_a_client_type_checks(language: str, workshop: Workshop) -> None:
    """It and what is written with it pass the strictest check of their language."""
    workshop.run(*CHECK[language].split())


def test_a_mistake_does_not_type_check(language: str, workshop: Workshop) -> None:
    """The types say something: a number in quotes is refused before it is sent."""
    kind = {"python": "py", "typescript": "ts"}[language]
    used = (workshop.folder / f"use.{kind}").read_text()
    (workshop.folder / f"wrong.{kind}").write_text(used.replace("0.4,", '"0.4",'))
    with pytest.raises(AssertionError, match=r"incompatible type|not assignable"):
        workshop.run(*CHECK[language].replace("use.", "wrong.").split())


def test_a_client_does_the_main_job(language: str, workshop: Workshop, url: str, client: httpx.Client) -> None:
    """It gets what anyone gets: survivors are the input times the scale, the rest is 0."""
    told = json.loads(workshop.run(*USE[language].format(url=url).split()))
    asked = {"input": told["input"], "p": 0.4, "seed": 42}
    reply: dict[str, Any] = answered(client.post("/v1/dropout", json=asked))
    assert (told["output"], told["scale"]) == (reply["output"], reply["layer"]["scale"])
    pairs = [pair for rows in zip(told["input"], told["output"], strict=True) for pair in zip(*rows, strict=True)]
    assert {y in (0, x * told["scale"]) for x, y in pairs} == {True}
    assert {y == 0 for _, y in pairs} == {True, False}


def test_a_client_reads_an_error(language: str, workshop: Workshop, url: str) -> None:
    """A refusal is a problem with its type: which rule, which status, which field."""
    told = json.loads(workshop.run(*USE[language].format(url=url).split()))
    assert (told["code"], told["status"], told["pointer"]) == ("out_of_range", 422, "/p")
