"""What all requests share."""

from dataclasses import dataclass

from starlette.types import Scope

from app.api.admission import Admission
from app.api.metrics import Metrics
from app.api.pool import WorkerPool
from app.api.usage import Usage
from app.log import Log
from app.wire.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of one process."""

    limits: Limits
    log: Log
    metrics: Metrics
    admission: Admission
    pool: WorkerPool
    usage: Usage


def service(scope: Scope) -> Service:
    """The service that a request is for."""
    found: Service = scope["app"].service
    return found
