"""`python -m tests.fuzz [--seconds N] [--seed N]`: what was found, and how much failed; exit status 1 if any did."""

import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from secrets import randbelow
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz.targets import LONGEST, TARGETS, Target

ROOT: Final = Path(__file__).parent.parent.parent
SLOWEST: Final = 10
"""Seconds that one input may take."""
MEMORY: Final = 1024
"""MiB that the process may have."""
REPEATABLE: Final = ("-reduce_inputs=0", "-use_cmp=0")
"""Without these, the same seed makes up the same inputs each time."""


def main() -> int:
    """Feed each target for its share of the time."""
    parser = ArgumentParser(prog="tests.fuzz", description="Feed the parsers with what a fuzzer makes up.")
    parser.add_argument("--seconds", type=int, default=60, help="for how long in all")
    parser.add_argument("--seed", type=int, default=1 + randbelow(2**31), help="what it makes up; default: a new one")
    parser.add_argument("--target", choices=TARGETS, action="append", help="one of them only")
    given = parser.parse_args()
    names = given.target or list(TARGETS)
    share = max(1, given.seconds // len(names))
    passed = [run(name, share, given.seed) for name in names]
    say(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return int(not all(passed))


def run(name: str, seconds: int, seed: int) -> bool:
    """Whether a target stood it. What was found is told: the input, as the parser is given it, and why it is one."""
    with TemporaryDirectory() as folder:
        options = laid_out(TARGETS[name], Path(folder))
        limits = [f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}"]
        status, log = fed(name, [*options, *limits, *REPEATABLE, f"-max_len={LONGEST}"])
        findings = sorted(Path(folder, "findings").iterdir())
        for finding in findings:
            say(f"{name}: {finding.name.partition('-')[0]} {TARGETS[name].made(finding.read_bytes())!r}")
    if status or findings:
        say(f"{name}: exit status {status}\n{told(log)}")
    say(f"{name}: seed {seed}, {figures(log)}")
    return not (status or findings)


def laid_out(target: Target, folder: Path) -> list[str]:
    """Lay out a target's seeds, its words and room for what is found; libFuzzer's options that name them."""
    for inner in ("seeds", "findings"):
        (folder / inner).mkdir()
    for number, seed in enumerate(target.first()):
        (folder / "seeds" / str(number)).write_bytes(seed)
    (folder / "words").write_text("".join(f'"{escaped(word)}"\n' for word in target.words))
    return [str(folder / "seeds"), f"-artifact_prefix={folder / 'findings'}/", f"-dict={folder / 'words'}"]


def escaped(word: bytes) -> str:
    """Bytes as libFuzzer's dictionaries have them."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def fed(name: str, options: Sequence[str]) -> tuple[int, str]:
    """The exit status and the log of a process that feeds a target. Its hashes are the same every time."""
    command = [sys.executable, "-m", "tests.fuzz.feed", name, *options]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace")


def told(log: str) -> str:
    """What a log says besides how it went."""
    return "\n".join(line for line in log.splitlines() if not re.match(r"#\d|INFO: |WARNING: ", line))


def figures(log: str) -> str:
    """How much was tried."""
    runs = re.findall(r"Done (\d+) runs in (\d+) second", log)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", log)
    tried = f"{runs[-1][0]} inputs in {runs[-1][1]} s" if runs else "stopped"
    return tried + (f", {covered[-1][0]} places reached" if covered else "")


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
