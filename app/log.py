"""The log: a line an event on standard output, as text or JSON."""

import logging
import sys
from functools import lru_cache
from json import dumps
from time import gmtime, strftime
from typing import Literal


class _JSON(logging.Formatter):
    """`{"time": …, "level": …, "message": …, …}`, escaped to ASCII: no text of a client's can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"time": _time(record), "level": record.levelname.lower(), "message": record.getMessage()}
        line = head | _fields(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return dumps(line)


class _Text(logging.Formatter):
    """`time level message name=value …`, the values as Python writes them, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value!a}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname.lower()} {record.getMessage()}{fields}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


def _time(record: logging.LogRecord) -> str:
    """The moment in UTC, as RFC 3339 writes it."""
    return f"{_second(int(record.created))}.{int(record.msecs):03}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What `extra={"fields": …}` told of the event."""
    return getattr(record, "fields", {})


def configure(form: Literal["text", "json"]) -> None:
    """Send the service's log, and warnings of the server under it, to standard output."""
    # what no line shows is not gathered: the Logging HOWTO's "Optimization"
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter({"json": _JSON, "text": _Text}[form]())
    for name, level in (("dropout", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
