"""Verification of arrays and claims, as JSON or npz: from a request's bytes to a reply's."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Annotated, Any, Final, Self, cast

import numpy as np
import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.core import (
    FLOATS,
    NAMES,
    Draw,
    FloatArray,
    Layer,
    Scaling,
    Window,
)
from app.errors import DropoutError, Invalid
from app.verify import CheckResult, Finding, FindingCode, Gradients, Inferred, Verdict, Verification, verify
from app.wire import json, query
from app.wire.binary import npz
from app.wire.call import check_fields, draw_from, layer_from, replay, window_from
from app.wire.fields import Fields, FloatType, Optional, VariantName, validated
from app.wire.footprint import verified
from app.wire.json.array import NumbersField, array
from app.wire.json.envelope import explained, read_envelope
from app.wire.json.text import NUMBERS
from app.wire.limits import Limits
from app.wire.replies import Again, closed
from app.wire.task import Operation, Reply, Sent, Task, renamed


class Claim(Fields):
    """What a dropout is claimed to be."""

    dtype: FloatType | None = Optional(
        "Type it was computed in; survivors may differ by 2 units in its last place. Default: the coarsest of "
        "bfloat16, float16, float32 and float64 that holds input and output exactly, or float32 where they are its "
        "shortest text."
    )


class VerifyRequest(Claim):
    """An input, its output, and what the layer between them is claimed to be."""

    input: NumbersField = Field(description="What went in: nested numbers of any rank from 0.")
    output: NumbersField = Optional("What came out, of the same shape.")
    outputs: NumbersField = Optional("What came out of repeated calls, on an axis in front; instead of `output`.")
    grad_output: NumbersField = Optional("Gradient of the output, or of all outputs, of its shape; with `grad_input`.")
    grad_input: NumbersField = Optional("Gradient of the input that it gave, of the same shape; with `grad_output`.")


ARRAYS: Final[tuple[str, ...]] = ("input", "output", "outputs", "grad_output", "grad_input")
_KINDS: Final = dict.fromkeys(ARRAYS, (NUMBERS,))


# Replies


@closed
class FindingReply(TypedDict):
    """A fault that was found."""

    code: Annotated[FindingCode, Field(description="Which it is.")]
    message: Annotated[str, Field(description="What was seen, what was expected, and the usual cause.")]
    expected: Annotated[Any, Field(description="A number, a list of them, or null where there is no such thing.")]
    seen: Annotated[Any, Field(description="The same of what was seen.")]
    p_value: Annotated[
        float, Field(description="Probability of what was seen if nothing were wrong; 0 where that can't be.")
    ]
    type: Annotated[str, Field(description="Where the fault is explained: `/findings/{code}`.")]


@closed
class InferredReply(TypedDict):
    """The layer that was seen, as far as the arrays tell; null where they do not."""

    rate: Annotated[float | None, Field(description="Share of the decisions that dropped.")]
    rate_interval: Annotated[
        list[float] | None, Field(description="The rates it speaks for, 99 times of 100 (Clopper-Pearson).")
    ]
    scale: Annotated[float | None, Field(description="Factor of what was kept.")]
    shift: Annotated[float | None, Field(description="What was added to it, as by the alpha dropouts.")]
    noise_shape: Annotated[list[int] | None, Field(description="Shape of the decisions.")]
    scaling: Annotated[Scaling | None, Field(description="Which the factor is that of.")]
    variant: Annotated[VariantName | None, Field(description="Which has that noise shape.")]


@closed
class DetectableReply(TypedDict):
    """What a check could have shown in these data, with probability 0.9."""

    message: Annotated[str, Field(description="In words.")]
    smallest: Annotated[float | None, Field(description="The least effect, in the statistic's unit.")]
    enough: Annotated[int | None, Field(description="How many decisions or elements show what `pass` asks for.")]


@closed
class CheckReply(TypedDict):
    """A check that was run."""

    name: Annotated[str, Field(description="What it is called.")]
    law: Annotated[str, Field(description="What holds for a correct layer.")]
    statistic: Annotated[float | None, Field(description="What was seen.")]
    place: Annotated[str | None, Field(description="Where it was seen, where that is a place.")]
    p_value: Annotated[
        float, Field(description="With all that was tried within the check; 0 or 1 where chance has no part.")
    ]
    detectable: Annotated[DetectableReply, Field(description="What it could have shown.")]


@closed
class ClaimReply(Again):
    """What was claimed, with all that was left to the service."""


@closed
class VerifyReply(TypedDict):
    """What is wrong with a dropout, or that nothing is."""

    verdict: Annotated[
        Verdict,
        Field(
            description="`pass`: no fault, and a wrong scale, and a rate off by a quarter of min(p, 1-p), would have "
            "been seen with probability 0.9. `inconclusive`: no fault, but they would not."
        ),
    ]
    message: Annotated[str, Field(description="The verdict in a sentence.")]
    findings: Annotated[list[FindingReply], Field(description="What is wrong; the most specific explanation of it.")]
    layer: Annotated[InferredReply, Field(description="What the arrays are those of.")]
    checks: Annotated[list[CheckReply], Field(description="All that was looked at.")]
    dtype: Annotated[FloatType, Field(description="Type in whose last places values were compared.")]
    claim: Annotated[ClaimReply, Field(description="What they were claimed to be.")]


# The call


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Arrays, and what they are claimed to be."""

    x: FloatArray
    y: FloatArray
    gradients: Gradients | None
    layer: Layer
    draw: Draw | None
    window: Window | None
    dtype: Any
    claim: ClaimReply

    @classmethod
    def of(cls, claim: Claim, arrays: Mapping[str, FloatArray], limits: Limits) -> Self:
        """What a claim and arrays make together; `Invalid` or `TooLarge` for what has no meaning together."""
        check_fields(claim, limits)
        _check(claim, arrays)
        x, y = arrays["input"], arrays["outputs"] if "outputs" in arrays else arrays["output"][None]
        limits.check_maximum("samples", len(y), where=("outputs",))
        layer, draw = layer_from(claim), None if claim.seed is None else draw_from(claim)
        try:
            window = window_from(claim, x.shape)
            layer.decisions(x.shape, window)
        except DropoutError as error:
            raise error.moved(_MOVE) from None
        return cls(
            x=x,
            y=y,
            gradients=_gradients(arrays),
            layer=layer,
            draw=draw,
            window=window,
            dtype=None if claim.dtype is None else FLOATS[claim.dtype],
            claim={**replay(claim, layer, draw, window)},
        )

    @property
    def footprint(self) -> int:
        """Bytes that arrays and what is made of them need."""
        arrays = (self.x, self.y, *(self.gradients or ()))
        return verified(sum(int(array.nbytes) for array in arrays), self.y.size)

    @property
    def cost(self) -> int:
        """About how many elements' work it is."""
        return 4 * (self.x.size + self.y.size)

    def run(self, _threads: int, _deadline: float) -> Verification:
        """The verification."""
        return verify(
            self.x,
            self.y,
            layer=self.layer,
            draw=self.draw,
            window=self.window,
            dtype=self.dtype,
            gradients=self.gradients,
        )

    def reply(self, verification: Verification, root: str) -> Reply:
        """What the reply says, as JSON."""
        told: VerifyReply = {
            "verdict": verification.verdict,
            "message": verification.message,
            "findings": [_finding(finding, root) for finding in verification.findings],
            "layer": _inferred(verification.layer),
            "checks": [_check_told(check) for check in verification.checks],
            "dtype": cast(FloatType, NAMES[verification.dtype]),
            "claim": self.claim,
        }
        return Reply(json.MEDIA_TYPE, (orjson.dumps(told),))


