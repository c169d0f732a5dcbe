"""`python -m tests.fuzz.document [--seconds N] [--seed N]`: the running service, held against its OpenAPI document.

schemathesis makes up requests, good ones and bad ones, and checks each reply: no error of the server's, only statuses,
media types, headers and bodies that the document names, what breaks its schema refused, and nothing without a key.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from secrets import randbelow
from typing import Final

from tests.service import Service

CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
KEY: Final = "alpha-1111111111"
LIMITS: Final = {"max_body_bytes": "1048576", "max_elements": "100000", "max_simulated": "1000000"}
"""So that one request is as short as any."""


def main() -> int:
    """Start the service, have it asked, and stop it; exit status 1 if a check failed or it did not end well."""
    parser = ArgumentParser(prog="tests.fuzz.document", description="Hold the running service against its document.")
    parser.add_argument("--seconds", type=int, default=60, help="for how long")
    parser.add_argument("--seed", type=int, default=1 + randbelow(2**31), help="what is made up; default: a new one")
    given = parser.parse_args()
    service = Service(api_keys=KEY, **LIMITS)
    try:
        status = held(service.url, given.seconds, given.seed)
        return int(bool(status or service.stop()))
    finally:
        service.close()


def held(url: str, seconds: int, seed: int) -> int:
    """The exit status of schemathesis."""
    program = Path(sys.executable).with_name("schemathesis")
    options = [f"--max-time={seconds}", f"--seed={seed}", "--continue-on-failure", "--no-color"]
    command = [str(program), f"--config-file={CONFIGURATION}", "run", f"{url}/openapi.json", *options]
    return subprocess.run(command, env=os.environ | {"DROPOUT_TRIED_KEY": KEY}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
