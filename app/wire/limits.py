"""How much a request may ask for."""

from math import prod
from typing import NamedTuple

from app.core import Shape
from app.errors import Invalid, TooLarge


class Limits(NamedTuple):
    """The limits a request is held to, and the environment variables they are set by.

    body_bytes : of a body, as sent and as inflated; elements : of input and output, replicates counted;
    ndim : dimensions of an array; samples : replicates of one call; simulated : elements of an experiment, its runs
    counted.
    """

    body_bytes: int
    elements: int
    ndim: int
    samples: int
    simulated: int = 10**9

    def check_shape(self, shape: Shape, samples: int = 1, *, pointer: str = "/input") -> None:
        """Raise unless an array of that shape, so many times, may be asked for."""
        self.check_rank(shape, pointer=pointer)
        # numpy has limits for an array without elements too: a 0 counts as 1
        count = prod(max(length, 1) for length in shape) * samples
        if count > self.elements:
            message = f"a call may have {self.elements} elements (DROPOUT_MAX_ELEMENTS), got {_short(count)}"
            raise TooLarge.of("too_many_elements", message, pointer)

    def check_simulated(self, shape: Shape, runs: int, *, held: int) -> None:
        """Raise unless an experiment of so many runs may be asked for, so many elements of which are held in memory."""
        self.check_rank(shape, pointer="/shape")
        count = prod(shape) * runs
        if count > self.simulated:
            message = f"an experiment may have {self.simulated} elements (DROPOUT_MAX_SIMULATED), got {_short(count)}"
            raise TooLarge.of("too_many_elements", message, "/shape")
        if held > self.elements:
            rule = f"shared decisions and blocks are held, {self.elements} at most (DROPOUT_MAX_ELEMENTS)"
            message = f"{rule}, got {_short(held)}"
            raise TooLarge.of("too_many_elements", message, "/shape")

    def check_samples(self, samples: int, *, pointer: str = "/samples") -> None:
        """Raise unless so many replicates may be asked for."""
        if samples > self.samples:
            message = f"a call may have {self.samples} samples (DROPOUT_MAX_SAMPLES), got {_short(samples)}"
            raise TooLarge.of("too_many_elements", message, pointer)

    def check_rank(self, shape: Shape, *, pointer: str = "/input") -> None:
        """Raise `Invalid` unless an array may have so many dimensions."""
        if len(shape) > self.ndim:
            message = f"an array may have {self.ndim} dimensions (DROPOUT_MAX_NDIM), got {len(shape)}"
            raise Invalid.of("rank_too_high", message, pointer)


def _short(number: int) -> str:
    return str(number) if number < 10**20 else "more than 10^20"