def _check(claim: Claim, arrays: Mapping[str, FloatArray]) -> None:
    """Raise `Invalid` unless these arrays go together."""
    if "input" not in arrays:
        raise Invalid.of("missing_field", "input is required", "input")
    if "output" not in arrays and "outputs" not in arrays:
        raise Invalid.of("missing_field", "output is required, or outputs for those of repeated calls", "output")
    if "output" in arrays and "outputs" in arrays:
        message = "outputs are those of repeated calls, output is that of one: send one of them"
        raise Invalid.of("conflicting_fields", message, "outputs")
    if ("grad_output" in arrays) != ("grad_input" in arrays):
        missing = "grad_input" if "grad_output" in arrays else "grad_output"
        raise Invalid.of("missing_field", "grad_output and grad_input go together", missing)
    if "outputs" in arrays:
        _check_outputs(claim, arrays["outputs"])


def _check_outputs(claim: Claim, outputs: FloatArray) -> None:
    if not outputs.ndim or not len(outputs):
        raise Invalid.of("shape_mismatch", "outputs must have an axis in front, of one call or more", "outputs")
    if "sample" in claim.model_fields_set:
        message = "output k of outputs is held against sample k: sample has no meaning beside them"
        raise Invalid.of("conflicting_fields", message, "sample")


