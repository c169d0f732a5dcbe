"""`python -m benchmarks.survive`: tables, and the curve as a picture where a file is named for it."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, get_args

from benchmarks.survive import bombs, contestants, cores, hangups, slow, stops, table, target
from benchmarks.survive.arrivals import ARRIVALS
from benchmarks.survive.chart import chart
from benchmarks.survive.flood import LOADS, Curve, Plan, curve
from benchmarks.survive.target import Call

_MOST_OF_ARRAYS: Final = 5
"""Capacities at which arrays still cost their generator less than their server."""
_CALLS: Final[tuple[Call, ...]] = get_args(Call)
_IN_TRANSFER: Final = 200_000
"""Bytes that a transfer must bring in each period."""
_BEYOND: Final = 5.0
"""Seconds after a deadline in which who is slow must be gone."""


def main() -> None:
    """Measure what is asked for, and show."""
    asked = _arguments()
    for name in asked.only:
        for text in _PARTS[name](asked):
            sys.stdout.write(text + "\n")
            sys.stdout.flush()


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="benchmarks.survive", description="What becomes of a service that is asked for more.")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), help="parts to measure; default all")
    parser.add_argument("--seconds", type=float, default=20, help="of each flood, and a deadline; default 20")
    parser.add_argument("--loads", type=float, nargs="+", default=LOADS, help="of the floods, in capacities")
    parser.add_argument("--servers", nargs="+", choices=contestants.NAMES, default=contestants.there())
    parser.add_argument("--clients", type=int, default=1000, help="that are slow, of each kind; default 1000")
    parser.add_argument("--rounds", type=int, default=stops.ROUNDS, help="of stops; default 50")
    parser.add_argument("--svg", type=Path, help="the file for the curve")
    parser.add_argument("--url", help="flood the server at this http://host:port/path instead")
    parser.add_argument("--body", help="the file with the body of its calls; default an experiment of this service")
    parser.add_argument("--media-type", default="application/json", help="of that body")
    parser.add_argument("--health", default="/health/live", help="the path that says whether it is alive")
    parser.add_argument("--pid", type=int, default=0, help="its process, where it is one of this machine")
    return parser.parse_args()


def _flood(asked: Namespace) -> Iterator[str]:
    yield f"## More and more load\n\n{cores.note()}\n"
    curves = []
    for one in _curves(asked):
        curves.append(one)
        yield table.summary(one)
    yield table.floods(curves)
    if asked.svg:
        asked.svg.write_text(chart([one for one in curves if not one.target.name.endswith(", arrays")]))


def _curves(asked: Namespace) -> Iterator[Curve]:
    if asked.url:
        there = target.of_url(
            asked.url, body=asked.body, media_type=asked.media_type, health=asked.health, pid=asked.pid
        )
        yield curve(there, _plan(asked, asked.loads))
        return
    for call in _CALLS:
        loads = [load for load in asked.loads if call == "experiment" or load <= _MOST_OF_ARRAYS]
        for name in asked.servers:
            if loads and contestants.takes(name, call):
                with contestants.running(name, call) as there:
                    named = there._replace(name=f"{name}, arrays" if call == "array" else name)
                    yield curve(named, _plan(asked, loads))


def _plan(asked: Namespace, loads: Sequence[float]) -> Plan:
    return Plan(loads, asked.seconds, ARRIVALS["poisson"])


def _slow(asked: Namespace) -> Iterator[str]:
    yield "## Slow clients\n"
    seconds = max(1, round(asked.seconds))
    for name in _plain(asked):
        of_ours = _deadlines(seconds) if name == contestants.OURS else {}
        with contestants.running(name, settings=of_ours) as there:
            yield slow.rows(slow.hold(there, seconds + _BEYOND, asked.clients))


def _deadlines(seconds: int) -> dict[str, str]:
    """Settings of this service: its defaults where there are 20 seconds, else as many bytes in less time."""
    rate = _IN_TRANSFER // seconds
    return {
        "header_seconds": str(max(1, seconds // 2)),
        "transfer_seconds": str(seconds),
        "min_bytes_per_second": str(rate),
    }


def _bombs(_: Namespace) -> Iterator[str]:
    yield "## Bodies that inflate\n"
    yield bombs.rows(bombs.explode())


def _stops(asked: Namespace) -> Iterator[str]:
    yield "## Stops\n"
    yield stops.rows([stops.stop(name, asked.rounds) for name in _plain(asked)])


def _hangups(asked: Namespace) -> Iterator[str]:
    yield "## Clients that hang up\n"
    found = []
    for name in _plain(asked):
        with contestants.running(name) as there:
            found.append(hangups.hang_up(there))
    yield hangups.rows(found)


def _plain(asked: Namespace) -> list[str]:
    """The servers that take all of this service's own calls."""
    return [name for name in asked.servers if all(contestants.takes(name, call) for call in _CALLS)]


_PARTS: Final[dict[str, Callable[[Namespace], Iterator[str]]]] = {
    "flood": _flood,
    "slow": _slow,
    "bombs": _bombs,
    "stops": _stops,
    "hangups": _hangups,
}


if __name__ == "__main__":
    main()
