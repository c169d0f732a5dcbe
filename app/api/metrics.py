"""What is counted, for Prometheus.

With several workers each writes to files of its own, and whoever is asked adds them up: prometheus-client's way, which
`PROMETHEUS_MULTIPROC_DIR` turns on before this is imported.
"""

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from app import __version__
from app.wire import json
from app.wire.binary import npy, npz, raw
from app.wire.task import Sent

Reason = Literal["requests", "memory", "queue", "slow"]
"""Why a call was refused: no place, no memory, no core in time, or its body came too slowly."""
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Bounds of durations: OpenTelemetry's begin at 5 ms, which most calls are done in."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_TRANSPORTS: Final = {json.MEDIA_TYPE: "json", npy.MEDIA_TYPE: "npy", raw.MEDIA_TYPE: "raw", npz.MEDIA_TYPE: "npz"}


class Metrics:
    """The metrics of one process, and a page of those of all."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._duration = Histogram(
            "http_server_request_duration_seconds",
            "Duration of requests, from their headers to the end of the reply.",
            ["http_route", "http_request_method", "http_response_status_code"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._active = Gauge(
            "http_server_active_requests", "Requests in hand.", registry=registry, multiprocess_mode="livesum"
        )
        self._elements = Counter(
            "dropout_elements", "Elements of outputs.", ["variant", "transport"], registry=registry
        )
        self._refused = Counter(
            "dropout_refused", "Calls refused: no place, memory or core, or too slow.", ["reason"], registry=registry
        )
        self._reserved = Gauge(
            "dropout_memory_reserved_bytes",
            "Bytes of memory that calls in hand may need.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        build = Gauge(
            "dropout_build_info", "The version.", ["version", "python"], registry=registry, multiprocess_mode="max"
        )
        ProcessCollector(registry=registry)
        build.labels(__version__, platform.python_version()).set(1)

    def begun(self) -> None:
        """Count a request in."""
        self._active.inc()

    def done(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request out. route : its template, "" of a path that is not there."""
        self._active.dec()
        known = method if method in _METHODS else "_OTHER"
        self._duration.labels(route, known, status).observe(seconds)

    def elements(self, variant: str, sent: Sent, count: int) -> None:
        """Count the elements of an output."""
        transport = "v2" if "model" in sent.path else _TRANSPORTS[sent.media_type]
        self._elements.labels(variant, transport).inc(count)

    def refused(self, reason: Reason) -> None:
        """Count a call that was refused."""
        self._refused.labels(reason).inc()

    def reserved(self, count: int) -> None:
        """Tell the bytes that are reserved now."""
        self._reserved.set(count)

    def page(self) -> bytes:
        """The metrics of all processes as Prometheus reads them."""
        return generate_latest(self._registry if _FOLDER is None else _of_all())


_FOLDER: Final = os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def _of_all() -> CollectorRegistry:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Workers())
    return registry


class _Workers(Collector):
    """What the system tells of the workers, added up; the start is that of the first."""

    def collect(self) -> Iterator[Metric]:
        each = [ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect() for pid in _pids()]  # type: ignore[misc]
        for same in zip(*each, strict=False):
            values = [metric.samples[0].value for metric in same]
            total = min(values) if same[0].name == "process_start_time_seconds" else sum(values)
            family = CounterMetricFamily if same[0].type == "counter" else GaugeMetricFamily
            yield family(same[0].name, same[0].documentation, value=total)


def _pids() -> list[int]:
    """The processes that have files there and still run."""
    found = {int(file.stem.rpartition("_")[2]) for file in Path(_FOLDER or "").glob("*.db")}
    return [pid for pid in sorted(found) if Path(f"/proc/{pid}").exists()]
