"""The examples in docstrings: what they show is what comes out."""

import doctest
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import app

ROOT: Final = Path(app.__file__).parent
MODULES: Final = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    """Each is run, and there are some."""
    failed, tried = doctest.testmod(import_module(name))
    assert (failed, tried > 0) == (0, True)
