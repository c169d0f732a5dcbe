"""README and docs/ tell the truth: what they show is run, and what they list is compared with the code."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from app.api.problems import PROBLEMS
from app.core import VARIANTS
from app.settings import Settings
from app.verify import FINDINGS, FindingCode
from tests.core import oracle

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
}
RUNNING = "docs/running.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWERS = {"console": "json", "python": "text"}
"""Languages of examples, and of the output under each."""


class Block(NamedTuple):
    """A block of code: the line of a page it begins at, its language and its text."""

    page: str
    line: int
    language: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page."""
    for fence in FENCE.finditer(PAGES[page]):
        yield Block(page, PAGES[page].count("\n", 0, fence.start()) + 2, *fence.groups())


def examples() -> Iterator[Any]:
    """Each example with its output; marked if it needs PyTorch."""
    for page in PAGES:
        for block, answer in pairwise(blocks(page)):
            if block.language in ANSWERS:
                marks = [pytest.mark.conformance] if "import torch" in block.text else []
                yield pytest.param(block, answer.text, marks=marks, id=f"{page}:{block.line}")


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", PAGES[page])


def rows(page: str) -> list[list[str]]:
    """The cells of each row of a page's tables."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGES[page].splitlines() if line[:1] == "|"]


def names(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)


# Examples


def run(block: Block, url: str) -> str:
    """What an example prints, its address exchanged for that of the server under test.

    A program runs here, with names of its own: an interpreter for each would take longer than all else. Its lines are
    counted as in its page, so that a traceback leads there.
    """
    text = block.text.replace("localhost:8000", url.removeprefix("http://"))
    if block.language == "console":
        command = ["bash", "-c", text.removeprefix("$ ")]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    program = compile("\n" * (block.line - 1) + text, ROOT / block.page, "exec", dont_inherit=True)
    with redirect_stdout(StringIO()) as printed:
        exec(program, {"__name__": "__main__"})
    return printed.getvalue()


def same(printed: Any, shown: Any, slack: float = 0) -> bool:
    """Whether replies say the same: exactly, but for moments, whose last digits depend on how a processor adds.

    Sums of n numbers are within n · 2^-53 of each other, whatever the order; a deviation takes two, and a difference.
    """
    if isinstance(printed, dict) and isinstance(shown, dict):
        slacks = {name: moment_slack(shown) if name.endswith(_MOMENTS) else 0 for name in shown}
        return printed.keys() == shown.keys() and all(same(printed[name], shown[name], slacks[name]) for name in shown)
    if isinstance(printed, list) and isinstance(shown, list):
        return len(printed) == len(shown) and all(map(same, printed, shown))
    close = slack > 0 and isinstance(printed, float) and isclose(printed, shown, rel_tol=slack)
    return close or repr(printed) == repr(shown)  # which tells -0.0 from 0.0, 1 from 1.0 and True, and knows NaN


def moment_slack(members: Mapping[str, Any]) -> float:
    """What moments may differ by, of themselves: those of few numbers by less than 12 decimals have."""
    return min(8.0 * int(members.get("size", 2**16)) * 2.0**-53, 1e-12)


_MOMENTS = ("mean", "std", "standard_error")


@pytest.mark.parametrize(("block", "answer"), [*examples()])
def test_an_example_prints_what_is_shown_under_it(block: Block, answer: str, url: str) -> None:
    """Each command and each program, run as it stands, gives the output under it."""
    printed = run(block, url)
    if block.language == "console":
        assert same(json.loads(printed), json.loads(answer))
    else:
        assert printed == answer


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_run(page: str) -> None:
    """Each block of code is an example with its output under it, or commands for a machine, which CI runs."""
    found = [block.language for block in blocks(page) if block.language != "sh"]
    assert found == [language for example in found[::2] for language in (example, ANSWERS[example])]


# Links


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str, client: httpx.Client) -> None:
    """Each link leads to a file and an anchor that are there, or to a page of the service."""
    for link in re.findall(r"\]\(([^)]+)\)|<(http[^>]+)>", prose(page)):
        target, _, anchor = "".join(link).partition("#")
        if target.startswith("http://localhost:8000"):
            assert client.get(target.removeprefix("http://localhost:8000")).status_code == 200, link
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path.resolve().relative_to(ROOT).as_posix()), link


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    """It has at most 170 lines, and a link to each page of docs/."""
    assert len(PAGES["README.md"].splitlines()) <= 170
    linked = set(re.findall(r"\]\((docs/[^)#]+)", PAGES["README.md"]))
    assert linked == PAGES.keys() - {"README.md"}


# Tables


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_stands_in_its_table_with_its_default_and_meaning(name: str) -> None:
    """The table of settings has a row for each, as the code defines it."""
    field = Settings.model_fields[name]
    number = f"{field.default:,}" if isinstance(field.default, int) and name != "port" else field.default
    default = "all cores" if field.default_factory else "none" if number is None else number
    assert f"| `DROPOUT_{name.upper()}` | {default} | {field.description} |" in PAGES[RUNNING]


def test_the_table_lists_no_other_setting() -> None:
    """No row is left over from a setting that went."""
    listed = re.findall(r"^\| `DROPOUT_(\w+)`", PAGES[RUNNING], re.MULTILINE)
    assert set(listed) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_stands_in_its_table(code: FindingCode) -> None:
    """The table of findings has a row for each, with its title."""
    title = FINDINGS[code].title
    sentence = title if title.startswith("p ") else title[0].lower() + title[1:]
    assert [f"`{code}`", sentence] in rows("docs/verify.md")


def test_every_layer_stands_in_its_table() -> None:
    """The table of layers has each, with the fields that are its own."""
    listed = {name: names(cells[3]) for cells in rows("docs/layers.md") if len(cells) == 4 for name in names(cells[0])}
    listed.pop("variant")
    assert listed == {name: list(variant.parameters) for name, variant in VARIANTS.items()}


def test_every_error_stands_in_its_table() -> None:
    """The table of errors has each, once, with its status."""
    listed = Counter((status, code) for status, codes, _ in rows("docs/errors.md") for code in names(codes))
    assert listed == Counter((str(problem.status), code) for code, problem in PROBLEMS.items())


def test_every_metric_stands_in_its_table(client: httpx.Client) -> None:
    """The table of metrics has each that is the service's own."""
    found = re.findall(r"^# HELP (\w+)", client.get("/metrics").text, re.MULTILINE)
    own = {name for name in found if not name.startswith("process_") and not name.endswith("_created")}
    listed = {name for cells in rows(RUNNING) for name in names(cells[0]) if re.match("http_|dropout_", name)}
    assert listed == own


