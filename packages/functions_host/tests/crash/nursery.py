"""Bears hosts in milliseconds: imports the host and the app once, and forks a process for each.

A line of JSON in: {"db", "log", "environ", "die_at", "points", "arguments"}; a line out: {"pid"}.
CLOCK_OFFSET in its environment names a file with the seconds by which the machine's clock is off, WATCHDOG is
the option of that name.
``die_at`` kills the host, as kill -9 does, at the n-th point of its writer's work: before each statement,
and after each COMMIT. ``points`` names a file that gets the statement of each point.
"""

import asyncio
import ctypes
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from functions_host.config import HostSettings, read_host_json
from functions_host.driving import WATCHDOG_SECONDS
from functions_host.host import Host, Options, quiet_sdk_warnings
from functions_host.indexer import Registry, index
from functions_host.log import open_log

WRITER = "store-writer"
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Doomed(sqlite3.Connection):
    """Counts the writer's points, and ends the process at the wanted one."""

    die_at = 0
    points: Path | None = None
    passed = 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self._point(statement)
        cursor = super().execute(statement, *values)
        if statement == "COMMIT":
            self._point("after COMMIT")
        return cursor

    def executemany(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self._point(statement)
        return super().executemany(statement, *values)

    @classmethod
    def _point(cls, statement: str) -> None:
        if threading.current_thread().name != WRITER:
            return
        cls.passed += 1
        if cls.points is not None:
            with cls.points.open("a") as out:
                out.write(" ".join(statement.split()) + "\n")
        if cls.passed == cls.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def live(wanted: dict[str, Any], app: Path, settings: HostSettings, registry: Registry) -> None:
    """Be the host that was asked for, to the end of the process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.environ.update(wanted["environ"])
    open_log(sys.stderr, dict(settings.log_levels), as_json=False)
    Doomed.die_at = wanted["die_at"] or 0
    Doomed.points = Path(wanted["points"]) if wanted["points"] else None
    connect = sqlite3.connect
    sqlite3.connect = lambda *words, **more: connect(*words, **more, factory=Doomed)  # type: ignore[assignment]
    if "CLOCK_OFFSET" in os.environ:
        _set_the_clock(Path(os.environ["CLOCK_OFFSET"]))
    clock, watchdog = (os.environ.get(name) for name in ("DESKWRIGHT_CLOCK_FILE", "WATCHDOG"))
    options = Options(
        app,
        Path(wanted["db"]),
        port=0,
        rpc_port=0,
        clock=Path(clock) if clock else None,
        watchdog_seconds=float(watchdog or WATCHDOG_SECONDS),
    )

    async def serve() -> None:
        await Host(options, settings, registry, os.environ).run()

    asyncio.run(serve())


def _set_the_clock(offset: Path) -> None:
    """Let this process read a machine's clock that is off by as many seconds as the file says."""
    machine = time.time_ns
    time.time_ns = lambda: machine() + int(offset.read_text() or "0") * 1_000_000_000


def _say(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the app, then bear a host for each line."""
    app = Path(sys.argv[1])
    os.chdir(app)
    quiet_sdk_warnings()
    settings = read_host_json(app, os.environ)
    registry = index(app, os.environ, None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _say({})
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                live(json.loads(line), app, settings, registry)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        _say({"pid": pid})


if __name__ == "__main__":
    main()
