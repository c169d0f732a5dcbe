"""What is seen from outside: metrics as Prometheus reads them, traces as OpenTelemetry sends them."""

import socket
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.expect import GOOD, post, works
from tests.api.test_admission import free
from tests.service import Service

DURATION = "http_server_request_duration_seconds_count"


def metrics(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """The values by name and labels, these by their own names, once the page is one that Prometheus reads."""
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(reply.text) for sample in family.samples]
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in samples}


def counted(client: httpx.Client, name: str, before: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """What has been counted under a name since then, by its labels."""
    grown = {key[1:]: value - before.get(key, 0) for key, value in metrics(client).items() if key[0] == name}
    return {labels: value for labels, value in grown.items() if value}


def test_requests_are_counted_by_route(single: Service) -> None:
    """By the route's template, never the raw path; methods that nobody knows are one."""
    client = single.client
    before = metrics(client)
    works(client)
    client.get("/problems/out_of_range")
    client.get("/problems/nothing")
    client.get("/nowhere/1")
    client.request("PROPFIND", "/v1/dropout")
    client.post("/v2/models/dropout/infer", content=b"{")
    assert counted(client, DURATION, before) == {
        ("GET", "200", "/metrics"): 1,
        ("POST", "200", "/v1/dropout"): 1,
        ("GET", "200", "/problems/{code}"): 1,
        ("GET", "404", "/problems/{code}"): 1,
        ("GET", "404", ""): 1,
        ("_OTHER", "405", "/v1/dropout"): 1,
        ("POST", "400", "/v2/models/{model}/infer"): 1,
    }
    assert metrics(client)["http_server_active_requests",] == 1  # the one that asks


def test_elements_are_counted(single: Service) -> None:
    """Those of outputs, replicates among them, by layer and by the form they came in."""
    client = single.client
    before = metrics(client)
    works(client)
    post(client, {"input": [1.0, 2.0], "samples": 3})
    client.post("/v1/dropout?dtype=float32", content=bytes(40), headers={"Content-Type": "application/octet-stream"})
    tensor = {"name": "input", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}
    client.post("/v2/models/alpha_dropout/infer", json={"inputs": [tensor]})
    client.post("/v1/dropout/simulate", json={"shape": [50], "runs": 2, "variant": "gaussian_dropout"})
    assert counted(client, "dropout_elements_total", before) == {
        ("json", "dropout"): 10,
        ("raw", "dropout"): 10,
        ("v2", "alpha_dropout"): 3,
        ("json", "gaussian_dropout"): 100,
    }


def test_refusals_are_counted_by_reason(single: Service) -> None:
    """And what calls in hand have reserved is told while they are."""
    before = metrics(single.client)
    body = b'{"input": [1.0], "samples": 10000}'
    head = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    with socket.create_connection(single.address, timeout=30) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        assert post(single.client, GOOD).status_code == 503
        assert metrics(single.client)["dropout_memory_reserved_bytes",] > 2**18
    assert counted(single.client, "dropout_refused_total", before) == {("requests",): 1}
    free(single)


def test_the_process_is_told(client: httpx.Client) -> None:
    """Its version, its memory, its time, its files."""
    found = metrics(client)
    assert any(key[0] == "dropout_build_info" for key in found)
    assert found["process_resident_memory_bytes",] > 2**20
    assert {name for name, *_ in found if name.startswith("process_")} == {
        "process_cpu_seconds_total",
        "process_max_fds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_virtual_memory_bytes",
    }


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Where traces are sent: an address, and what came."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_traces_are_sent_where_they_are_asked_for(
    start: Callable[..., Service], collector: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With OpenTelemetry's own variables a span of each request arrives, under the caller's trace."""
    url, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    service = start()
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    post(service.client, GOOD, traceparent=f"00-{trace}-{span}-01")
    assert service.stop() == 0
    spans = [
        one
        for body in received
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]
    assert [(one.name, one.trace_id.hex(), one.parent_span_id.hex()) for one in spans] == [
        ("POST /v1/dropout", trace, span)
    ]
