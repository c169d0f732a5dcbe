"""The calls: the layer on an array, its gradient, its mask, experiments, verification, and inferences."""

from fastapi import APIRouter, Request, Response

from app.api.perform import perform
from app.api.route import RawRoute
from app.api.service import service
from app.wire.backward import BACKWARD
from app.wire.dropout import DROPOUT
from app.wire.mask import MASK
from app.wire.oip import metadata
from app.wire.oip.infer import INFER, VERSION
from app.wire.simulate import SIMULATE
from app.wire.verify import VERIFY

router = APIRouter(route_class=RawRoute)


@router.post(DROPOUT.path, tags=["Dropout"], summary="Apply a dropout layer to an array")
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
    return await perform(request, DROPOUT)


@router.post(BACKWARD.path, tags=["Dropout"], summary="Take the gradient of a dropout layer")
async def backward(request: Request) -> Response:
    """The gradient of the output times the layer's derivative: times the scale where kept, +0.0 where dropped.

    The mask is the forward pass's, drawn again from its `seed`, so none needs to travel; or send it. Without either, a
    gradient in training is refused. `sample` names the replicate. The forms of request and reply are those of
    `/v1/dropout`.
    """
    return await perform(request, BACKWARD)


@router.post(MASK.path, tags=["Dropout"], summary="Draw the mask of a dropout layer")
async def mask(request: Request) -> Response:
    """The decisions that a layer makes for an array of that `shape`, **true = kept**, laid over it.

    `Accept` chooses the form of the reply: JSON; `application/x-npy`, as booleans; or `application/octet-stream`, as
    bits, the first decision in the lowest (`numpy.packbits` with `bitorder="little"`).
    """
    return await perform(request, MASK)


@router.post(SIMULATE.path, tags=["Dropout"], summary="Run an experiment on a made-up array")
async def simulate(request: Request) -> Response:
    """Make up an array of that `shape`, put it through the layer `runs` times, each time with another mask, and tell
    the means: no array travels, so 50 million elements are a small request.

    Does the mean of training equal that of evaluation? `summary` has the mean over all runs with its standard error,
    and what it is expected to be: try the three `scaling`s, with `training` and without.
    """
    return await perform(request, SIMULATE)


@router.post(VERIFY.path, tags=["Dropout"], summary="Find what is wrong with a dropout")
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
    return await perform(request, VERIFY)


@router.post(INFER.path, tags=["Open Inference Protocol"], summary="Apply a layer to a tensor")
async def model_infer(request: Request) -> Response:
    """A model is a layer. Its input is the tensor `input`, of any rank and FP16, BF16, FP32 or FP64; its fields are
    parameters; its outputs are `output` and, if asked for, `mask`. A BOOL tensor `mask` beside the input is used
    instead of drawing. NVIDIA's `tritonclient` and KServe's client work as they are.

    Tensors are JSON or, by the binary tensor extension, bytes after the JSON, which FP16 and BF16 always are. The
    header Content-Type is ignored, as Triton ignores it: its clients do not agree on one.
    """
    path = request.path_params
    variant = metadata.variant(path["model"], path.get("version", VERSION))
    with service(request.scope).usage.inference(variant.name) as lap:
        return await perform(request, INFER, lap)


router.add_api_route(
    "/v2/models/{model}/versions/{version}/infer", model_infer, methods=["POST"], include_in_schema=False
)
