"""Experiments: a JSON body → what to simulate; what came of it → the reply."""

from dataclasses import dataclass
from math import prod, sqrt
from statistics import fmean, stdev
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import Field

from app.core import FLOATS, Distribution, Draw, Experiment, Layer, Shape, Window, simulate
from app.wire.call import (
    check_fields,
    decisions_of,
    draw_from,
    layer_from,
    layer_of,
    moments_of,
    portable,
    replay,
    window_from,
)
from app.wire.codec import Query, Reply
from app.wire.envelope import read
from app.wire.fields import DType, Fields, Length, Optional, Word, validated
from app.wire.job import EXPERIMENT
from app.wire.json import MEDIA_TYPE
from app.wire.limits import Limits
from app.wire.query import refuse
from app.wire.text import Buffer

MOST_RUNS: Final = 10_000


class SimulateRequest(Fields):
    """A layer, and the made-up array to run it on."""

    shape: list[Length] = Field(description="Of the array, which is never held whole: 50 million elements are welcome.")
    distribution: Distribution = Field(
        default="uniform", description="Of its elements: `uniform` in [0, 1), standard `normal`, or `constant` 1."
    )
    input_seed: Word | None = Optional("Seed of the array. Default: `seed`.")
    runs: Annotated[int, Field(ge=1, le=MOST_RUNS)] = Field(
        default=1, description="How often, each time with another mask: run k draws at sample k."
    )
    dtype: DType = Field(default="float64", description="Element type; elements are drawn in float64, then rounded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """An experiment to be made."""

    shape: Shape
    layer: Layer
    draw: Draw
    window: Window | None
    request: SimulateRequest
    replay: dict[str, Any]

    @classmethod
    def of(cls, request: SimulateRequest, limits: Limits) -> Self:
        """The experiment that a request describes; `Invalid` or `TooLarge` for one that is not to be had."""
        check_fields(request)
        shape, layer = tuple(request.shape), layer_from(request)
        window, draw = window_from(request, shape), draw_from(request)
        limits.check_simulated(shape, request.runs, held=layer.held(shape, window))
        seed = draw.seed if request.input_seed is None else request.input_seed
        own = {
            "shape": request.shape,
            "distribution": request.distribution,
            "input_seed": portable(seed),
            "runs": request.runs,
            "dtype": request.dtype,
        }
        return cls(
            shape=shape,
            layer=layer,
            draw=draw,
            window=window,
            request=request,
            replay=replay(request, layer, draw, window) | own,
        )

    @property
    def cost(self) -> int:
        """About how many elements' work it is: a run has a price of its own."""
        return (prod(self.shape) + 1000) * self.request.runs

    def run(self, threads: int, deadline: float) -> Reply:
        """The reply. Raises `TooLarge` when the deadline, by `time.monotonic`, is over."""
        experiment = simulate(
            self.shape,
            layer=self.layer,
            distribution=self.request.distribution,
            input_seed=self.request.input_seed,
            draw=self.draw,
            window=self.window,
            runs=self.request.runs,
            dtype=FLOATS[self.request.dtype],
            threads=threads,
            deadline=deadline,
        )
        return Reply(MEDIA_TYPE, (orjson.dumps(self.told(experiment)),))

    def told(self, experiment: Experiment) -> dict[str, Any]:
        """What the reply says."""
        tally = experiment.tally
        runs = [
            {
                "sample": portable(self.draw.sample + k),
                "input_mean": tally.input.mean,
                "output_mean": run.output.mean,
                "drop_rate": run.drop_rate,
            }
            for k, run in enumerate(experiment.runs)
        ]
        return {
            "runs": runs,
            "statistics": decisions_of(tally, experiment.rate) | moments_of(tally),
            "summary": self._summary(experiment),
            "replay": self.replay,
            "layer": layer_of(self.layer, experiment),
        }

    def _summary(self, experiment: Experiment) -> dict[str, Any]:
        means = [run.output.mean for run in experiment.runs if run.output.mean is not None]
        return {
            "output_mean": fmean(means) if means else None,
            "standard_error": stdev(means) / sqrt(len(means)) if len(means) > 1 else None,
            "expected_output_mean": self.layer.expected_mean(experiment.tally.input.mean),
        }


def decode(body: Buffer, limits: Limits, query: Query = ()) -> Simulation:
    """The experiment that a body describes, without a query. Raises `Malformed`, `Invalid` or `TooLarge`."""
    refuse(query)
    request = validated(SimulateRequest, read(body, {}))
    with EXPERIMENT.named():
        return Simulation.of(request, limits)
