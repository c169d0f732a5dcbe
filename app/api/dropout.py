"""POST /v1/dropout and /v1/dropout/backward: the main job and its gradient, in each of the formats."""

from fastapi import APIRouter, Request, Response

from app.api import accept, body, examples, schema
from app.api.answer import answer
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.wire.job import BACKWARD, FORWARD, Job
from app.wire.media import CODECS
from app.wire.reply import BackwardReply, DropoutReply

router = APIRouter(tags=["Dropout"], route_class=Bare)


@router.post(
    examples.CALL,
    summary="Apply a dropout layer to an array",
    response_model=DropoutReply,
    response_model_exclude_unset=True,
    openapi_extra=schema.call(FORWARD, examples.requests(examples.DROPOUT)),
    responses={
        200: {
            "description": "The output, its statistics, and how to get it again.",
            "content": examples.replies(examples.DROPOUT, examples.called) | schema.BINARY,
            "headers": schema.HEADERS,
        },
        **documented(
            *examples.PROBLEMS_OF_CALLS,
            examples=examples.problems(examples.DROPOUT, examples.called, examples.CALL),
        ),
    },
)
async def dropout(request: Request) -> Response:
    """In training, an element is dropped with probability **p** and becomes 0; what survives is multiplied by
    **1/(1 - p)**, so that the mean stays what it was. In evaluation the array comes back as it went in.

    With JSON, all fields stand in the body, and the parameters below stay empty. Numbers come back exactly, as the
    shortest text that reads back to the same float64 or float32. The same `seed` gives the same mask, in any language,
    type, order or chunk: docs/mask-law.md has the law.

    Large arrays are best sent as they lie in memory: as a file of `numpy.save`'s, `application/x-npy`, or as raw
    little-endian elements in C order, `application/octet-stream`, with `dtype` (`bfloat16` too) and `shape` in the
    query. The other fields stand in the query too then. `Accept` chooses the form of the reply; by default it is the
    request's own. A binary reply is one array, and `replay` and `statistics` are header fields.
    """
    return await _done(request, FORWARD)


@router.post(
    examples.GRADIENT,
    summary="Take the gradient of a dropout layer",
    response_model=BackwardReply,
    response_model_exclude_unset=True,
    openapi_extra=schema.call(BACKWARD, examples.requests(examples.BACKWARD)),
    responses={
        200: {
            "description": "The gradient of the input, its statistics, and how to get it again.",
            "content": examples.replies(examples.BACKWARD, examples.differentiated) | schema.BINARY,
            "headers": schema.HEADERS,
        },
        **documented(
            *examples.PROBLEMS_OF_GRADIENTS,
            examples=examples.problems(examples.BACKWARD, examples.differentiated, examples.GRADIENT),
        ),
    },
)
async def backward(request: Request) -> Response:
    """The gradient of the output times the layer's derivative: times the scale where kept, +0.0 where dropped.

    The mask is the forward pass's, drawn again from its `seed`, so none needs to travel; or send it. Without either, a
    gradient in training is refused. `sample` names the replicate. The forms of request and reply are those of
    `/v1/dropout`.
    """
    return await _done(request, BACKWARD)


async def _done(request: Request, job: Job) -> Response:
    state, fields = request.app.state, headers(request)
    reader = CODECS[body.media_type(fields.get("content-type", ""), CODECS)]
    writer = CODECS[accept.media_type(fields.get("accept", ""), CODECS, reader.media_type)]
    call = await body.decoded(request, fields, reader.decode, job)
    reply = await state.work.run(call.cost, writer.answer, call, state.work.cores(call.cost))
    return await answer(reply, fields, state.work)
