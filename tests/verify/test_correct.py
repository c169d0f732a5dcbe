"""Correct layers are not found fault with."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from math import sqrt
from multiprocessing import get_context
from typing import Final

import numpy as np
import pytest

from app.core import FLOATS, FloatArray
from app.verify import verify
from app.verify.chance.error_rate import FAMILYWISE_ERROR_RATE
from tests.verify.correct import correct

LOW = 0.01
"""A p-value that one in a hundred correct layers may have, for each check."""


def low_p_values(numbers: Iterable[int]) -> tuple[Counter[str], Counter[str]]:
    """Of the correct layers of those numbers, none of which may fail: the checks that ran, and the low p-values."""
    run: Counter[str] = Counter()
    low: Counter[str] = Counter()
    for number in numbers:
        made = correct(number)
        verification = verify(made.x, made.y, layer=made.layer, gradients=made.gradients)
        assert verification.verdict != "fail", (number, made.layer, verification.findings)
        run.update(check.name for check in verification.checks)
        low.update(check.name for check in verification.checks if check.p_value < LOW)
    return run, low


def check_low(run: Counter[str], low: Counter[str]) -> None:
    """Assert that low p-values are as rare as they say, to 6 deviations of a binomial."""
    for name, count in run.items():
        assert low[name] <= LOW * count + 6 * sqrt(LOW * (1 - LOW) * count), name


def test_correct_layers_do_not_fail() -> None:
    """Of every variant, rate, size, type and input: none fails, and low p-values are as rare as they say."""
    check_low(*low_p_values(range(100)))


@pytest.mark.exhaustive
def test_twenty_thousand_do_not_fail() -> None:
    """The same of many: the rate of false alarms is a millionth, so that one among all of them has a chance of 2 %."""
    assert FAMILYWISE_ERROR_RATE * 20_000 <= 0.02
    thousands = [range(start, start + 1000) for start in range(0, 20_000, 1000)]
    run: Counter[str] = Counter()
    low: Counter[str] = Counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for ran, were_low in pool.map(low_p_values, thousands):
            run += ran
            low += were_low
    check_low(run, low)


PRINTED: Final = [name for name in FLOATS if name != "float64"]
"""Types that have fewer digits than are printed now and then, and that are named with what is printed."""


def as_printed(x: FloatArray, form: str) -> FloatArray:
    """Numbers as they are read back from a print."""
    return np.array([float(f"%{form}" % value) for value in x.reshape(-1).tolist()]).reshape(x.shape)


def accused(numbers: Iterable[int]) -> None:
    """Assert that correct layers of those numbers, printed, are accused of nothing but having been rounded."""
    for number in numbers:
        made = correct(number, inputs=("uniform", "normal", "sparse", "relu"), types=PRINTED, most=1000)
        form = f".{2 + number // 2 % 7}{'fg'[number % 2]}"
        if (made.layer.variant, form) == ("drop_block2d", ".2g"):  # two digits don't tell how many were kept
            continue
        x, y = as_printed(made.x, form), as_printed(made.y, form)
        verification = verify(x, y, layer=made.layer, dtype=made.x.dtype)
        codes = [found.code for found in verification.findings]
        assert codes in ([], ["survivor_changed"]), (number, made.layer, form, verification.findings)


def test_printed_layers_are_not_accused() -> None:
    """With 2 to 8 digits, behind the point or in all, of three types: what is rounded is told to be that alone."""
    accused(range(100))


@pytest.mark.exhaustive
def test_more_printed_layers_are_not_accused() -> None:
    """The same of thousands."""
    accused(range(100, 5000))
