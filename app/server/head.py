"""The head of a request: its target and header fields, refused where two servers could read them differently.

The parser refuses most of that; here is what it takes (RFC 9112, sections 2.3, 3.2 and 6.1).
"""

import re
from functools import lru_cache
from typing import Final

import httptools

from app.errors import Malformed, TooLarge

Fields = list[tuple[bytes, bytes]]

MOST_BYTES: Final = 2**16
"""Of target, names and values together."""
MOST_COMING: Final = 2 * MOST_BYTES
"""Of all that comes without the end of a head or any content, so that nothing is kept that grows without an end."""
MOST_FIELDS: Final = 100
# reg-name, IPv4 or [IPv6] of RFC 3986, and a port; nothing is allowed
_HOST: Final = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f.:]+\])(?::\d*)?")


def check(version: str, fields: Fields) -> None:
    """Raise `Malformed` or `TooLarge` unless all servers read it alike."""
    if len(fields) > MOST_FIELDS:
        raise too_large()
    by_name = dict(fields)
    if version not in ("1.1", "1.0"):
        raise malformed(f"HTTP/{version} is not spoken here")
    if len(by_name) < len(fields) or b"host" not in by_name:
        _check_hosts(version, [value for name, value in fields if name == b"host"])
    if not _is_host(by_name.get(b"host", b"")):
        raise malformed("Host is a name or an address, and perhaps a port")
    if b"transfer-encoding" in by_name:
        _check_codings(version, [value for name, value in fields if name == b"transfer-encoding"])


def check_size(target: bytes, fields: Fields) -> None:
    """Raise `TooLarge` unless it has as many bytes as it may have."""
    if len(target) + sum(len(name) + len(value) for name, value in fields) > MOST_BYTES:
        raise too_large()


def target(method: bytes, url: bytes) -> tuple[bytes, bytes]:
    """Path and query of a target (RFC 9112, section 3.2). Raises `Malformed` if it has none."""
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        raise malformed("the target of a request is a path, or an address with one") from None
    if method == b"CONNECT":
        raise malformed("this is no proxy")
    return parsed.path or b"/", parsed.query or b""


def _check_hosts(version: str, hosts: list[bytes]) -> None:
    least = 1 if version == "1.1" else 0
    if not least <= len(hosts) <= 1:
        raise malformed(f"a request has one header Host, got {len(hosts)}")


@lru_cache(maxsize=16)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _check_codings(version: str, codings: list[bytes]) -> None:
    if [coding.strip(b" \t").lower() for coding in codings] != [b"chunked"] or version == "1.0":
        raise malformed("Transfer-Encoding is chunked, once, in HTTP/1.1")


def too_large() -> TooLarge:
    """The error of a head that is larger than it may be."""
    return TooLarge.of(
        "headers_too_large", f"target and headers may have {MOST_BYTES} bytes in {MOST_FIELDS} fields, got more"
    )


def malformed(rule: str) -> Malformed:
    """The error of what is no request, or two at once."""
    return Malformed.of("malformed_request", rule)
