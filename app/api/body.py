"""A request's body: bytes of a known type, never more than allowed, received or inflated."""

import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from email.message import Message
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Any, Final

from starlette.types import Receive

from app.errors import Malformed, TooLarge, Unsupported
from app.wire import json

# zlib's window sizes: of gzip, and of either a zlib header or none, as clients disagree on "deflate"
_WINDOWS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_IDENTITY: Final = "identity"
_KNOWN: Final = {_IDENTITY, *_WINDOWS}
_STEP: Final = 2**12
"""Bytes inflated at a time, to 4 MiB at most: deflate makes a thousandth of a text at best."""
_GROWTH: Final = 2**22
"""Bytes that the content grows by before more room is asked for; a step can add as many again."""
_RATIO: Final = 32
"""How much text of numbers may grow, about, as it is inflated."""
Hold = Callable[[int], None]
Runner = Callable[..., Awaitable[Any]]


def declared(fields: Mapping[str, str], most: int) -> int:
    """The bytes of a body that its header fields announce, 0 if they do not.

    Raises `Unsupported` for an encoding that is not one of those here, `TooLarge` for more than `most` bytes.
    """
    if _encoding(fields) not in _KNOWN:
        raise Unsupported.of("unsupported_media_type", "Content-Encoding must be gzip or deflate, or be left out")
    length = fields.get("content-length", "0")
    size = int(length[:20]) if length.isdecimal() else 0
    if size > most:
        raise _too_large(most)
    return size


def _encoding(fields: Mapping[str, str]) -> str:
    return fields["content-encoding"].strip().lower() if "content-encoding" in fields else _IDENTITY


async def received(receive: Receive, most: int, hold: Hold | None) -> bytearray:
    """The body of a request, as it was sent.

    hold : takes how many bytes there are, where they were not announced. Raises `TooLarge` as soon as there are more
    than `most`, and what `hold` raises.
    """
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed.of("malformed_encoding", "the connection was closed before the end of the body")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise _too_large(most)
        if hold:
            hold(len(body))
    return body


async def inflated(body: bytearray, fields: Mapping[str, str], most: int, *, hold: Hold, run: Runner) -> bytearray:
    """The content of a body with these header fields, room for which is held as it grows.

    run : runs a function on so many bytes. Raises `TooLarge` as soon as there are more than `most`, `Malformed` if it
    is not compressed as the header says, and what `hold` raises.
    """
    encoding, content = _encoding(fields), bytearray()
    if encoding == _IDENTITY:
        return body
    steps = inflating(body, encoding, most)
    while True:
        hold(len(body) + len(content) + 2 * _GROWTH)
        more = await run(len(body) * _RATIO, next, steps, None)
        if more is None:
            return content
        content = more


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


def inflating(body: bytearray, encoding: str, most: int) -> Iterator[bytearray]:
    """The content of a compressed body as it grows, by `_GROWTH` bytes or twice as many at a time, until it is whole.

    Raises `TooLarge` as soon as it has more than `most` bytes, `Malformed` if it is not compressed so.
    """
    for window in _WINDOWS[encoding]:
        try:
            yield from _inflating(body, window, most)
            return
        except zlib.error:
            continue
    raise Malformed.of("malformed_encoding", f"the body is not {encoding}, as Content-Encoding says")


def _inflating(body: bytearray, window: int, most: int) -> Iterator[bytearray]:
    content, stream, seen = bytearray(), zlib.decompressobj(window), 0
    for at in range(0, len(body), _STEP):
        rest: bytes | bytearray = body[at : at + _STEP]
        while rest:
            if stream.eof:  # gzip files may follow each other
                stream = zlib.decompressobj(window)
            content += stream.decompress(rest)
            rest = stream.unused_data
        if len(content) > most:
            raise _too_large(most)
        if len(content) - seen >= _GROWTH:
            seen = len(content)
            yield content
    if not stream.eof:
        raise zlib.error("the end is missing")
    yield content


def _too_large(most: int) -> TooLarge:
    return TooLarge.of(
        "body_too_large", f"a body may have {most} bytes (DROPOUT_MAX_BODY_BYTES), as sent and as inflated"
    )
