"""A real Dask cluster: each of its workers is a process of its own, and has a replica of the service to ask."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from distributed import Client, LocalCluster

from tests.service import ROOT


@contextmanager
def cluster(urls: Sequence[str]) -> Iterator[Client]:
    """A client of a cluster that has a worker for each of these addresses."""
    with LocalCluster(n_workers=0, dashboard_address=":0") as scheduler, ExitStack() as workers:
        for url in urls:
            workers.enter_context(_worker(scheduler.scheduler_address, url))
        with Client(scheduler) as client:
            client.wait_for_workers(len(urls), timeout=60)
            yield client


@contextmanager
def _worker(scheduler: str, url: str) -> Iterator[None]:
    options = ("--nthreads=1", "--no-nanny", "--no-dashboard", "--host=127.0.0.1")
    command = [sys.executable, "-m", "dask", "worker", scheduler, *options]
    environ = os.environ | {"EXAMPLES_URL": url}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            worker.terminate()
