"""The figures as a table in Markdown."""

from collections.abc import Iterable, Sequence
from math import isfinite, isnan

from benchmarks.survive.flood import Curve, Flood
from benchmarks.survive.outcome import quantile

_HEADINGS = (
    "server",
    "load",
    "offered /s",
    "served in 5 s, /s",
    "of its peak",
    "served in, p50 / p99",
    "refused /s",
    "refused in, p50 / p99",
    "neither, /s",
    "health p50 / p99 / max",
    "memory",
    "processor, of it for the served",
    "full speed after",
)


def floods(curves: Iterable[Curve]) -> str:
    """A row for each load of each server."""
    return table(_HEADINGS, [_cells(curve, flood) for curve in curves for flood in curve.floods])


def summary(curve: Curve) -> str:
    """What a server's figures stand on, in a sentence."""
    rate, cost, quiet = curve.capacity
    slip = max(flood.slip for flood in curve.floods)
    refusal = curve.refusal_cost
    parts = [f"{curve.target.name}: capacity {rate:.1f} calls/s, alone {milliseconds(quiet)}"]
    if cost:
        parts.append(f"{milliseconds(cost)} of processor time a call")
    if not isnan(refusal):
        parts.append(f"{milliseconds(refusal)} a refusal, {refusal / cost:.1%} of a call")
    return ", ".join(parts) + f". The generator was late by {milliseconds(slip)} at most (99 in 100).\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, ["---"] * len(headings), *rows))


def milliseconds(seconds: float) -> str:
    """A time, to be read at a glance."""
    if isnan(seconds):
        return "–"
    if not isfinite(seconds) or seconds >= 10:
        return f"{seconds:,.0f} s"
    return f"{seconds * 1e3:,.{0 if seconds >= 0.01 else 2}f} ms"


def _cells(curve: Curve, flood: Flood) -> tuple[str, ...]:
    return (
        curve.target.name,
        f"{flood.load:g} ×",
        f"{flood.offered:,.0f}",
        f"{flood.goodput:,.1f}",
        f"{flood.goodput / curve.peak:.0%}",
        quantiles(flood.calls, 0.5, 0.99),
        f"{flood.refused:,.0f}",
        quantiles(flood.refusals, 0.5, 0.99),
        f"{flood.lost:,.1f}",
        quantiles(flood.health, 0.5, 0.99, 1),
        f"{flood.memory / 2**20:,.0f} MiB" if flood.memory else "–",
        _processor(curve, flood),
        _recovery(flood.recovery),
    )


def quantiles(latencies: Sequence[float], *shares: float) -> str:
    """What such shares of some latencies are within."""
    return " / ".join(milliseconds(quantile(latencies, share)) for share in shares) if latencies else "–"


def _processor(curve: Curve, flood: Flood) -> str:
    """The share of a core that the server had, and what part of that went into calls that were served."""
    if not flood.processor:
        return "–"
    return f"{flood.processor:.0%}, {flood.goodput * curve.capacity.cost / flood.processor:.0%}"


def _recovery(seconds: float) -> str:
    return f"{seconds:.1f} s" if isfinite(seconds) else "not in 30 s"
