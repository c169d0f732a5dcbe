"""Routes that read the request themselves: as fast as they are, they lose no dependency."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response

from app.api.route import RawRoute, include


def _refuse(_request: Request) -> None:
    raise HTTPException(401)


async def _answer(_request: Request) -> Response:
    return Response()


REFUSED = [Depends(_refuse)]


@pytest.mark.parametrize("at", ["route", "router", "application", "nowhere"])
def test_a_dependency_is_solved_wherever_it_stands(at: str) -> None:
    """Of a route, of its router or of the whole application: what it refuses is refused."""
    app = FastAPI(dependencies=REFUSED if at == "application" else [])
    router = APIRouter(route_class=RawRoute, dependencies=REFUSED if at == "router" else [])
    router.add_api_route("/", _answer, methods=["POST"], dependencies=REFUSED if at == "route" else [])
    include(app, router)
    assert asyncio.run(_status(app)) == (200 if at == "nowhere" else 401)


async def _status(app: FastAPI) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return (await client.post("/")).status_code
