"""POST /v1/dropout/simulate: experiments without uploads."""

from time import monotonic

from fastapi import APIRouter, Request, Response

from app.api import accept, body, examples, schema
from app.api.answer import answer
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.wire import json, simulation
from app.wire.reply import SimulateReply

router = APIRouter(tags=["Dropout"], route_class=Bare)


@router.post(
    examples.EXPERIMENTS,
    summary="Run an experiment on a made-up array",
    response_model=SimulateReply,
    response_model_exclude_unset=True,
    openapi_extra=schema.body(simulation.SimulateRequest.__name__, examples.requests(examples.SIMULATE)),
    responses={
        200: {
            "description": "Each run, all of them together, and how to get it again.",
            "content": examples.replies(examples.SIMULATE, examples.simulated),
        },
        **documented(
            *examples.PROBLEMS_OF_FIELDS,
            examples=examples.problems(examples.SIMULATE, examples.simulated, examples.EXPERIMENTS),
        ),
    },
)
async def simulate(request: Request) -> Response:
    """Make up an array of that `shape`, put it through the layer `runs` times, each time with another mask, and tell
    the means: no array travels, so 50 million elements are a small request.

    Does the mean of training equal that of evaluation? `summary` has the mean over all runs with its standard error,
    and what it is expected to be: try the three `scaling`s, with `training` and without.
    """
    state, fields = request.app.state, headers(request)
    body.media_type(fields.get("content-type", ""), [json.MEDIA_TYPE])
    accept.media_type(fields.get("accept", ""), [json.MEDIA_TYPE], json.MEDIA_TYPE)
    experiment = await body.decoded(request, fields, simulation.decode)
    deadline = monotonic() + state.settings.deadline_seconds
    reply = await state.work.run(experiment.cost, experiment.run, state.work.cores(experiment.cost), deadline)
    return await answer(reply, fields, state.work)
