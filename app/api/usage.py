"""How often each model was asked, and where the time went: what `/v2/models/stats` tells."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from time import perf_counter_ns, time
from typing import Final

from app.wire.oip.infer import VERSION
from app.wire.oip.metadata import Duration, InferenceStatistics, ModelStatistics

_PHASES: Final = tuple(InferenceStatistics.model_fields)


class Usage:
    """Counts inferences. Requests are handled in one thread, so nothing needs a lock."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str]] = Counter()
        self._ns: Counter[tuple[str, str]] = Counter()
        self._last: dict[str, int] = {}

    @contextmanager
    def inference(self, model: str) -> Iterator[Callable[[str, int], None]]:
        """Count an inference of a model, a failure if it raises. The value takes each phase's name and its end."""
        began = perf_counter_ns()
        laps = [(began, "")]
        try:
            yield lambda phase, end: laps.append((end, phase))
        except BaseException:
            self._add(model, "fail", perf_counter_ns() - began)
            raise
        self._add(model, "success", laps[-1][0] - began)
        for (start, _), (end, phase) in pairwise(laps):
            self._add(model, phase, end - start)
        self._last[model] = int(time() * 1000)

    def _add(self, model: str, phase: str, ns: int) -> None:
        self._count[model, phase] += 1
        self._ns[model, phase] += ns

    def of(self, model: str) -> ModelStatistics:
        """What there is to tell of a model."""
        durations = {phase: Duration(count=self._count[model, phase], ns=self._ns[model, phase]) for phase in _PHASES}
        count = self._count[model, "success"]
        return ModelStatistics(
            name=model,
            version=VERSION,
            last_inference=self._last.get(model, 0),
            inference_count=count,
            execution_count=count,
            inference_stats=InferenceStatistics(**durations),
        )
