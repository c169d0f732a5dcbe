"""The rest of `/v2`: health, metadata, configuration, statistics, the repository's index, and what is not served."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request

from app.api import examples
from app.api.health import check_ready
from app.api.service import service
from app.errors import NotFound
from app.wire.oip import metadata
from app.wire.oip.infer import VERSION

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])


async def _variant(
    request: Request,
    model: Annotated[
        str, Path(description="A layer; `/v2/repository/index` lists them.", openapi_examples=examples.MODELS)
    ],
) -> Any:
    """The variant that a path names, and perhaps the version of."""
    return metadata.variant(model, request.path_params.get("version", VERSION))


Model = Annotated[Any, Depends(_variant)]


@router.get("/health/live", summary="Is the server alive")
async def server_live() -> metadata.ServerLive:
    """Answers as long as the process can."""
    return metadata.ServerLive(live=True)


@router.get("/health/ready", summary="Is the server ready")
async def server_ready(request: Request) -> metadata.ServerReady:
    """Answers when requests can be taken; every model is ready then."""
    check_ready(request)
    return metadata.ServerReady(live=True, ready=True)


@router.get("/", include_in_schema=False)
@router.get("", summary="Tell what the server is")
async def server_metadata(request: Request) -> metadata.ServerMetadata:
    """Its name, its version, and the extensions of the protocol it has."""
    return metadata.ServerMetadata(name=metadata.PLATFORM, version=request.app.version)


@router.post("/repository/index", summary="List the models")
async def repository_index() -> list[metadata.RepositoryModel]:
    """Every layer is a model, always loaded. A body is ignored."""
    return metadata.index()


@router.get("/models/stats", summary="Tell what all models have done")
async def all_statistics(request: Request) -> metadata.StatisticsReply:
    """How often each was asked since the process started, and where the time went."""
    usage = service(request.scope).usage
    return metadata.StatisticsReply(model_stats=[usage.of(model.name) for model in metadata.index()])


async def model_ready(variant: Model) -> metadata.ModelReady:
    """Every model that there is."""
    return metadata.ModelReady(name=variant.name, ready=True)


async def model_metadata(variant: Model) -> metadata.ModelMetadata:
    """Its tensors, and what it does to them."""
    return metadata.metadata(variant)


async def model_config(variant: Model) -> metadata.ModelConfig:
    """Its configuration, as Triton's clients read it."""
    return metadata.config(variant)


async def model_statistics(request: Request, variant: Model) -> metadata.StatisticsReply:
    """How often it was asked since the process started, and where the time went."""
    return metadata.StatisticsReply(model_stats=[service(request.scope).usage.of(variant.name)])


_OF_MODELS: Final[dict[str, tuple[str, Callable[..., Any]]]] = {
    "/ready": ("Is a model ready", model_ready),
    "": ("Tell what a model is", model_metadata),
    "/config": ("Tell how a model is configured", model_config),
    "/stats": ("Tell what a model has done", model_statistics),
}
"""Calls about a model, each with a version in its path too."""

for _path, (_summary, _endpoint) in _OF_MODELS.items():
    router.add_api_route(f"/models/{{model}}{_path}", _endpoint, summary=_summary)
    router.add_api_route(f"/models/{{model}}/versions/{{version}}{_path}", _endpoint, include_in_schema=False)


async def unsupported() -> None:
    """What Triton has, and this does not."""
    raise NotFound.of("unsupported_call", "this server does not load models, share memory, trace, or set its log")


_UNSUPPORTED: Final = (
    "/repository/models/{model}/load",
    "/repository/models/{model}/unload",
    "/systemsharedmemory/{rest:path}",
    "/cudasharedmemory/{rest:path}",
    "/trace/setting",
    "/models/{model}/trace/setting",
    "/logging",
)

for _path in _UNSUPPORTED:
    router.add_api_route(_path, unsupported, methods=["GET", "POST"], include_in_schema=False)
