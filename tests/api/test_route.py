"""Routes that read the request themselves: as fast as they are, they lose no dependency."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response

from app.api import problems
from app.api.access import Access
from app.api.metrics import Metrics
from app.api.route import Direct, RawRoute, include
from app.log import Log


def _refuse(_request: Request) -> None:
    raise HTTPException(401, "a key is needed", {"WWW-Authenticate": "Bearer"})


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
    app.add_middleware(Direct, routes=app.router.routes)
    assert asyncio.run(_post(app, "/")).status_code == (200 if at == "nowhere" else 401)


@pytest.mark.parametrize(
    ("path", "media_type", "more"),
    [("/", problems.MEDIA_TYPE, {}), ("/v2/models", problems.JSON, {"error": "a key is needed"})],
)
def test_what_a_dependency_refuses_is_a_problem(path: str, media_type: str, more: dict[str, str]) -> None:
    """Whatever its status, with its own header fields; of a kind that needs no explanation (RFC 9457, 4.2.1)."""
    app = FastAPI()
    app.add_api_route(path, _answer, methods=["POST"], dependencies=REFUSED)
    problems.install(app)
    app.add_middleware(Access, log=Log("text"), metrics=Metrics())
    reply = asyncio.run(_post(app, path))
    assert (reply.headers["content-type"], reply.headers["www-authenticate"]) == (media_type, "Bearer")
    assert reply.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": reply.status_code,
        "detail": "a key is needed",
        "code": "unauthorized",
        "request_id": reply.headers["x-request-id"],
        "errors": [],
        **more,
    }


async def _post(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post(path)
