"""Waiting for an operation: its steps on stderr as they happen, and how to go on after Ctrl-C."""

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deskwright.client import Client
from deskwright.errors import InterruptedCommandError, OperationFailedError, TimedOutError
from deskwright.fitting import width
from deskwright.tables import shown
from deskwright.terminal import printable, say, say_over

_ENDED = frozenset({"succeeded", "failed", "canceled", "stopped"})
_PAUSES = (0.3, 0.5, 1.0, 2.0, 3.0)


def wait(client: Client, address: str, *, seconds: float | None, name: str = "") -> dict[str, Any]:
    """Return the operation at an address when it has ended well.

    *seconds*: after how many waiting ends, None: never. *name*: of the command with which to go on.
    Raises: OperationFailedError, TimedOutError, InterruptedCommandError.
    """
    identifier = address.rpartition("/")[2]
    advice = f"It goes on by itself: {name or f'deskwright operation wait {identifier}'} waits again."
    until = None if seconds is None else time.monotonic() + seconds
    with _line() as line:
        told: set[str] = set()
        try:
            for pause in _pauses():
                operation: dict[str, Any] = client.ask("GET", address).body
                _tell(operation, told, line)
                if operation["status"] in _ENDED:
                    break
                if until is not None and time.monotonic() + pause > until:
                    raise TimedOutError(f"{_what(operation)} has not ended after {seconds:g} s", advice=advice)
                time.sleep(pause)
        except KeyboardInterrupt:
            raise InterruptedCommandError("Waiting was ended; the operation was not.", advice=advice) from None
    if operation["status"] != "succeeded":
        raise OperationFailedError(_reason(operation), advice=_advice(operation))
    return operation


class _Line:
    """The last line of a terminal, which is written over; on anything else only whole lines are written."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._length = 0

    def show(self, text: str) -> None:
        """Overwrite the line that is shown."""
        if self._live:
            text = text[: shutil.get_terminal_size().columns - 1]
            say_over(text + " " * max(0, self._length - width(text)))
            self._length = width(text)

    def keep(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        say(text)

    def clear(self) -> None:
        """Leave an empty line, at its beginning."""
        self.show("")
        self._length = 0
        if self._live:
            say_over()


@contextmanager
def _line() -> Iterator[_Line]:
    line = _Line()
    try:
        yield line
    finally:
        line.clear()


def _tell(operation: Mapping[str, Any], told: set[str], line: _Line) -> None:
    """Write each step that has ended since the last look, and where the operation is now."""
    now = ""
    for step in operation.get("steps") or ():
        title = printable(str(step.get("title") or step["name"]))
        if step.get("endedAt"):
            if title not in told:
                told.add(title)
                line.keep(f"  {title}: {shown(step.get('outcome') or 'done')}")
        elif step.get("startedAt") and not now:
            now = title
    percent = operation.get("percentComplete", 0)
    line.show(f"  {_what(operation)}: {percent} %{f', {now}' if now else ''}")


def _what(operation: Mapping[str, Any]) -> str:
    return printable(str(operation.get("kind") or operation.get("action") or "the operation"))


def _reason(operation: Mapping[str, Any]) -> str:
    error = operation.get("error") or {}
    said = error.get("message") or error.get("code") or operation.get("reason") or "no reason was given"
    return f"{_what(operation)} has ended as {operation['status']}: {said}"


def _advice(operation: Mapping[str, Any]) -> str:
    error = operation.get("error") or {}
    return str(error.get("advice") or "")


def _pauses() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield _PAUSES[-1]
