"""A server's processor time and memory, as Linux tells them; of the processes that it has started too."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Processor time that a server has had; 0 if it is elsewhere."""
    return sum(_ticks(one) for one in _family(pid)) / _TICKS


def memory(pid: int) -> int:
    """Bytes of memory that a server has."""
    return sum(_status(one, "VmRSS") for one in _family(pid))


def forget_peak(pid: int) -> None:
    """Begin anew with the peak of a server's memory."""
    for one in _family(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """The most bytes of memory that a server has had."""
    return sum(_status(one, "VmHWM") for one in _family(pid))


def _family(pid: int) -> Iterator[int]:
    if pid:
        yield pid
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _family(int(child))


def _ticks(pid: int) -> int:
    # the name, in brackets, may have blanks
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _status(pid: int, name: str) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0]) * 1024
