"""What every call goes through: negotiation, the body, the task it makes, and the reply."""

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic, perf_counter_ns

from starlette.requests import Request
from starlette.responses import Response

from app.api import accept, body, response
from app.api.admission import Share
from app.api.body import Runner
from app.api.headers import headers
from app.api.root_path import root
from app.wire import json
from app.wire.task import Operation, Sent

Lap = Callable[[str, int], None]
"""Takes the name of each phase, and when it ended, by `time.perf_counter_ns`."""


async def perform(request: Request, operation: Operation, lap: Lap = lambda _phase, _end: None) -> Response:
    """The reply to a request."""
    state, fields = request.app.state, headers(request)
    query = request.query_params.multi_items() if request.scope["query_string"] else ()
    sent = Sent(b"", *_negotiated(operation, fields), query, fields, request.path_params, root(request.scope))
    declared = body.declared(fields, state.limits.max_body_bytes)
    share = state.admission.admit(operation.footprint(sent, declared))
    request.state.share = share  # given back when the reply is sent, at the latest
    try:
        return await _performed(request, operation, sent, share, lap)
    except BaseException:
        share.release()
        raise


async def _performed(request: Request, operation: Operation, sent: Sent, share: Share, lap: Lap) -> Response:
    """The reply to a request that was admitted."""
    state = request.app.state
    run: Runner = partial(state.pool.run, share)
    content = await body.receive(
        request,
        sent.headers,
        state.limits.max_body_bytes,
        hold=lambda size: share.hold(operation.footprint(sent, size)),
        run=run,
    )
    whole = sent._replace(body=content)
    share.hold(operation.footprint(whole, len(content)))
    lap("queue", perf_counter_ns())
    task = await run(operation.text(whole), operation.decode, whole, state.limits)
    del content, whole  # what is read is not kept: the arrays have all of it
    share.hold(task.footprint)
    lap("compute_input", perf_counter_ns())
    deadline = monotonic() + state.limits.deadline_seconds
    reply, computed = await run(task.cost, task.done, state.pool.cores(task.cost), deadline)
    state.metrics.elements(task.variant, sent, task.elements)
    lap("compute_infer", computed)
    lap("compute_output", perf_counter_ns())
    coding = response.coding(reply, sent.headers)
    # compressed, it takes its memory a second time
    if coding and share.extend(reply.size):
        reply = await run(reply.size, response.packed, reply, coding)
    return response.PartsResponse(reply)


def _negotiated(operation: Operation, fields: Mapping[str, str]) -> tuple[str, str]:
    """The media types of the body and of the reply, by default the same."""
    of = fields.get("content-type", "")
    media_type = body.media_type(of, operation.reads) if operation.reads else json.MEDIA_TYPE
    if not operation.writes:
        return media_type, json.MEDIA_TYPE
    usual = media_type if media_type in operation.writes else operation.writes[0]
    return media_type, accept.media_type(fields.get("accept", ""), operation.writes, usual)
