"""An experiment, or no: an ASGI application that refuses what it has no place for, and does nothing else besides.

No log, no metrics, no reason to give: what a flood leaves of a server under uvicorn at the most.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from benchmarks.plain_server import Experiment, simulate

_POOL: Final = ThreadPoolExecutor(1)
_PLACES: Final = asyncio.Semaphore(128)
"""For calls in hand, as many as ours."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Refuse, or compute; anything but a POST is a question for health."""
    if scope["method"] != "POST":
        await _reply(send, 200, b"{}")
    elif _PLACES.locked():
        await _reply(send, 503, b"{}")
    else:
        async with _PLACES:
            asked = Experiment(**json.loads((await receive())["body"]))
            result = await asyncio.get_running_loop().run_in_executor(_POOL, simulate, asked)
            await _reply(send, 200, json.dumps(result).encode())


async def _reply(send: Any, status: int, content: bytes) -> None:
    fields = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})
