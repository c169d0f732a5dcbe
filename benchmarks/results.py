"""What was measured, as text: the tables that docs/performance.md quotes."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from math import prod
from typing import Final

from benchmarks.arrays import Shape
from benchmarks.bound import Bound
from benchmarks.comparison import HEADINGS, Comparison
from benchmarks.contest import Figure
from benchmarks.rooms import Room
from benchmarks.table import table
from benchmarks.way import SHORT, WAYS, Way

Rows = Sequence[Comparison | Bound]
_PACKAGES: Final = ("numpy", "fastapi", "uvicorn", "orjson", "pysimdjson", "torch")


def told(rows: Rows, figures: Sequence[Figure], rooms: Sequence[Room]) -> str:
    """All of it, in Markdown."""
    parts = (
        "# What `make bench` measured\n",
        f"{_machine()}\n",
        "## Time and memory of a request\n",
        "Medians of the time by the client’s clock; and the most memory that the service’s processes had while they\n"
        "answered the first of these requests, where what they share is counted for each.\n",
        contest(figures),
        "## In short\n",
        "The same of the ways that most take first.\n",
        contest(figures, SHORT, "service"),
        "## The targets\n",
        table(HEADINGS, (row.cells() for row in rows)),
        "## The way of a small request\n",
        way(rooms),
    )
    return "\n".join(parts)


def _machine() -> str:
    """What the figures stand on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}, {packages}."


def contest(figures: Iterable[Figure], ways: Sequence[Way] = WAYS, heading: str = "service, transport") -> str:
    """A row for each way, a column for each size."""
    found = {(figure.way, figure.shape): figure for figure in figures}
    shapes = sorted({shape for _, shape in found}, key=prod)
    rows = [(way.name, *(_cell(found.get((way, shape))) for shape in shapes)) for way in ways]
    return table((heading, *map(_size, shapes)), rows)


def _size(shape: Shape) -> str:
    return " × ".join(f"{length:,}" for length in shape)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    if figure.lacks:
        return f"NOT MEASURED: {figure.lacks}"
    memory = f", {figure.memory / 2**20:,.0f} MiB" if figure.memory else ""
    return f"{_milliseconds(figure.time)}{memory}"


def _milliseconds(time: float) -> str:
    return f"{time:,.{0 if time >= 10 else 2 if time >= 0.1 else 4}f} ms"


def way(rooms: Sequence[Room]) -> str:
    """A row for each room, and one for all."""
    whole = Room("all", *(sum(of) for of in zip(*(room[1:] for room in rooms), strict=True)))
    cells = (
        (room.name, f"{room.microseconds:.0f} µs", f"{room.calls:,.0f}", f"{room.calls + room.in_c:,.0f}")
        for room in (*rooms, whole)
    )
    return table(("room", "time", "calls in Python", "with those in C"), cells)
