"""An experiment larger than a call may make, in parts, on a Dask cluster.

Of how many elements, and how many a part: `python -m examples.experiment 1_000_000_000_000 250_000_000`.
"""

import sys
from contextlib import redirect_stdout

from distributed import Client, progress

from examples.call import simulate
from examples.merge import together


def part(first, size, whole, **call):
    """The statistics of `size` elements from `first` on, of an experiment on `whole`."""
    return simulate(shape=[min(size, whole - first)], whole=[whole], origin=[first], **call)["statistics"]


def experiment(client, whole, size, **call):
    """The statistics of all parts together, which a Dask cluster asks for."""
    parts = client.map(part, range(0, whole, size), size=size, whole=whole, retries=5, **call)
    with redirect_stdout(sys.stderr):
        progress(parts)
    return together(client.gather(parts))


if __name__ == "__main__":
    whole, size = map(int, sys.argv[1:] or (40_000_000, 5_000_000))
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        found = experiment(client, whole, size, p=0.4, seed=42)
    print(f"dropped {found['dropped']:,} of {found['decisions']:,}: {found['drop_rate']:.6f}")
    print(f"mean {found['input']['mean']:.6f} before, {found['output']['mean']:.6f} after")
