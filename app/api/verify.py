"""POST /v1/dropout/verify: what is wrong with a dropout."""

from fastapi import APIRouter, Request, Response

from app.api import accept, body, examples, schema
from app.api.answer import answer
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.wire import json
from app.wire.reply import VerifyReply
from app.wire.verification import DECODERS

router = APIRouter(tags=["Dropout"], route_class=Bare)


@router.post(
    examples.VERIFICATIONS,
    summary="Find what is wrong with a dropout",
    response_model=VerifyReply,
    response_model_exclude_unset=True,
    openapi_extra=schema.verification(examples.requests(examples.VERIFY)),
    responses={
        200: {
            "description": "The verdict, what was found, and all that was looked at.",
            "content": examples.replies(examples.VERIFY, examples.verified),
        },
        **documented(
            *examples.PROBLEMS_OF_VERIFICATIONS,
            examples=examples.problems(examples.VERIFY, examples.verified, examples.VERIFICATIONS),
        ),
    },
)
async def verify(request: Request) -> Response:
    """Send the input and the output of a dropout layer, written by anyone in any language, with what it is claimed to
    be, and learn what it does. Each finding says what was seen, what was expected and the usual cause; the most
    specific explanation wins, so p and keep swapped is one finding, not a wrong rate and a wrong scale.

    The output of a correct layer is found fault with once in a million times. `pass` says more than that nothing was
    seen: a wrong scale, and a rate off by a quarter of min(p, 1 - p), would have been. With less data the verdict is
    `inconclusive`, and `checks` says how much would be enough.

    Send repeated calls on one input as `outputs`, gradients as `grad_output` and `grad_input`, and a `seed` if the mask
    is meant to be that of this service. Large arrays are best sent as `numpy.savez(file, input=x, output=y)` writes
    them, `application/zip`, with the claim in the query.
    """
    state, fields = request.app.state, headers(request)
    decode = DECODERS[body.media_type(fields.get("content-type", ""), DECODERS)]
    accept.media_type(fields.get("accept", ""), [json.MEDIA_TYPE], json.MEDIA_TYPE)
    claimed = await body.decoded(request, fields, decode)
    return await answer(await state.work.run(claimed.cost, claimed.run), fields, state.work)
