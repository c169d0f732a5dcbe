"""The contest as a picture: time against size, JSON and bytes, the floors drawn in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil, floor, log10, prod
from typing import Final

from benchmarks.contest import Figure
from benchmarks.svg import Axis, Curve, Panel, picture
from benchmarks.way import FLOORS, WAYS, Way

_LEAST: Final = 0.01
"""Milliseconds that even an empty request takes: copies that take less would only lengthen the axis."""


def drawn(figures: Iterable[Figure]) -> str:
    """All figures there are, as SVG."""
    points = defaultdict[Way, list[tuple[float, float]]](list)
    for figure in figures:
        if not figure.lacks and figure.time >= _LEAST:
            points[figure.way].append((prod(figure.shape), figure.time))
    kinds = list(dict.fromkeys(way.service.name for way in WAYS if way not in FLOORS))
    curves = {
        way: Curve(way.name, sorted(of), None if way in FLOORS else kinds.index(way.service.name))
        for way, of in points.items()
    }
    panels = [
        Panel("JSON", [curve for way, curve in curves.items() if way.is_text]),
        Panel("Bytes", [curve for way, curve in curves.items() if not way.is_text]),
    ]
    sizes = sorted({size for of in points.values() for size, _ in of})
    times = [time for of in points.values() for _, time in of]
    return picture(
        "Time of a request against its size",
        _description(panels),
        Axis("elements", sizes, lambda size: f"{size:,.0f}" if size < 10**6 else f"{size / 10**6:.0f} M"),
        Axis("time", _decades(times), lambda time: f"{time:g} ms" if time < 1000 else f"{time / 1000:g} s"),
        panels,
    )


def _decades(times: Sequence[float]) -> list[float]:
    """Powers of ten around all times."""
    lowest, highest = floor(log10(min(times))), ceil(log10(max(times)))
    return [10.0**power for power in range(lowest, highest + 1)]


def _description(panels: Iterable[Panel]) -> str:
    """What the picture shows, in words."""
    return " ".join(
        f"{curve.name}: " + ", ".join(f"{time:.3g} ms for {size:,.0f}" for size, time in curve.points) + "."
        for panel in panels
        for curve in panel.curves
    )