# The law


def golden(columns: int) -> list[list[str]]:
    """The rows of numbers of the law's page that have so many cells."""
    return [cells for cells in rows("docs/mask-law.md") if len(cells) == columns and cells[0].isdigit()]


@pytest.mark.parametrize("cells", golden(5), ids=lambda cells: "-".join(cells[:4]))
def test_golden_numbers(cells: list[str]) -> None:
    """The golden u are those of the law."""
    seed, stream, sample, first = map(int, cells[:4])
    expected = cells[4].split()
    numbers = [oracle.number(first + k, seed=seed, stream=stream, sample=sample) for k in range(len(expected))]
    assert [f"{number:016x}" for number in numbers] == expected


@pytest.mark.parametrize("cells", golden(6), ids=lambda cells: "-".join(cells[:4]))
def test_golden_masks(cells: list[str], client: httpx.Client) -> None:
    """The golden masks are those of the service."""
    draw = dict(zip(("seed", "stream", "sample"), map(int, cells[:3]), strict=True))
    reply = client.post("/v1/dropout/mask", json={"shape": [10_000], "p": float(cells[3]), **draw}).raise_for_status()
    mask = reply.json()["mask"]
    assert ["".join(str(int(kept)) for kept in mask[:32]), str(sum(mask))] == cells[4:]


def test_golden_ties() -> None:
    """The rests of the ties are those of the law."""
    for i, rest in re.findall(r"decision (\d+)\s+has\s+rest\s+(\w+)", PAGES["docs/mask-law.md"]):
        number = oracle.number(int(i), seed=42)
        assert (f"{number >> 48:x}", f"{number % 2**48:x}") == ("6666", rest)


def test_golden_normals_and_inputs() -> None:
    """The numbers with all their digits are the first normals, the first uniform inputs and the first normal one."""
    shown = [float(text.replace("−", "-")) for text in re.findall(r"−?\d\.\d{15,}", PAGES["docs/mask-law.md"])]
    normals = [oracle.normal(j, seed=42) for j in range(3)]
    inputs = [oracle.uniform(0, seed=42), oracle.uniform(1, seed=42), oracle.normal(0, seed=42, tag=oracle.INPUTS)]
    assert shown == pytest.approx(normals + inputs, rel=1e-12)
