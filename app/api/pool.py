"""Where work is done: at once if it is small, as a thread would cost more; else in a thread, so that nobody waits."""

from asyncio import CancelledError, current_task, get_running_loop, wrap_future
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from app.api.admission import Share

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 2**14
"""Bytes to parse or elements to compute that take a fraction of a millisecond."""
PARALLEL: Final = 2**20
"""Elements to compute that are worth a core of their own: fewer wait for each other longer than they gain."""
LONG: Final = 2**24
"""Elements to compute that take a tenth of a second and more: nothing short waits behind them."""


class WorkerPool:
    """Runs functions in threads: at most `threads` of the short ones at a time, and as many of the long ones.

    queue_seconds : the longest that one waits to begin.
    """

    def __init__(self, threads: int, queue_seconds: float) -> None:
        self._threads, self._queue_seconds = threads, queue_seconds
        self._short = ThreadPoolExecutor(threads, "short")
        self._long = ThreadPoolExecutor(threads, "long")

    def cores(self, cost: int) -> int:
        """How many cores some work should be shared by."""
        return 1 if cost < 2 * PARALLEL else min(self._threads, cost // PARALLEL)

    async def run(self, share: Share, cost: int, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The value of `work(*args, **kwargs)`; `cost` is about how many bytes or elements it goes through.

        Raises `Unavailable` if it waits too long. Work whose caller is gone is not begun; if it has, the share holds
        its memory until it is done.
        """
        if cost <= AT_ONCE:
            return work(*args, **kwargs)
        future = (self._long if cost >= LONG else self._short).submit(partial(work, *args, **kwargs))
        # what has begun can't be cancelled any more
        late = get_running_loop().call_later(self._queue_seconds, future.cancel)
        try:
            return await wrap_future(future)
        except CancelledError:
            raise _cancelled(share, future) from None
        finally:
            late.cancel()


def _cancelled(share: Share, future: "Future[T]") -> BaseException:
    """What the caller of cancelled work is told: that it waited too long, unless it is cancelled itself."""
    task = current_task()
    if task is None or not task.cancelling():
        return share.late()
    if not future.cancelled():
        share.outlives(future)
    return CancelledError()
