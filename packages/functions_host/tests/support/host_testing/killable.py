"""Hosts that are killed and started again, and the audit of their state files."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from functions_host.storage.keys import read_keys
from functions_host.storage.reads import Reads

from host_testing.running import APPS, DEAD_STORAGE, RunningHost, until

APP = APPS / "crash"
ENDED = {"Completed", "Failed", "Terminated"}
# The fan-out of the orchestrator ``everything``.
FAN = ["fan 0", "fan 1", "fan 2", "fan 3"]


def open_state(path: Path) -> sqlite3.Connection:
    """Open a state file for reading; the write-ahead log that a killed host has left stays for the next host."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


class ForkServer:
    """The process that forks hosts for one app (``fork_server.py``)."""

    def __init__(self, app: Path = APP) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), str(app)]
        environ = {**os.environ, "AzureWebJobsStorage": DEAD_STORAGE}
        self._process = subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe)
        self._answer()

    def fork(self, **options: Any) -> int:
        """Fork a host; return its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(options).encode() + b"\n")
        self._process.stdin.flush()
        pid: int = self._answer()["pid"]
        return pid

    def close(self) -> None:
        """End it, and with it every host that it has forked."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(20)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@dataclass
class KillableHost(RunningHost):
    """Hosts of a fork server on one state file, one at a time."""

    fork_server: ForkServer | None = None
    app: Path = APP
    deaths: int = 0
    pid: int = 0
    repeats_allowed: Counter[str] = field(default_factory=Counter)
    _begun_before: int = 0

    @property
    def begun_file(self) -> Path:
        return self.db.with_name("begun")

    def begun(self) -> list[str]:
        """List the activities in the order in which they began, with their repetitions."""
        return self.begun_file.read_text().splitlines() if self.begun_file.exists() else []

    def begin_process(self, *, die_at: int = 0, points: Path | None = None) -> "KillableHost":
        """Start a host; return when it is ready, or dead if ``die_at`` was reached first."""
        assert self.fork_server is not None
        self.log.unlink(missing_ok=True)
        self._begun_before = len(self.begun())
        pid = self.fork_server.fork(
            db=str(self.db),
            log=str(self.log),
            environ={"BEGUN": str(self.begun_file), **self.environ},
            die_at=die_at,
            points=str(points) if points else None,
        )
        self.pid = pid
        until(lambda: self.is_dead() or self._address(), 30)
        return self

    def _address(self) -> bool:
        text = self.log.read_text() if self.log.exists() else ""
        _, found, rest = text.partition("ready at ")
        if found and "\n" in rest:
            self.url = rest.split()[0]
            if not self.key:
                with closing(open_state(self.db)) as db:
                    self.key = read_keys(Reads(db))[("system", "durabletask_extension")]
        return "\n" in rest

    def is_dead(self) -> bool:
        """Return whether the process has ended, with all its threads: the fork server leaves no zombies."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def kill(self) -> None:
        """Kill it with SIGKILL, and record what was running."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.wait_for_death()

    def wait_for_death(self) -> None:
        """Wait for a host that is being killed, and record what was running."""
        until(self.is_dead, 30)
        self.deaths += 1
        with closing(open_state(self.db)) as db:
            waiting = {json.loads(text) for (text,) in db.execute("SELECT input FROM activity")}
        self.repeats_allowed.update(waiting & set(self.begun()[self._begun_before :]))

    def end(self) -> None:
        """Kill it if it still runs."""
        if self.pid and not self.is_dead():
            self.kill()

    def statuses(self) -> dict[str, str]:
        """Read the status of each instance from the file."""
        with closing(open_state(self.db)) as db:
            return dict(db.execute("SELECT id, status FROM instance"))

    def ended_instances(self) -> set[str]:
        """Return the ids of the instances that have ended."""
        return {one for one, status in self.statuses().items() if status in ENDED}

    def shut_down(self) -> None:
        """Stop it in order."""
        os.kill(self.pid, signal.SIGTERM)
        until(self.is_dead, 40)

    def try_manage(self, *request: Any) -> int:
        """Call the management API; return the status, 0 when the host died before it answered."""
        try:
            return self.manage(*request).status
        except (urllib.error.URLError, HTTPException, OSError):
            return 0


def audit(host: KillableHost, ids: list[str]) -> None:
    """Check that every instance has ended with the right output, nothing twice, and that nothing is left over."""
    with closing(open_state(host.db)) as db:
        for one in ids:
            _audit_instance(db, one)
        for table in ("node", "activity", "inbox", "entity_msg"):
            assert db.execute(f"SELECT * FROM {table}").fetchall() == [], table  # noqa: S608 - constants
        states = dict(db.execute("SELECT key, state FROM entity"))
    assert states == dict.fromkeys(ids, "7")
    _audit_repeats(host, ids)


def _audit_instance(db: sqlite3.Connection, one: str) -> None:
    row = db.execute("SELECT status, output FROM instance WHERE id = ?", (one,)).fetchone()
    assert row is not None, f"{one} is lost"
    lengths = [len(f"{one} {part}") for part in FAN]
    assert row == ("Completed", json.dumps([lengths, len(f"{one}-leaf leaf"), "then not", 7, "heard"])), (one, row)
    for instance in (one, f"{one}-leaf"):
        rows = db.execute("SELECT seq, body FROM history WHERE id = ? ORDER BY seq", (instance,)).fetchall()
        assert [seq for seq, _ in rows] == list(range(len(rows)))
        events = [json.loads(body) for _, body in rows]
        completed = [_task(event) for event in events if event["EventType"] in COMPLETIONS]
        scheduled = [event["EventId"] for event in events if event["EventType"] in CALLS]
        assert len(completed) == len(set(completed)), f"{instance}: something was completed twice: {completed}"
        assert {one for one in completed if isinstance(one, int)} == set(scheduled)
        assert [event["EventType"] for event in events].count(1) == 1


def _task(event: dict[str, Any]) -> Any:
    return event.get("TaskScheduledId", event.get("TimerId", event.get("Name")))


# TaskScheduled, SubOrchestrationInstanceCreated, TimerCreated; and the events that complete them, or a wait.
CALLS = {4, 7, 10}
COMPLETIONS = {5, 6, 8, 9, 11, 15}


def _audit_repeats(host: KillableHost, ids: list[str]) -> None:
    """Check that activities ran again only where a kill had interrupted them."""
    begun = Counter(host.begun())
    expected: Counter[str] = Counter()
    for one in ids:
        expected.update([*(f"{one} {part}" for part in FAN), f"{one}-leaf leaf", f"{one} flaky", f"{one} flaky"])
    assert begun.keys() == expected.keys()
    # A kill may have interrupted the first attempt of ``fails_once``; then its repetition succeeds: one fewer.
    for key, times in begun.items():
        assert times <= expected[key] + host.repeats_allowed[key], key
