"""A request's header fields."""

from starlette.requests import Request


def headers(request: Request) -> dict[str, str]:
    """The fields by lower-case name; lines of one name are one list (RFC 9110, section 5.3). Read once a request."""
    fields: dict[str, str] = {}
    for line in request.scope["headers"]:
        name, value = line[0].decode("latin-1"), line[1].decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
