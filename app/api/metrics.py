"""What is counted, for Prometheus.

Numbers are only added up here, for a metric of prometheus-client's takes longer than a small request does; it writes
them down when somebody asks.
"""

import platform
from asyncio import get_running_loop
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final, Literal, NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from app import __version__
from app.api.siblings import Counts, Siblings
from app.wire import json
from app.wire.binary import npz
from app.wire.binary.formats import FORMATS
from app.wire.task import Sent

Reason = Literal["requests", "memory", "queue", "slow"]
"""Why a call was refused: no place, no memory, no core in time, or it came too slowly."""
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Bounds of durations: OpenTelemetry's begin at 5 ms, which most calls are done in."""
_BOUNDS: Final = (*map(str, map(float, _SECONDS)), "+Inf")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_BINARY: Final = {media_type: form.name for media_type, form in FORMATS.items()}
_TRANSPORTS: Final = {json.MEDIA_TYPE: "json", **_BINARY, npz.MEDIA_TYPE: "npz"}


class _Family(NamedTuple):
    """A metric: its type, its meaning, its labels."""

    type: type[HistogramMetricFamily | CounterMetricFamily | GaugeMetricFamily]
    documentation: str
    labels: tuple[str, ...] = ()


_DURATION: Final = "http_server_request_duration_seconds"
_ACTIVE: Final = "http_server_active_requests"
_ELEMENTS: Final = "dropout_elements"
_REFUSED: Final = "dropout_refused"
_RESERVED: Final = "dropout_memory_reserved_bytes"
_FAMILIES: Final = {
    _DURATION: _Family(
        HistogramMetricFamily,
        "Duration of requests, from their headers to the end of the reply.",
        ("http_route", "http_request_method", "http_response_status_code"),
    ),
    _ACTIVE: _Family(GaugeMetricFamily, "Requests in hand."),
    _ELEMENTS: _Family(CounterMetricFamily, "Elements of outputs.", ("variant", "transport")),
    _REFUSED: _Family(CounterMetricFamily, "Calls refused: no place, memory or core, or too slow.", ("reason",)),
    _RESERVED: _Family(GaugeMetricFamily, "Bytes of memory that calls in hand may need."),
}


class Metrics(Collector):
    """The metrics of one process, and a page of those of all.

    active : requests in hand. reserved : bytes that calls in hand may need. folder : where several processes leave
    their numbers for each other.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.active = self.reserved = 0
        self._counts: Counts = {}
        self._siblings = Siblings(folder) if folder else None
        self._due = False
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def done(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. route : its template, "" of a path that is not there."""
        counts = self._counts.get((_DURATION, route, method, status))
        if counts is None:
            counts = self._first(route, method, status)
        counts[bisect_left(_SECONDS, seconds)] += 1
        counts[-1] += seconds
        if status == 408:
            self.refused("slow")
        if self._siblings and not self._due:
            self._due = True
            get_running_loop().call_later(_LEAVE_SECONDS, self._leave, self._siblings)

    def _first(self, route: str, method: str, status: int) -> list[float]:
        known = method if method in _METHODS else "_OTHER"
        return self._counts.setdefault((_DURATION, route, known, status), [0.0] * (len(_BOUNDS) + 1))

    def elements(self, variant: str, sent: Sent, count: int) -> None:
        """Count the elements of an output."""
        transport = "v2" if "model" in sent.path else _TRANSPORTS[sent.media_type]
        self._add(count, _ELEMENTS, variant, transport)

    def refused(self, reason: Reason) -> None:
        """Count a call that was refused."""
        self._add(1, _REFUSED, reason)

    def _add(self, count: int, *key: str) -> None:
        counts = self._counts.get(key)
        if counts is None:
            self._counts[key] = [count]
        else:
            counts[0] += count

    def page(self) -> bytes:
        """The metrics of all processes as Prometheus reads them."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The metrics of all processes, for prometheus-client."""
        found, pids = self._of_all()
        for name, (family, documentation, labels) in _FAMILIES.items():
            metric = family(name, documentation, labels=labels)
            for key, counts in found.items():
                if key[0] == name:
                    _fill(metric, [*map(str, key[1:])], counts)
            yield metric
        yield _build()
        yield from _processes(pids)

    def _own(self) -> Counts:
        return {**self._counts, (_ACTIVE,): [self.active], (_RESERVED,): [self.reserved]}

    def _of_all(self) -> tuple[Counts, list[int]]:
        """The counts of all processes, and which those are."""
        if self._siblings is None:
            return self._own(), []
        self._siblings.leave(self._own())
        return self._siblings.total(gone_without=(_ACTIVE, _RESERVED))

    def _leave(self, siblings: Siblings) -> None:
        self._due = False
        siblings.leave(self._own())


_LEAVE_SECONDS: Final = 0.5
"""How old the numbers of another process may be."""


def _fill(metric: Metric, labels: list[str], counts: list[float]) -> None:
    """Put the counts of these labels into a metric."""
    if isinstance(metric, HistogramMetricFamily):
        *each, total = counts
        metric.add_metric(labels, [*zip(_BOUNDS, accumulate(each), strict=True)], total)
    else:
        metric.add_metric(labels, counts[0])  # type: ignore[attr-defined]


def _build() -> Metric:
    metric = GaugeMetricFamily("dropout_build_info", "The version.", labels=("version", "python"))
    metric.add_metric((__version__, platform.python_version()), 1)
    return metric


def _processes(pids: list[int]) -> Iterator[Metric]:
    """What the system tells of the processes, added up; the start is that of the first.

    pids : none at all, where this process is the only one.
    """
    those: list[int | str] = [*pids] or ["self"]
    each = [ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect() for pid in those]  # type: ignore[misc]
    for same in zip(*each, strict=False):
        values = [metric.samples[0].value for metric in same]
        total = min(values) if same[0].name == "process_start_time_seconds" else sum(values)
        family = CounterMetricFamily if same[0].type == "counter" else GaugeMetricFamily
        yield family(same[0].name, same[0].documentation, value=total)
