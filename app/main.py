"""The application, wired together."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from fastapi.telemetry import TelemetryConfig

from app import __version__, memory
from app.api import about, calls, document, health, models, pages, playground, problems
from app.api.access import Access
from app.api.admission import Admission
from app.api.application import Application
from app.api.cors import Cors
from app.api.keys import Keys
from app.api.metrics import Metrics
from app.api.pool import WorkerPool
from app.api.root_path import RootPath
from app.api.route import Direct, include
from app.api.service import Service
from app.api.usage import Usage
from app.log import Log
from app.settings import Settings

DESCRIPTION: Final = """\
What does a dropout layer with **p = 0.4** do? One can know it well and still confuse oneself. In training it sets each
element to 0 with probability 0.4: of 50 million numbers, 40 % become zeros. Those that survive become **x/(1 - p)**. In
evaluation it is the identity. So the mean is the same with the layer and without. Some scale at inference instead, by
1 - p; and elsewhere `p` may mean keeping, which is `keep_prob` here.

This service does exactly that to the array you send, and returns it with the statistics that prove it. The same seed
gives the same mask in any language. Every call below has examples: choose one, and press **Execute**.
"""


def create_app(settings: Settings, folder: Path | None = None) -> Application:
    """The application with these settings. folder : where several processes leave what they count for each other."""
    memory.share_arena()
    telemetry = _telemetry(os.environ)
    app = Application(
        title="Dropout",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=telemetry,
        openapi_tags=pages.TAGS,
    )
    app.state.settings = settings
    app.service = of = _service(settings, folder)
    for module in (calls, models, about, health, pages, playground):
        include(app, module.router)
    problems.install(app)
    document.install(app)
    if not telemetry["tracing"]:  # the router names the spans
        app.add_middleware(Direct, routes=app.router.routes)
    _wrap(app, settings, of)
    return app


def _wrap(app: Application, settings: Settings, of: Service) -> None:
    """Put around the application what every request passes, from the inside out."""
    if settings.keys:
        app.add_middleware(Keys, keys=[key.get_secret_value() for key in settings.keys])
    access = partial(Access, log=of.log, metrics=of.metrics)
    app.add_middleware(access)
    if settings.cors_origins:
        app.add_middleware(Cors, origins=settings.cors_origins, access=access)
    if settings.root_path:
        app.add_middleware(RootPath, root_path=settings.root_path)


def _service(settings: Settings, folder: Path | None) -> Service:
    metrics = Metrics(folder)
    return Service(
        limits=settings,
        log=Log(settings.log_format),
        metrics=metrics,
        admission=Admission(settings.max_requests, _memory(settings), metrics),
        pool=WorkerPool(settings.threads, settings.queue_seconds),
        usage=Usage(),
    )


def _telemetry(environ: Mapping[str, str]) -> TelemetryConfig:
    """Traces where OpenTelemetry's own variables say where to send them; without, they would only take time."""
    asked = any(environ.get(f"OTEL_EXPORTER_OTLP{name}_ENDPOINT") for name in ("", "_TRACES"))
    return {"tracing": asked, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": asked}


_OF_THREAD: Final = 3 * 2**23
"""Bytes that a core's threads keep to work in: one for short work, one for long, one to share either with."""


def _memory(settings: Settings) -> int:
    """The bytes that calls of this process may need: what there is beside the idle process and its threads."""
    idle = memory.peak() + settings.threads * _OF_THREAD
    return max(settings.memory_bytes or memory.total() - settings.workers * idle, 2**20) // settings.workers
