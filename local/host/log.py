"""The host's log: one line an event, short and aligned, or one JSON object with ``--json``.

Inputs, outputs and bodies may be private: lines carry names, ids, durations and error texts.
"""

import io
import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

host_log = logging.getLogger("host")
current_function: ContextVar[str] = ContextVar("current_function", default="")
_WIDTH = 10


def say(kind: str, text: str, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401
    """Log one event of the host; ``facts`` are names, ids and numbers."""
    if host_log.isEnabledFor(level):
        host_log.log(level, text, extra={"kind": kind, "facts": facts})


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        kind = getattr(record, "kind", "") or ("app" if current_function.get() else record.name)
        facts = getattr(record, "facts", {})
        tail = "".join(f"  {name}={value}" for name, value in facts.items())
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        text = f"{record.getMessage()}{_error(record)}"
        return f"{moment}  {record.levelname[:4].lower():4}  {kind:{_WIDTH}}  {text}{tail}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "kind": getattr(record, "kind", record.name),
            "text": f"{record.getMessage()}{_error(record)}",
        }
        if function := current_function.get():
            line["function"] = function
        return json.dumps(line | getattr(record, "facts", {}), default=str)


def _error(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error = record.exc_info[1]
    return f" ({type(error).__name__}: {error})"


class _PrintLines(io.TextIOBase):
    """Stands in for stdout: what user code prints becomes log lines."""

    def __init__(self) -> None:
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            logging.getLogger("print").info("%s", line)
        return len(text)

    def writable(self) -> bool:
        return True


def open_log(stream: TextIO, levels: dict[str, str], *, as_json: bool) -> None:
    """Send all logging to ``stream``; ``levels`` are host.json's ``logging.logLevel``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if as_json else _Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_level(levels.get("default", "Information")))
    host_log.setLevel(_level(levels.get("Host", levels.get("default", "Information"))))
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(_level(level))
    sys.stdout = _PrintLines()


def _level(word: str) -> int:
    known = {
        "trace": logging.DEBUG,
        "debug": logging.DEBUG,
        "information": logging.INFO,
        "warning": logging.WARNING,
        "error": logging.ERROR,
        "critical": logging.CRITICAL,
        "none": logging.CRITICAL + 1,
    }
    return known.get(word.lower(), logging.INFO)
