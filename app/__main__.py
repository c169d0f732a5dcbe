"""`python -m app`: serve until SIGINT or SIGTERM, then finish what is in flight."""

import os
import signal
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from app.main import create_app
from app.server import serve
from app.settings import Settings, SettingsError, load


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    # a stop that was asked for is no failure, even before there is anything to stop
    sys.exit(0)


def main() -> None:
    """Read the settings and serve; a wrong setting ends it with a sentence."""
    try:
        settings = load(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stopped)
    if settings.workers == 1:
        serve(partial(create_app, settings), settings)
    else:
        _serve_together(settings)


def _serve_together(settings: Settings) -> None:
    """Serve by several processes, with a folder where they leave what they count for each other."""
    # memory, where the system has a folder of it: that is there even if no file may be written
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(prefix="dropout-", dir=shared) as folder:
        serve(partial(create_app, settings, Path(folder)), settings)


if __name__ == "__main__":
    main()
