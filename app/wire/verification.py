"""Verification: arrays and claims, as JSON or npz → what to hold against what; what came of it → the reply."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Self

import numpy as np
import orjson
from pydantic import Field

from app.core import FLOATS, NAMES, Draw, FloatArray, Layer, Window
from app.errors import Invalid, Malformed
from app.verify import CheckResult, Finding, Gradients, Verification, verify
from app.wire import npz, query
from app.wire.array import Numbers, array
from app.wire.call import check_fields, draw_from, layer_from, replay, window_from
from app.wire.codec import Query, Reply
from app.wire.envelope import SMALL, exact, read
from app.wire.fields import Fields, FloatType, Optional, validated
from app.wire.json import MEDIA_TYPE
from app.wire.limits import Limits
from app.wire.text import NUMBERS, Buffer


class Claim(Fields):
    """What a dropout is claimed to be."""

    dtype: FloatType | None = Optional(
        "Type it was computed in; survivors may differ by 2 units in its last place. Default: the coarsest of "
        "bfloat16, float16, float32 and float64 that holds input and output exactly, or float32 where they are its "
        "shortest text."
    )


class VerifyRequest(Claim):
    """An input, its output, and what the layer between them is claimed to be."""

    input: Numbers = Field(description="What went in: nested numbers of any rank from 0.")
    output: Numbers = Optional("What came out, of the same shape.")
    outputs: Numbers = Optional("What came out of repeated calls, on an axis in front; instead of `output`.")
    grad_output: Numbers = Optional("Gradient of the output, or of all outputs, of its shape; with `grad_input`.")
    grad_input: Numbers = Optional("Gradient of the input that it gave, of the same shape; with `grad_output`.")


ARRAYS: Final = ("input", "output", "outputs", "grad_output", "grad_input")
_KINDS: Final = dict.fromkeys(ARRAYS, (NUMBERS,))


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
    claim: dict[str, Any]

    @classmethod
    def of(cls, claim: Claim, arrays: Mapping[str, FloatArray], limits: Limits) -> Self:
        """What a claim and arrays make together; `Invalid` or `TooLarge` for what has no meaning together."""
        check_fields(claim)
        _check(claim, arrays)
        x, y = arrays["input"], arrays["outputs"] if "outputs" in arrays else arrays["output"][None]
        limits.check_samples(len(y), pointer="/outputs")
        layer, draw = layer_from(claim), None if claim.seed is None else draw_from(claim)
        window = window_from(claim, x.shape)
        layer.decisions(x.shape, window)
        return cls(
            x=x,
            y=y,
            gradients=_gradients(arrays),
            layer=layer,
            draw=draw,
            window=window,
            dtype=None if claim.dtype is None else FLOATS[claim.dtype],
            claim=replay(claim, layer, draw, window),
        )

    @property
    def cost(self) -> int:
        """About how many elements' work it is."""
        return 4 * (self.x.size + self.y.size)

    def run(self) -> Reply:
        """The reply."""
        verification = verify(
            self.x,
            self.y,
            layer=self.layer,
            draw=self.draw,
            window=self.window,
            dtype=self.dtype,
            gradients=self.gradients,
        )
        return Reply(MEDIA_TYPE, (orjson.dumps(_told(verification) | {"claim": self.claim}),))


def _check(claim: Claim, arrays: Mapping[str, FloatArray]) -> None:
    """Raise `Invalid` unless these arrays go together."""
    if "input" not in arrays:
        raise Invalid.of("missing_field", "input is required", "/input")
    if "output" not in arrays and "outputs" not in arrays:
        raise Invalid.of("missing_field", "output is required, or outputs for those of repeated calls", "/output")
    if "output" in arrays and "outputs" in arrays:
        message = "outputs are those of repeated calls, output is that of one: send one of them"
        raise Invalid.of("conflicting_fields", message, "/outputs")
    if ("grad_output" in arrays) != ("grad_input" in arrays):
        missing = "grad_input" if "grad_output" in arrays else "grad_output"
        raise Invalid.of("missing_field", "grad_output and grad_input go together", f"/{missing}")
    if "outputs" in arrays:
        _check_outputs(claim, arrays["outputs"])


def _check_outputs(claim: Claim, outputs: FloatArray) -> None:
    if not outputs.ndim or not len(outputs):
        raise Invalid.of("shape_mismatch", "outputs must have an axis in front, of one call or more", "/outputs")
    if "sample" in claim.model_fields_set:
        message = "output k of outputs is held against sample k: sample has no meaning beside them"
        raise Invalid.of("conflicting_fields", message, "/sample")


def _gradients(arrays: Mapping[str, FloatArray]) -> Gradients | None:
    if "grad_output" not in arrays:
        return None
    both = Gradients(arrays["grad_output"], arrays["grad_input"])
    return both if "outputs" in arrays else Gradients(*(gradient[None] for gradient in both))


# Reading


def decode(body: Buffer, limits: Limits, fields: Query = ()) -> Claimed:
    """What a JSON body claims. Raises `Malformed`, `Invalid` or `TooLarge`."""
    query.refuse(fields)
    try:
        return _decode(read(body, _KINDS), limits)
    except (Invalid, Malformed):
        if len(body) <= SMALL:
            exact(body)  # what is not JSON is that before anything else, and its place can be told
        raise


def _decode(fields: dict[str, Any], limits: Limits) -> Claimed:
    request = validated(VerifyRequest, fields)
    sent = [name for name in ARRAYS if name in request.model_fields_set]
    return Claimed.of(
        request, {name: array(getattr(request, name), NUMBERS, limits, f"/{name}") for name in sent}, limits
    )


def unpack(body: Buffer, limits: Limits, fields: Query = ()) -> Claimed:
    """What an npz file and a query claim. Raises `Malformed`, `Invalid` or `TooLarge`."""
    return Claimed.of(query.read(fields, Claim), npz.read(body, ARRAYS, limits), limits)


DECODERS: Final = {MEDIA_TYPE: decode, npz.MEDIA_TYPE: unpack}


# Writing


def _told(verification: Verification) -> dict[str, Any]:
    """What the reply says, but for the claim."""
    layer = verification.layer
    return {
        "verdict": verification.verdict,
        "message": verification.message,
        "findings": [_finding(finding) for finding in verification.findings],
        "layer": {name: _plain(getattr(layer, name)) for name in layer.__slots__},
        "checks": [_check_told(check) for check in verification.checks],
        "dtype": NAMES[verification.dtype],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in finding._asdict().items()}
    return told | {"type": f"/findings/{finding.code}"}


def _check_told(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "law": check.null_hypothesis,
        "statistic": _plain(check.statistic),
        "place": check.place or None,
        "p_value": check.p_value,
        "detectable": {name: _plain(value) for name, value in check.detectable._asdict().items()},
    }


def _plain(value: Any) -> Any:
    """As JSON has it: what is no finite number, by its name."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else str(float(value))
    return value
