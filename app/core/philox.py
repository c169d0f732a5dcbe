"""Random words of the mask law, `philox4x64-10/v1`.

    key     = (seed, stream)
    counter = (i div 4, sample, 0, TAG)          unsigned 64-bit words, little word first
    w(i)    = Philox4x64-10(counter, key)[i mod 4]

Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011), and its library Random123.
"""

from typing import Final

import numpy as np

MASK_LAW: Final = "philox4x64-10/v1"
TAG: Final = int.from_bytes(b"DRMASKV1", "little")
WORDS: Final = 2**64
"""How many words a (seed, stream, sample) has: indices, and all integers of the law, are below it."""


def philox(seed: int, *, stream: int = 0, sample: int = 0, offset: int = 0) -> np.random.Philox:
    """The bit generator whose next raw words are w(offset), w(offset + 1), ….

    All four arguments are in [0, 2^64). Only `random_raw` of it belongs to the law; it releases the GIL.
    """
    block, word = divmod(offset, 4)
    counter = block | sample << 64 | TAG << 192
    # numpy counts up before it draws
    generator = np.random.Philox(key=seed | stream << 64, counter=(counter - 1) % 2**256)
    generator.random_raw(word, output=False)
    return generator
