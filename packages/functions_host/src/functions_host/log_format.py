"""Format of log records: a line in columns for people, or a JSON object for machines.

An invocation has columns of its own: the function, how it ended, how long it took.
"""

import json
import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

current_function: ContextVar[str] = ContextVar("current_function", default="")

_KIND, _NAME, _OUTCOME = 9, 30, 6
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RED, _GREEN, _YELLOW, _CYAN, _FAINT, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[0m"
_COLORS = {logging.DEBUG: _FAINT, logging.INFO: _GREEN, logging.WARNING: _YELLOW}


@dataclass(frozen=True, slots=True)
class InvocationRecord:
    """One invocation: the function (or instance), how it ended, and its milliseconds."""

    name: str
    outcome: str
    ms: int


class LineFormatter(logging.Formatter):
    """Writes one line for each record; ``color`` only for a terminal."""

    def __init__(self, *, color: bool) -> None:
        super().__init__()
        self._color = color

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, kind, then the invocation's columns or the text, then facts."""
        kind = getattr(record, "kind", "") or ("app" if current_function.get() else record.name)
        invocation: InvocationRecord | None = getattr(record, "invocation", None)
        facts = "".join(f"  {name}={_escaped(str(value))}" for name, value in getattr(record, "facts", {}).items())
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        level = f"{record.levelname[:4].lower():4}"
        color = _COLORS.get(record.levelno, _RED)
        text = _escaped(f"{record.getMessage()}{_error(record)}")
        if invocation is not None:
            outcome = self._colored(color, f"{invocation.outcome:>{_OUTCOME}}")
            text = f"{invocation.name:{_NAME}} {outcome} {invocation.ms:>6} ms  {text}".rstrip()
        elif record.levelno >= logging.WARNING:
            text = self._colored(color, text)
        kind = self._colored(_CYAN, f"{kind:{_KIND}}")
        moment, level, facts = (
            self._colored(_FAINT, moment), self._colored(color, level), self._colored(_FAINT, facts)
        )  # fmt: skip
        return f"{moment}  {level}  {kind}  {text}{facts}"

    def _colored(self, color: str, text: str) -> str:
        return f"{color}{text}{_PLAIN}" if self._color and text else text


class JsonFormatter(logging.Formatter):
    """Writes one JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, kind and text; of an invocation also function, outcome and ms; then facts."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "kind": getattr(record, "kind", record.name),
            "text": f"{record.getMessage()}{_error(record)}",
        }
        invocation: InvocationRecord | None = getattr(record, "invocation", None)
        if invocation is not None:
            line |= {"function": invocation.name, "outcome": invocation.outcome, "ms": invocation.ms}
        elif function := current_function.get():
            line["function"] = function
        return json.dumps(line | getattr(record, "facts", {}), default=str)


def wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether a stream gets colours: a terminal that has them, unless NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _escaped(text: str) -> str:
    """Return the text without control characters: a caller may have sent it, and it must not begin a line."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _error(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error = record.exc_info[1]
    return f" ({type(error).__name__}: {error})"
