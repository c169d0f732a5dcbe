"""The sockets that a service listens on: opened once, shared by its processes, closed so that nobody is turned away."""

import ctypes
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

BACKLOG: Final = 2048
"""Connections that wait to be accepted."""
UNSENT: Final = 2**17
"""Bytes that the system takes before it can send them; by default megabytes, which hide whether a client takes any."""
_ATTACH_FILTER: Final = 26
"""Linux's SO_ATTACH_FILTER, which Python has no name for."""
_FILTER: Final = (
    (0x30, 0, 0, 13),  # load the flags of TCP's header
    (0x54, 0, 0, 0x02),  # of those, SYN
    (0x15, 0, 1, 0),  # where it is not set, go on; else pass one by
    (0x06, 0, 0, 2**32 - 1),  # keep the whole packet
    (0x06, 0, 0, 0),  # keep nothing of it
)
"""A packet filter (BPF): packets that open a connection are dropped. Those of a connection that is being opened, and of
one that is open, whose socket inherits the filter, are not."""
_IF_THERE: Final = suppress(OSError)
"""Sandboxes that stand in for Linux leave options out."""


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of a host. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, at) for family, _, _, _, at in found)
    return [_listen(at, family) for family, at in addresses]


def _listen(at: Any, family: socket.AddressFamily) -> socket.socket:
    found = socket.create_server(at[:2], family=family, backlog=BACKLOG)
    # each connection has it from here
    with _IF_THERE:
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    return found


def url(sockets: list[socket.socket]) -> str:
    """The address of the first."""
    host, port = sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def refuse(sockets: Iterable[socket.socket]) -> None:
    """Let no more connections in, while those that wait can still be accepted.

    A socket that is closed resets whoever has come in since it was last asked. Linux can pass by the packets that open
    a connection; the client sends them again, and finds the socket closed, before it has sent anything else.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in _FILTER))
    attach = struct.pack("HP", len(_FILTER), ctypes.addressof(program))
    for one in sockets if sys.platform == "linux" else ():
        with _IF_THERE:
            one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, attach)
