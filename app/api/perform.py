"""What every call goes through: negotiation, the body, the task it makes, and the reply."""

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic, perf_counter_ns
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api import accept, body, response
from app.api.admission import Share
from app.api.headers import headers
from app.api.root_path import root
from app.api.service import Service, service
from app.wire import json
from app.wire.task import Operation, Reply, Sent, Task

Lap = Callable[[str, int], None]
"""Takes the name of each phase, and when it ended, by `time.perf_counter_ns`."""


async def perform(request: Request, operation: Operation, lap: Lap | None = None) -> Response:
    """The reply to a request."""
    scope = request.scope
    of, fields = service(scope), headers(scope)
    query = request.query_params.multi_items() if scope["query_string"] else ()
    sent = Sent(b"", *_negotiated(operation, fields), query, fields, request.path_params, root(scope))
    declared = body.declared(fields, of.limits.max_body_bytes)
    share = of.admission.admit(operation.footprint(sent, declared))
    scope["state"]["share"] = share  # given back when the reply is sent, at the latest
    try:
        task = await _task(of, request, operation, sent, share, lap)
        reply = await _reply(of, task, share, lap)
        of.metrics.elements(task.variant, sent, task.elements)
        return response.PartsResponse(await _packed(of, reply, fields, share))
    except BaseException:
        share.release()
        raise


async def _task(of: Service, request: Request, operation: Operation, sent: Sent, share: Share, lap: Lap | None) -> Any:
    """The task of a request that was admitted. Of its body nothing is kept: the arrays have all of it."""

    def hold(size: int) -> None:
        share.hold(operation.footprint(sent, size))

    most = of.limits.max_body_bytes
    content = await body.received(request.receive, most, None if "content-length" in sent.headers else hold)
    if "content-encoding" in sent.headers:
        content = await body.inflated(content, sent.headers, most, hold=hold, run=partial(of.pool.run, share))
    whole = Sent(content, *sent[1:])
    share.hold(operation.footprint(whole, len(content)))
    if lap:
        lap("queue", perf_counter_ns())
    task = await of.pool.run(share, operation.text(whole), operation.decode, whole, of.limits)
    share.hold(task.footprint)
    if lap:
        lap("compute_input", perf_counter_ns())
    return task


async def _reply(of: Service, task: Task[Any], share: Share, lap: Lap | None) -> Reply:
    """What comes of a task."""
    deadline = monotonic() + of.limits.deadline_seconds
    reply, computed = await of.pool.run(share, task.cost, task.done, of.pool.cores(task.cost), deadline)
    if lap:
        lap("compute_infer", computed)
        lap("compute_output", perf_counter_ns())
    return reply


async def _packed(of: Service, reply: Reply, fields: Mapping[str, str], share: Share) -> Reply:
    """The reply compressed, if the client takes that, and there is memory for it a second time."""
    coding = response.coding(reply.size, fields)
    if coding and share.extend(reply.size):
        return await of.pool.run(share, reply.size, response.packed, reply, coding)
    return reply


def _negotiated(operation: Operation, fields: Mapping[str, str]) -> tuple[str, str]:
    """The media types of the body and of the reply, by default the same."""
    of = fields.get("content-type", "")
    media_type = body.media_type(of, operation.reads) if operation.reads else json.MEDIA_TYPE
    if not operation.writes:
        return media_type, json.MEDIA_TYPE
    usual = media_type if media_type in operation.writes else operation.writes[0]
    return media_type, accept.media_type(fields.get("accept", ""), operation.writes, usual)
