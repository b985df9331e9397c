"""The host's log: one line for each event, short and aligned, or one JSON object with ``--json``.

Inputs, outputs and bodies may be private: log lines hold names, ids, durations and error texts.
"""

import io
import logging
import sys
import time
from typing import Any, TextIO

from functions_host.log_format import InvocationRecord, JsonFormatter, LineFormatter, wants_color
from functions_host.settings.config import environment

host_log = logging.getLogger("host")


def log_event(kind: str, text: str, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401
    """Log one event of the host; ``facts`` are names, ids and numbers."""
    if host_log.isEnabledFor(level):
        host_log.log(level, text, extra={"kind": kind, "facts": facts})


def log_invocation(
    kind: str,
    name: str,
    outcome: str,
    started: float,
    text: str = "",
    level: int = logging.INFO,
    **facts: Any,  # noqa: ANN401 - names, ids and numbers
) -> None:
    """Log one invocation that began at ``started`` (``time.monotonic``); ``text`` follows its columns."""
    if host_log.isEnabledFor(level):
        ms = round((time.monotonic() - started) * 1000)
        record = InvocationRecord(name, outcome, ms)
        host_log.log(level, "%s", text, extra={"kind": kind, "facts": facts, "invocation": record})


class _PrintLogger(io.TextIOBase):
    """Replaces stdout: user code's prints become log lines."""

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
    handler.setFormatter(JsonFormatter() if as_json else LineFormatter(color=wants_color(stream, environment())))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_level(levels.get("default", "Information")))
    host_log.setLevel(_level(levels.get("Host", levels.get("default", "Information"))))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_without_request_text)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(_level(level))
    sys.stdout = _PrintLogger()


def _without_request_text(record: logging.LogRecord) -> bool:
    """Log only the class of the error for a request that cannot be read: aiohttp quotes the request, tokens too."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and (isinstance(error, ConnectionError) or type(error).__module__.startswith("aiohttp")):
        record.msg, record.args, record.exc_info = "a request cannot be read: %s", (type(error).__name__,), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


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
