"""Where server and generator run: on cores of their own where there are two or more, or figures mean little."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ALL: Final = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()
APART: Final = len(_ALL) > 1
"""Whether there are cores enough for both."""


def note() -> str:
    """What a reader of the figures should know about it."""
    if APART:
        return "Each server has one core, and what asks it the others."
    return "Server and generator share a core: the figures say little about either."


@contextmanager
def servers() -> Iterator[None]:
    """What is started here runs on the server's core, the first."""
    _run_on({min(_ALL)} if APART else set(_ALL))
    try:
        yield
    finally:
        _run_on(set(_ALL))


@contextmanager
def generators() -> Iterator[None]:
    """This process runs on the others."""
    _run_on(set(_ALL) - {min(_ALL)} if APART else set(_ALL))
    try:
        yield
    finally:
        _run_on(set(_ALL))


def _run_on(cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
