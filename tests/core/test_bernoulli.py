"""Decisions follow from the words by an exact comparison, wherever the drawing begins and however it is cut."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import ldexp, nextafter, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import BLOCK, WORDS, BoolArray, Draw
from app.core.arrays import blocks
from app.core.bernoulli import LANES, RESTS, threshold
from app.core.indices import Indices
from app.core.noise import broadcast, drawn, kept
from app.core.philox import Words
from app.errors import Invalid
from tests.core import oracle
from tests.core.given import decisions, draws, probabilities

SEED_0 = Draw()
SEED_42 = Draw(seed=42)
STREAM_3 = Draw(seed=42, stream=3, sample=2)

# seed, stream, sample, first index, u from there on
NUMBERS = [
    (0, 0, 0, 0, "75450b2822963a5d fbafd3ecc00c518b 30f281b995960bea 92da46d4898f76a1 b6ce92daffb7c952"),
    (42, 0, 0, 0, "0d79b9438f487c1f 74a2fdcad6709b98 007e35229ef6e41b bf256b9792514d84 c0cd366b7299c924"),
    (42, 3, 2, 0, "459e762f08807003 b2accb10f4c250ac 71c628f2b5610539 39bf5d8a0ace3375 44abbbb5ff416c1b"),
    (2**64 - 1, 0, 0, 0, "3de1c442a7286593 8bb55c66e4a5dff6 dff000e7630f8d11 4f053ff55c0dea81 ae7f79e5bf40bede"),
    (42, 0, 0, 2**40 + 1, "e64dbd44f4ab4958"),
]

# draw, p, keep bits of the first 32 decisions, kept among the first 10,000
GOLDEN = [
    (SEED_0, 0.5, "01011001011000010110100001100000", 5005),
    (SEED_0, 0.1, "11111111111111111111111111111111", 8989),
    (SEED_0, 0.4, "11011101111001010110100001100100", 6011),
    (SEED_42, 0.5, "00011010111010111101010100001000", 5025),
    (SEED_42, 0.1, "01011110111110111111111110101011", 9042),
    (SEED_42, 0.4, "01011110111010111101010100001000", 6063),
    (STREAM_3, 0.5, "01000011001101010110000110110101", 5051),
    (STREAM_3, 0.1, "11111111011101111111101111110101", 9000),
    (STREAM_3, 0.4, "01100011001101010110000110110101", 6046),
]

THRESHOLDS = [
    (0.0, 0),
    (5e-324, 0),
    (nextafter(2.0**-64, 0), 0),
    (2.0**-64, 1),
    (nextafter(2.0**-63, 0), 1),
    (1e-9, 0x44B82FA09),
    (2.0**-12, 2**52),
    (0.4, 0x6666666666666800),
    (0.5, 2**63),
    (nextafter(1, 0), 2**64 - 2**11),
    (1.0, 2**64),
]


@pytest.mark.parametrize(("seed", "stream", "sample", "first", "expected"), NUMBERS)
def test_golden_numbers(seed: int, stream: int, sample: int, first: int, expected: str) -> None:
    """The golden u of the contract come out of its text, a lane of 16 bits above a rest of 48."""
    count = len(expected.split())
    u = [oracle.number(first + i, seed=seed, stream=stream, sample=sample) for i in range(count)]
    assert " ".join(f"{number:016x}" for number in u) == expected


@pytest.mark.parametrize(("draw", "p", "bits", "count"), GOLDEN)
def test_golden_masks(draw: Draw, p: float, bits: str, count: int) -> None:
    """The golden masks of the contract come out, the first 32 decisions and the count of 10,000."""
    mask = decisions(p, draw, (10_000,))
    assert "".join(str(int(keep)) for keep in mask[:32]) == bits
    assert np.count_nonzero(mask) == count


def test_golden_ties() -> None:
    """Of the first million decisions of seed 42 at p = 0.4 two ties of the contract are broken, one each way."""
    mask = decisions(0.4, SEED_42, (1_000_000,))
    rests = [oracle.number(i, seed=42) % 2**48 for i in (76525, 77175)]
    assert [f"{rest:x}" for rest in rests] == ["5b78fb95a4b2", "f8d2feb2163f"]
    assert mask[[76525, 77175]].tolist() == [False, True]
    assert np.count_nonzero(mask) == 599_964


@given(probabilities, draws, st.integers(0, 9))
def test_decisions_equal_the_law(p: float, draw: Draw, size: int) -> None:
    """Any decision, anywhere in the law, is its 64-bit number compared with the threshold in exact arithmetic."""
    assert decisions(p, draw, (size,)).tolist() == oracle.mask((size,), p, draw).tolist()


@given(draws, st.integers(-1, 1), st.sampled_from([16, 17, 30, 53]))
def test_ties_are_broken_by_the_rest(draw: Draw, step: int, digits: int) -> None:
    """Where T falls into the decision's own lane, 48 more bits decide: at p just below u, at it, and just above.

    A p of 53 digits that is as near to u · 2^-64 as can be, or one step of its last digits away, leaves a tie.
    """
    u = oracle.number(draw.offset, seed=draw.seed, stream=draw.stream, sample=draw.sample)
    p = ldexp(max(0, min((u >> 64 - digits) + step, 2**digits)), -digits)
    assert decisions(p, draw, (1,)).tolist() == [u >= threshold(p)]


@pytest.mark.parametrize("p", [0.4, 1e-3, 1e-5, 2.0**-17, nextafter(1, 0), 0.25, 0.5])
def test_lazily_drawn_masks_are_those_of_all_rests(p: float) -> None:
    """Drawing the rests of ties alone gives the mask of drawing every rest, over a million decisions."""
    n = 1_000_000
    lanes = Words(LANES, 42).run(0, n // 4).view("<u2").astype(np.uint64)
    u = lanes << np.uint64(48) | Words(RESTS, 42).run(0, n) >> np.uint64(16)
    assert np.array_equal(decisions(p, SEED_42, (n,)), u >= np.uint64(threshold(p)))


@pytest.mark.parametrize(("p", "expected"), THRESHOLDS)
def test_threshold_table(p: float, expected: int) -> None:
    """Thresholds are floor(p · 2^64), from nothing to 65 bits."""
    assert threshold(p) == expected


@given(probabilities)
def test_threshold_is_exact(p: float) -> None:
    """For every p in [0, 1] the threshold is the floor of the exact product."""
    assert threshold(p) == Fraction(p) * 2**64 // 1


@given(st.floats(2.0**-12, 1))
def test_probability_is_exact(p: float) -> None:
    """From 2^-12 up the probability to drop is p itself, not a number near it: T of 2^64 words are below T."""
    assert Fraction(threshold(p), WORDS) == Fraction(p)


@pytest.mark.parametrize(("p", "kept_share"), [(0.0, 1), (5e-324, 1), (nextafter(2.0**-64, 0), 1), (1.0, 0)], ids=str)
def test_certainties(p: float, kept_share: int) -> None:
    """p = 1 drops everything and p < 2^-64 nothing, over whole blocks and the end of the last."""
    size = 2 * BLOCK + 3
    assert np.count_nonzero(decisions(p, SEED_42, (size,))) == kept_share * size


def _whole(p: float, draw: Draw, start: int, stop: int, size: int) -> BoolArray:
    noise = drawn(p, draw, Indices(draw.offset, size))
    # blocks share their memory, so each is copied before the next is drawn
    return np.concatenate([np.empty(0, bool), *(np.array(noise.keep(at.start, at.stop)) for at in blocks(start, stop))])


@given(
    probabilities,
    draws.filter(lambda draw: draw.offset < WORDS - 4 * BLOCK),
    st.lists(st.integers(0, 2 * BLOCK + 9), max_size=4),
)
def test_ranges_concatenate(p: float, draw: Draw, cuts: list[int]) -> None:
    """Any way to cut the elements into ranges gives the decisions of the whole, in whatever order the ranges run."""
    size = 2 * BLOCK + 9
    ends = [0, *sorted(cuts), size]
    spans = [(start, stop) for start, stop in pairwise(ends) if start < stop]
    cut = {start: _whole(p, draw, start, stop, size) for start, stop in reversed(spans)}
    assert np.array_equal(np.concatenate([cut[start] for start in sorted(cut)]), decisions(p, draw, (size,)))


@given(probabilities, draws, st.integers(0, 40), st.integers(0, 40))
def test_offsets_concatenate(p: float, draw: Draw, first: int, second: int) -> None:
    """A chunk drawn alone at its offset equals those decisions of the whole."""
    later = Draw(seed=draw.seed, stream=draw.stream, offset=draw.offset + first, sample=draw.sample)
    chunks = np.concatenate([decisions(p, draw, (first,)), decisions(p, later, (second,))])
    assert np.array_equal(chunks, decisions(p, draw, (first + second,)))


@given(st.lists(probabilities, min_size=2, max_size=2).map(sorted), draws)
def test_masks_are_nested(ps: list[float], draw: Draw) -> None:
    """What a greater p keeps, a lesser p keeps too."""
    less, more = (decisions(p, draw, (500,)) for p in ps)
    assert not np.any(more & ~less)


RATES = [2.0**-12, 0.01, 0.1, 0.25, 0.4, 0.5, 0.9, 0.999]


@pytest.mark.parametrize("p", RATES)
def test_rate(p: float) -> None:
    """The share of drops is p: within 6 σ of a binomial over n decisions, σ = √(p(1 − p)/n)."""
    n = 2_000_000
    dropped = n - np.count_nonzero(decisions(p, SEED_42, (n,)))
    assert abs(dropped / n - p) <= 6 * sqrt(p * (1 - p) / n)


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 7, 10, 64, 1000, BLOCK])
def test_neighbours_are_independent(lag: int) -> None:
    """Decisions at any distance agree as often as independent ones: in p² + (1 − p)² of the pairs, within 6 σ.

    Pairs at one distance overlap; of independent decisions at p = ½ the agreements are independent all the same, so the
    binomial's σ = √(¼/n) holds exactly.
    """
    mask = decisions(0.5, SEED_0, (1_000_000 + lag,))
    agree = np.count_nonzero(mask[lag:] == mask[:-lag])
    assert abs(agree / 1_000_000 - 0.5) <= 6 * sqrt(0.25 / 1_000_000)


OTHERS = [
    Draw(seed=43),
    Draw(seed=42, stream=1),
    Draw(seed=42, sample=1),
    Draw(seed=42, offset=1),
    Draw(seed=42, stream=2**63),
    Draw(stream=42),
    Draw(seed=2**64 - 42),
]


@pytest.mark.parametrize("other", OTHERS)
def test_draws_are_independent(other: Draw) -> None:
    """Another seed, stream, sample or offset gives an independent mask: both agree in p² + (1 − p)², within 6 σ."""
    n, p = 1_000_000, 0.4
    agree = np.count_nonzero(decisions(p, SEED_42, (n,)) == decisions(p, other, (n,)))
    share = p**2 + (1 - p) ** 2
    assert abs(agree / n - share) <= 6 * sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 0, 2), (2, 3, 5), (1, 1, 1, 1), (BLOCK // 4, 9)])
def test_decisions_fill_the_noise_in_c_order(shape: tuple[int, ...]) -> None:
    """Decision i stands at C-order index i of the noise, whatever its shape."""
    mask = decisions(0.4, STREAM_3, shape)
    assert mask.shape == shape
    assert np.array_equal(mask.ravel(), decisions(0.4, STREAM_3, (mask.size,)))


@given(st.integers(0, 6), st.integers(0, 12), st.integers(0, 12))
def test_spread_decisions(bits: int, start: int, stop: int) -> None:
    """Given decisions are repeated as broadcasting does, and counted as they are, not as they are repeated."""
    mask = np.array([[bits & 1], [bits & 2], [bits & 4]], bool)
    noise = broadcast(mask, (3, 4))
    assert np.array_equal(noise.keep(start, stop), np.broadcast_to(mask, (3, 4)).ravel()[start:stop])
    assert (noise.decisions, noise.dropped) == (3, 3 - bits.bit_count())


def test_no_decisions() -> None:
    """Without noise there are no decisions, and no masks to look at."""
    noise = kept()
    assert noise.keep(0, BLOCK) is None
    assert (noise.decisions, noise.dropped) == (0, 0)


@pytest.mark.parametrize("value", [-1, 2**64])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("seed", lambda value: Draw(seed=value)),
        ("stream", lambda value: Draw(stream=value)),
        ("offset", lambda value: Draw(offset=value)),
        ("sample", lambda value: Draw(sample=value)),
    ],
)
def test_draws_are_unsigned_64_bit(name: str, make: Callable[[int], Draw], value: int) -> None:
    """What does not fit 64 bits is refused, by its name and with what was received."""
    with pytest.raises(Invalid, match=str(value)) as error:
        make(value)
    assert [(fault.code, fault.pointer) for fault in error.value.faults] == [("out_of_range", f"/{name}")]


@given(draws, st.integers(0, 10))
def test_replicates_count_samples(draw: Draw, k: int) -> None:
    """The k-th replicate is the sample k further on, at the same seed, stream and offset; there is none past 2^64."""
    if draw.sample + k >= WORDS:
        with pytest.raises(Invalid):
            draw.replicate(k)
        return
    assert draw.replicate(k) == Draw(seed=draw.seed, stream=draw.stream, offset=draw.offset, sample=draw.sample + k)
