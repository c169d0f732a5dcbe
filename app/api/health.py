"""Is it alive, is it ready: for whoever runs the container."""

from fastapi import APIRouter, Request, Response

from app.api import metrics
from app.api.problems import PROBLEMS
from app.api.service import service
from app.errors import Unavailable
from app.wire.about import Health

router = APIRouter(tags=["Health"])


@router.get("/health/live", summary="Is the process alive")
async def live() -> Health:
    """Answers as long as the process can. Restart the container if it does not."""
    return Health(status="live")


@router.get("/health/ready", summary="Can it take requests")
async def ready(request: Request) -> Health:
    """Answers when requests can be taken. Once the process is told to stop it says no, and still takes them for a
    while, so that nobody who has not heard of it yet is turned away.
    """
    check_ready(request)
    return Health(status="ready")


def check_ready(request: Request) -> None:
    """Raise `Unavailable` once the process is told to stop, as the server under this writes into the state."""
    if "draining" in request.scope["state"]:
        raise Unavailable.of("draining", PROBLEMS["draining"].title)


@router.get("/metrics", include_in_schema=False)
async def tell_metrics(request: Request) -> Response:
    """What was counted, as Prometheus reads it."""
    return Response(service(request.scope).metrics.page(), media_type=metrics.CONTENT_TYPE)
