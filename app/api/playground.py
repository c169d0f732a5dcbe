"""GET /: the playground, a page and the folder it loads, which need nothing from elsewhere."""

from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from json import dumps
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from app.api import examples, response
from app.api.browser import confined
from app.api.headers import headers
from app.api.root_path import root
from app.web import first
from app.wire.dropout import DROPOUT

router = APIRouter(include_in_schema=False)

EXAMPLE: Final = {**examples.DROPOUT["article"].body, "include": ["output", "mask", "statistics"]}
"""What the page shows untouched: a call like any other."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
EMBEDDED: Final = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""Of the page without its header, for the frames of others: all that can be done in it is to compute."""
_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
"""The types of the folder's files by how their names end."""
_HOSTS: Final = 16
"""Names that the service is called by, whose pages are kept: requests say them, so they may be many."""
_BEST: Final = 9
"""zlib's level that takes longest."""


@router.get("/")
async def home(request: Request) -> Response:
    """The page, its first example worked out; with `?embed=1` as part of another page."""
    prefix, embedded = root(request.scope), request.query_params.get("embed") == "1"
    content = _page(prefix, f"{request.url.scheme}://{request.url.netloc}{prefix}", embedded)
    return _file(request, "text/html; charset=utf-8", content, EMBEDDED if embedded else POLICY)


@router.get("/playground/picture.png")
async def picture(request: Request) -> Response:
    """What is shown beside a link to the page."""
    return _file(request, "image/png", first.PICTURE.read_bytes())


@router.get("/playground/{name}")
async def asset(request: Request, name: str) -> Response:
    """Its style or a module of its script."""
    if name not in _folder():
        raise HTTPException(404)
    return _file(request, _TYPES[name.rpartition(".")[2]], _folder()[name])


@lru_cache(_HOSTS)
def _page(prefix: str, address: str, embedded: bool) -> bytes:
    return first.page(EXAMPLE, _reply(), root=prefix, address=address, embedded=embedded).encode()


@cache
def _reply() -> Mapping[str, Any]:
    reply: Mapping[str, Any] = examples.worked_out(DROPOUT, dumps(EXAMPLE))
    return reply


@cache
def _folder() -> Mapping[str, bytes]:
    """The folder's files by their names: nothing else can be asked for."""
    return {file.name: file.read_bytes() for file in first.FOLDER.iterdir()}


def _file(request: Request, media_type: str, content: bytes, policy: str = POLICY) -> Response:
    """A file that is asked for each time, and sent again only if it has changed."""
    fields = headers(request.scope)
    tag = f'W/"{sha256(content).hexdigest()[:32]}"'  # weak, for it may be sent compressed
    about = confined(policy) | {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in fields.get("if-none-match", ""):
        return Response(status_code=304, headers=about)
    coding = response.coding(len(content), fields)
    if coding and media_type.startswith("text/"):
        content, about["Content-Encoding"] = _packed(content, coding), coding
    return Response(content, media_type=media_type, headers=about)


@lru_cache(256)
def _packed(content: bytes, coding: str) -> bytes:
    """A file compressed as well as can be, once: there are few, and they stay as they are."""
    return response.compressed([content], coding, _BEST)
