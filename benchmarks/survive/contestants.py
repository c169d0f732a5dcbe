"""The servers that are held beside each other, each asked for the same work in its own words."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from types import MappingProxyType
from typing import Final, NamedTuple

from benchmarks import servers
from benchmarks.survive import cores, target
from benchmarks.survive.target import Call, Target

_Start = Callable[..., AbstractContextManager[servers.Running]]
_PLAIN: Final[dict[Call, tuple[str, Callable[[], bytes]]]] = {
    "experiment": ("/v1/dropout/simulate", target.experiment_body),
    "array": ("/v1/dropout", target.array_body),
}


class _Contestant(NamedTuple):
    """A server, and where it takes what. peer : the environment it needs, if not each has it."""

    start: _Start
    calls: dict[Call, tuple[str, Callable[[], bytes]]]
    health: str = "/health/live"
    peer: str = ""


OURS: Final = "ours"
PLAIN: Final = "plain FastAPI"
_CONTESTANTS: Final = {
    OURS: _Contestant(servers.ours, _PLAIN),
    PLAIN: _Contestant(servers.theirs, _PLAIN),
    "bare refusals": _Contestant(servers.shedding, {"experiment": _PLAIN["experiment"]}),
    "MLServer": _Contestant(
        servers.mlserver, {"array": ("/v2/models/dropout/infer", target.inference_body)}, "/v2/health/live", "mlserver"
    ),
}
NAMES: Final = tuple(_CONTESTANTS)


def there() -> list[str]:
    """Those that can be started."""
    return [name for name, of in _CONTESTANTS.items() if not of.peer or servers.has(of.peer)]


def takes(name: str, call: Call) -> bool:
    """Whether a server can be asked that."""
    return call in _CONTESTANTS[name].calls


@contextmanager
def running(
    name: str, call: Call = "experiment", settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Target]:
    """One of them, on a core of its own, to be asked for one kind of call. settings : of ours."""
    contestant = _CONTESTANTS[name]
    path, body = contestant.calls[call]
    with _on_its_core(contestant.start, settings) as (port, pid):
        try:
            yield Target(name, servers.HOST, port, target.post(path, body()), contestant.health, pid)
        finally:
            # after a flood some would work on for minutes before they end
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def _on_its_core(start: _Start, settings: Mapping[str, str]) -> Iterator[servers.Running]:
    with ExitStack() as stack:
        with cores.servers():
            running = stack.enter_context(start(**settings))
        stack.enter_context(cores.generators())
        yield running
