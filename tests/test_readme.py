"""The README tells the truth: what it shows is run, and what it lists is compared."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.verify import FINDINGS, FindingCode

README = (Path(__file__).parent.parent / "README.md").read_text()

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCE.findall(README)
EXAMPLES = ("console", "python")
SHOWN = [(block, answer[1]) for block, answer in pairwise(BLOCKS) if block[0] in EXAMPLES]


def run(language: str, text: str, url: str) -> str:
    """What an example prints, its address exchanged for that of the server under test."""
    text = text.replace("localhost:8000", url.removeprefix("http://"))
    command = ["bash", "-c", text.removeprefix("$ ")] if language == "console" else [sys.executable, "-c", text]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


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


def needing(block: tuple[str, str], answer: str) -> Any:
    """An example and its output, marked if it needs PyTorch."""
    return pytest.param(block, answer, marks=[pytest.mark.conformance] if "import torch" in block[1] else [])


@pytest.mark.parametrize(("block", "answer"), [needing(*shown) for shown in SHOWN], ids=range(len(SHOWN)))
def test_an_example_prints_what_the_readme_shows(block: tuple[str, str], answer: str, url: str) -> None:
    """Each command and each program, run as it stands, gives the output under it."""
    printed = run(*block, url)
    if block[0] == "console":
        assert same(json.loads(printed), json.loads(answer))
    else:
        assert printed == answer


def test_every_example_is_run() -> None:
    """Each block of code is an example with its output, or commands for a machine, which CI runs."""
    assert {language for language, _ in BLOCKS} == {"sh", "console", "json", "python", "text"}
    assert len(SHOWN) == sum(language in ("json", "text") for language, _ in BLOCKS) > 0


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_stands_in_the_readme_with_its_default_and_meaning(name: str) -> None:
    """The table of settings has a row for each, as the code defines it."""
    field = Settings.model_fields[name]
    number = f"{field.default:,}" if name.startswith("max") else field.default
    default = "all cores" if field.default_factory else number
    assert f"| `DROPOUT_{name.upper()}` | {default} | {field.description} |" in README


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_stands_in_the_readme(code: FindingCode) -> None:
    """The table of findings has a row for each, with its title."""
    title = FINDINGS[code].title
    assert f"| `{code}` | {title if title.startswith('p ') else title[0].lower() + title[1:]} |" in README


def test_the_readme_lists_no_other_setting() -> None:
    """No row is left over from a setting that went."""
    listed = re.findall(r"^\| `DROPOUT_(\w+)`", README, re.MULTILINE)
    assert set(listed) == {name.upper() for name in Settings.model_fields}
