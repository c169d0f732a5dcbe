"""POST /v1/dropout: the main job."""

from fastapi import APIRouter, Request, Response

from app.api import accept, body, examples
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.api.schema import request_body
from app.wire import json
from app.wire.call import Call
from app.wire.reply import DropoutReply

router = APIRouter(tags=["Dropout"], route_class=Bare)


@router.post(
    "/v1/dropout",
    summary="Apply a dropout layer to an array",
    response_model=DropoutReply,
    response_model_exclude_unset=True,
    openapi_extra=request_body(json.DropoutRequest.__name__, json.MEDIA_TYPE, examples.requests(examples.DROPOUT)),
    responses={
        200: {
            "description": "The output, its statistics, and how to get it again.",
            "content": examples.replies(examples.DROPOUT),
        },
        **documented(*examples.PROBLEMS_OF_CALLS, examples=examples.problems(examples.DROPOUT)),
    },
)
async def dropout(request: Request) -> Response:
    """In training, an element is dropped with probability **p** and becomes 0; what survives is multiplied by
    **1/(1 - p)**, so that the mean stays what it was. In evaluation the array comes back as it went in.

    The same `seed` gives the same mask, in any language, type, order or chunk: the law is in the README. Numbers come
    back exactly, as the shortest text that reads back to the same float64 or float32.
    """
    state = request.app.state
    fields = headers(request)
    accept.check(fields.get("accept", ""), json.MEDIA_TYPE)
    body.check_type(fields.get("content-type", ""), json.MEDIA_TYPE)
    content = await body.receive(request, fields, state.limits.body_bytes, state.work)
    call = await state.work.run(len(content), json.decode, content, state.limits)
    reply = await state.work.run(call.cost, _answer, call, state.settings.threads)
    return Response(reply, media_type=json.MEDIA_TYPE)


def _answer(call: Call, threads: int) -> bytes:
    return json.encode(call, call.run(threads))
