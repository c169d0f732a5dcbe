"""The words of the laws are those of Random123 and of C++26, and numpy draws exactly them."""

from collections.abc import Sequence
from itertools import combinations
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import MASK_LAW, WORDS
from app.core.bernoulli import LANES, RESTS
from app.core.philox import INPUTS, NORMALS, Words, philox
from tests.core import oracle
from tests.core.given import words

PI = [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89]
PI_KEY = [0x452821E638D01377, 0xBE5466CF34E90C6C]

# counter, key, words: the lines of Random123's kat_vectors for philox4x64 with 10 rounds
KNOWN = [
    ([0] * 4, [0] * 2, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    ([oracle.LAST] * 4, [oracle.LAST] * 2, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
    (PI, PI_KEY, "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6"),
]
TAGS = {"DRMASKV2": LANES, "DRRESTV2": RESTS, "DRNORMV1": NORMALS, "DRINPTV1": INPUTS}


def _hex(numbers: Sequence[int]) -> str:
    return " ".join(f"{number:016x}" for number in numbers)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter: list[int], key: list[int], expected: str) -> None:
    """The contract's ten rounds give the known answers of Random123, one by one and many at a time."""
    assert _hex(oracle.philox4x64(counter, key)) == expected
    found = philox([np.full(3, word, np.uint64) for word in counter], (key[0], key[1]))
    assert [_hex(column) for column in np.stack(found, axis=1).tolist()] == [expected] * 3


def test_known_answer_of_cpp() -> None:
    """The 10000th value of a default-constructed C++26 std::philox4x64 is the one the standard requires.

    Its key is (20111115, 0) and its counter starts at 0; of each four words, X[0] comes first.
    """
    block, word = divmod(10000 - 1, 4)
    assert oracle.philox4x64([block, 0, 0, 0], [20111115, 0])[word] == 3409172418970261260


@given(st.sampled_from([*TAGS.values()]), words, words, words, words, st.integers(1, 13))
def test_words_equal_the_law(tag: int, seed: int, stream: int, sample: int, first: int, count: int) -> None:
    """At any tag, seed, stream, sample and index, words are those of the law, in a row or each alone."""
    count = min(count, WORDS - first)
    drawn = Words(tag, seed, stream, sample)
    expected = [oracle.word(first + k, tag=tag, seed=seed, stream=stream, sample=sample) for k in range(count)]
    assert drawn.run(first, count).tolist() == expected
    assert drawn.at(np.array([first + k for k in range(count)], np.uint64)).tolist() == expected


def test_threads_draw_their_own_words() -> None:
    """Many threads that draw from one object at a time get the words that each of them asked for."""
    words = Words(LANES, 42)
    wrong: list[int] = []

    def draw(first: int) -> None:
        wrong.extend(k for k in range(first, first + 300) if int(words.run(k, 1)[0]) != expected[k])

    expected = words.run(0, 2400).tolist()
    threads = [Thread(target=draw, args=(first,)) for first in range(0, 2400, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_names() -> None:
    """The law's name and its tags, little end first, are fixed: with others it would be another law."""
    assert MASK_LAW == "philox4x64-10/v2"
    assert {name: int.from_bytes(name.encode(), "little") for name in TAGS} == TAGS
    assert [*TAGS.values()] == [oracle.LANES, oracle.RESTS, oracle.NORMALS, oracle.INPUTS]


def test_no_word_is_shared() -> None:
    """Lanes, rests, normals and inputs of one seed have no word in common: the counters differ by the tag.

    Equal words by chance, 6 · 10^10 pairs of 64 bits, have a probability of 4e-9.
    """
    drawn = [set(Words(tag, 42).run(0, 100_000).tolist()) for tag in TAGS.values()]
    assert [len(one & another) for one, another in combinations(drawn, 2)] == [0] * 6
