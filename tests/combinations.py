"""Combinations of a test's parameters: each value once on every change, all of them in CI."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest


def combinations(*columns: Sequence[Any]) -> list[Any]:
    """Every combination of a value of each; those beyond the first that have each value are `exhaustive`."""
    most = max(map(len, columns))
    once = {tuple(k % len(column) for column in columns) for k in range(most)}
    found = []
    for places in product(*(range(len(column)) for column in columns)):
        values = [column[place] for column, place in zip(columns, places, strict=True)]
        found.append(pytest.param(*values, marks=[] if places in once else [pytest.mark.exhaustive]))
    return found
