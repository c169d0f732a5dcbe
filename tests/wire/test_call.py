"""A call: what fields mean together."""

from math import nextafter, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import Draw
from app.errors import DropoutError, Fault
from app.wire.call import Call, layer_of, portable, statistics_of
from app.wire.fields import SAFE, Replicates
from tests.wire.given import LIMITS

X = np.arange(6.0).reshape(2, 3)


def call(x: Any = X, mask: Any = None, **given: Any) -> Call:
    """A call with these fields."""
    mask = None if mask is None else np.array(mask, bool)
    return Call.of(Replicates.model_validate(given), x, mask, LIMITS)


def fault(**given: Any) -> Fault:
    """What is wrong with a call."""
    with pytest.raises(DropoutError) as caught:
        call(**given).run()
    return caught.value.faults[0]


@given(st.floats(0, 1))
def test_keep_prob_is_one_minus_p(keep_prob: float) -> None:
    """p is 1.0 - keep_prob in float64, and everything follows from p."""
    if keep_prob > 0 and 1.0 - keep_prob == 1:
        assert fault(keep_prob=keep_prob)[:2] == ("out_of_range", "/keep_prob")
        return
    made = call(keep_prob=keep_prob, seed=1)
    assert made.layer.p == 1.0 - keep_prob
    assert made.replay == call(p=1.0 - keep_prob, seed=1).replay
    assert layer_of(made.layer, made.run())["keep_prob"] == 1.0 - (1.0 - keep_prob)


@pytest.mark.parametrize(
    ("keep_prob", "taken"),
    [(0.0, True), (-0.0, True), (5e-324, False), (2**-54, False), (nextafter(2**-54, 1), True), (1.0, True)],
)
def test_a_keep_prob_lost_in_rounding_is_refused(keep_prob: float, taken: bool) -> None:
    """A probability of keeping that p cannot tell from none is refused: dropping all was not asked for."""
    if taken:
        assert call(keep_prob=keep_prob).layer.p == 1 - keep_prob
    else:
        assert fault(keep_prob=keep_prob)[:2] == ("out_of_range", "/keep_prob")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"p": 0.5, "keep_prob": 0.5}, "/keep_prob"),
        ({"sample": 0, "samples": 1}, "/samples"),
        *(({"mask": True, name: 1}, f"/{name}") for name in ("seed", "stream", "offset", "sample", "samples")),
        ({"mask": True, "training": False}, "/mask"),
        ({"mask": True, "p": 1}, "/mask"),
    ],
)
def test_what_excludes_each_other_is_refused(given: dict[str, Any], pointer: str) -> None:
    """Fields that say the same twice, or mean nothing beside each other, are refused even where they agree."""
    assert fault(**given)[:2] == ("conflicting_fields", pointer)


def test_a_seed_is_drawn_if_none_is_sent() -> None:
    """A drawn seed is one that every language can hold, and two calls do not share it."""
    seeds = {call().replay["seed"] for _ in range(50)}
    assert len(seeds) == 50
    assert all(0 <= seed <= SAFE for seed in seeds)


@pytest.mark.parametrize("given", [{"training": False}, {"mask": True}])
def test_no_seed_is_drawn_where_nothing_is(given: dict[str, Any]) -> None:
    """In evaluation, and with a mask, there is no seed to tell."""
    assert "seed" not in call(**given).replay


def test_where_to_draw_is_what_was_sent() -> None:
    """Seed, stream, offset and sample lead to the draw and into the replay."""
    place = {"seed": 1, "stream": 2, "offset": 3, "sample": 4}
    made = call(**place)
    assert made.draw == Draw(**place)
    assert {name: made.replay[name] for name in place} == place


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"seed", "stream", "offset", "sample"}),
        ({"samples": 2}, {"seed", "stream", "offset", "samples"}),
        ({"training": False, "samples": 2}, {"samples"}),
        ({"training": False}, set()),
        ({"mask": True}, set()),
        ({"noise_shape": [None, 1]}, {"seed", "stream", "offset", "sample", "noise_shape"}),
    ],
)
def test_a_replay_has_what_counts(given: dict[str, Any], names: set[str]) -> None:
    """A replay names everything the reply depends on, and nothing that would not be legal."""
    always = {"p", "training", "variant", "scaling", "dtype"}
    assert set(call(**given).replay) == names | always


@pytest.mark.parametrize(
    ("number", "expected"), [(0, 0), (SAFE, SAFE), (SAFE + 1, str(SAFE + 1)), (2**64 - 1, str(2**64 - 1))]
)
def test_integers_that_some_languages_lack_are_text(number: int, expected: int | str) -> None:
    """Up to 2^53 - 1 a number, text above."""
    assert portable(number) == expected


def measured(made: Call) -> dict[str, Any]:
    """The statistics of a call."""
    return statistics_of(made, made.run())


@given(st.floats(0, 1), st.integers(1, 1000))
def test_the_interval_is_the_contracts(p: float, size: int) -> None:
    """p ± 2.5758·√(p(1 - p)/decisions), within [0, 1]."""
    reach = 2.5758 * sqrt(p * (1 - p) / size)
    if p > 1 - 1e-3:
        return  # the scale may be over the type
    interval = measured(call(np.zeros(size), p=p, seed=1))["expected_drop_rate_interval"]
    assert interval == [max(0.0, p - reach), min(1.0, p + reach)]


def test_evaluation_decides_nothing() -> None:
    """No decisions, and neither rate nor interval."""
    found = measured(call(training=False))
    assert [found[name] for name in ("decisions", "dropped", "drop_rate", "expected_drop_rate_interval")] == [
        0,
        0,
        None,
        None,
    ]


def test_a_given_mask_is_counted_as_sent() -> None:
    """Decisions are the mask's own elements; nothing was drawn, so no interval is expected."""
    found = measured(call(mask=[[True], [False]]))
    assert [found[name] for name in ("decisions", "dropped", "drop_rate", "expected_drop_rate_interval")] == [
        2,
        1,
        0.5,
        None,
    ]


def test_replicates_are_counted_together() -> None:
    """Over samples, decisions and the output's statistics are of all of them; the input is one."""
    found = measured(call(samples=7, seed=1))
    assert (found["decisions"], found["input"]["size"], found["output"]["size"]) == (42, 6, 42)


@pytest.mark.parametrize("size", [0, 1])
def test_moments_of_nothing_are_null(size: int) -> None:
    """Without elements there is no mean, no deviation and no rate."""
    found = measured(call(np.ones(size), seed=1, p=0))
    expected = {"size": 0, "mean": None, "std": None, "zero_fraction": None, "non_finite": 0}
    assert found["input"] == (
        expected if not size else expected | {"size": 1, "mean": 1.0, "std": 0.0, "zero_fraction": 0.0}
    )
    assert found["drop_rate"] == (0.0 if size else None)


def test_a_larger_call_costs_more() -> None:
    """The cost grows with elements and with replicates, so that large work is not done where small is."""
    costs = [call(np.zeros(size), samples=samples).cost for size in (1, 10**5) for samples in (1, 10)]
    assert costs == sorted(costs)
    assert costs[-1] >= 10**6
