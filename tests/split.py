"""The service with an application of whose replies one has a header field with the end of a line in it."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.server import serve
from app.settings import load


async def _split(_request: Request) -> Response:
    return Response(headers={"Named": "one\r\nSet-Cookie: two"})


async def _whole(_request: Request) -> Response:
    return Response(headers={"Named": "one"})


def create() -> Starlette:
    """The application."""
    return Starlette(routes=[Route("/split", _split), Route("/", _whole)])


if __name__ == "__main__":
    serve(create, load(os.environ))
