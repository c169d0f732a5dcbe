"""`python -m benchmarks [--quick]`: a table; exit status 1 if a target is missed."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable

from benchmarks import binary, core, experiment, http
from benchmarks.comparison import HEADINGS


def main() -> int:
    """Measure, and show."""
    parser = ArgumentParser(prog="benchmarks", description="How fast it is, beside what one would use instead.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher figures")
    rounds = 5 if parser.parse_args().quick else 15
    rooms = http, binary, core, experiment
    comparisons = [comparison for room in rooms for comparison in room.compare(rounds)]
    sys.stdout.write(_table([HEADINGS, *(comparison.cells() for comparison in comparisons)]))
    return int(any(comparison.missed for comparison in comparisons))


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *figures = row
    aligned = (figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
    return "  ".join((name.ljust(widths[0]), *aligned)).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
