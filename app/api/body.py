"""A request's body: bytes of a known type, never more than allowed, received or inflated."""

import zlib
from collections.abc import Iterable, Mapping
from email.message import Message
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

from starlette.requests import Request

from app.api.pool import WorkerPool
from app.errors import Malformed, TooLarge, Unsupported
from app.wire import json

# zlib's window sizes: of gzip, and of either a zlib header or none, as clients disagree on "deflate"
_WINDOWS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_STEP: Final = 2**12
"""Bytes inflated at a time, to 4 MiB at most: deflate makes a thousandth of a text at best."""
_GROWTH: Final = 32
"""How much text of numbers may grow, about, as it is inflated."""


async def receive(request: Request, fields: Mapping[str, str], most: int, pool: WorkerPool) -> bytearray:
    """The body of a request with these header fields, inflated.

    Raises `Unsupported` for another encoding, `TooLarge` as soon as it has more than `most` bytes, `Malformed` if it is
    not compressed as its header says.
    """
    encoding = fields.get("content-encoding", "identity").strip().lower()
    if encoding != "identity" and encoding not in _WINDOWS:
        raise Unsupported.of("unsupported_media_type", "Content-Encoding must be gzip or deflate, or be left out")
    declared = fields.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > most:
        raise _too_large(most)
    body = await _read(request, most)
    return body if encoding == "identity" else await pool.run(len(body) * _GROWTH, inflate, body, encoding, most)


def media_type(header: str, choices: Iterable[str]) -> str:
    """The one of the choices that a Content-Type header, "" if there is none, names. Raises `Unsupported` if none.

    Its parameters mean nothing here, but for the charset of text.
    """
    if header in choices:  # as nearly all clients write it; a parser takes longer than a small request
        return header
    message = Message()
    message["content-type"] = header[:_LONGEST]
    name, charset = message.get_content_type(), message.get_content_charset("")
    if name not in choices:
        got = header.partition(";")[0].strip()[:40] or "none"
        raise Unsupported.of("unsupported_media_type", f"Content-Type must be {' or '.join(choices)}; got {got}")
    if name == json.MEDIA_TYPE and normalize_encoding(charset) not in _UTF_8:
        raise Unsupported.of("unsupported_media_type", f"text must be UTF-8; got the charset {charset[:40]}")
    return name


_LONGEST: Final = 1000
"""Characters of the header that are looked at: the time for parameters grows with their square."""
_UTF_8: Final = {"", "utf_8", "ascii"} | {name for name, of in aliases.items() if of in ("utf_8", "ascii")}
"""What UTF-8 is called, and ASCII, which is a part of it; Python would keep each name that it was asked for."""


async def _read(request: Request, most: int) -> bytearray:
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Malformed.of("malformed_encoding", "the connection was closed before the end of the body")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise _too_large(most)
    return body


def inflate(body: bytearray, encoding: str, most: int) -> bytearray:
    """The content of a compressed body, in memory that never exceeds `most` bytes by more than a step's."""
    for window in _WINDOWS[encoding]:
        try:
            return _inflate(body, window, most)
        except zlib.error:
            continue
    raise Malformed.of("malformed_encoding", f"the body is not {encoding}, as Content-Encoding says")


def _inflate(body: bytearray, window: int, most: int) -> bytearray:
    content, stream = bytearray(), zlib.decompressobj(window)
    for at in range(0, len(body), _STEP):
        rest: bytes | bytearray = body[at : at + _STEP]
        while rest:
            if stream.eof:  # gzip files may follow each other
                stream = zlib.decompressobj(window)
            content += stream.decompress(rest)
            rest = stream.unused_data
        if len(content) > most:
            raise _too_large(most)
    if not stream.eof:
        raise zlib.error("the end is missing")
    return content


def _too_large(most: int) -> TooLarge:
    return TooLarge.of(
        "body_too_large", f"a body may have {most} bytes (DROPOUT_MAX_BODY_BYTES), as sent and as inflated"
    )
