"""Random words. Each law that draws from them has a tag of its own, so that no two share a word.

    key      = (seed, stream)
    word t,k = Philox4x64-10((k div 4, sample, 0, t), key)[k mod 4]        the k-th word of tag t

Counters and keys are unsigned 64-bit words, little word first.

Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011), and its library Random123.
"""

from threading import local
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NORMALS: Final = int.from_bytes(b"DRNORMV1", "little")
INPUTS: Final = int.from_bytes(b"DRINPTV1", "little")
"""Tags of the normals of gaussian dropout, and of the inputs of experiments; those of masks stand with their law."""
WORDS: Final = 2**64
"""How many words a (seed, stream, sample) has of a tag: indices, and all integers of the law, are below it."""

_LOW: Final = WORDS - 1
WordArray = NDArray[np.uint64]


class Words(NamedTuple):
    """The words of a tag under a key and a sample, unsigned 64-bit integers all."""

    tag: int
    seed: int
    stream: int = 0
    sample: int = 0

    def run(self, first: int, count: int) -> WordArray:
        """Words `first`, `first` + 1, …, so many of them. Of numpy's streams only `random_raw` is promised to stay."""
        skipped, generator = first % 4, _THREAD.generator
        counter = (first // 4 | self.sample << 64 | self.tag << 192) - 1  # numpy counts up before it draws
        low, high = counter & 2**128 - 1, counter >> 128
        state = {"counter": (low & _LOW, low >> 64, high & _LOW, high >> 64), "key": (self.seed, self.stream)}
        generator.state = {**_FRESH, "state": state}
        words: WordArray = generator.random_raw(skipped + count)
        return words[skipped:]

    def at(self, indices: WordArray) -> WordArray:
        """The words of any indices, all at a time: faster than `run` only where few follow each other."""
        blocks, places = np.divmod(indices, np.uint64(4))
        fresh = np.append(True, blocks[1:] != blocks[:-1])  # neighbours share the four words of a counter
        counters = blocks[fresh]
        above = (np.full_like(counters, word) for word in (self.sample, 0, self.tag))
        words = np.stack(philox([counters, *above], (self.seed, self.stream)), axis=1)
        found: WordArray = words[np.cumsum(fresh) - 1, places]
        return found


class _Thread(local):
    """A generator for each thread, for its state is set and used in two steps."""

    def __init__(self) -> None:
        self.generator: Any = np.random.Philox(key=0)


_THREAD: Final = _Thread()
_FRESH: Final = {"bit_generator": "Philox", "buffer": (0,) * 4, "buffer_pos": 4, "has_uint32": 0, "uinteger": 0}
"""The state of a generator with nothing left of an earlier draw."""


def philox(counter: list[WordArray], key: tuple[int, int]) -> list[WordArray]:
    """The four words of each counter: ten rounds of Philox4x64."""
    for _ in range(10):
        a, b = _product(0xD2E7470EE14C6C93, counter[0]), _product(0xCA5A826395121157, counter[2])
        k0, k1 = map(np.uint64, key)
        counter = [b.high ^ counter[1] ^ k0, b.low, a.high ^ counter[3] ^ k1, a.low]
        key = (key[0] + 0x9E3779B97F4A7C15) % WORDS, (key[1] + 0xBB67AE8584CAA73B) % WORDS
    return counter


class _Product(NamedTuple):
    high: WordArray
    low: WordArray


def _product(factor: int, words: WordArray) -> _Product:
    """The upper and the lower 64 bits of a product, by halves of 32 bits: no sum of theirs is longer than 64."""
    half, mask = np.uint64(32), np.uint64(2**32 - 1)
    above, below = map(np.uint64, divmod(factor, 2**32))
    high, low = words >> half, words & mask
    middle = high * below + (low * below >> half)
    rest = low * above + (middle & mask)
    return _Product(high * above + (middle >> half) + (rest >> half), words * np.uint64(factor))
