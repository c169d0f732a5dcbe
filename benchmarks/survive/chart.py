"""The curve as a picture: the share of its peak that each server still serves, against the load."""

from collections.abc import Iterable, Sequence
from html import escape
from math import log
from typing import Final

from benchmarks.survive.flood import Curve, Flood

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 130, 40, 48
_STROKES: Final = ("", "7 4", "2 3")
"""Told apart without colours too."""
_SHARES: Final = (0, 0.25, 0.5, 0.75, 1)

_STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #ddd }
.curve { fill: none; stroke-width: 2.5 }
.s0 { stroke: #0b62c4; fill: #0b62c4 } .s1 { stroke: #b3470b; fill: #b3470b } .s2 { stroke: #6b6b6b; fill: #6b6b6b }
path.curve { fill: none } text.name { stroke: none; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .grid { stroke: #444 }
  .s0 { stroke: #6cb0ff; fill: #6cb0ff } .s1 { stroke: #ff9d5c; fill: #ff9d5c } .s2 { stroke: #aaa; fill: #aaa }
  path.curve { fill: none }
}
"""


def chart(curves: Sequence[Curve]) -> str:
    """The curves of some servers as SVG."""
    loads = sorted({flood.load for curve in curves for flood in curve.floods})
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-labelledby="title desc">',
        '<title id="title">Goodput under load</title>',
        f'<desc id="desc">{escape(_description(curves))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="20">Calls answered within 5 s, as a share of the server’s peak</text>',
        *_grid(loads),
        *(part for number, curve in enumerate(curves) for part in _curve(number, curve, loads)),
        *_names(curves, loads),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _description(curves: Iterable[Curve]) -> str:
    """What the picture shows, in words."""
    return " ".join(
        f"{curve.target.name}: "
        + ", ".join(f"{_share(curve, flood):.0%} at {flood.load:g} times its capacity" for flood in curve.floods)
        + "."
        for curve in curves
    )


def _grid(loads: Sequence[float]) -> Iterable[str]:
    for share in _SHARES:
        y = _y(share)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    for load in loads:
        yield f'<text x="{_x(load, loads):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{load:g}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">calls offered, in capacities of the server</text>'


def _curve(number: int, curve: Curve, loads: Sequence[float]) -> Iterable[str]:
    points = [(_x(flood.load, loads), _y(_share(curve, flood))) for flood in curve.floods]
    path, look = "L".join(f"{x:.1f} {y:.1f}" for x, y in points), number % len(_STROKES)
    yield f'<path class="curve s{look}" stroke-dasharray="{_STROKES[look] or "none"}" d="M{path}"/>'
    yield from (f'<circle class="s{look}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)


def _names(curves: Sequence[Curve], loads: Sequence[float]) -> Iterable[str]:
    """The name of each beside its end, or below that of another."""
    below = 0.0
    for end, number in sorted((_y(_share(curve, curve.floods[-1])), number) for number, curve in enumerate(curves)):
        y = below = max(end + 4, below + 16)
        name, x = escape(curves[number].target.name), _x(loads[-1], loads) + 10
        yield f'<text class="name s{number % len(_STROKES)}" x="{x:.1f}" y="{y:.1f}">{name}</text>'


def _share(curve: Curve, flood: Flood) -> float:
    return flood.goodput / curve.peak


def _x(load: float, loads: Sequence[float]) -> float:
    """The place of a load: as far for twice as much wherever it is."""
    width = log(loads[-1] / loads[0]) or 1
    return _LEFT + log(load / loads[0]) / width * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)
