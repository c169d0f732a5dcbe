"""The ways to have an array dropped: every service with every transport that it has, and the floors under them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final, NamedTuple

from benchmarks import ask, reply, request, servers
from benchmarks.arrays import Array, Shape, by_numpy, by_our_law, unchanged


class Service(NamedTuple):
    """Who is asked. start : None for what is no service. peer : the environment it needs, if not each has it."""

    name: str
    start: Callable[[], AbstractContextManager[servers.Running]] | None
    peer: str = ""

    @property
    def there(self) -> bool:
        return not self.peer or servers.has(self.peer)

    @property
    def lacks(self) -> str:
        """What would have to be done to have it."""
        return f"make .venv-{self.peer}/ready"


class Way(NamedTuple):
    """One way. expected : what is to come back. most : the most elements that it is asked for; more take minutes."""

    service: Service
    transport: str
    asking: ask.Asking
    read: reply.Read
    expected: Callable[[Shape], Array]
    most: int = 10**7

    @property
    def name(self) -> str:
        return f"{self.service.name}, {self.transport}"

    @property
    def is_text(self) -> bool:
        return "JSON" in self.transport


# 10 million numbers are a body of 200 MB, which is more than it takes by default
_OURS: Final = Service("ours", partial(servers.ours, max_body_bytes=str(2**29)))
_PLAIN: Final = Service("plain FastAPI", servers.theirs)
_PLAIN_FILES: Final = Service("plain FastAPI", servers.bare)
_VALIDATED: Final = Service("FastAPI that only validates", servers.bare)
_MLSERVER: Final = Service("MLServer", servers.mlserver, "mlserver")
_BENTOML: Final = Service("BentoML", servers.bentoml, "bentoml")
_LITSERVE: Final = Service("LitServe", partial(servers.litserve, "json"), "litserve")
_TYPED: Final = Service("LitServe", partial(servers.litserve, "typed"), "litserve")
_FILES: Final = Service("LitServe", partial(servers.litserve, "npy"), "litserve")
_ECHO: Final = Service("bare echo", servers.echo)
_LIBRARIES: Final = Service("parse, copy, print alone", None)
_COPY: Final = Service("copy in memory", None)

_single, _double = by_numpy("float32"), by_numpy("float64")
_output = reply.member("output", "float64")
_short_output = reply.member("output", "float32")

OURS_RAW: Final = Way(_OURS, "raw", ask.posted(request.raw), reply.raw, by_our_law("float32"))
OURS_V2: Final = Way(_OURS, "/v2 bytes, tritonclient", ask.inferred(binary=True), reply.itself, by_our_law("float32"))
OURS_JSON: Final = Way(_OURS, "JSON", ask.posted(request.json), _output, by_our_law("float64"))
PLAIN_JSON: Final = Way(_PLAIN, "JSON", ask.posted(request.json), _output, _double)
MLSERVER_JSON: Final = Way(_MLSERVER, "/v2 JSON", ask.posted(request.inference), reply.tensor, _double)
# its client takes a minute for 10 million
MLSERVER_CLIENT: Final = Way(
    _MLSERVER, "/v2 JSON, tritonclient", ask.inferred(binary=False), reply.itself, _single, most=10**6
)
BENTOML_JSON: Final = Way(_BENTOML, "JSON", ask.posted(request.json, "/dropout"), reply.json, _double)
LITSERVE_JSON: Final = Way(_LITSERVE, "JSON", ask.posted(request.json, "/predict"), _output, _double)
VALIDATED: Final = Way(_VALIDATED, "JSON", ask.posted(request.json, "/validated"), reply.counted, unchanged("float64"))
ECHO_RAW: Final = Way(_ECHO, "raw", ask.posted(request.raw, "/"), reply.raw, unchanged("float32"))
ECHO_JSON: Final = Way(
    _ECHO, "JSON", ask.posted(request.json, "/"), reply.member("input", "float64"), unchanged("float64")
)
PARSED: Final = Way(_LIBRARIES, "JSON", ask.by_libraries, _output, unchanged("float64"))
COPIED: Final = Way(_COPY, "float32", ask.copied, reply.itself, unchanged("float32"))

SHORT: Final = (OURS_RAW, OURS_JSON, PLAIN_JSON, MLSERVER_JSON, BENTOML_JSON, LITSERVE_JSON)
"""What the README shows."""
FLOORS: Final = (PARSED, COPIED, ECHO_RAW, ECHO_JSON, VALIDATED)
"""They do less than is asked for."""

# What is compared stands near each other, for it is measured in this order.
WAYS: Final = (
    OURS_RAW,
    Way(_OURS, "npy", ask.posted(request.npy), reply.npy, by_our_law("float32")),
    OURS_V2,
    Way(_OURS, "/v2 JSON", ask.posted(request.inference), reply.tensor, by_our_law("float64")),
    Way(_OURS, "JSON, float32", ask.posted(request.short_json), _short_output, by_our_law("float32")),
    OURS_JSON,
    *FLOORS,
    Way(_PLAIN_FILES, "npy", ask.posted(request.npy, f"/npy?{request.QUERY}"), reply.npy, _single),
    PLAIN_JSON,
    Way(_BENTOML, "npy in a form", ask.posted(request.form), reply.npy, _single),
    BENTOML_JSON,
    MLSERVER_JSON,
    MLSERVER_CLIENT,
    Way(_FILES, "npy in a form", ask.posted(request.form, "/predict"), reply.npy, _single),
    Way(_TYPED, "JSON, reply typed", ask.posted(request.json, "/predict"), _output, _double),
    LITSERVE_JSON,
)
