"""What can be wrong with a request, in the words of the service. `app.api.problems` gives each its HTTP status.

DropoutError        one or more faults, each with a code, a place and a sentence
├── Malformed       the bytes are not what they claim to be
├── Invalid         well-formed, and wrong
├── NotFound        no such model, version or call
├── TooLarge        more bytes or elements than a setting allows
├── NotAcceptable   no reply in a form the client takes
├── Unsupported     a body in a form nobody reads here
├── TooSlow         what was announced does not come in time
└── Unavailable     not now: here later, or elsewhere at once
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Self

Code = Literal[
    "malformed_request",
    "malformed_json",
    "malformed_encoding",
    "malformed_npy",
    "malformed_npz",
    "malformed_length",
    "length_mismatch",
    "duplicate_key",
    "nesting_too_deep",
    "unauthorized",
    "not_found",
    "model_not_found",
    "unsupported_call",
    "method_not_allowed",
    "not_acceptable",
    "too_slow",
    "body_too_large",
    "fields_too_large",
    "too_many_elements",
    "unsupported_media_type",
    "missing_field",
    "unknown_field",
    "wrong_type",
    "unknown_value",
    "out_of_range",
    "conflicting_fields",
    "not_a_number",
    "not_a_boolean",
    "non_finite",
    "ragged",
    "shape_mismatch",
    "rank_too_high",
    "wrong_rank",
    "seed_required",
    "deadline_exceeded",
    "noise_shape_mismatch",
    "mask_mismatch",
    "overflow",
    "scale_not_finite",
    "headers_too_large",
    "internal_error",
    "saturated",
    "draining",
]


Where = tuple[str | int, ...]


class Fault(NamedTuple):
    """One thing that is wrong.

    where : the argument, and the way to a part of it: ("noise_shape", 1); nothing is the whole of a request. message :
    the rule and what was received; it never repeats an array's elements or a long text.
    """

    code: Code
    where: Where
    message: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.where)


class DropoutError(ValueError):
    """Base of all errors a client can mend."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = tuple(faults)

    @classmethod
    def of(cls, code: Code, message: str, *where: str | int) -> Self:
        """The error with a single fault."""
        return cls([Fault(code, where, message)])

    def moved(self, move: Callable[[Where], Where]) -> Self:
        """The same error at other places."""
        return type(self)([fault._replace(where=move(fault.where)) for fault in self.faults])


class Malformed(DropoutError):
    """The bytes are not what they claim to be: syntax, encoding, duplicate keys, nesting, lengths."""


class Invalid(DropoutError):
    """Well-formed and wrong: types, ranges, shapes, combinations without a meaning."""


class NotFound(DropoutError):
    """The path names something that is not there."""


class TooLarge(DropoutError):
    """More bytes or more elements than the service was set to take."""


class NotAcceptable(DropoutError):
    """The client accepts none of the forms a reply can have."""


class Unsupported(DropoutError):
    """The body's media type or content encoding is not one that is read here."""


class TooSlow(DropoutError):
    """Headers or a body that were begun do not come in time."""


class Unavailable(DropoutError):
    """Not now: the same request succeeds later, or at once elsewhere."""
