"""Which calls are taken in: as many as there are places and memory for.

A call is checked and counted in one step, in the thread of the event loop: nothing needs a lock, and no burst passes
between a check and its count.
"""

from asyncio import AbstractEventLoop, get_running_loop
from concurrent.futures import Future
from typing import Any, Final

from app import memory
from app.api.metrics import Metrics, Reason
from app.errors import TooLarge, Unavailable

_MUCH: Final = 2**24
"""Bytes that are worth giving back to the system."""
_TRIM_SECONDS: Final = 5
_NOT_NOW: Final = {
    "requests": "the service has as many calls in hand as it takes (DROPOUT_MAX_REQUESTS)",
    "memory": "the calls in hand need the memory there is (DROPOUT_MEMORY_BYTES)",
    "queue": "no core was free in time (DROPOUT_QUEUE_SECONDS)",
}


class Admission:
    """The places and the bytes of memory that calls in hand share.

    total : bytes for all of them. places, free : what is left. metrics : are told what is reserved, and who is refused.
    """

    def __init__(self, places: int, total: int, metrics: Metrics) -> None:
        self.total = total
        self.places, self.free = places, total
        self.metrics = metrics
        self._trims = False

    def admit(self, need: int) -> "Share":
        """A place, and so many bytes. Raises `Unavailable` if they are not free, `TooLarge` if they never will be."""
        if not self.places and need <= self.total:
            raise self.refusal("requests")
        share = Share(self)
        share.hold(need)
        self.places -= 1
        return share

    def full(self, need: int) -> TooLarge | Unavailable:
        """The error for a call that needs more bytes than are free now, or than there will ever be."""
        if need <= self.total:
            return self.refusal("memory")
        rule = f"calls may need {self.total} bytes of memory (DROPOUT_MEMORY_BYTES)"
        message = f"{rule}, this one up to {need}; raw bytes or npy need less than JSON"
        return TooLarge.of("body_too_large", message)

    def trim_later(self, loop: AbstractEventLoop) -> None:
        """Give memory back to the system soon: not at once, for the next call would take it again."""
        if not self._trims:
            self._trims = True
            loop.call_later(_TRIM_SECONDS, self._trim, loop)

    def _trim(self, loop: AbstractEventLoop) -> None:
        self._trims = False
        loop.run_in_executor(None, memory.trim)

    def refusal(self, reason: Reason) -> Unavailable:
        """The error for a call that is refused, once it is counted."""
        self.metrics.refused(reason)
        return Unavailable.of("saturated", f"{_NOT_NOW[reason]}: try again")


class Share:
    """What a call in hand holds: its place, and bytes of memory."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = 0
        self._work: Future[Any] | None = None
        self._released = False

    def hold(self, need: int) -> None:
        """Hold so many bytes from now on, in place of those before.

        Raises `Unavailable` if more are not free, `TooLarge` if they never will be.
        """
        admission, more = self._admission, need - self._held
        if more > admission.free or need > admission.total:
            raise admission.full(need)
        admission.free -= more
        admission.metrics.reserved += more
        self._held = need

    def extend(self, more: int) -> bool:
        """Whether so many bytes more are free; they are held then."""
        free = more <= self._admission.free
        if free:
            self.hold(self._held + more)
        return free

    def late(self) -> Unavailable:
        """The error for a call that waited for a core too long."""
        return self._admission.refusal("queue")

    def outlives(self, work: "Future[Any]") -> None:
        """The memory is held until this work is done: a thread can't be stopped."""
        self._work = work

    def release(self) -> None:
        """Give all of it back; a second time, nothing."""
        if self._released:
            return
        self._released = True
        self._admission.places += 1
        if self._held >= _MUCH:
            self._admission.trim_later(get_running_loop())
        if self._work is None:
            self.hold(0)
        else:
            loop = get_running_loop()
            self._work.add_done_callback(lambda _: loop.call_soon_threadsafe(self.hold, 0))
