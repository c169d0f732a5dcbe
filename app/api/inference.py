"""POST /v2/models/{model}/infer: the Open Inference Protocol's way to the same work."""

from fastapi import APIRouter, Request, Response

from app.api import body, examples, schema
from app.api.answer import answer
from app.api.headers import headers
from app.api.problems import documented
from app.api.route import Bare
from app.wire.oip import infer, metadata

router = APIRouter(tags=["Open Inference Protocol"], route_class=Bare)


@router.post(
    examples.INFER,
    summary="Apply a layer to a tensor",
    response_model=metadata.InferenceReply,
    openapi_extra=schema.inference(examples.requests(examples.INFERENCE)),
    responses={
        200: {
            "description": "The outputs.",
            "content": examples.replies(examples.INFERENCE, examples.inferred) | schema.OCTETS,
        },
        **documented(
            *examples.PROBLEMS_OF_INFERENCES,
            examples=examples.problems(examples.INFERENCE, examples.inferred, examples.INFER),
            form=schema.ERROR,
        ),
    },
)
async def model_infer(request: Request) -> Response:
    """A model is a layer. Its input is the tensor `input`, of any rank and FP16, BF16, FP32 or FP64; its fields are
    parameters; its outputs are `output` and, if asked for, `mask`. A BOOL tensor `mask` beside the input is used
    instead of drawing. NVIDIA's `tritonclient` and KServe's client work as they are.

    Tensors are JSON or, by the binary tensor extension, bytes after the JSON, which FP16 and BF16 always are. The
    header Content-Type is ignored, as Triton ignores it: its clients do not agree on one.
    """
    state, fields, path = request.app.state, headers(request), request.path_params
    variant = metadata.variant(path["model"], path.get("version", infer.VERSION))
    with state.usage.inference(variant.name) as lap:
        content = await body.receive(request, fields, state.limits.body_bytes, state.work)
        lap("queue")
        header = fields.get(infer.HEADER.lower(), "").strip()
        size = infer.json_size(header, len(content))  # the rest of it is not looked at
        inference = await state.work.run(size, infer.decode, content, header, variant.name, state.limits)
        lap("compute_input")
        cost = inference.call.cost
        result = await state.work.run(cost, inference.run, state.work.cores(cost))
        lap("compute_infer")
        reply = await state.work.run(inference.written, infer.encode, inference, result)
        lap("compute_output")
    return await answer(reply, fields, state.work)


router.add_api_route(
    "/v2/models/{model}/versions/{version}/infer", model_infer, methods=["POST"], include_in_schema=False
)
