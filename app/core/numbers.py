"""Random words as numbers: uniform in [0, 1), and normal."""

from math import pi

import numpy as np

from app.core.arrays import FloatArray
from app.core.indices import Indices
from app.core.philox import WordArray, Words


def uniform(words: Words, indices: Indices, start: int, stop: int) -> FloatArray:
    """(w(i) >> 11) · 2^-53 for the indices i of elements [start, stop): numbers in [0, 1)."""
    return _fractions(indices.draw(start, stop, words.run, words.at))


def normal(words: Words, indices: Indices, start: int, stop: int) -> FloatArray:
    """Standard normal numbers z(i) for the indices i of elements [start, stop).

    For even j, z(j) and z(j + 1) are √(-2 ln u1) · (cos, sin)(2π u2), u1 = ((w(j) >> 11) + 1) · 2^-53 and
    u2 = (w(j + 1) >> 11) · 2^-53. Source: Box, Muller, "A Note on the Generation of Random Normal Deviates" (1958).
    """

    def run(first: int, count: int) -> FloatArray:
        odd = first % 2
        drawn = words.run(first - odd, count + odd + (count + odd) % 2)
        return np.stack(_box_muller(drawn[0::2], drawn[1::2]), axis=1).reshape(-1)[odd : odd + count]

    def at(some: WordArray) -> FloatArray:
        odd = some & 1
        return np.where(odd, *_box_muller(words.at(some - odd), words.at(some - odd + 1))[::-1])

    found: FloatArray = indices.draw(start, stop, run, at)
    return found


def _box_muller(first: WordArray, second: WordArray) -> tuple[FloatArray, FloatArray]:
    """The two normal numbers of each two words, which are used up."""
    radius, angle = np.sqrt(np.log(_fractions(first) + 2.0**-53) * -2), _fractions(second) * (2 * pi)
    return radius * np.cos(angle), radius * np.sin(angle)


def _fractions(words: WordArray) -> FloatArray:
    """(w >> 11) · 2^-53 of words, which are used up. Signed on the way, which processors convert faster."""
    words >>= 11
    values = words.view(np.int64).astype(np.float64)
    values *= 2.0**-53
    return values
