"""The service with an application that cannot be made."""

import os
from typing import Never

from app.server import serve
from app.settings import load


def create() -> Never:
    """What goes wrong at the start of a process."""
    raise SystemExit("there is no application")


if __name__ == "__main__":
    serve(create, load(os.environ))
