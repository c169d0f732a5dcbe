"""The words of the mask law are those of Random123 and of C++26, and numpy draws exactly them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import MASK_LAW, WORDS, philox
from app.core.philox import TAG
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

# seed, stream, sample, first index, words from there on
GOLDEN = [
    (0, 0, 0, 0, "b7001bae71ec0b70 3bb85e236aff5748 8ad70fb4c22c678d 909c4f05a98679cf d9a820f696f8dd19"),
    (42, 0, 0, 0, "56ffe04ac7749da6 bc1c0f6d2b327730 fc4bea36e6443f87 7619ef28ee89d767 3b573b59230c7298"),
    (42, 3, 2, 0, "a707fcb38593a45b 1cf02d435887e156 b7832b9625fb7793 5d535ff9f04ec64f f945331f5bbdacbb"),
    (2**64 - 1, 0, 0, 0, "075fc27b9a83d52a 23ab961845da018e 089e5b1794e91f6f 1c4ab6ee3bac8eb2 2a8e001c83605717"),
    (42, 0, 0, 2**40 + 1, "691c60072922a0ab"),
]


def _hex(numbers: Sequence[int]) -> str:
    return " ".join(f"{number:016x}" for number in numbers)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter: list[int], key: list[int], expected: str) -> None:
    """The contract's ten rounds give the known answers of Random123."""
    assert _hex(oracle.philox4x64(counter, key)) == expected


def test_known_answer_of_cpp() -> None:
    """The 10000th value of a default-constructed C++26 std::philox4x64 is the one the standard requires.

    Its key is (20111115, 0) and its counter starts at 0; of each four words, X[0] comes first.
    """
    block, word = divmod(10000 - 1, 4)
    assert oracle.philox4x64([block, 0, 0, 0], [20111115, 0])[word] == 3409172418970261260


@pytest.mark.parametrize(("seed", "stream", "sample", "first", "expected"), GOLDEN)
def test_golden_words(seed: int, stream: int, sample: int, first: int, expected: str) -> None:
    """The golden words of the contract come out of its text, and out of numpy."""
    count = len(expected.split())
    drawn = philox(seed, stream=stream, sample=sample, offset=first).random_raw(count)
    written = [oracle.word(first + i, seed=seed, stream=stream, sample=sample) for i in range(count)]
    assert _hex(written) == expected
    assert _hex([int(word) for word in drawn]) == expected


@given(words, words, words, words, st.integers(1, 13))
def test_words_equal_the_law(seed: int, stream: int, sample: int, offset: int, count: int) -> None:
    """At any seed, stream, sample and index, the words are those of the law, up to the last index there is."""
    count = min(count, WORDS - offset)
    drawn = philox(seed, stream=stream, sample=sample, offset=offset).random_raw(count)
    expected = [oracle.word(offset + i, seed=seed, stream=stream, sample=sample) for i in range(count)]
    assert drawn.tolist() == expected


@pytest.mark.parametrize("offset", range(9))
def test_indices_are_consecutive(offset: int) -> None:
    """Where a draw starts changes nothing: the words from i on are the words from 0 on without the first i."""
    assert philox(7, offset=offset).random_raw(20).tolist() == philox(7).random_raw(offset + 20)[offset:].tolist()


def test_last_index() -> None:
    """The highest index, in the highest sample of the highest key, has its word."""
    last = oracle.LAST
    drawn = philox(last, stream=last, sample=last, offset=last).random_raw(1)
    assert drawn.tolist() == [oracle.word(last, seed=last, stream=last, sample=last)]


def test_names() -> None:
    """The law's name and its tag are fixed: with others it would be another law."""
    assert MASK_LAW == "philox4x64-10/v1"
    assert TAG == oracle.TAG == int.from_bytes(b"DRMASKV1", "little")
