"""Row 15: what two servers could read in two ways is refused, as a problem, and nothing behind it is read."""

from typing import Final

import pytest

from app.server.head import MOST_BYTES, MOST_FIELDS
from tests.api.expect import works
from tests.server.raw import BODY, CALL, LIVE, call, refused, replies
from tests.service import Service

GET: Final = b"GET /health/live HTTP/1.1\r\n"
POST: Final = b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED: Final = b"1f\r\n" + BODY + b"\r\n0\r\n\r\n"
HIDDEN: Final = b"5\r\nGET /\r\n0\r\n\r\n" + LIVE

REFUSED: Final[dict[str, bytes]] = {
    "no Host": GET + b"\r\n",
    "two Hosts": GET + b"Host: x\r\nHost: y\r\n\r\n",
    "two equal Hosts": GET + b"Host: x\r\nHost: x\r\n\r\n",
    "two Hosts in HTTP/1.0": b"GET /health/live HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
    "Hosts in a list": GET + b"Host: x, y\r\n\r\n",
    "Host with a path": GET + b"Host: x/y\r\n\r\n",
    "Host with a user": GET + b"Host: a@x\r\n\r\n",
    "a blank before the colon": GET + b"Host : x\r\n\r\n",
    "HTTP/0.9": b"GET /health/live\r\n\r\n",
    "HTTP/0.9, told": b"GET /health/live HTTP/0.9\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/3.7": b"GET /health/live HTTP/3.7\r\nHost: x\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a method nobody has": b"FOO /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank in the target": b"GET /health live HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET ?a HTTP/1.1\r\nHost: x\r\n\r\n",
    "another character": b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "lines that end in LF": b"GET /health/live HTTP/1.1\nHost: x\n\n",
    "a folded line": GET + b"Host: x\r\nA: b\r\n c\r\n\r\n",
    "a null": GET + b"Host: x\r\nA: b\0c\r\n\r\n",
    "a lone CR": GET + b"Host: x\r\nA: b\rc\r\n\r\n",
    "a field without a name": GET + b"Host: x\r\n: b\r\n\r\n",
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED,
    "chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n" + BODY,
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "chunked with a parameter": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + CHUNKED,
    "no coding": POST + b"Transfer-Encoding:\r\n\r\n" + CHUNKED,
    "chunked in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "a length, then chunked": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + HIDDEN,
    "chunked, then a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 31\r\nContent-Length: 0\r\n\r\n" + BODY,
    "two equal lengths": POST + b"Content-Length: 31\r\nContent-Length: 31\r\n\r\n" + BODY,
    "lengths in a list": POST + b"Content-Length: 31, 31\r\n\r\n" + BODY,
    "a length below 0": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length with a sign": POST + b"Content-Length: +31\r\n\r\n" + BODY,
    "a length in hexadecimal": POST + b"Content-Length: 0x1f\r\n\r\n" + BODY,
    "a length with a rest": POST + b"Content-Length: 31 5\r\n\r\n" + BODY,
    "a length beyond 64 bits": POST + b"Content-Length: 18446744073709551616\r\n\r\n" + BODY,
    "no length": POST + b"Content-Length:\r\n\r\n" + BODY,
    "a chunk of another base": POST + b"Transfer-Encoding: chunked\r\n\r\n0x1f\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk below 0": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk with a blank": POST + b"Transfer-Encoding: chunked\r\n\r\n1f \r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk that is longer": POST + b"Transfer-Encoding: chunked\r\n\r\n1f\r\n" + BODY + b"\r\r\n0\r\n\r\n",
    "chunks that end in LF": POST + b"Transfer-Encoding: chunked\r\n\r\n1f\n" + BODY + b"\n0\n\n",
    "a chunk beyond 64 bits": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + BODY,
}
"""Requests with one thing wrong, of which proxies and servers are known to make two different ones."""

TOO_LARGE: Final[dict[str, bytes]] = {
    "a field of 1 MB": GET + b"Host: x\r\nA: " + b"a" * 10**6 + b"\r\n\r\n",
    "a field that is a byte too long": GET + b"Host: x\r\nA: " + b"a" * (MOST_BYTES - 17) + b"\r\n\r\n",
    "a name of 100 KB": GET + b"Host: x\r\n" + b"a" * 10**5 + b": a\r\n\r\n",
    "both half too long": GET.replace(b"live", b"a" * 40_000) + b"Host: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n",
    "a target of 1 MB": GET.replace(b"live", b"a" * 10**6) + b"Host: x\r\n\r\n",
    "20,000 fields": GET + b"Host: x\r\n" + b"a:b\r\n" * 20_000 + b"\r\n",
    "a field too many": GET + b"Host: x\r\n" + b"a:b\r\n" * MOST_FIELDS + b"\r\n",
    "endless trailers": POST + b"Transfer-Encoding: chunked\r\n\r\n1f\r\n" + BODY + b"\r\n0\r\nA: " + b"a" * 10**6,
    "an endless extension": POST + b"Transfer-Encoding: chunked\r\n\r\n1f;" + b"a" * 10**6,
    "nothing but ends of lines": b"\r\n" * 10**6,
}
"""Heads and what goes for content that have no end, or one too late."""

