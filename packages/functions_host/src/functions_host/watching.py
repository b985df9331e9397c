"""``--watch``: keeps one host process serving the newest app that loads.

A change is tried in a second process beside the one that serves. Only when the whole app has loaded there
does the old one leave, and the new one takes up its state file; orchestrations go on from there. Requests wait
meanwhile: this process holds the socket. What does not load is said, and nothing else happens until the next change.
"""

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from functions_host import commands
from functions_host.listening import listen
from functions_host.log import open_log, say
from functions_host.tie import GO, LOADED

_LOOK_SECONDS = 0.2
_FILES = {"host.json", "local.settings.json"}
_NOT_THE_APPS = {"__pycache__", "node_modules"}
Signature = dict[str, tuple[int, int]]


def watch(asked: argparse.Namespace) -> int:
    """Serve until a signal; return the exit code of the last host."""
    open_log(sys.stderr, {}, as_json=asked.json)
    with listen(asked.host, commands.port(asked)) as listening:
        return Watcher(asked.app.resolve(), listening, asked.grace).run()


def signature(app: Path) -> Signature:
    """Say when each file that may change the app was written, and how long it is."""
    return {entry.path: (entry.stat().st_mtime_ns, entry.stat().st_size) for entry in _files(str(app))}


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    with suppress(OSError), os.scandir(folder) as entries:  # a folder may go while we look
        listed = list(entries)
        if any(entry.name == "pyvenv.cfg" for entry in listed):
            return
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_THE_APPS and not entry.name.startswith("."):
                    yield from _files(entry.path)
            elif (entry.name.endswith(".py") or entry.name in _FILES) and entry.is_file():
                yield entry


@dataclass(slots=True)
class _Child:
    """One host process, and our end of the line to it."""

    process: "subprocess.Popen[bytes]"
    line: socket.socket

    def said_loaded(self) -> bool:
        """Whether the app has loaded there; does not wait."""
        try:
            return self.line.recv(len(LOADED)) == LOADED
        except (BlockingIOError, ConnectionError):
            return False

    def go(self) -> None:
        """Let it serve; one that died meanwhile is found by its exit code."""
        with suppress(OSError):
            self.line.sendall(GO)

    def end(self) -> None:
        """Ask it to leave in order."""
        with suppress(ProcessLookupError):
            self.process.terminate()


class Watcher:
    """Looks at the app's files and at the processes, a few times a second."""

    def __init__(self, app: Path, listening: socket.socket, grace_seconds: float) -> None:
        self._app, self._listening, self._grace = app, listening, grace_seconds
        self._serving: _Child | None = None
        self._candidate: _Child | None = None
        self._signals = 0

    def run(self) -> int:
        """Keep the newest app that loads served until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        tried = seen = signature(self._app)
        self._try_app()
        while not self._signals:
            time.sleep(_LOOK_SECONDS)
            now = signature(self._app)
            if now == seen != tried:  # the files have come to rest
                self._say_what_changed(tried, seen)
                tried = seen
                self._try_app()
            seen = now
            self._look_at_candidate()
            self._look_at_serving()
        return self._leave()

    def _signalled(self, *_: object) -> None:
        self._signals += 1
        if self._signals > 1:
            for child in self._children():
                child.process.kill()
            os._exit(130)

    def _children(self) -> list[_Child]:
        return [child for child in (self._candidate, self._serving) if child is not None]

    def _say_what_changed(self, before: Signature, after: Signature) -> None:
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        say("watch", f"{os.path.relpath(changed[0], self._app)}{more} changed: loading")

    def _try_app(self) -> None:
        """Start a process that loads the app and then waits; one that still loads an older app is given up."""
        if self._candidate is not None:
            self._candidate.process.kill()
            self._candidate.process.wait()
            self._candidate.line.close()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        handed = (self._listening.fileno(), theirs.fileno())
        words = [word for word in sys.argv[1:] if word != "--watch"]
        command = [sys.executable, "-m", __package__, *words, "--inherit", f"{handed[0]},{handed[1]}"]
        # In a session of its own: Ctrl-C reaches us alone, and we end it in order.
        process = subprocess.Popen(command, pass_fds=handed, start_new_session=True)
        theirs.close()
        self._candidate = _Child(process, ours)

    def _look_at_candidate(self) -> None:
        candidate = self._candidate
        if candidate is None:
            return
        if candidate.said_loaded():
            self._replace(candidate)
        elif candidate.process.poll() is not None:
            candidate.line.close()
            self._candidate = None
            rest = "the app before goes on" if self._serving else "nothing is served"
            say("watch", f"this does not load: {rest}; waiting for the next change", logging.ERROR)

    def _replace(self, candidate: _Child) -> None:
        self._candidate = None
        if self._serving is not None:
            say("watch", "loaded: the app before leaves, the new one takes over")
            self._serving.end()
            self._wait_for(self._serving)
        candidate.go()
        self._serving = candidate

    def _look_at_serving(self) -> None:
        serving = self._serving
        if serving is not None and serving.process.poll() is not None:
            serving.line.close()
            self._serving = None
            code = serving.process.returncode
            say("watch", f"the host has ended by itself ({code}); waiting for the next change", logging.ERROR)

    def _leave(self) -> int:
        if self._candidate is not None:
            self._candidate.process.kill()
            self._candidate.process.wait()
        if self._serving is None:
            return 0
        self._serving.end()
        self._wait_for(self._serving)
        code = self._serving.process.returncode
        return 0 if code == -signal.SIGTERM else code  # it was still starting: there was nothing to finish

    def _wait_for(self, child: _Child) -> None:
        """Give a host its grace and a little more; then it must go."""
        try:
            child.process.wait(self._grace + 10)
        except subprocess.TimeoutExpired:
            say("watch", "the host does not leave: it is killed", logging.WARNING)
            child.process.kill()
            child.process.wait()
        child.line.close()
