"""Where in the mask law a call draws."""

from dataclasses import dataclass, replace
from typing import Final

from app.core.philox import WORDS, Words
from app.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A place in the mask law: unsigned 64-bit integers all.

    seed, stream : the key; streams of one seed are independent.
    offset : added to the index of each decision.
    sample : index of the replicate.
    """

    seed: int = 0
    stream: int = 0
    offset: int = 0
    sample: int = 0

    def __post_init__(self) -> None:
        words = (self.seed, self.stream, self.offset, self.sample)
        if min(words) < 0 or max(words) >= WORDS:
            name, value = next((name, one) for name, one in zip(_NAMES, words, strict=True) if not 0 <= one < WORDS)
            raise Invalid.of("out_of_range", f"{name} must be in 0 … 2^64 - 1, got {value}", name)

    def replicate(self, k: int) -> "Draw":
        """The same place in the k-th replicate from this one."""
        return replace(self, sample=self.sample + k) if k else self

    def words(self, tag: int) -> Words:
        """The words of a tag there."""
        return Words(tag, self.seed, self.stream, self.sample)


_NAMES: Final = Draw.__slots__
