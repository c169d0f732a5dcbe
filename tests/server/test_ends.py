"""How connections end: a reply arrives though its request does not, and who hangs up is worked for no longer."""

import json
import socket
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest

from tests.api.expect import works
from tests.server.raw import (
    BODY,
    CALL,
    DOWNLOAD,
    LIVE,
    LONG,
    answer,
    call,
    connect,
    exactly,
    logged,
    refused,
    replies,
    rest,
)
from tests.service import Service, serving

MUCH = 2**20
SIMULATE = json.dumps(LONG).encode()
BEHIND = "behind"
"""The id of a request that nobody is there for any more."""


@pytest.fixture(scope="module")
def small() -> Iterator[Service]:
    """A service that takes bodies of a KiB."""
    with serving(max_body_bytes="1024") as running:
        yield running


@pytest.fixture(scope="module")
def single() -> Iterator[Service]:
    """A service of one thread, which in the end has said nothing but what was asked, and nothing for nobody."""
    running = Service(threads="1")
    yield running
    assert running.stop() == 0
    assert not [line for line in running.lines[1:] if " info request " not in line or BEHIND in line]
    running.close()


@pytest.mark.parametrize("path", [b"/v1/dropout", b"/nowhere", b"/v2/models/dropout/infer"])
def test_a_refusal_arrives_at_who_still_sends(small: Service, path: bytes) -> None:
    """A client that sends all of a megabyte before it reads gets the whole reply, and no reset, each time."""
    for _ in range(20):
        with connect(small) as connection:
            connection.sendall(call(b"x" * MUCH).replace(b"/v1/dropout", path))
            [reply] = replies(rest(connection))
        assert reply.status == (404 if path == b"/nowhere" else 413)
        assert reply.fields["connection"] == "close"
    works(small.client)


def test_a_refusal_arrives_at_who_sends_in_chunks(small: Service) -> None:
    """A body that turns out too large is refused in the same way."""
    chunk = b"%x\r\n%s\r\n" % (MUCH // 8, b"x" * (MUCH // 8))
    for _ in range(20):
        with connect(small) as connection:
            connection.sendall(CALL + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 8 + b"0\r\n\r\n")
            [reply] = replies(rest(connection))
        refused(reply, 413, "body_too_large")


def pour(connection: socket.socket) -> None:
    """Send for as long as it is taken, 10 seconds at most."""
    end = monotonic() + 10
    while monotonic() < end:
        connection.sendall(b"x" * MUCH)


def test_an_endless_body_is_not_read(small: Service) -> None:
    """What comes behind a refusal is discarded for half a second; then the connection is closed, whatever comes."""
    with connect(small) as connection:
        began = monotonic()
        connection.sendall(call(b"", 10**12))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            pour(connection)
        assert 0.4 < monotonic() - began < 2
        [reply] = replies(rest(connection))
    refused(reply, 413, "body_too_large")


def test_a_refusal_ends_the_connection_for_who_waits(small: Service) -> None:
    """A client that asks first whether it may send is told no, and never to go on."""
    with connect(small) as connection:
        connection.sendall(CALL + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % MUCH)
        [reply] = replies(rest(connection))
    refused(reply, 413, "body_too_large")


def test_who_may_send_is_told(small: Service) -> None:
    """A client that asks first, and may send, is told to go on."""
    with connect(small) as connection:
        connection.sendall(CALL + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        told = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert exactly(connection, len(told)) == told
        connection.sendall(BODY)
        assert answer(connection).status == 200


def test_a_body_that_was_read_keeps_the_connection(small: Service) -> None:
    """An error about what was read whole is no end."""
    with connect(small) as connection:
        for _ in range(3):
            connection.sendall(call(b"{"))
            reply = answer(connection)
            assert (reply.status, reply.fields.get("connection")) == (400, None)


def gone(service: Service, *sent: bytes, identity: str) -> str:
    """What is logged of a client that sends something and hangs up."""
    with connect(service) as connection:
        for some in sent:
            connection.sendall(some)
            sleep(0.2)
    return logged(service, identity, 2)


def named(request: bytes, identity: str) -> bytes:
    """A request with an id."""
    return request.replace(b"Host: x\r\n", b"Host: x\r\nX-Request-ID: %s\r\n" % identity.encode())


@pytest.mark.parametrize("cut", [10, len(SIMULATE)], ids=["while it sends", "while it waits"])
def test_who_hangs_up_is_forgotten(single: Service, cut: int) -> None:
    """The call of a client that is gone ends at once, though its work takes seconds, and nothing is said of it."""
    identity = f"cut-at-{cut}"
    request = named(call(SIMULATE[:cut], len(SIMULATE)).replace(b"/v1/dropout", b"/v1/dropout/simulate"), identity)
    line = gone(single, request, named(LIVE, BEHIND) if cut > 10 else b"", identity=identity)
    assert "status=499" in line
    works(single.client)


def test_who_hangs_up_in_a_reply_is_forgotten(single: Service) -> None:
    """A client that does not want the rest of a reply ends it."""
    with connect(single) as connection:
        connection.sendall(named(DOWNLOAD, "large"))
        connection.recv(1000)
    logged(single, "large")
    works(single.client)


def test_replies_are_in_the_order_of_requests(service: Service) -> None:
    """A hundred requests that are sent at once are answered one after another, large ones among them."""
    large = b'{"input": [%s], "seed": 1}' % b",".join([b"1.5"] * 20_000)
    ask = [call(large if number % 10 == 0 else BODY) for number in range(100)]
    with connect(service) as connection:
        connection.sendall(b"".join(named(one, f"n{number}") for number, one in enumerate(ask)))
        found = [answer(connection) for _ in ask]
    assert [reply.status for reply in found] == [200] * 100
    assert [reply.fields["x-request-id"] for reply in found] == [f"n{number}" for number in range(100)]


def test_no_field_ends_a_line(start: Callable[..., Service]) -> None:
    """A reply with the end of a line in a field would be read as two fields, or as two replies: it is not sent."""
    running = start(module="tests.split")
    assert running.client.get("/").headers["named"] == "one"
    split = running.client.get("/split")
    assert (split.status_code, "set-cookie" in split.headers) == (500, False)
