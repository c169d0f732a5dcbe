"""Routes that take the request as it is."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import problem
from app.errors import DropoutError


class RawRoute(APIRoute):
    """Calls its endpoint with the request alone: documented like any other, without FastAPI's reading of bodies.

    It halves the time of a small request. A route that has dependencies is FastAPI's own, which solves them.
    Source: "Custom Request and APIRoute class" in FastAPI's documentation.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_direct = not self.dependant.dependencies and not self.param_convertors
        if not self.dependant.dependencies:
            self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class Direct:
    """ASGI middleware next to the router. Where a raw route has a path of its own, it answers without a search.

    routes : the routes of the application; those without parameters and dependencies are passed to directly.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        raw = [route for route in routes if isinstance(route, RawRoute) and route.is_direct]
        self._routes = {(method, route.path): route for route in raw for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"], scope["endpoint"] = route, route.endpoint
        try:
            response = await route.endpoint(Request(scope, receive))
        except DropoutError as error:
            response = problem(error.faults, scope)
        await response(scope, receive, send)


def include(app: FastAPI, router: APIRouter) -> None:
    """Add a router's routes to an application.

    FastAPI's `include_router` matches each request twice, so it is left to applications with dependencies of their own.
    """
    if app.router.dependencies:
        app.include_router(router)
    else:
        app.router.routes.extend(router.routes)
