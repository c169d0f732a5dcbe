"""Where work is done: at once if it is small, as a thread would cost more; else in a thread, so that nobody waits."""

from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 2**14
"""Bytes to parse or elements to compute that take a fraction of a millisecond."""
SHARE: Final = 2**20
"""Elements to compute that are worth a core of their own: fewer wait for each other longer than they gain."""


class WorkerPool:
    """Runs functions, at most `threads` of the large ones at a time."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._limiter = CapacityLimiter(threads)

    def cores(self, cost: int) -> int:
        """How many cores some work should be shared by."""
        return max(1, min(self._threads, cost // SHARE))

    async def run(self, cost: int, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `work(*args, **kwargs)`; `cost` is about how many bytes or elements it goes through."""
        if cost <= AT_ONCE:
            return work(*args, **kwargs)
        return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=self._limiter)
