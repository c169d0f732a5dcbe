"""The bytes that came, sent back: what receiving and sending cost at the least on the same server."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    return Response(await request.body())


app = Starlette(routes=[Route("/", echo, methods=["POST"])])
