"""Processes of a run: each in a process group of its own, with a log; it ends with the process that started it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_TETHER = Path(__file__).with_name("tether.py")
_LOOK_EVERY_SECONDS = 0.02
_LAST_LINES = 15


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, also where it is there already and others may."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
        file.write(text)


class PartFailedError(Exception):
    """A part of the run ended, or did not become ready; the message has the last lines of its log."""


def free_port() -> int:
    """Return a free port of 127.0.0.1, and reserve it for the life of this process.

    A server can listen on it with SO_REUSEADDR; the kernel gives it to no other process, neither before our part
    listens nor while it restarts. On other systems than Linux nothing could listen on such a port.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    if sys.platform == "linux":
        probe.detach()
    else:
        probe.close()
    return port


@dataclass(slots=True)
class Part:
    """One process of a run, which can be started, awaited, stopped and restarted."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_begins: int = field(default=0, init=False)
    _is_gone: bool = field(default=False, init=False)

    @property
    def is_running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process; its output is appended to the log."""
        if self.is_running:
            raise PartFailedError(f"{self.name} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        tethered = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.command]
        with self.log.open("ab") as log:
            self._log_begins, self._is_gone = log.tell(), False
            self.process = subprocess.Popen(
                tethered,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.folder,
                start_new_session=True,
            )

    def output(self) -> str:
        """Return the output of the process since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")

    def wait_until(self, condition: Callable[[], T | None], timeout_seconds: float) -> T:
        """Wait until a condition returns a true value; fail as soon as the process has ended."""
        deadline = time.monotonic() + timeout_seconds
        while not (answer := condition()):
            if not self.is_running:
                raise PartFailedError(self._failure("ended"))
            if time.monotonic() > deadline:
                raise PartFailedError(self._failure(f"not ready after {timeout_seconds:g} s"))
            time.sleep(_LOOK_EVERY_SECONDS)
        return answer

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Send SIGTERM, wait, then kill the remaining processes of the group."""
        if self.process is not None and self.is_running:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace_seconds)
        self.kill()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process and its children without ending them, as a machine that swaps or is moved does."""
        if self.process is None or not self.is_running:
            raise PartFailedError(f"{self.name} does not run")
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process and its children at once, as a power cut would."""
        if self.process is None or self._is_gone:
            return  # its number may belong to another process by now
        with suppress(ProcessLookupError):  # no process is left in the group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._is_gone = True

    def _failure(self, what: str) -> str:
        assert self.process is not None  # noqa: S101 - only asked about a started process
        code = self.process.poll()
        lines = "\n  ".join(self.output().splitlines()[-_LAST_LINES:])
        status = f" with exit code {code}" if code is not None else ""
        return f"{self.name} {what}{status}; {self.log}:\n  {lines}"


def first_json(output: str) -> dict[str, Any] | None:
    """Find the line of JSON in which a part reports its port."""
    for line in output.splitlines():
        if line.startswith("{") and line.endswith("}"):
            said: dict[str, Any] = json.loads(line)
            return said
    return None


def answers(url: str) -> bool:
    """Return whether an http address of ours answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
