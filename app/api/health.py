"""Is it alive, is it ready: for whoever runs the container."""

from fastapi import APIRouter, Request, Response

from app.api import metrics
from app.wire.about import Health

router = APIRouter(tags=["Health"])


@router.get("/health/live", summary="Is the process alive")
async def live() -> Health:
    """Answers as long as the process can. Restart the container if it does not."""
    return Health(status="live")


@router.get("/health/ready", summary="Can it take requests")
async def ready() -> Health:
    """Answers when requests can be taken; while the process stops, no connection is accepted any more."""
    return Health(status="ready")


@router.get("/metrics", include_in_schema=False)
async def tell_metrics(request: Request) -> Response:
    """What was counted, as Prometheus reads it."""
    return Response(request.app.state.metrics.page(), media_type=metrics.CONTENT_TYPE)
