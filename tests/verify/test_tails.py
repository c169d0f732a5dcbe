"""Tails of counts, held against sums of exact fractions."""

from fractions import Fraction
from math import comb, exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.verify.chance.tails import (
    POWER,
    interval,
    log_mode,
    log_p_binomial,
    log_p_hypergeometric,
    log_sf,
    power,
    sample_size,
    shows,
    smallest_effect,
)
from app.verify.checks import CHECKS

ROUNDING = 1 + 1e-9
"""Of logarithms of factorials, as floats."""

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
shares = st.integers(1, 63).map(lambda k: k / 64)


def binomial_tails(k: int, n: int, p: float) -> tuple[Fraction, Fraction]:
    """P(X ≤ k) and P(X ≥ k), exactly."""
    share = Fraction(p)
    terms = [comb(n, j) * share**j * (1 - share) ** (n - j) for j in range(n + 1)]
    return sum(terms[: k + 1], Fraction()), sum(terms[k:], Fraction())


def hypergeometric_tails(k: int, n: int, successes: int, total: int) -> tuple[Fraction, Fraction]:
    """The same of k successes among n drawn."""
    terms = [Fraction(comb(successes, j) * comb(total - successes, n - j), comb(total, n)) for j in range(n + 1)]
    return sum(terms[: k + 1], Fraction()), sum(terms[k:], Fraction())


@given(counts, shares)
def test_a_p_value_is_never_too_small(count: tuple[int, int], p: float) -> None:
    """It bounds twice the smaller tail from above."""
    assert ROUNDING >= exp(log_p_binomial(*count, p)) * ROUNDING >= min(1, 2 * float(min(binomial_tails(*count, p))))


@given(counts, shares)
def test_a_far_tail_is_nearly_exact(count: tuple[int, int], p: float) -> None:
    """Two deviations away and more, a bound is at most 1.4 times the tail."""
    k, n = count
    if k - n * p > 2 * (n * p * (1 - p)) ** 0.5:
        assert exp(log_sf(k - 1, n, p)) <= 1.4 * float(binomial_tails(k, n, p)[1])


@given(st.data(), st.integers(1, 40))
def test_a_p_value_of_a_part_is_never_too_small(data: st.DataObject, total: int) -> None:
    """The same where successes are drawn without being put back."""
    n, successes = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    k = data.draw(st.integers(max(0, n + successes - total), min(n, successes)))
    bound = exp(log_p_hypergeometric(k, n, successes, total)) * ROUNDING
    assert bound >= min(1, 2 * float(min(hypergeometric_tails(k, n, successes, total))))


@pytest.mark.parametrize(("k", "n", "p", "expected"), [(0, 5, 0.0, 0), (1, 5, 0.0, -float("inf")), (5, 5, 1.0, 0)])
def test_certain_counts(k: int, n: int, p: float, expected: float) -> None:
    """At probability 0 no success is possible, at 1 every one is sure."""
    assert log_sf(k - 1, n, p) == expected


@given(counts, shares)
def test_the_most_frequent_count(count: tuple[int, int], p: float) -> None:
    """No count is more probable."""
    _, n = count
    terms = [comb(n, j) * Fraction(p) ** j * (1 - Fraction(p)) ** (n - j) for j in range(n + 1)]
    assert exp(log_mode(n, p)) == pytest.approx(float(max(terms)), rel=1e-9)


@pytest.mark.parametrize("n", [1, 5, 20, 100])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.5, 0.77, 0.999])
def test_an_interval_holds_the_truth_99_times_of_100(n: int, p: float) -> None:
    """Summed exactly over all counts, those whose interval leaves p out have a hundredth at most."""
    outside = [k for k in range(n + 1) if not interval(k, n)[0] <= p <= interval(k, n)[1]]
    missed = sum(comb(n, k) * Fraction(p) ** k * (1 - Fraction(p)) ** (n - k) for k in outside)
    assert missed <= Fraction(1, 100)


@given(counts)
def test_an_interval_holds_what_was_seen(count: tuple[int, int]) -> None:
    """The share itself is always within."""
    low, high = interval(*count)
    assert 0 <= low <= count[0] / count[1] <= high <= 1


@given(st.integers(1, 60), shares, shares)
def test_power_is_the_probability_of_a_small_p_value(n: int, p: float, seen: float) -> None:
    """Summed exactly over all counts above the mean whose p-value is at most the level."""
    level = log(0.01)
    if seen > p:
        least = next((k for k in range(int(n * p) + 1, n + 1) if log(2) + log_sf(k - 1, n, p) <= level), n + 1)
        expected = float(binomial_tails(least, n, seen)[1]) if least <= n else 0.0
        assert power(n, p, seen, level) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.4, 0.5, 0.9])
def test_enough_is_enough_and_not_much_more(p: float) -> None:
    """So many decisions show the effect, and four fifths as many do not."""
    off = min(p, 1 - p) / 4
    needed = sample_size(p, off, CHECKS.level)
    assert shows(needed, p, off, CHECKS.level)
    assert not shows(needed * 4 // 5, p, off, CHECKS.level)


def test_about_1100_decisions_are_enough_at_forty_percent() -> None:
    """To see a rate that is off by a quarter with probability 0.9, among all checks there may be."""
    assert 1090 <= sample_size(0.4, 0.1, CHECKS.level) <= 1120


@pytest.mark.parametrize(("n", "p"), [(1000, 0.4), (100_000, 0.1), (10**7, 0.5)])
def test_the_smallest_effect_is_one_that_shows(n: int, p: float) -> None:
    """A little more than it shows, a little less does not."""
    least = smallest_effect(n, p, CHECKS.level)
    assert least is not None
    assert shows(n, p, least * 1.01, CHECKS.level)
    assert not shows(n, p, least * 0.97, CHECKS.level)
    assert power(n, p, p + least * 1.01, CHECKS.level) >= POWER


def test_few_decisions_show_nothing() -> None:
    """Five decisions at a half have no p-value that small."""
    assert smallest_effect(5, 0.5, CHECKS.level) is None
    assert power(0, 0.5, 0.9, CHECKS.level) == 0


def test_a_p_value_may_be_smaller_than_a_float() -> None:
    """Its logarithm is exact, the number is then 0."""
    assert log_p_binomial(0, 10**6, 0.5) == pytest.approx(10**6 * log(0.5) + log(2))
    assert exp(log_p_binomial(0, 10**6, 0.5)) == 0
