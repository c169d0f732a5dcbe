"""GET /docs: the API's pages, from files of this installation, so that they work without internet."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

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

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dropout: API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>These pages need JavaScript; <a href="/openapi.json">openapi.json</a> does not.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START: Final = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""
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
async def docs() -> Response:
    """The page."""
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """The page's own script."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/page.css")
async def style() -> Response:
    """What the page has of its own."""
    return Response(_STYLE, media_type="text/css")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """A file of Swagger UI."""
    if name not in _FILES:
        raise HTTPException(404)
    content = (_ASSETS / name).read_bytes()
    return Response(content, media_type=_FILES[name], headers={"Cache-Control": "public, max-age=86400"})
