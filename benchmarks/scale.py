"""`python -m benchmarks.scale [--quick]`, in the venv of `make scale`: one process, workers, replicas, a cluster."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import dask.array as da
import numpy as np

from benchmarks.comparison import HEADINGS, Comparison, Measure, Target, interleaved, timed
from benchmarks.load import rate
from benchmarks.table import table
from examples import call
from examples.dask_array import dropped
from examples.experiment import part
from tests.deploy.nginx import before
from tests.scale.cluster import cluster
from tests.service import Service

_LAYER: Final = {"p": 0.4, "seed": 42}
_BLOCK: Final = 1_000_000
_BLOCKS: Final = 24
_PART: Final = 20_000_000
_PARTS: Final = 16
_BODY: Final = b'{"input": [[0.6485, 0.3114], [0.7352, 0.4634]], "p": 0.4, "seed": 42}'
_REQUEST: Final = (
    b"POST /v1/dropout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY


def main() -> int:
    """Measure, and show."""
    parser = ArgumentParser(prog="benchmarks.scale", description="What more processes bring.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher figures")
    rounds = 3 if parser.parse_args().quick else 9
    comparisons = [*_requests(rounds), *_blocks(rounds)]
    sys.stdout.write(table(HEADINGS, [comparison.cells() for comparison in comparisons]))
    return int(any(comparison.missed for comparison in comparisons))


# Small requests, whose number counts


def _requests(rounds: int) -> list[Comparison]:
    """Requests of 2 × 2 a second, beside one process."""
    with (
        _serving(threads="1") as one,
        _serving(workers="2") as two,
        _replicas() as (first, second),
        _folder() as folder,
    ):
        addresses = ["{}:{}".format(*replica.address) for replica in (first, second)]
        with before(folder, addresses) as nginx:
            ports = one.address[1], two.address[1], nginx.port
            alone, workers, balanced = interleaved(rounds, *map(_rate, ports))
    return [
        Comparison("requests a second: two workers, one process", "/s", (workers, alone)),
        Comparison("two replicas behind nginx, one process", "/s", (balanced, alone)),
    ]


def _rate(port: int) -> Measure:
    return partial(rate, port, _REQUEST, connections=16, seconds=1)


# Blocks of an array, whose size counts


def _blocks(rounds: int) -> list[Comparison]:
    """Two workers with a replica each, beside one with one; and what the wire costs, beside numpy without any."""
    with _replicas() as (first, second), cluster([first.url]) as one, cluster([first.url, second.url]) as two:
        os.environ["EXAMPLES_URL"] = first.url
        works: list[Callable[[], Any]] = [partial(work, on) for work in (_experiment, _array) for on in (one, two)]
        works += [_by_call, partial(_by_call, training="false"), _by_numpy]
        measures = (timed(perf_counter, work) for work in works)
        part_one, part_two, array_one, array_two, called, carried, by_numpy = interleaved(rounds, *measures)
    return [
        Comparison("320 M simulated in parts: two and two, one and one", "ms", (part_two, part_one), Target(1 / 1.7)),
        Comparison("24 M float32 in blocks: two and two, one and one", "ms", (array_two, array_one), Target(1 / 1.7)),
        Comparison("1 M float32 by a call, numpy here", "ms", (called, by_numpy)),
        Comparison("the same, a call that changes nothing", "ms", (called, carried)),
    ]


def _experiment(client: Any) -> None:
    starts = range(0, _PARTS * _PART, _PART)
    client.gather(client.map(part, starts, size=_PART, whole=_PARTS * _PART, pure=False, **_LAYER))


def _array(client: Any) -> None:
    x = da.ones((_BLOCKS * _BLOCK,), chunks=_BLOCK, dtype="float32")
    dropped(x, **_LAYER).sum().compute(scheduler=client)


_X: Final = np.random.default_rng(0).random(_BLOCK, np.float32)


def _by_call(**layer: str) -> None:
    call.dropout(_X, _X.shape, (0,), **_LAYER | layer)


def _by_numpy() -> Any:
    """As most would write it."""
    return _X * (np.random.default_rng(42).random(_X.shape) >= _LAYER["p"]) / np.float32(1 - _LAYER["p"])


# What is measured


@contextmanager
def _serving(**settings: str) -> Iterator[Service]:
    with closing(Service(**settings)) as service:
        yield service


@contextmanager
def _replicas() -> Iterator[tuple[Service, Service]]:
    with ExitStack() as stack:
        yield (stack.enter_context(_serving(threads="1")), stack.enter_context(_serving(threads="1")))


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
