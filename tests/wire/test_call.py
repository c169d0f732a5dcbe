"""A call: what fields mean together."""

from math import nextafter, sqrt
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import Draw, Result
from app.errors import Invalid
from app.wire.call import Call, layer_of, portable
from app.wire.dropout import statistics_of
from app.wire.fields import SAFE, Replicates
from app.wire.replies import Statistics
from tests.wire.given import LIMITS, refusal

X: Final = np.arange(6.0).reshape(2, 3)
NONE: Final = (0, 0, None, None)
"""What is counted where nothing is decided."""


def call(x: Any = X, mask: Any = None, *, gradient: bool = False, **given: Any) -> Call:
    """A call with these fields."""
    mask = None if mask is None else np.array(mask, bool)
    return Call.of(Replicates.model_validate(given), x, mask, LIMITS, gradient=gradient)


def ran(made: Call) -> Result:
    """The result of a call."""
    return made.run(1, outputs=True, masks=True)


def measured(made: Call) -> Statistics:
    """The statistics of a call."""
    return statistics_of(made, ran(made))


def counted(made: Call) -> tuple[Any, ...]:
    """What is told of its decisions."""
    found = measured(made)
    return found["decisions"], found["dropped"], found["drop_rate"], found["expected_drop_rate_interval"]


@given(st.floats(0, 1))
@example(0.0)
@example(-0.0)
@example(5e-324)
@example(2**-54)
@example(nextafter(2**-54, 1))
@example(1.0)
def test_keep_prob_is_one_minus_p(keep_prob: float) -> None:
    """p is 1.0 - keep_prob in float64, and everything follows from p.

    A keep_prob that p can't tell from 0 is refused: dropping all was not asked for.
    """
    if keep_prob > 0 and 1.0 - keep_prob == 1:
        assert refusal(lambda: call(keep_prob=keep_prob)) == (Invalid, "out_of_range", "/keep_prob")
        return
    made = call(keep_prob=keep_prob, seed=1)
    assert made.layer.p == 1.0 - keep_prob
    assert made.replay == call(p=1.0 - keep_prob, seed=1).replay
    assert layer_of(made.layer, ran(made))["keep_prob"] == 1.0 - (1.0 - keep_prob)


TOGETHER: Final[dict[str, list[dict[str, Any]]]] = {
    "/keep_prob": [{"p": 0.5, "keep_prob": 0.5}],
    "/samples": [{"sample": 0, "samples": 1}, {"mask": True, "samples": 1}],
    **{f"/{name}": [{"mask": True, name: 1}] for name in ("seed", "stream", "offset", "sample")},
    "/mask": [{"mask": True, "training": False}, {"mask": True, "p": 1}],
}


@pytest.mark.parametrize(("pointer", "calls"), TOGETHER.items(), ids=TOGETHER)
def test_what_excludes_each_other_is_refused(pointer: str, calls: list[dict[str, Any]]) -> None:
    """Fields that say the same twice, or mean nothing beside each other, are refused even where they agree."""
    found = [refusal(lambda fields: ran(call(**fields)), fields) for fields in calls]
    assert found == [(Invalid, "conflicting_fields", pointer)] * len(calls)


def test_an_origin_is_a_place_in_a_whole() -> None:
    """Without `whole` it means nothing: that is what is missing."""
    assert refusal(lambda: call(origin=[0, 0])) == (Invalid, "missing_field", "/whole")


def test_a_gradient_needs_the_forwards_mask() -> None:
    """In training it needs a seed or a mask, for a fresh mask would give a wrong one; in evaluation it needs none."""
    assert refusal(lambda: call(gradient=True)) == (Invalid, "seed_required", "/seed")
    enough: list[dict[str, Any]] = [{"seed": 1}, {"mask": True}, {"training": False}]
    assert all(call(gradient=True, **fields).gradient for fields in enough)


