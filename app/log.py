"""The log: a line an event on standard output, as text or JSON."""

import logging
import sys
from json import dumps
from typing import Final, Literal

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "color_message"}


class _JSON(logging.Formatter):
    """`{"time": …, "level": …, "message": …, …}`, escaped to ASCII: no text of a client's can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"time": self.formatTime(record), "level": record.levelname.lower(), "message": record.getMessage()}
        line = head | _fields(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return dumps(line)


class _Text(logging.Formatter):
    """`time level message name=value …`, the values as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={dumps(value)}" for name, value in _fields(record).items())
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.getMessage()}{fields}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def configure(form: Literal["text", "json"]) -> None:
    """Send the service's log, and warnings of the server under it, to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter({"json": _JSON, "text": _Text}[form]())
    for name, level in (("dropout", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
