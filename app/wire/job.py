"""What is done to an array: the layer, its gradient, or the layer's mask alone; and what the parts are called then."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple, cast

from app.errors import DropoutError

Part = Literal["output", "mask", "statistics"]


class Job(NamedTuple):
    """A job, and its words.

    input, output : what the array and the result are called in requests and replies.
    array : the part that a reply is made for. gradient : the arrays are gradients. measured : there are arrays at all.
    """

    input: str
    output: str
    array: Part = "output"
    gradient: bool = False
    measured: bool = True

    def parts(self, names: Sequence[str] | None) -> Sequence[Part] | None:
        """The parts of a reply by the names that they have in this job."""
        named = {self.output: "output"}
        return None if names is None else [cast(Part, named.get(name, name)) for name in names]

    def names(self, parts: Sequence[Part]) -> list[str]:
        """What those parts are called."""
        return [self.output if part == "output" else part for part in parts]

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors that are raised within point at the input by its name in this job."""
        try:
            yield
        except DropoutError as error:
            raise error.pointing(self._pointer) from None

    def _pointer(self, pointer: str) -> str:
        return re.sub("^/input(?=/|$)", f"/{self.input}", pointer)


FORWARD: Final = Job("input", "output")
BACKWARD: Final = Job("grad_output", "grad_input", gradient=True)
MASK: Final = Job("shape", "output", array="mask", measured=False)
EXPERIMENT: Final = Job("shape", "output")
"""A layer on an input that is made up: what is wrong with it is wrong with its shape."""
