"""A command in a terminal of its own (a pty), which somebody reads and types into."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_CTRL_C, _CTRL_D = b"\x03", b"\x04"


@dataclass
class Terminal:
    """A running command. *shown*: all that it has written so far."""

    pid: int
    screen: int
    shown: str = ""
    _read: int = field(default=0, repr=False)
    _interrupting: bool = field(default=False, repr=False)

    def until(self, pattern: str) -> str:
        """Wait until the terminal shows a pattern behind what was waited for before; return the text up to its end."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while not (found := re.search(pattern, self.shown[self._read :])):
            assert time.monotonic() < deadline, f"{pattern!r} is not there:\n{self.shown}"
            assert self._more(), f"the command has ended without {pattern!r}:\n{self.shown}"
        text = self.shown[self._read : self._read + found.end()]
        self._read += found.end()
        return text

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.screen, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, and again while nothing happens: one just before Python begins to read is seen by the next."""
        os.write(self.screen, _CTRL_C)
        self._interrupting = True

    def hang_up(self) -> None:
        """Press Ctrl-D: nothing more is typed."""
        os.write(self.screen, _CTRL_D)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while self._more():
            assert time.monotonic() < deadline, f"the command does not end:\n{self.shown}"
        _, status = os.waitpid(self.pid, 0)
        os.close(self.screen)
        return os.waitstatus_to_exitcode(status)

    def _more(self) -> bool:
        """Read the output that is ready; return whether there can be more."""
        ready, _, _ = select.select([self.screen], [], [], _LOOK_SECONDS)
        if not ready:
            if self._interrupting:
                os.write(self.screen, _CTRL_C)
            return True
        try:
            read = os.read(self.screen, 65_536)
        except OSError:  # the other side is closed
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)


def opened(command: Sequence[str], environment: Mapping[str, str], folder: Path, *, kind: str = "xterm") -> Terminal:
    """Start a command in a terminal of 100 columns."""
    pid, screen = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests in the background of a shell have it ignored
        os.chdir(folder)
        os.execvpe(command[0], list(command), {**environment, "COLUMNS": "100", "TERM": kind})  # noqa: S606
    return Terminal(pid, screen)
