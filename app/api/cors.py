"""Pages of other origins: which may call, and what they may read of a reply (the Fetch standard, CORS protocol)."""

from collections.abc import Callable, Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.wire.binary.formats import HEADERS
from app.wire.oip import infer
from app.wire.passes import REPLAY, STATISTICS

EXPOSED: Final = (REPLAY, STATISTICS, *HEADERS, infer.HEADER, "X-Request-ID", "Retry-After")


class Cors(CORSMiddleware):
    """ASGI middleware around all others, so that pages may read errors too. They call without cookies.

    access : put around the answer to a preflight, which no other middleware sees.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str], access: Callable[[ASGIApp], ASGIApp]) -> None:
        # a page of an origin that is let in may be anywhere, and this service in a private network
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=EXPOSED,
        )
        self.access = access

    def preflight_response(self, request_headers: Headers) -> ASGIApp:  # type: ignore[override]
        """What answers a preflight; one that is not allowed gets what all get where CORS is off."""
        response = super().preflight_response(request_headers)
        return self.access(response) if response.status_code == 200 else self.app
