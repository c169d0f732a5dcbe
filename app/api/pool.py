"""Where work is done: at once if it is small, as a thread would cost more; else in a thread, so that nobody waits."""

from asyncio import CancelledError, current_task, get_running_loop, wrap_future
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

from app.api.admission import Share

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 2**14
"""Bytes to parse or elements to compute that take a fraction of a millisecond."""
PARALLEL: Final = 2**20
"""Elements to compute that are worth a core of their own: fewer wait for each other longer than they gain."""
LONG: Final = 2**24
"""Elements to compute that take a tenth of a second and more: nothing short waits behind them."""
CROWD: Final = 8
"""Works a core that wait; behind fewer, how long the first has waited says little of how long the next one will."""


class WorkerPool:
    """Runs functions in threads: at most `threads` of the short ones at a time, and as many of the long ones.

    queue_seconds : the longest that one waits to begin.
    """

    def __init__(self, threads: int, queue_seconds: float) -> None:
        self._threads, self._queue_seconds = threads, queue_seconds
        self._short, self._long = Line(threads, "short"), Line(threads, "long")

    def cores(self, cost: int) -> int:
        """How many cores some work should be shared by."""
        return 1 if cost < 2 * PARALLEL else min(self._threads, cost // PARALLEL)

    async def run(self, share: Share, cost: int, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `work(*args, **kwargs)`; `cost` is about how many bytes or elements it goes through.

        Raises `Unavailable` if it waits too long, or would: a call may wait twice, to be read and to be computed. Work
        whose caller is gone is not begun; if it has, the share holds its memory until it is done.
        """
        if cost <= AT_ONCE:
            return work(*args, **kwargs)
        line, loop = self._long if cost >= LONG else self._short, get_running_loop()
        if line.waits(loop.time()) > self._queue_seconds / 2:
            raise share.late()
        future = line.submit(loop.time(), partial(work, *args, **kwargs))
        # what has begun can't be cancelled any more
        late = loop.call_later(self._queue_seconds, future.cancel)
        try:
            return await wrap_future(future)
        except CancelledError:
            raise _cancelled(share, future) from None
        finally:
            late.cancel()
            line.leave(future)


class Line:
    """Threads, and the work that waits for one of them: first come, first served. Asked from one thread only."""

    def __init__(self, threads: int, name: str) -> None:
        self._most = threads * CROWD
        self._pool = ThreadPoolExecutor(threads, name)
        self._since: dict[Future[Any], float] = {}

    def submit(self, now: float, work: Callable[[], T]) -> "Future[T]":
        """Have some work done in its turn; it is to leave the line afterwards."""
        future = self._pool.submit(work)
        self._since[future] = now
        return future

    def leave(self, future: "Future[Any]") -> None:
        """Forget work that is done, or that nobody waits for."""
        del self._since[future]

    def waits(self, now: float) -> float:
        """How long the first has waited, where there is a crowd; 0 where there is none."""
        if len(self._since) < self._most:
            return 0
        waiting = (since for future, since in self._since.items() if not (future.running() or future.done()))
        return now - next(waiting, now)


def _cancelled(share: Share, future: "Future[T]") -> BaseException:
    """What the caller of cancelled work is told: that it waited too long, unless it is cancelled itself."""
    task = current_task()
    if task is None or not task.cancelling():
        return share.late()
    if not future.cancelled():
        share.outlives(future)
    return CancelledError()
