"""FastAPI, with the middlewares of an application around FastAPI's own."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.service import Service


class Application(FastAPI):
    """An application whose middlewares are the first to see a request; what they answer goes through nothing else.

    FastAPI puts its own around them: one for exceptions that nothing catches, one for telemetry, one for the size of
    bodies. Each costs a small request a call or two.

    service : what its requests share; an attribute of its own, for Starlette's `state` finds each by way of an error.
    """

    service: Service

    def build_middleware_stack(self) -> ASGIApp:
        """The middlewares, around the router; FastAPI asks for them at the first request."""
        added, self.user_middleware = self.user_middleware, []
        stack = super().build_middleware_stack()
        for middleware, args, kwargs in reversed(added):
            stack = middleware(stack, *args, **kwargs)
        return stack
