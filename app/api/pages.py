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

_PAGE: Final = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dropout: API</title>
<link rel="icon" href="$root/docs/favicon-32x32.png">
<link rel="stylesheet" href="$root/docs/swagger-ui.css">
<link rel="stylesheet" href="$root/docs/page.css">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>These pages need JavaScript; <a href="$root/openapi.json">openapi.json</a> does not.</noscript>
<script src="$root/docs/swagger-ui-bundle.js"></script>
<script src="$root/docs/start.js"></script>
</body>
</html>
""")
_START: Final = Template("""\
SwaggerUIBundle({
  url: "$root/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
""")
# there are no links, and their column is too much for a telephone; there, a tag's text would be a column of letters
_STYLE: Final = """\
.swagger-ui .response-col_links { display: none; }
@media (max-width: 640px) {
  .swagger-ui .opblock-tag { flex-wrap: wrap; }
  .swagger-ui .opblock-tag small { flex: 1 0 80%; order: 1; padding: 0; }
}
"""
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
    return _file(_PAGE.substitute(root=root(request.scope)), "text/html")


@router.get("/docs/start.js")
async def start(request: Request) -> Response:
    """The page's own script."""
    return _file(_START.substitute(root=root(request.scope)), "text/javascript")


@router.get("/docs/page.css")
async def style() -> Response:
    """What the page has of its own."""
    return _file(_STYLE, "text/css")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _FILES:
        raise HTTPException(404)
    return _file((_ASSETS / name).read_bytes(), _FILES[name], **{"Cache-Control": "public, max-age=86400"})


def _file(content: str | bytes, media_type: str, **more: str) -> Response:
    return Response(content, media_type=media_type, headers=confined(_POLICY) | more)
