"""Content negotiation (RFC 9110, section 12.5): which of the forms there are a client wants."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.errors import NotAcceptable


def media_type(header: str, choices: Iterable[str], usual: str) -> str:
    """The media type that an Accept header, "" if there is none, wants most.

    Of equal quality, one that is named goes before one that a range covers, and the usual before the others. Raises
    `NotAcceptable` if the header takes none of the choices.
    """
    if header in _ANY or header.strip() in _ANY:
        return usual
    choices = [usual, *(choice for choice in choices if choice != usual)]
    ranges = _qualities(header)
    quality, _, best = max(((*_wish(choice, ranges), choice) for choice in choices), key=lambda wish: wish[:2])
    if quality <= 0:
        raise NotAcceptable.of("not_acceptable", f"Accept takes none of the forms there are: {', '.join(choices)}")
    return best


_ANY: Final = ("", "*/*")


def coding(header: str, choices: Iterable[str]) -> str | None:
    """The first of the content codings that an Accept-Encoding header wants most; None if it wants none."""
    if not header:
        return None
    qualities = _qualities(header)
    ranked = {choice: qualities.get(choice, qualities.get("*", 0.0)) for choice in choices}
    best = max(ranked, key=lambda choice: ranked[choice])
    return best if ranked[best] > qualities.get("identity", 0) else None


def _wish(choice: str, ranges: Mapping[str, float]) -> tuple[float, int]:
    """The quality of the most specific range that covers a media type, and how specific that is."""
    names = (choice, f"{choice.partition('/')[0]}/*", "*/*")
    return next(((ranges[name], -level) for level, name in enumerate(names) if name in ranges), (0.0, 0))


def _qualities(header: str) -> dict[str, float]:
    return dict(_quality(item) for item in header.lower().split(","))


def _quality(item: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in item.split(";"))
    values = (value for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "q")
    try:
        return name, float(next(values, 1))
    except ValueError:
        return name, 0.0