TAKEN: Final[dict[str, tuple[bytes, list[int]]]] = {
    "lines before it": (b"\r\n\r\n" + LIVE, [200]),
    "an address": (b"GET http://y:8000/health/live HTTP/1.1\r\nHost: y:8000\r\n\r\n", [200]),
    "an address without a path": (b"GET http://y HTTP/1.1\r\nHost: y\r\n\r\n", [200]),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", [404]),
    "an empty Host": (GET + b"Host:\r\n\r\n", [200]),
    "a Host of version 6": (GET + b"Host: [::1]:8000\r\n\r\n", [200]),
    "HTTP/1.0 without Host": (b"GET /health/live HTTP/1.0\r\n\r\n", [200]),
    "Chunked": (POST + b"Transfer-Encoding: \tChunked \r\n\r\n" + CHUNKED, [200]),
    "extensions": (POST + b"Transfer-Encoding: chunked\r\n\r\n1f;a=b\r\n" + BODY + b"\r\n0\r\n\r\n", [200]),
    "trailers": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n1f\r\n" + BODY + b"\r\n0\r\nContent-Type: text/plain\r\n\r\n",
        [200],
    ),
    "as many bytes as allowed": (GET + b"Host: x\r\nA: " + b"a" * (MOST_BYTES - 18) + b"\r\n\r\n", [200]),
    "as many fields as allowed": (GET + b"Host: x\r\n" + b"a:b\r\n" * (MOST_FIELDS - 1) + b"\r\n", [200]),
    "another protocol offered": (GET + b"Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", [200]),
    "and a body": (
        CALL + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
        [200],
    ),
    "several": (LIVE + call() + LIVE.replace(b"GET", b"GET") + call(b"{"), [200, 200, 200, 400]),
}
"""Requests that look strange, and have one meaning."""


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_what_has_two_meanings_is_refused(service: Service, sent: bytes) -> None:
    """Row 15: a small problem, once; what stands behind it is not taken for a request; the next client is served."""
    [reply] = replies(service.exchange(sent + LIVE, LIVE))
    refused(reply, 400, "malformed_request")
    works(service.client)


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_does_not_end_is_refused(service: Service, sent: bytes) -> None:
    """Row 15: more than 64 KiB, or than 100 fields, are not read; the reply arrives all the same."""
    [reply] = replies(service.exchange(sent))
    refused(reply, 431, "headers_too_large")
    works(service.client)


@pytest.mark.parametrize(("sent", "statuses"), TAKEN.values(), ids=TAKEN)
def test_what_has_one_meaning_is_taken(service: Service, sent: bytes, statuses: list[int]) -> None:
    """However it looks, whole or in parts; and the connection goes on."""
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ends = b"HTTP/1.0" in sent
    for parts in ([sent + last], [sent, last], [sent[:20], sent[20:] + last]):
        found = replies(service.exchange(*parts))
        assert [reply.status for reply in found] == statuses + ([] if ends else [200])


def test_the_protocol_is_told_in_its_own_form(service: Service) -> None:
    """What is no request, to /v2, is the protocol's error."""
    [reply] = replies(service.exchange(b"GET /v2/health/live HTTP/1.1\r\n\r\n"))
    refused(reply, 400, "malformed_request", protocol=True)


def test_a_wrong_request_waits_its_turn(service: Service) -> None:
    """Behind good ones, what is no request is answered after them, and after it nothing."""
    found = replies(service.exchange(LIVE + call() + b"FOO\r\n\r\n" + LIVE))
    assert [reply.status for reply in found] == [200, 200, 400]
    refused(found[-1], 400, "malformed_request")


def test_a_refusal_keeps_the_clients_id(service: Service) -> None:
    """The id that a wrong request brought is its reply's."""
    [reply] = replies(service.exchange(GET + b"X-Request-ID: mine\r\n\r\n"))
    assert reply.fields["x-request-id"] == "mine"


def test_head_has_no_content(service: Service) -> None:
    """HEAD gets the head of GET's reply, a refused one that of its problem, and pipelining goes on behind it."""
    last = LIVE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    found = service.exchange(LIVE.replace(b"GET", b"HEAD") + last)
    head, _, rest = found.partition(b"\r\n\r\n")
    [first], [second] = replies(head + b"\r\n\r\n", head=True), replies(rest)
    assert (first.status, first.fields["content-length"]) == (200, str(len(second.content)))
    [reply] = replies(service.exchange(b"HEAD / HTTP/1.1\r\n\r\n"), head=True)
    assert (reply.status, reply.fields["connection"]) == (400, "close")
