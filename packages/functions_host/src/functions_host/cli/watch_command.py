"""``--watch``: keeps one host process serving the newest app that loads.

A change is tried in a second process beside the one that serves. Only when the whole app has loaded there does the old
process end, and the new one opens its state file and continues the orchestrations. Requests wait meanwhile: this
process holds the socket. An app that does not load is reported, and nothing else happens until the next change.
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

from functions_host.cli import read_commands
from functions_host.cli.watcher_link import GO, LOADED
from functions_host.http.listening import listen
from functions_host.log import log_event, open_log

_POLL_SECONDS = 0.2
_FILES = {"host.json", "local.settings.json"}
_IGNORED_FOLDERS = {"__pycache__", "node_modules"}
FileTimes = dict[str, tuple[int, int]]


def watch(args: argparse.Namespace) -> int:
    """Serve until a signal; return the exit code of the last host."""
    open_log(sys.stderr, {}, as_json=args.json)
    with listen(args.host, read_commands.port(args)) as listening:
        return Watcher(args.app.resolve(), listening, args.grace).run()


def file_times(app: Path) -> FileTimes:
    """Return modification time and size of each file of the app."""
    return {entry.path: (entry.stat().st_mtime_ns, entry.stat().st_size) for entry in _files(str(app))}


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    with suppress(OSError), os.scandir(folder) as entries:  # a folder may be removed meanwhile
        listed = list(entries)
        if any(entry.name == "pyvenv.cfg" for entry in listed):
            return
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _IGNORED_FOLDERS and not entry.name.startswith("."):
                    yield from _files(entry.path)
            elif (entry.name.endswith(".py") or entry.name in _FILES) and entry.is_file():
                yield entry


@dataclass(slots=True)
class _Child:
    """One host process, and the watcher's end of the connection to it."""

    process: "subprocess.Popen[bytes]"
    connection: socket.socket

    def has_loaded(self) -> bool:
        """Return whether the app has loaded there; does not wait."""
        try:
            return self.connection.recv(len(LOADED)) == LOADED
        except (BlockingIOError, ConnectionError):
            return False

    def go(self) -> None:
        """Let it serve; a process that has ended meanwhile is found by its exit code."""
        with suppress(OSError):
            self.connection.sendall(GO)

    def end(self) -> None:
        """Stop it in order."""
        with suppress(ProcessLookupError):
            self.process.terminate()


class Watcher:
    """Checks the app's files and the processes, a few times a second."""

    def __init__(self, app: Path, listening: socket.socket, grace_seconds: float) -> None:
        self._app, self._listening, self._grace = app, listening, grace_seconds
        self._serving: _Child | None = None
        self._candidate: _Child | None = None
        self._signals = 0

    def run(self) -> int:
        """Keep the newest app that loads served until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        tried = seen = file_times(self._app)
        self._try_app()
        while not self._signals:
            time.sleep(_POLL_SECONDS)
            now = file_times(self._app)
            if now == seen != tried:  # no file has changed since the last check
                self._log_changes(tried, seen)
                tried = seen
                self._try_app()
            seen = now
            self._check_candidate()
            self._check_serving()
        return self._stop()

    def _signalled(self, *_: object) -> None:
        self._signals += 1
        if self._signals > 1:
            for child in self._children():
                child.process.kill()
            os._exit(130)

    def _children(self) -> list[_Child]:
        return [child for child in (self._candidate, self._serving) if child is not None]

    def _log_changes(self, before: FileTimes, after: FileTimes) -> None:
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        log_event("watch", f"{os.path.relpath(changed[0], self._app)}{more} changed: loading")

    def _try_app(self) -> None:
        """Start a process that loads the app and then waits; stop a process that is still loading an older app."""
        if self._candidate is not None:
            self._candidate.process.kill()
            self._candidate.process.wait()
            self._candidate.connection.close()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        inherited = (self._listening.fileno(), theirs.fileno())
        arguments = [one for one in sys.argv[1:] if one != "--watch"]
        command = [sys.executable, "-m", "functions_host", *arguments, "--inherit", f"{inherited[0]},{inherited[1]}"]
        # In a session of its own: Ctrl-C reaches only this process, which then stops it in order.
        process = subprocess.Popen(command, pass_fds=inherited, start_new_session=True)
        theirs.close()
        self._candidate = _Child(process, ours)

    def _check_candidate(self) -> None:
        candidate = self._candidate
        if candidate is None:
            return
        if candidate.has_loaded():
            self._replace(candidate)
        elif candidate.process.poll() is not None:
            candidate.connection.close()
            self._candidate = None
            state = "the previous app is still served" if self._serving else "nothing is served"
            log_event("watch", f"the app does not load: {state}; waiting for the next change", logging.ERROR)

    def _replace(self, candidate: _Child) -> None:
        self._candidate = None
        if self._serving is not None:
            log_event("watch", "loaded: the new app replaces the previous one")
            self._serving.end()
            self._wait_for(self._serving)
        candidate.go()
        self._serving = candidate

    def _check_serving(self) -> None:
        serving = self._serving
        if serving is not None and serving.process.poll() is not None:
            serving.connection.close()
            self._serving = None
            code = serving.process.returncode
            log_event("watch", f"the host has ended unexpectedly ({code}); waiting for the next change", logging.ERROR)

    def _stop(self) -> int:
        if self._candidate is not None:
            self._candidate.process.kill()
            self._candidate.process.wait()
        if self._serving is None:
            return 0
        self._serving.end()
        self._wait_for(self._serving)
        code = self._serving.process.returncode
        return 0 if code == -signal.SIGTERM else code  # it was still starting

    def _wait_for(self, child: _Child) -> None:
        """Wait for a host for its grace period and a little more, then kill it."""
        try:
            child.process.wait(self._grace + 10)
        except subprocess.TimeoutExpired:
            log_event("watch", "the host does not end: it is killed", logging.WARNING)
            child.process.kill()
            child.process.wait()
        child.connection.close()
