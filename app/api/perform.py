"""What every call goes through: negotiation, the body, the task it makes, and the reply."""

from collections.abc import Callable, Mapping
from time import monotonic, perf_counter_ns
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api import accept, body
from app.api.answer import answer
from app.api.headers import headers
from app.wire import json
from app.wire.task import Operation, Reply, Sent, Task

Lap = Callable[[str, int], None]
"""Takes the name of each phase, and when it ended, by `time.perf_counter_ns`."""


async def perform(request: Request, operation: Operation, lap: Lap = lambda _phase, _end: None) -> Response:
    """The reply to a request."""
    state, fields = request.app.state, headers(request)
    media_type, form = _negotiated(operation, fields)
    content = await body.receive(request, fields, state.limits.max_body_bytes, state.pool)
    lap("queue", perf_counter_ns())
    query = request.query_params.multi_items() if request.scope["query_string"] else ()
    sent = Sent(content, media_type, form, query, fields, request.path_params)
    task = await state.pool.run(operation.text(sent), operation.decode, sent, state.limits)
    del content, sent  # what is read is not kept: the arrays have all of it
    lap("compute_input", perf_counter_ns())
    deadline = monotonic() + state.limits.deadline_seconds
    reply, computed = await state.pool.run(task.cost, _done, task, state.pool.cores(task.cost), deadline)
    lap("compute_infer", computed)
    lap("compute_output", perf_counter_ns())
    return await answer(reply, fields, state.pool)


def _negotiated(operation: Operation, fields: Mapping[str, str]) -> tuple[str, str]:
    """The media types of the body and of the reply, by default the same."""
    of = fields.get("content-type", "")
    media_type = body.media_type(of, operation.reads) if operation.reads else json.MEDIA_TYPE
    if not operation.writes:
        return media_type, json.MEDIA_TYPE
    usual = media_type if media_type in operation.writes else operation.writes[0]
    return media_type, accept.media_type(fields.get("accept", ""), operation.writes, usual)


def _done(task: Task[Any], threads: int, deadline: float) -> tuple[Reply, int]:
    """The reply, and when there was a result to write."""
    result = task.run(threads, deadline)
    computed = perf_counter_ns()
    return task.reply(result), computed
