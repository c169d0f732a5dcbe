"""API keys: where some are set, one must come with each request, but for what a browser opens and health."""

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.headers import headers
from app.api.problems import problem
from app.errors import Fault

HEADER: Final = "X-API-Key"
MISSING: Final = Fault(
    "unauthorized", (), f"a key is needed, as Authorization: Bearer … or as {HEADER}: …, and none that fits was sent"
)
_OPEN: Final = {"/", "/docs", "/openapi.json"}
_OPEN_BELOW: Final = ("/docs/", "/findings/", "/health/", "/playground/", "/problems/", "/v2/health/")


class Keys:
    """ASGI middleware. Without a key, nothing of a request is looked at or taken; with one, nobody learns which."""

    def __init__(self, app: ASGIApp, keys: Iterable[str]) -> None:
        self.app = app
        self.keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]) or self._lets_in(scope["method"], headers(scope)):
            await self.app(scope, receive, send)
        else:
            await problem((MISSING,), scope, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _lets_in(self, method: str, fields: Mapping[str, str]) -> bool:
        if method == "OPTIONS" and "origin" in fields and "access-control-request-method" in fields:
            return True  # a preflight, with which browsers send no key (Fetch, CORS protocol)
        scheme, _, token = fields.get("authorization", "").partition(" ")
        sent = [token.strip(" ").encode("latin-1")] if scheme.lower() == "bearer" else []
        sent.append(fields.get(HEADER.lower(), "").encode("latin-1"))
        # each with each, so that the time says nothing of which one fits
        return sum(compare_digest(one, key) for one in sent for key in self.keys) > 0


def is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)
