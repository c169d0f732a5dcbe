"""`python -m app`: serve until SIGINT or SIGTERM, then finish what is in flight."""

import os
import signal
import sys
from functools import partial
from types import FrameType

from app import memory
from app.main import create_app
from app.server import serve
from app.settings import SettingsError, load


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    # a stop that was asked for is no failure, even before there is anything to stop
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
    serve(partial(create_app, settings), settings)


if __name__ == "__main__":
    main()
