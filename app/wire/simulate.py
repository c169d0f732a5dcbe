"""Experiments on made-up arrays: from a request's bytes to a reply's."""

from dataclasses import dataclass
from math import prod, sqrt
from statistics import fmean, stdev
from typing import Annotated, Final

import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.core import FLOATS, Distribution, Draw, Experiment, Layer, Shape, Tally, Window, simulate
from app.errors import DropoutError
from app.wire import json, query
from app.wire.call import (
    array_of,
    check_fields,
    decisions_of,
    draw_from,
    layer_from,
    layer_of,
    portable,
    replay,
    window_from,
)
from app.wire.fields import DType, Fields, Length, Optional, Word, validated
from app.wire.footprint import HELD, INPUT, OVERHEAD, RUN
from app.wire.json.envelope import read_envelope
from app.wire.limits import Limits
from app.wire.replies import Again, LayerReply, Statistics, closed
from app.wire.replies import Word as WordReply
from app.wire.task import Operation, Reply, Sent, Task, renamed

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


@closed
class SimulateReplay(Again):
    """The request, with all that it left to the service."""

    shape: Annotated[list[int], Field(description="Shape of the array, without its replicates.")]
    distribution: Annotated[Distribution, Field(description="Of the array's elements.")]
    input_seed: Annotated[WordReply, Field(description="Seed of the array; text above 2^53 - 1.")]
    runs: Annotated[int, Field(description="How many runs.")]
    dtype: Annotated[DType, Field(description="Element type of the computation.")]


@closed
class Run(TypedDict):
    """A run of an experiment."""

    sample: Annotated[WordReply, Field(description="The replicate whose mask was drawn.")]
    input_mean: Annotated[float | None, Field(description="Mean before; null where there is no element.")]
    output_mean: Annotated[float | None, Field(description="Mean after; null where there is no element.")]
    drop_rate: Annotated[
        float | None, Field(description="Share of the decisions that said drop, from 0 to 1; null without any.")
    ]


@closed
class Summary(TypedDict):
    """The runs' means together."""

    output_mean: Annotated[float | None, Field(description="Mean of the runs' means.")]
    standard_error: Annotated[float | None, Field(description="Its standard error; null for one run.")]
    expected_output_mean: Annotated[
        float | None,
        Field(
            description="What it comes to over all masks, given this input; null where that depends on more than its "
            "mean."
        ),
    ]


@closed
class SimulateReply(TypedDict):
    """What came of an experiment."""

    runs: Annotated[list[Run], Field(description="Each run, in order.")]
    statistics: Annotated[Statistics, Field(description="Over all runs; the input counts once.")]
    summary: Annotated[Summary, Field(description="What the runs come to.")]
    replay: Annotated[SimulateReplay, Field(description="The request that gives this reply again.")]
    layer: Annotated[LayerReply, Field(description="What the fields work out to.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An experiment to be made."""

    shape: Shape
    layer: Layer
    draw: Draw
    window: Window | None
    request: SimulateRequest

    @property
    def input_seed(self) -> int:
        """Of the made-up array."""
        return self.draw.seed if self.request.input_seed is None else self.request.input_seed

    def task(self) -> Task[Experiment]:
        """What is to be done for it."""
        size, runs = prod(self.shape), self.request.runs
        held = HELD * self.layer.held(self.shape, self.window) + (INPUT if runs > 1 else 0)
        return Task(
            variant=self.layer.variant,
            elements=size * runs,
            cost=(size + 1000) * runs,  # a run has a price of its own
            footprint=OVERHEAD + held + RUN * runs,
            run=self.run,
            reply=self.reply,
            move=_MOVE,
        )

    def run(self, threads: int, deadline: float) -> Experiment:
        """The experiment."""
        return simulate(
            self.shape,
            layer=self.layer,
            distribution=self.request.distribution,
            input_seed=self.input_seed,
            draw=self.draw,
            window=self.window,
            runs=self.request.runs,
            dtype=FLOATS[self.request.dtype],
            threads=threads,
            deadline=deadline,
        )

    def reply(self, experiment: Experiment) -> Reply:
        """What the reply says, as JSON."""
        tally = experiment.tally
        counted = decisions_of(tally, experiment.rate)
        told: SimulateReply = {
            "runs": [self._run(k, tally, run) for k, run in enumerate(experiment.runs)],
            "statistics": {**counted, "input": array_of(tally.input), "output": array_of(tally.output)},
            "summary": self._summary(experiment),
            "replay": self._replay(),
            "layer": layer_of(self.layer, experiment),
        }
        return Reply(json.MEDIA_TYPE, (orjson.dumps(told),))

    def _run(self, k: int, tally: Tally, run: Tally) -> Run:
        return {
            "sample": portable(self.draw.sample + k),
            "input_mean": tally.input.mean,
            "output_mean": run.output.mean,
            "drop_rate": run.drop_rate,
        }

    def _summary(self, experiment: Experiment) -> Summary:
        means = [run.output.mean for run in experiment.runs if run.output.mean is not None]
        return {
            "output_mean": fmean(means) if means else None,
            "standard_error": stdev(means) / sqrt(len(means)) if len(means) > 1 else None,
            "expected_output_mean": self.layer.expected_mean(experiment.tally.input.mean),
        }

    def _replay(self) -> SimulateReplay:
        return {
            **replay(self.request, self.layer, self.draw, self.window),
            "shape": self.request.shape,
            "distribution": self.request.distribution,
            "input_seed": portable(self.input_seed),
            "runs": self.request.runs,
            "dtype": self.request.dtype,
        }


def _decode(sent: Sent, limits: Limits) -> Task[Experiment]:
    """The task that a body makes, without a query."""
    query.refuse(sent.query)
    request = validated(SimulateRequest, read_envelope(sent.body, {}))
    check_fields(request, limits)
    try:
        return _plan(request, limits).task()
    except DropoutError as error:
        raise error.moved(_MOVE) from None


_MOVE: Final = renamed(x="shape")


def _plan(request: SimulateRequest, limits: Limits) -> Plan:
    layer, shape = layer_from(request), tuple(request.shape)
    window, draw = window_from(request, shape), draw_from(request)
    limits.check_simulated(shape, request.runs, held=layer.held(shape, window))
    return Plan(shape=shape, layer=layer, draw=draw, window=window, request=request)


SIMULATE: Final = Operation(
    path="/v1/dropout/simulate",
    decode=_decode,
    footprint=lambda _sent, size: OVERHEAD + size,
    request=SimulateRequest,
    replies=SimulateReply,
)
