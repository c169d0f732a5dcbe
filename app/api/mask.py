"""POST /v1/dropout/mask: the mask of a layer, without an array."""

from fastapi import APIRouter, Request, Response

from app.api import accept, body, examples, schema
from app.api.answer import answer
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.wire import json, masks
from app.wire.media import CODECS
from app.wire.reply import MaskReply

router = APIRouter(tags=["Dropout"], route_class=Bare)


@router.post(
    examples.MASKS,
    summary="Draw the mask of a dropout layer",
    response_model=MaskReply,
    response_model_exclude_unset=True,
    openapi_extra=schema.body(masks.MaskRequest.__name__, examples.requests(examples.MASK)),
    responses={
        200: {
            "description": "The mask, what was counted, and how to get it again.",
            "content": examples.replies(examples.MASK, examples.masked) | schema.BINARY,
            "headers": schema.HEADERS,
        },
        **documented(
            *examples.PROBLEMS_OF_FIELDS, examples=examples.problems(examples.MASK, examples.masked, examples.MASKS)
        ),
    },
)
async def mask(request: Request) -> Response:
    """The decisions that a layer makes for an array of that `shape`, **true = kept**, laid over it.

    `Accept` chooses the form of the reply: JSON; `application/x-npy`, as booleans; or `application/octet-stream`, as
    bits, the first decision in the lowest (`numpy.packbits` with `bitorder="little"`).
    """
    state, fields = request.app.state, headers(request)
    body.media_type(fields.get("content-type", ""), [json.MEDIA_TYPE])
    writer = CODECS[accept.media_type(fields.get("accept", ""), CODECS, json.MEDIA_TYPE)]
    call = await body.decoded(request, fields, masks.decode)
    reply = await state.work.run(call.cost, writer.answer, call, state.work.cores(call.cost))
    return await answer(reply, fields, state.work)
