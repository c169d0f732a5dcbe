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
<meta name="color-scheme" content="light dark">
<title>Dropout: API</title>
<link rel="icon" href="$root/docs/favicon-32x32.png">
<link rel="stylesheet" href="$root/docs/swagger-ui.css">
<link rel="stylesheet" href="$root/docs/page.css">
</head>
<body>
<header>
<a class="home" href="$root/">← Dropout, seen</a>
<nav aria-label="Elsewhere"><a href="$root/openapi.json">OpenAPI</a></nav>
</header>
<main id="swagger-ui"></main>
<noscript>These pages need JavaScript; <a href="$root/openapi.json">openapi.json</a> does not.</noscript>
<script src="$root/docs/swagger-ui-bundle.js"></script>
<script src="$root/docs/start.js"></script>
</body>
</html>
""")
_START: Final = Template("""\
const dark = matchMedia("(prefers-color-scheme: dark)");
const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);  // as Swagger UI calls it
dark.addEventListener("change", shade);
shade();
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
# the playground's colours and header; there are no links of responses, and their column is too much for a telephone,
# where a tag's text would be a column of letters
_STYLE: Final = """\
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1b1f24; --accent: #2166a5; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e8e6e1; --accent: #7db8ee; }
}
html, body, html.dark-mode, html.dark-mode body { margin: 0; background: var(--paper); color: var(--ink); }
body, .swagger-ui .info :is(.title, p, a), .swagger-ui :is(.opblock-tag, .opblock-tag p),
.swagger-ui .opblock .opblock-summary-description {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, noscript {
  display: flex; flex-wrap: wrap; gap: .25rem 2rem; align-items: baseline; justify-content: space-between;
  box-sizing: border-box; max-width: 1460px; margin: 0 auto; padding: 2rem 20px 0;
  font-size: 1rem; line-height: 1.55;
}
header .home { font-size: 1.25rem; font-weight: 620; }
header nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
header a { color: var(--accent); min-height: 1.5rem; padding: .15rem 0; text-underline-offset: .2em; }
header a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
html.dark-mode .swagger-ui { background: none; }
.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .info .title { font-size: clamp(1.6rem, 4vw, 2.2rem); }
.swagger-ui .scheme-container, html.dark-mode .swagger-ui .scheme-container {
  margin: 0; padding: 1rem 0; background: none; box-shadow: none;
}
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
