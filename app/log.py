"""The log: a line an event on standard output, as text or JSON.

Events of the service are written at once. The `logging` module, which would take longer than a small request does, is
left to the server under it.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from json import dumps
from time import gmtime, strftime, time
from typing import Final, Literal

Form = Literal["text", "json"]
Fields = Mapping[str, object]


def _json(level: str, message: str, fields: Fields) -> str:
    """`{"time": …, "level": …, "message": …, …}`, escaped to ASCII: no text of a client's can forge a line."""
    return dumps({"time": _now(), "level": level, "message": message, **fields})


def _text(level: str, message: str, fields: Fields) -> str:
    """`time level message name=value …`, the values as Python writes them, in ASCII."""
    return f"{_now()} {level} {message}" + "".join([f" {name}={value!a}" for name, value in fields.items()])


_FORMS: Final[dict[Form, Callable[[str, str, Fields], str]]] = {"json": _json, "text": _text}


def _now() -> str:
    """The moment in UTC, as RFC 3339 writes it."""
    seconds, milliseconds = divmod(int(time() * 1000), 1000)
    return f"{_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


class Log:
    """Writes events in one form."""

    def __init__(self, form: Form) -> None:
        self._format = _FORMS[form]

    def info(self, message: str, **fields: object) -> None:
        """An event of the ordinary."""
        self._write("info", message, fields)

    def failure(self, message: str, error: BaseException, **fields: object) -> None:
        """An event that should not be, with the whole of its traceback."""
        self._write("error", message, fields | {"exception": "".join(traceback.format_exception(error))})

    def _write(self, level: str, message: str, fields: Fields) -> None:
        sys.stdout.write(self._format(level, message, fields) + "\n")
        sys.stdout.flush()

    def adopt(self, logger: str) -> None:
        """Write the warnings of a logger of the `logging` module too."""
        found = logging.getLogger(logger)
        found.handlers, found.propagate = [_Adopted(self._write)], False
        found.setLevel(logging.WARNING)


class _Adopted(logging.Handler):
    def __init__(self, write: Callable[[str, str, Fields], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info and record.exc_info[1]
        fields = {"exception": "".join(traceback.format_exception(error))} if error else {}
        self._write(record.levelname.lower(), record.getMessage(), fields)
