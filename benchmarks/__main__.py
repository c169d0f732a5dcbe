"""`python -m benchmarks [--quick]`: a table; exit status 1 if a target is missed."""

import sys
from argparse import ArgumentParser

from benchmarks import binary, core, experiment, http
from benchmarks.comparison import table


def main() -> int:
    """Measure, and show."""
    parser = ArgumentParser(prog="benchmarks", description="How fast it is, beside what one would use instead.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher figures")
    rounds = 5 if parser.parse_args().quick else 15
    rooms = http, binary, core, experiment
    comparisons = [comparison for room in rooms for comparison in room.compare(rounds)]
    sys.stdout.write(table(comparisons))
    return int(any(comparison.missed for comparison in comparisons))


if __name__ == "__main__":
    sys.exit(main())
