"""The transport: connections, their deadlines and their ends, and the processes that serve. uvicorn, but stricter.

The rooms of the house, from the socket up:

    config       what uvicorn is told
    listen       sockets
    pace         the least rate of a transfer
    outlet       where a reply goes
    cycle        a request and its reply
    head         what is no request
    connection   all of these, for one client
    server       a process
    worker       one of several
    supervisor   their parent
"""

import sys
from collections.abc import Callable
from typing import Any

from app.server.config import Config
from app.server.connection import Connection
from app.server.listen import listen
from app.server.server import Server
from app.server.supervisor import Supervisor
from app.settings import Settings


def serve(create: Callable[[], Any], settings: Settings) -> None:
    """Serve the application that is made by `create`, which other processes can be handed, until a signal."""
    config = Config(create, settings, Connection)
    try:
        sockets = listen(settings.host, settings.port)
    except OSError as error:
        sys.exit(f"DROPOUT_HOST and DROPOUT_PORT: cannot listen on {(settings.host, settings.port)}: {error}")
    if settings.workers == 1:
        Server(config).run(sockets)
    else:
        Supervisor(config, sockets).run()
