"""What uvicorn is told: our settings, in its words."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import uvicorn

from app.log import Log
from app.server.listen import BACKLOG
from app.settings import Settings


class Config(uvicorn.Config):
    """The application and the settings; a copy of it serves in another process.

    create : makes the application, once in each process.
    """

    def __init__(self, create: Callable[[], Any], settings: Settings, connection: type[asyncio.Protocol]) -> None:
        self.settings = settings
        self.log = Log(settings.log_format)
        super().__init__(
            create,
            factory=True,
            http=connection,
            ws="none",
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )

    def configure_logging(self) -> None:
        """Let the log have uvicorn's warnings; called in each process."""
        self.log.adopt("uvicorn")
        # where this one had a handler, uvicorn would make up a line for every reply
        logging.getLogger("uvicorn.access").propagate = False
