"""The way of a small request through the house: function calls and time, by room.

Calls are counted by `sys.setprofile`, which no noise can change: those of Python functions, each time that a coroutine
goes on among them, and those of functions in C. Time is what a request takes when nobody counts, divided as cProfile
divides it; so it is rough where functions are small.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from cProfile import Profile
from pathlib import Path
from statistics import median
from time import perf_counter
from types import FrameType
from typing import Any, Final, NamedTuple

from app.main import create_app
from app.settings import load
from benchmarks import request

_ROOT: Final = Path(__file__).resolve().parents[1]
_WARM_UP: Final = 200
_COUNTED: Final = 100
_TIMED: Final = 2000
MOST: Final = 220
"""Calls of Python functions that the whole way may take."""
_OWN: Final = "benchmarks"
"""The room of this module, which is no part of the way."""


class Room(NamedTuple):
    """What a request spends in a room. Functions in C are of the room that calls them, and so is their time."""

    name: str
    microseconds: float
    calls: float
    in_c: float


def walk() -> list[Room]:
    """The rooms that a JSON request of 5 × 4 goes through, those with the most calls first."""
    # the line of log a request is written, but to nowhere
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return asyncio.run(_walk())


def calls(rooms: Sequence[Room]) -> int:
    """The calls of Python functions in all rooms."""
    return round(sum(room.calls for room in rooms))


async def _walk() -> list[Room]:
    house = _House()
    await house.ask(_WARM_UP)
    counts = await _count(house)
    whole = median([await _microseconds(house) for _ in range(_TIMED)])
    seconds = await _seconds(house)
    scale = whole / seconds.total()
    rooms = [Room(name, seconds[name] * scale, *(of[name] / _COUNTED for of in counts)) for name in seconds]
    return sorted(rooms, key=lambda room: -room.calls)


async def _count(house: "_House") -> tuple[Counter[str], Counter[str]]:
    """The calls of Python functions in each room, and of those in C."""
    counts = {"call": Counter[str](), "c_call": Counter[str]()}

    def count(frame: FrameType, event: str, _function: object) -> None:
        if event in counts:
            counts[event][frame.f_code.co_filename] += 1

    sys.setprofile(count)
    await house.ask(_COUNTED)
    sys.setprofile(None)
    return _by_room(counts["call"]), _by_room(counts["c_call"])


async def _microseconds(house: "_House") -> float:
    started = perf_counter()
    await house.ask(1)
    return (perf_counter() - started) * 1e6


async def _seconds(house: "_House") -> Counter[str]:
    """The seconds in each room while cProfile watches, which makes all of it slower."""
    profile, seconds = Profile(), Counter[str]()
    profile.enable()
    await house.ask(_COUNTED)
    profile.disable()
    for entry in profile.getstats():
        if not isinstance(entry.code, str):
            in_c = sum(call.inlinetime for call in entry.calls or () if isinstance(call.code, str))
            seconds[entry.code.co_filename] += entry.inlinetime + in_c  # type: ignore[assignment]  # typed for counts
    return _by_room(seconds)


def _by_room(files: Counter[str]) -> Counter[str]:
    rooms = Counter[str]()
    for file, amount in files.items():
        rooms[_room(file)] += amount
    del rooms[_OWN]
    return rooms


def _room(file: str) -> str:
    """`app.wire`, say, of our own; of others the package."""
    path = Path(file)
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
    if not path.is_relative_to(_ROOT):
        return "Python’s own library"
    return ".".join(path.relative_to(_ROOT).with_suffix("").parts[: 2 if path.is_relative_to(_ROOT / "app") else 1])


class _House:
    """The application in this process, and a request to it."""

    def __init__(self) -> None:
        self._app = create_app(load({}))
        asked = request.json((5, 4))
        self._body = asked.body
        headers = {"host": "localhost", "content-type": asked.media_type, "content-length": str(len(asked.body))}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": asked.path,
            "raw_path": asked.path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }

    async def ask(self, times: int) -> None:
        """Ask so many times, one after the other."""
        for _ in range(times):
            await self._app({**self._scope, "state": {}}, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"answered {message['status']}")
