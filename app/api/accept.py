"""Content negotiation (RFC 9110, section 12.5.1)."""

from app.errors import NotAcceptable


def check(header: str, media_type: str) -> None:
    """Raise `NotAcceptable` unless an Accept header, "" if there is none, takes replies of that type."""
    if not header.strip():
        return
    ranges = dict(_quality(item) for item in header.lower().split(","))
    family = media_type.partition("/")[0]
    quality = next((ranges[name] for name in (media_type, f"{family}/*", "*/*") if name in ranges), 0.0)
    if quality <= 0:
        raise NotAcceptable.of("not_acceptable", f"Accept takes none of the forms there are: {media_type}")


def _quality(item: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in item.split(";"))
    values = (value for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "q")
    try:
        return name, float(next(values, 1))
    except ValueError:
        return name, 0.0
