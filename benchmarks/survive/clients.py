"""All clients of a server: each request that is due is sent, however many have no reply yet."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Self

from benchmarks.survive.connection import Answer, Connection
from benchmarks.survive.outcome import DEADLINE, LATE, LOST, Outcome
from benchmarks.survive.target import Target


class Clients:
    """Kept-alive connections to a server, one more whenever none is idle.

    slips : how late requests were sent, seconds: the generator's own fault, and none of the server's.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._idle: list[Connection] = []
        self.slips: list[float] = []

    @classmethod
    @asynccontextmanager
    async def of(cls, target: Target) -> AsyncIterator[Self]:
        """Clients that hang up in the end."""
        clients = cls(target)
        try:
            yield clients
        finally:
            for connection in clients._idle:
                connection.close()
            await asyncio.sleep(0)

    async def ask(self, due: float, request: bytes | None = None, patience: float = DEADLINE) -> Outcome:
        """What becomes of a request that is due at a moment, whose client waits so many seconds from then on."""
        try:
            async with asyncio.timeout(due + patience - monotonic()):
                status, size = await self._answer(request or self._target.request)
        except TimeoutError:
            status, size = LATE, 0
        except OSError:
            status, size = LOST, 0
        return Outcome(due, monotonic(), status, size)

    async def at_moments(self, moments: Iterator[float], seconds: float) -> list["asyncio.Task[Outcome]"]:
        """The requests that are due from now on, in so many seconds; the last may have no reply yet."""
        began, running = monotonic(), []
        for moment in moments:
            if moment > seconds:
                break
            if (wait := began + moment - monotonic()) > 0:
                await asyncio.sleep(wait)
            self.slips.append(max(0, -wait))
            running.append(asyncio.create_task(self.ask(began + moment)))
        await asyncio.sleep(began + seconds - monotonic())
        return running

    async def in_turn(self, clients: int, seconds: float) -> list[Outcome]:
        """What so many clients get who each ask again as soon as they are answered."""
        until = monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            each = [group.create_task(self._again(until)) for _ in range(clients)]
        return [outcome for one in each for outcome in one.result()]

    async def _again(self, until: float) -> list[Outcome]:
        outcomes = []
        while monotonic() < until:
            outcomes.append(await self.ask(monotonic(), patience=60))
        return outcomes

    async def _answer(self, request: bytes) -> Answer:
        connection = await self._connection()
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        if connection.usable:
            self._idle.append(connection)
        return answer

    async def _connection(self) -> Connection:
        while self._idle:
            if (connection := self._idle.pop()).usable:
                return connection
        return await Connection.open(self._target.host, self._target.port)
