"""The parameters that few variants have: a row each, from which requests, replays and their documentation follow."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple, get_args, get_type_hints

NoiseShape = tuple[int | None, ...]


class Parameter(NamedTuple):
    """What is known of one beside its name.

    asked, told : what it is, in a request and in a replay. least : the least integer. type : of what is given.
    """

    asked: str
    told: str = "As sent."
    least: int | None = None
    type: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a layer has of them; None is what was not given."""

    noise_shape: Annotated[
        NoiseShape | None,
        Parameter(
            "Shape of the decisions, an entry a dimension of the input (or of the `whole`): `null` (or its length) for "
            "a decision each, 1 for one that is shared along it.",
            "As sent: an entry a dimension of the input.",
        ),
    ] = None
    channels_last: Annotated[
        bool | None, Parameter("Of `dropout1d`, `dropout2d`, `dropout3d`: (N, …, C) instead of (N, C, …).")
    ] = None
    block_size: Annotated[
        int | None,
        Parameter(
            "Of `drop_block2d`, which needs it: the side of its blocks.",
            "Side of the blocks, in elements, as sent.",
            least=1,
        ),
    ] = None


def _known(hint: Any) -> Parameter:
    known: Parameter = hint.__metadata__[0]
    return known._replace(type=get_args(hint.__origin__)[0])


PARAMETERS: Final = {name: _known(hint) for name, hint in get_type_hints(Parameters, include_extras=True).items()}
"""The rows by name."""
