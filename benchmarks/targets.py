"""What the figures of the contest have to be, beside each other."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from benchmarks import way
from benchmarks.arrays import Shape
from benchmarks.comparison import Comparison, Target
from benchmarks.contest import Figure
from benchmarks.way import Way

_MILLION: Final = (1000, 1000)
_TEN_MILLION: Final = (10_000, 1000)
_PAIRS: Final[Sequence[tuple[str, Shape, Way, tuple[Way, ...], float | None]]] = (
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.PLAIN_JSON,), 0.20),
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.PARSED,), 1.5),
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.ECHO_JSON, way.PARSED), None),
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.MLSERVER_JSON,), 1 / 8),
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.BENTOML_JSON,), 1 / 5),
    ("1000 × 1000 JSON", _MILLION, way.OURS_JSON, (way.LITSERVE_JSON,), 1 / 30),
    ("1000 × 1000 float32 by tritonclient", _MILLION, way.OURS_V2, (way.PLAIN_JSON,), 0.035),
    ("1000 × 1000 float32 by tritonclient", _MILLION, way.OURS_V2, (way.MLSERVER_CLIENT,), 1 / 40),
    ("10 million float32 raw", _TEN_MILLION, way.OURS_RAW, (way.ECHO_RAW,), 1.0),
)


def compare(figures: Iterable[Figure]) -> list[Comparison]:
    """The rows of the contest: those that have a target, and what several floors come to together."""
    found = {(figure.way, figure.shape): figure for figure in figures}
    return [_compared(found, *pair) for pair in _PAIRS]


def _compared(
    found: Mapping[tuple[Way, Shape], Figure],
    name: str,
    shape: Shape,
    ours: Way,
    theirs: Sequence[Way],
    limit: float | None,
) -> Comparison:
    figures = [found.get((of, shape)) or Figure(of, shape, lacks="not asked for") for of in (ours, *theirs)]
    lacks = " ".join(figure.lacks for figure in figures).strip()
    own, *others = [figure.milliseconds for figure in figures]
    times = own, [sum(each) for each in zip(*others, strict=not lacks)]
    full = f"{name}: {' + '.join(of.name for of in theirs)}"
    return Comparison(full, "ms", times, None if limit is None else Target(limit), lacks=lacks)
