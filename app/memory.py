"""How much memory there is and this process has had, and how what is free goes back."""

import os
import resource
import sys
from ctypes import CDLL
from pathlib import Path
from typing import Final

_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""A container's limit, by the second version of Linux's cgroups and by the first."""


def total() -> int:
    """Bytes that this process may have: its container's limit, or else the machine's memory."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(limit for limit in map(_limit, _LIMITS) if limit)])


def peak() -> int:
    """The most bytes that this process has had."""
    # macOS counts bytes, the others KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _limit(path: str) -> int:
    """The limit that a file says; 0 if there is none."""
    try:
        text = Path(path).read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


_ARENA_MAX: Final = -8
"""Of glibc's mallopt(3)."""


def share_arena() -> None:
    """Have all threads take memory from one place, where glibc is: what each keeps for itself never goes back."""
    if hasattr(_C, "mallopt"):
        _C.mallopt(_ARENA_MAX, 1)


def trim() -> None:
    """Give back to the system what is free, where glibc is: of its own, it keeps what lies below something in use."""
    if hasattr(_C, "malloc_trim"):
        _C.malloc_trim(0)


_C: Final = CDLL(None)
