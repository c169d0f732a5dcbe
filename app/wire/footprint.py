"""How much memory calls need, so that what is taken in fits: bytes a byte of a body, and bytes an element.

They are bounds, held against what the service is seen to need.
"""

from typing import Final

OVERHEAD: Final = 2**18
"""Bytes of a call that has no array."""
TEXT: Final = {"float64": 25, "float32": 16, "float16": 16, "bfloat16": 16, "bool": 6}
"""Characters of an element in JSON with its comma, at most: -2.2250738585072014e-308, -1.17549435e-38, false."""
OF_BODY: Final[dict[tuple[bool, bool], float]] = {
    (True, True): 23,
    (True, False): 12,
    (False, True): 10,
    (False, False): 3,
}
"""Bytes that a byte of an array may come to with all that is made of it, by whether it is JSON and is to be JSON.

JSON has an element in 2 bytes, `1,`: 8 more as float64, 8 of the output, 25 as text. Binary has one in 2 at least, and
2 of the output, or 16 as text.
"""
HELD: Final = 4
"""Bytes of a decision that is held while others are drawn."""
INPUT: Final = 2**24
"""Bytes of a made-up input that is held for its next run, at most."""
RUN: Final = 2**11
"""Bytes of what is counted in a run, and told."""


def verified(nbytes: int, elements: int) -> int:
    """Bytes that arrays take to verify, themselves among them: a million elements at most are looked at closely."""
    return OVERHEAD + 3 * nbytes + 128 * min(elements, 2**20)