def test_a_seed_is_drawn_if_none_is_sent() -> None:
    """A drawn seed is one that every language can hold, and two calls do not share it."""
    seeds = {call().replay["seed"] for _ in range(50)}
    assert len(seeds) == 50
    assert all(isinstance(seed, int) and 0 <= seed <= SAFE for seed in seeds)


def test_where_to_draw_is_what_was_sent() -> None:
    """Seed, stream, offset and sample lead to the draw and into the replay."""
    place: dict[str, Any] = {"seed": 1, "stream": 2, "offset": 3, "sample": 4}
    made = call(**place)
    assert made.draw == Draw(**place)
    assert {name: value for name, value in made.replay.items() if name in place} == place


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "seed stream offset sample"),
        ({"samples": 2}, "seed stream offset samples"),
        ({"training": False, "samples": 2}, "samples"),
        ({"training": False, "offset": 3}, ""),
        ({"training": False, "seed": 3}, "seed stream offset sample"),
        ({"mask": True}, ""),
        ({"noise_shape": [None, 1]}, "seed stream offset sample noise_shape"),
        ({"training": False, "whole": [9, 9]}, "whole origin"),
    ],
    ids=str,
)
def test_a_replay_has_what_counts(given: dict[str, Any], names: str) -> None:
    """A replay names everything the reply depends on, and nothing that would not be legal."""
    assert set(call(**given).replay) == {*names.split(), "p", "training", "variant", "scaling"}


def test_a_replay_has_the_fields_of_its_variant() -> None:
    """Those that not all have come back as they were sent."""
    squares: Any = call(np.ones((1, 1, 3, 3)), variant="drop_block2d", block_size=2).replay
    assert (squares["block_size"], "channels_last" in squares) == (2, False)
    channels: Any = call(np.ones((1, 1, 1)), variant="dropout1d", channels_last=False).replay
    assert channels["channels_last"] is False


def test_integers_that_some_languages_lack_are_text() -> None:
    """Up to 2^53 - 1 a number, text above."""
    numbers = [0, SAFE, SAFE + 1, 2**64 - 1]
    assert list(map(portable, numbers)) == [0, SAFE, str(SAFE + 1), str(2**64 - 1)]


@given(st.floats(0, 1), st.integers(1, 1000))
def test_the_interval_is_the_contracts(p: float, size: int) -> None:
    """p ± 2.5758·√(p(1 - p)/decisions), within [0, 1]."""
    reach = 2.5758 * sqrt(p * (1 - p) / size)
    assert counted(call(np.zeros(size), p=p, seed=1))[3] == [max(0.0, p - reach), min(1.0, p + reach)]


def test_what_was_not_drawn_has_no_interval() -> None:
    """Evaluation decides nothing; of a given mask the elements count as they were sent, and no rate was expected."""
    assert counted(call(training=False)) == NONE
    assert counted(call(mask=[[True], [False]])) == (2, 1, 0.5, None)
    assert counted(call(np.ones(0), seed=1)) == NONE


def test_replicates_are_counted_together() -> None:
    """Over samples, decisions and the output's statistics are of all of them; the input is one."""
    found = measured(call(samples=7, seed=1))
    assert (found["decisions"], found["input"]["size"], found["output"]["size"]) == (42, 6, 42)


def test_an_array_is_told_by_its_moments() -> None:
    """Size, mean, deviation, zeros and what is not finite; null where there is no element."""
    told = measured(call(np.array([0.0, 4.0, np.nan]), p=0, seed=1))
    moments = {"size": 3, "mean": 2.0, "std": 2.0, "zero_fraction": 1 / 3, "non_finite": 1}
    assert told["input"] == told["output"] == moments
    nothing = {"size": 0, "mean": None, "std": None, "zero_fraction": None, "non_finite": 0}
    assert measured(call(np.ones(0), seed=1))["input"] == nothing


def test_a_larger_call_costs_more() -> None:
    """The cost grows with elements and with replicates, so that large work is not done where small is."""
    costs = [call(np.zeros(size), samples=samples).cost for size in (1, 10**5) for samples in (1, 10)]
    assert costs == sorted(costs)
    assert costs[-1] >= 10**6
