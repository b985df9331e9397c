"""How a record of the log is written: a line for people, in columns, or a JSON object for machines.

An invocation has columns of its own: what it was, how it ended, how long it took.
"""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

current_function: ContextVar[str] = ContextVar("current_function", default="")

_KIND, _NAME, _OUTCOME = 9, 30, 6
_RED, _GREEN, _YELLOW, _CYAN, _FAINT, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[2m", "\x1b[0m"
_COLOURS = {logging.DEBUG: _FAINT, logging.INFO: _GREEN, logging.WARNING: _YELLOW}


@dataclass(frozen=True, slots=True)
class Ran:
    """One invocation: the function (or instance), how it ended, and its milliseconds."""

    name: str
    outcome: str
    ms: int


class Lines(logging.Formatter):
    """Writes one line a record; ``colour`` only for a terminal."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, kind, then the invocation's columns or the text, then facts."""
        kind = getattr(record, "kind", "") or ("app" if current_function.get() else record.name)
        ran: Ran | None = getattr(record, "ran", None)
        facts = "".join(f"  {name}={value}" for name, value in getattr(record, "facts", {}).items())
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        level = f"{record.levelname[:4].lower():4}"
        tone = _COLOURS.get(record.levelno, _RED)
        text = f"{record.getMessage()}{_error(record)}"
        if ran is not None:
            outcome = self._in(tone, f"{ran.outcome:>{_OUTCOME}}")
            text = f"{ran.name:{_NAME}} {outcome} {ran.ms:>6} ms  {text}".rstrip()
        elif record.levelno >= logging.WARNING:
            text = self._in(tone, text)
        kind = self._in(_CYAN, f"{kind:{_KIND}}")
        return f"{self._in(_FAINT, moment)}  {self._in(tone, level)}  {kind}  {text}{self._in(_FAINT, facts)}"

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colour and text else text


class JsonLines(logging.Formatter):
    """Writes one JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, kind and text; of an invocation also function, outcome and ms; then facts."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "kind": getattr(record, "kind", record.name),
            "text": f"{record.getMessage()}{_error(record)}",
        }
        ran: Ran | None = getattr(record, "ran", None)
        if ran is not None:
            line |= {"function": ran.name, "outcome": ran.outcome, "ms": ran.ms}
        elif function := current_function.get():
            line["function"] = function
        return json.dumps(line | getattr(record, "facts", {}), default=str)


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether a stream should get colours: a terminal that can, and nobody said no (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _error(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error = record.exc_info[1]
    return f" ({type(error).__name__}: {error})"