def _gradients(arrays: Mapping[str, FloatArray]) -> Gradients | None:
    if "grad_output" not in arrays:
        return None
    both = Gradients(arrays["grad_output"], arrays["grad_input"])
    return both if "outputs" in arrays else Gradients(*(gradient[None] for gradient in both))


def _decode(sent: Sent, limits: Limits) -> Task[Verification]:
    """The task that a request makes."""
    claimed = (_from_json if sent.media_type == json.MEDIA_TYPE else _from_npz)(sent, limits)
    return Task(
        variant=claimed.layer.variant,
        elements=0,
        cost=claimed.cost,
        footprint=len(sent.body) + claimed.footprint,
        run=claimed.run,
        reply=partial(claimed.reply, root=sent.root),
        move=_MOVE,
    )


_MOVE: Final = renamed(x="input")


def _footprint(sent: Sent, size: int) -> int:
    """How many bytes of memory a body of that size may come to; an archive, once there, says what it inflates to."""
    if sent.media_type == json.MEDIA_TYPE:
        return size + verified(size * _OF_TEXT, size // 2)
    inflated = npz.inflated(sent.body) if sent.body else size
    return size + verified(inflated, inflated // 2)


_OF_TEXT: Final = 4
"""Bytes of an array that a byte of its text may come to: `1,` is 8."""


def _from_json(sent: Sent, limits: Limits) -> Claimed:
    query.refuse(sent.query)
    try:
        request = validated(VerifyRequest, read_envelope(sent.body, _KINDS))
        given = [name for name in ARRAYS if name in request.model_fields_set]
        arrays = {name: array(getattr(request, name), NUMBERS, limits, name) for name in given}
        return Claimed.of(request, arrays, limits)
    except DropoutError as error:
        raise explained(error, sent.body) from None


def _from_npz(sent: Sent, limits: Limits) -> Claimed:
    return Claimed.of(query.read(sent.query, Claim), npz.read(sent.body, ARRAYS, limits), limits)


VERIFY: Final = Operation(
    path="/v1/dropout/verify",
    decode=_decode,
    footprint=_footprint,
    request=VerifyRequest,
    query=Claim,
    replies=VerifyReply,
    reads=(json.MEDIA_TYPE, npz.MEDIA_TYPE),
)


# What replies tell


def _finding(finding: Finding, root: str) -> FindingReply:
    return {
        "code": finding.code,
        "message": finding.message,
        "expected": _plain(finding.expected),
        "seen": _plain(finding.seen),
        "p_value": finding.p_value,
        "type": f"{root}/findings/{finding.code}",
    }


def _inferred(layer: Inferred) -> InferredReply:
    return {
        "rate": layer.rate,
        "rate_interval": _plain(layer.rate_interval),
        "scale": _plain(layer.scale),
        "shift": _plain(layer.shift),
        "noise_shape": _plain(layer.noise_shape),
        "scaling": layer.scaling,
        "variant": layer.variant,
    }


def _check_told(check: CheckResult) -> CheckReply:
    smallest, enough = check.detectable.smallest, check.detectable.enough
    return {
        "name": check.name,
        "law": check.null_hypothesis,
        "statistic": _plain(check.statistic),
        "place": check.place or None,
        "p_value": check.p_value,
        "detectable": {"message": check.detectable.message, "smallest": _plain(smallest), "enough": enough},
    }


def _plain(value: Any) -> Any:
    """As JSON has it: what is no finite number, by its name."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else str(float(value))
    return value
