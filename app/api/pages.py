"""GET /docs: the API's pages, from files of this installation, so that they work without internet."""

from importlib.resources import files
from string import Template
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from app.api.browser import confined
from app.api.root_path import root

router = APIRouter(include_in_schema=False)

TAGS: Final = [
    {
        "name": "Dropout",
        "description": "The layer on an array, its gradient, its mask, experiments, and what is wrong with yours.",
    },
    {
        "name": "About",
        "description": "Which layers there are, which limits are in force, what an error or a finding means.",
    },
    {
        "name": "Open Inference Protocol",
        "description": "The same layers as models, for the clients of NVIDIA Triton and KServe.",
    },
    {"name": "Health", "description": "Is it alive, can it take requests: for whoever runs the service."},
]

_OWN: Final = files("app.web") / "docs"
"""What they have of their own."""
_ASSETS: Final = files("fastapi_swagger") / "resources"
_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
# styles inline, for Swagger UI sets some on its elements
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The page."""
    return _file(_below("index.html", root(request.scope)), "text/html")


@router.get("/docs/start.js")
async def start(request: Request) -> Response:
    """The page's own script."""
    return _file(_below("start.js", root(request.scope)), "text/javascript")


@router.get("/docs/page.css")
async def style() -> Response:
    """What the page has of its own."""
    return _file((_OWN / "page.css").read_bytes(), "text/css")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _FILES:
        raise HTTPException(404)
    return _file((_ASSETS / name).read_bytes(), _FILES[name], **{"Cache-Control": "public, max-age=86400"})


def _below(name: str, root: str) -> str:
    """A file in which addresses begin with the root path."""
    return Template((_OWN / name).read_text("utf-8")).substitute(root=root)


def _file(content: str | bytes, media_type: str, **more: str) -> Response:
    return Response(content, media_type=media_type, headers=confined(_POLICY) | more)
