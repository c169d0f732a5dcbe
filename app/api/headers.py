"""A request's header fields."""

from collections.abc import Mapping

from starlette.types import Scope


def headers(scope: Scope) -> Mapping[str, str]:
    """The fields by lower-case name; lines of one name are one list (RFC 9110, section 5.3). Read once a request."""
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    # decoded in one go, since no field can hold the end of a line
    texts = b"\n".join([text for line in lines for text in line]).decode("latin-1").split("\n")
    fields = dict(zip(texts[::2], texts[1::2], strict=True))
    return fields if len(fields) == len(lines) else _joined(texts)


def _joined(texts: list[str]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in zip(texts[::2], texts[1::2], strict=True):
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
