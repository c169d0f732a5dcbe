"""Is it alive, is it ready: for whoever runs the container."""

from fastapi import APIRouter

from app.wire.about import Health

router = APIRouter(prefix="/health", tags=["Health"])


@router.get("/live", summary="Is the process alive")
async def live() -> Health:
    """Answers as long as the process can. Restart the container if it does not."""
    return Health(status="live")


@router.get("/ready", summary="Can it take requests")
async def ready() -> Health:
    """Answers when requests can be taken; while the process stops, no connection is accepted any more."""
    return Health(status="ready")
