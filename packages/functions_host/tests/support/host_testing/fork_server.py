"""Starts hosts in milliseconds: imports the host and the app once, and forks a process for each host.

A line of JSON in: {"db", "log", "environ", "die_at", "points"}; a line out: {"pid"}. Variables in ``environ``:
CLOCK_OFFSET names a file with the seconds by which the machine's clock is off, WATCHDOG is the option of that name.
``die_at`` kills the host with SIGKILL at the n-th point of its writer's work: before each statement, and after each
COMMIT. ``points`` names a file that gets the statement of each point.
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

from functions_host.functions.indexer import Registry, index
from functions_host.host import Host, quiet_sdk_warnings
from functions_host.log import open_log
from functions_host.options import Options
from functions_host.scheduling.clock_drivers import WATCHDOG_SECONDS
from functions_host.settings.config import HostSettings, read_host_json

WRITER = "store-writer"
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class KillingConnection(sqlite3.Connection):
    """Counts the writer's points, and kills the process at ``die_at``."""

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


def serve(request: dict[str, Any], app: Path, settings: HostSettings, registry: Registry) -> None:
    """Run the host of a request, to the end of the process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.environ.update(request["environ"])
    open_log(sys.stderr, dict(settings.log_levels), as_json=False)
    KillingConnection.die_at = request["die_at"] or 0
    KillingConnection.points = Path(request["points"]) if request["points"] else None
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **kwargs: connect(*args, **kwargs, factory=KillingConnection)  # type: ignore[assignment]
    if "CLOCK_OFFSET" in os.environ:
        _set_clock(Path(os.environ["CLOCK_OFFSET"]))
    clock, watchdog = (os.environ.get(name) for name in ("FUNCTIONS_HOST_CLOCK", "WATCHDOG"))
    options = Options(
        app,
        Path(request["db"]),
        port=0,
        rpc_port=0,
        clock=Path(clock) if clock else None,
        watchdog_seconds=float(watchdog or WATCHDOG_SECONDS),
    )

    async def run() -> None:
        await Host(options, settings, registry, os.environ).run()

    asyncio.run(run())


def _set_clock(offset: Path) -> None:
    """Shift the machine's clock, for this process, by the seconds in the file."""
    machine = time.time_ns
    time.time_ns = lambda: machine() + int(offset.read_text() or "0") * 1_000_000_000


def _answer(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the app, then fork a host for each line."""
    app = Path(sys.argv[1])
    os.chdir(app)
    quiet_sdk_warnings()
    settings = read_host_json(app, os.environ)
    registry = index(app, os.environ, None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _answer({})
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                serve(json.loads(line), app, settings, registry)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        _answer({"pid": pid})


if __name__ == "__main__":
    main()
