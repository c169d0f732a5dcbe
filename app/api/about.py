"""What there is: variants, limits, and what each problem and each finding means."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException

from app.api import examples
from app.api.problems import PROBLEMS
from app.api.service import service
from app.wire.about import FaultKind, LimitsReply, ProblemKind, VariantsReply

router = APIRouter(tags=["About"])


@router.get("/v1/variants", summary="List the layers")
async def list_variants() -> VariantsReply:
    """Every layer served: its formula in training and in evaluation, its noise shape, its own fields, its source."""
    return VariantsReply.table()


@router.get("/findings/{code}", summary="Explain a fault of a dropout")
async def explain_finding(
    code: Annotated[str, Path(description="The `code` of a finding.", openapi_examples=examples.FINDINGS)],
) -> FaultKind:
    """What a fault that `/v1/dropout/verify` finds means, how it comes about, and what to do."""
    kind = FaultKind.of(code)
    if kind is None:
        raise HTTPException(404)
    return kind


@router.get("/v1/limits", summary="Tell the limits in force")
async def list_limits(request: Request) -> LimitsReply:
    """How much a request may ask for; more is answered 413, too many dimensions 422. Each is a server's setting."""
    return LimitsReply.of(service(request.scope).limits)


@router.get("/problems/{code}", summary="Explain a kind of problem")
async def explain_problem(
    code: Annotated[str, Path(description="The `code` of an error.", openapi_examples=examples.CODES)],
) -> ProblemKind:
    """What an error means, why it is one, and what to do. The `type` of every error leads here."""
    if code not in PROBLEMS:
        raise HTTPException(404)
    status, title, explanation = PROBLEMS[code]
    return ProblemKind(code=code, status=status, title=title, explanation=explanation)
