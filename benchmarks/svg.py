"""Curves as a picture: panels beside each other that share the axis upwards, for light and dark pages.

A curve is told by its colour, its dashes and the name at its end; a screen reader has the description.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import log
from statistics import fmean
from typing import Final, NamedTuple

Point = tuple[float, float]

_PANEL, _NAMES, _HEIGHT = 340, 240, 520
_LEFT, _TOP, _BOTTOM = 64, 68, 56
_LINE: Final = 16
_COLOURS: Final = (
    ("#0b62c4", "#6cb0ff"),
    ("#b3470b", "#ff9d5c"),
    ("#1a7f37", "#56d364"),
    ("#8250df", "#c297ff"),
    ("#a40e5c", "#ff80bf"),
    ("#7a6200", "#e3b341"),
)
"""On light and on dark, each with a contrast of at least 4.5."""
_DASHES: Final = ("none", "8 3", "3 2", "8 2 2 2", "14 3")
_FLOOR: Final = ("#59636e", "#9198a1")

_STYLE: Final = """
.page { fill: #fff } text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 } .panel { font-weight: 600 }
.grid { stroke: #d1d9e0 } .curve { fill: none; stroke-width: 2.5 } .floor { stroke-width: 1.5 }
"""
_DARK: Final = ".page { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #3d444d }"


class Axis(NamedTuple):
    """An axis whose equal lengths are equal ratios. label : of a tick."""

    title: str
    ticks: Sequence[float]
    label: Callable[[float], str]

    def share(self, value: float) -> float:
        """How far along a value is, from 0 to 1."""
        return log(value / self.ticks[0]) / log(self.ticks[-1] / self.ticks[0])


class Curve(NamedTuple):
    """A curve. kind : those of one kind have one colour; None is a floor, which no other can be below."""

    name: str
    points: Sequence[Point]
    kind: int | None


class Panel(NamedTuple):
    """Curves over one axis."""

    title: str
    curves: Sequence[Curve]


def picture(title: str, description: str, across: Axis, up: Axis, panels: Sequence[Panel]) -> str:
    """The panels as SVG."""
    width = len(panels) * (_LEFT + _PANEL + _NAMES)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(description)}</desc>',
        f"<style>{_STYLE}{_colours(0)}@media (prefers-color-scheme: dark) {{ {_DARK}\n{_colours(1)}}}</style>",
        f'<rect class="page" width="{width}" height="{_HEIGHT}"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text x="16" y="{_TOP - 12}">{escape(up.title)}</text>',
    ]
    for number, panel in enumerate(panels):
        lines += _panel(panel, _LEFT + number * (_LEFT + _PANEL + _NAMES), across, up)
    return "\n".join([*lines, "</svg>\n"])


def _colours(dark: int) -> str:
    kinds = (*(pair[dark] for pair in _COLOURS), _FLOOR[dark])
    return "".join(
        f".c{number} {{ stroke: {colour} }} text.c{number} {{ stroke: none; fill: {colour} }}\n"
        for number, colour in enumerate(kinds)
    )


def _panel(panel: Panel, left: float, across: Axis, up: Axis) -> Iterator[str]:
    middle, bottom = left + _PANEL / 2, _HEIGHT - _BOTTOM
    yield f'<text class="panel" x="{middle}" y="{_TOP - 12}" text-anchor="middle">{escape(panel.title)}</text>'
    for tick in up.ticks:
        yield f'<path class="grid" d="M{left} {_y(up, tick):.1f}h{_PANEL}"/>'
        yield f'<text x="{left - 8}" y="{_y(up, tick) + 4:.1f}" text-anchor="end">{escape(up.label(tick))}</text>'
    for tick in across.ticks:
        x = left + across.share(tick) * _PANEL
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{escape(across.label(tick))}</text>'
    yield f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(across.title)}</text>'
    yield from _curves(panel.curves, left, across, up)


def _curves(curves: Sequence[Curve], left: float, across: Axis, up: Axis) -> Iterator[str]:
    looks, ends = _looks(curves), list[tuple[float, float, int]]()
    for number, curve in enumerate(curves):
        points = [(left + across.share(x) * _PANEL, _y(up, y)) for x, y in curve.points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        look, dashes = looks[number]
        floor = " floor" if curve.kind is None else ""
        yield f'<path class="curve{floor} c{look}" stroke-dasharray="{dashes}" d="M{path}"/>'
        ends.append((points[-1][1], points[-1][0], number))
    ends.sort()
    for (y, x, number), beside in zip(ends, _apart([end[0] for end in ends]), strict=True):
        look, edge = looks[number][0], left + _PANEL + 16
        yield f'<path class="c{look}" d="M{x + 2:.1f} {y:.1f}L{edge - 4} {beside:.1f}"/>'
        yield f'<text class="c{look}" x="{edge}" y="{beside + 4:.1f}">{escape(curves[number].name)}</text>'


def _looks(curves: Sequence[Curve]) -> list[tuple[int, str]]:
    """The colour and the dashes of each: every curve of a kind has others; floors are all alike."""
    before, looks = Counter[int | None](), list[tuple[int, str]]()
    for curve in curves:
        dashes = _DASHES[before[curve.kind] % len(_DASHES)]
        looks.append((len(_COLOURS), "1 3") if curve.kind is None else (curve.kind % len(_COLOURS), dashes))
        before[curve.kind] += 1
    return looks


def _apart(places: Sequence[float]) -> list[float]:
    """The places of names, from the top, none over another, and as near to their own as that lets them.

    Less a line for each name above, places have only to be in order; those that are not share their mean (isotonic
    regression, by pooling adjacent violators).
    """
    pools = list[list[float]]()
    for number, place in enumerate(places):
        pools.append([place - number * _LINE])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    means = (fmean(pool) for pool in pools for _ in pool)
    return [mean + number * _LINE for number, mean in enumerate(means)]


def _y(up: Axis, value: float) -> float:
    return _TOP + (1 - up.share(value)) * (_HEIGHT - _TOP - _BOTTOM)
