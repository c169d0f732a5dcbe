"""`python -m tests.container.load PORT LEAST`: clients that ask until standard input ends, LEAST times at least.

Half of them keep their connections, half close each. Of a reply every byte of the body has to be right. A connection
that was kept and is closed before a byte of a reply came is no failure: whoever keeps connections has to ask again
(RFC 9112, 9.3.1), and all clients do; how often is counted.
"""

import asyncio
import json
import random
import sys
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Final

import uvloop

from tests.server.raw import call

CLIENTS: Final = 16


@dataclass
class Seen:
    """What the clients saw."""

    answered: int = 0
    asked_again: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0


class Load:
    """The clients."""

    def __init__(self, port: int, least: int) -> None:
        self._port, self._least = port, least
        self._told = asyncio.Event()
        self._expected = b""
        self.seen = Seen()

    async def run(self) -> Seen:
        """Ask, until it is enough."""
        began = monotonic()
        asyncio.get_running_loop().run_in_executor(None, self._listen)
        await asyncio.gather(*map(self._ask, range(CLIENTS)))
        self.seen.seconds = monotonic() - began
        return self.seen

    def _listen(self) -> None:
        sys.stdin.read()
        self._told.set()

    @property
    def _enough(self) -> bool:
        return self._told.is_set() and self.seen.answered >= self._least

    async def _ask(self, number: int) -> None:
        """One client's life: connections, one after the other."""
        pauses = random.Random(number)
        while not self._enough:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                await self._converse(reader, writer, keep=number % 2 == 0)
                writer.close()
            except OSError as error:
                self.seen.failed.append(f"no connection: {error}")
            if number % 4 == 0:
                await asyncio.sleep(pauses.random() / 50)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keep: bool) -> None:
        """Requests on one connection, as long as it is kept."""
        request = call() if keep else call().replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        kept = False
        while not self._enough:
            writer.write(request)
            try:
                last = await self._answered(reader)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                self._lost(kept, error)
                return
            if last or not keep:
                return
            kept = True

    async def _answered(self, reader: asyncio.StreamReader) -> bool:
        """Count a reply, and tell whether it was the connection's last."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        self._expected = self._expected or body
        if head.startswith(b"http/1.1 200 ") and body == self._expected:
            self.seen.answered += 1
        else:
            self.seen.failed.append(f"{head[:40]!r} {body[:200]!r}")
        return b"\r\nconnection: close\r\n" in head

    def _lost(self, kept: bool, error: Exception) -> None:
        if kept and not getattr(error, "partial", b""):
            self.seen.asked_again += 1
        else:
            self.seen.failed.append(f"no reply: {error!r}")


async def _main() -> None:
    seen = await Load(int(sys.argv[1]), int(sys.argv[2])).run()
    sys.stdout.write(json.dumps(asdict(seen)))


if __name__ == "__main__":
    uvloop.run(_main())
