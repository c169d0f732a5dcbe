"""The path that all addresses of the service begin with, where a proxy puts it below one."""

from starlette.types import ASGIApp, Receive, Scope, Send


def root(scope: Scope) -> str:
    """What the addresses in a reply to this request begin with: "" unless a proxy takes something off."""
    return str(scope.get("root_path", ""))


class RootPath:
    """ASGI middleware. Requests come from a proxy that takes the root path off, from one that does not, or without one.

    Behind it `path` is the service's own, and `root_path` what stands before it outside.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = dict(scope, root_path=self.root_path, path=self._own(scope["path"]))
        await self.app(scope, receive, send)

    def _own(self, path: str) -> str:
        below = f"{path}/".startswith(f"{self.root_path}/")
        return path.removeprefix(self.root_path) or "/" if below else path
