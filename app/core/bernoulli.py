"""The mask law: which decisions keep.

    lane(i) = bits 16·(i mod 4) to 16·(i mod 4) + 15 of word LANES, i div 4
    rest(i) = the upper 48 bits of word RESTS, i
    keep(i) = lane(i) · 2^48 + rest(i) ≥ T = floor(p · 2^64)

So P(drop) is p to 64 bits, and a decision takes 16 of them: the rest is drawn where the lane equals that of T, one time
in 65,536. Source of the idea: Knuth, Yao, "The Complexity of Nonuniform Random Number Generation" (1976).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.core.arrays import SPARE, BoolArray
from app.core.draw import Draw
from app.core.indices import Indices
from app.core.philox import WordArray

MASK_LAW: Final = "philox4x64-10/v2"
LANES: Final = int.from_bytes(b"DRMASKV2", "little")
RESTS: Final = int.from_bytes(b"DRRESTV2", "little")
"""The law's name, and the tags of its words: of what nearly every decision needs, and of what breaks a tie."""
BITS: Final = 16
LANE: Final = np.dtype(f"<u{BITS // 8}")
"""Bits of a lane, and the type that has as many."""
_LITTLE: Final = np.dtype("<u8")
_REST, _PER_WORD = 64 - BITS, 64 // BITS
"""Bits of a rest, and lanes of a word."""

RULE: Final = "lane(i) · 2^48 + rest(i) ≥ floor(p·2^64) keeps"
SLIPS: Final = (
    "the seed is hashed first (numpy's Philox(seed)), the counter starts at 1, the four words of a block or the four "
    "lanes of a word are used in another order, 16 bits decide alone and the rest breaks no tie, or keep and drop are "
    "swapped"
)
"""The law in words, and what goes wrong where it is read from a page."""


def threshold(p: float) -> int:
    """T = floor(p · 2^64), exactly: 65 bits long at p = 1."""
    return int(p * 2.0**64)


class Bernoulli:
    """The decisions of indices at a threshold T in (0, 2^64), a block at a time, in the thread's spare memory."""

    def __init__(self, draw: Draw, limit: int, indices: Indices) -> None:
        self._draw, self._indices = draw, indices
        self._lanes = draw.words(LANES)
        self._lane, self._rest = LANE.type(limit >> _REST), limit % 2**_REST
        self._compare = np.greater if self._rest else np.greater_equal

    def __call__(self, start: int, stop: int) -> BoolArray:
        """The decisions of elements [start, stop), true = kept, until the next are drawn."""
        lanes = self._indices.draw(start, stop, self._run, self._at)
        keep: BoolArray = self._compare(lanes, self._lane, out=SPARE.keep[: stop - start])
        if self._rest:  # every rest is at least 0
            tie = np.equal(lanes, self._lane, out=SPARE.tie[: stop - start])
            if tie[tie.argmax()]:  # any() takes longer
                self._break(tie, keep, start)
        return keep

    def _break(self, tie: BoolArray, keep: BoolArray, start: int) -> None:
        """Decide by the rests where lanes are equal."""
        [places] = tie.nonzero()
        rests, indices = self._draw.words(RESTS), self._indices.at((places + start).astype(np.uint64))
        for place, index in zip(places, indices.tolist(), strict=True):
            keep[place] = int(rests.run(index, 1)[0]) >> 64 - _REST >= self._rest

    def _run(self, first: int, count: int) -> NDArray[np.uint16]:
        """The lanes from one on: a word has the first in its lowest bits."""
        lane = first % _PER_WORD
        words = self._lanes.run(first // _PER_WORD, (lane + count + _PER_WORD - 1) // _PER_WORD)
        return words.astype(_LITTLE, copy=False).view(LANE)[lane : lane + count]

    def _at(self, indices: WordArray) -> NDArray[np.uint16]:
        """The lanes of any indices."""
        word, lane = np.divmod(indices, np.uint64(_PER_WORD))
        return (self._lanes.at(word) >> lane * np.uint64(BITS)).astype(LANE)
