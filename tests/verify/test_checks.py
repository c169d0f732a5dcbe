"""The table of checks: all that is known of checks stands there, and a new one is a function and a row."""

import ast
import doctest
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import app.verify
from app.core import VARIANTS, Layer
from app.verify import FindingCode, verify
from app.verify.chance.check import Check, CheckResult, Detectable, Measured
from app.verify.chance.evidence import Evidence
from app.verify.checks import CHECKS
from app.verify.findings import Finding, finding

ROOM = Path(str(app.verify.__file__)).parent
FAMILY: list[Check[Any]] = [*CHECKS.values, *CHECKS.structure, *CHECKS.independence, *CHECKS.gradients]
"""What may be run of one layer in which chance decides."""
OWN: list[tuple[Check[Any], ...]] = [own.checks for own in CHECKS.own.values()]
ROWS: list[Check[Any]] = [*FAMILY, CHECKS.evaluation, *CHECKS.sure, CHECKS.seed, *chain.from_iterable(OWN)]


def test_a_name_stands_once_in_a_family() -> None:
    """What replies call two checks of one layer is not the same."""
    for rows in (FAMILY, *OWN):
        assert len({row.name for row in rows}) == len(rows)


def test_a_check_of_independence_is_about_something() -> None:
    """Or its failure would be explained by nothing, and not be reported."""
    assert all(row.subject for row in CHECKS.independence)


def test_every_finding_is_what_a_check_may_mean() -> None:
    """But for a wrong shape, of which nothing is checked."""
    assert {code for row in ROWS for code in row.codes} == set(get_args(FindingCode)) - {"shape_mismatch"}


def constants(path: Path) -> Iterator[str]:
    """The texts in a module."""
    nodes = ast.walk(ast.parse(path.read_text()))
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_names_stand_in_the_table_alone() -> None:
    """Of checks that others ask for a property, and of variants, but for the one that nothing is claimed of."""
    assert set(CHECKS.own) <= set(VARIANTS)
    names = {row.name for row in ROWS} | set(VARIANTS) - {"dropout"}
    for path in ROOM.rglob("*.py"):
        if path.name != "checks.py":
            assert names.isdisjoint(constants(path)), path


def first(seen: Evidence) -> Measured:
    """A check that fails if the first decision dropped."""
    dropped = bool(seen.decisions.dropped.reshape(-1)[0])
    return Measured(float(dropped), -1000.0 if dropped else 0.0, Detectable("the first decision"))


def first_dropped(result: CheckResult, _seen: Evidence) -> Finding:
    """What it says."""
    return finding("rate_not_uniform", "the first is dropped, expected it not to be", expected=0, seen=result.statistic)


def test_a_new_check_is_a_function_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run, counted in the family-wise error rate, listed and explained, and nothing else has to know of it."""
    row = Check[Evidence](
        name="first",
        null_hypothesis="at p = {layer.p} the first decision is kept",
        measure=first,
        codes=("rate_not_uniform",),
        finding=first_dropped,
        subject="places",
    )
    more = replace(CHECKS, independence=(*CHECKS.independence, row))
    for name, module in list(sys.modules.items()):
        if name.startswith("app.verify.") and hasattr(module, "CHECKS"):
            monkeypatch.setattr(module, "CHECKS", more)
    rng = np.random.default_rng(0)
    x = rng.random(2000) + 0.5
    kept = rng.random(2000) >= 0.4
    for keep in (True, False):
        kept[0] = keep
        verification = verify(x, np.where(kept, x / 0.6, 0)[None], layer=Layer(p=0.4))
        assert [found.code for found in verification.findings] == ([] if keep else ["rate_not_uniform"])
        assert verification.checks[-1].null_hypothesis == "at p = 0.4 the first decision is kept"
    assert more.family == CHECKS.family + 1
    assert more.level < CHECKS.level


def test_the_example_is_right() -> None:
    """What the documentation of `verify` shows is what comes of it."""
    tried = doctest.testmod(sys.modules["app.verify.verify"])
    assert (tried.failed, tried.attempted > 0) == (0, True)
