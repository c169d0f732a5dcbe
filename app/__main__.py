"""`python -m app`: serve until SIGINT or SIGTERM, then finish what is in flight."""

import gc
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from app import memory
from app.log import Log
from app.main import create_app
from app.settings import Settings, SettingsError, load


class Server(uvicorn.Server):
    """A server that says where it listens, once it does."""

    def __init__(self, config: uvicorn.Config, log: Log) -> None:
        super().__init__(config)
        self.log = log

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self.log.info(f"ready on http://[{host}]:{port}" if ":" in host else f"ready on http://{host}:{port}")


def serve(settings: Settings) -> None:
    """Serve the application with these settings."""
    app = create_app(settings)
    app.state.log.adopt("uvicorn")
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.graceful_seconds,
    )
    # what is there now stays, and what a request leaves behind is rarely a cycle: no use in looking again and again
    gc.freeze()
    gc.set_threshold(10_000)
    Server(config, app.state.log).run()


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    # uvicorn raises the signal again once all is done: a stop that was asked for is no failure
    sys.exit(0)


def main() -> None:
    """Read the settings and serve; a wrong setting ends it with a sentence."""
    try:
        settings = load(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    memory.share_arena()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stopped)
    serve(settings)


if __name__ == "__main__":
    main()
