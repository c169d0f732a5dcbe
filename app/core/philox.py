"""Random words of the mask law, `philox4x64-10/v1`.

    key     = (seed, stream)
    counter = (i div 4, sample, 0, TAG)          unsigned 64-bit words, little word first
    w(i)    = Philox4x64-10(counter, key)[i mod 4]

Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011), and its library Random123.
"""

from typing import Any, Final

import numpy as np
from numpy.random.bit_generator import ISeedSequence

MASK_LAW: Final = "philox4x64-10/v1"
TAG: Final = int.from_bytes(b"DRMASKV1", "little")
NORMALS: Final = int.from_bytes(b"DRNORMV1", "little")
INPUTS: Final = int.from_bytes(b"DRINPTV1", "little")
"""Tags of the mask, of the normals of gaussian dropout, and of the inputs of experiments: they share no word."""
WORDS: Final = 2**64
"""How many words a (seed, stream, sample) has: indices, and all integers of the law, are below it."""


def philox(seed: int, *, stream: int = 0, sample: int = 0, offset: int = 0, tag: int = TAG) -> np.random.Philox:
    """The bit generator whose next raw words are w(offset), w(offset + 1), ….

    All four arguments are in [0, 2^64). Only `random_raw` of it belongs to the law; it releases the GIL.
    """
    block, word = divmod(offset, 4)
    counter = block | sample << 64 | tag << 192
    # numpy counts up before it draws
    before = ((counter - 1) % 2**256).to_bytes(32, "little")
    key: Any = _Key(seed, stream)  # numpy's stubs know seeds of its own only
    generator = np.random.Philox(key, counter=np.frombuffer(before, "<u8"))
    if word:
        generator.random_raw(word, output=False)
    return generator


class _Key(ISeedSequence):
    """A key as it is. numpy would hash a seed, and asks the system for entropy even where it is given `key=`."""

    def __init__(self, seed: int, stream: int) -> None:
        self._words = np.array([seed, stream], np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:  # noqa: ARG002 - numpy's signature
        return self._words
