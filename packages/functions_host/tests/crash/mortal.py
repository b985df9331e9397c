"""Hosts that are killed and born again, and the audit of what they leave behind."""

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

from functions_host.keys import read_keys
from functions_host.reads import Reads

from packages.functions_host.tests.conftest import DEAD_STORAGE, ROOT, RunningHost, until

APP = Path(__file__).parent / "app"
ENDED = {"Completed", "Failed", "Terminated"}
# Fan-out, child, retry, entity, event: what ``everything`` gives, whatever happens to its host.
FAN = ["fan 0", "fan 1", "fan 2", "fan 3"]


def look(path: Path) -> sqlite3.Connection:
    """Open a state file to read: what a killed host left in the log stays for the next host to find."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


class Nursery:
    """The process that bears hosts for one app."""

    def __init__(self, app: Path = APP) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "packages.functions_host.tests.crash.nursery", str(app)]
        environ = {**os.environ, "AzureWebJobsStorage": DEAD_STORAGE}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe)
        self._said()

    def bear(self, **wanted: Any) -> int:
        """Fork a host; return its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._process.stdin.flush()
        pid: int = self._said()["pid"]
        return pid

    def close(self) -> None:
        """End it, and with it every host that it bore."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(20)

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said


@dataclass
class Mortal(RunningHost):
    """One host of a nursery at a time, on one state file."""

    nursery: Nursery | None = None
    app: Path = APP
    deaths: int = 0
    pid: int = 0
    repeats_allowed: Counter[str] = field(default_factory=Counter)
    _begun_before: int = 0

    @property
    def begun_file(self) -> Path:
        return self.db.with_name("begun")

    def begun(self) -> list[str]:
        """List the activities that were begun, in order, again and again."""
        return self.begun_file.read_text().splitlines() if self.begun_file.exists() else []

    def live(self, *, die_at: int = 0, points: Path | None = None) -> "Mortal":
        """Be born; the host is ready, or dead already where ``die_at`` came first."""
        assert self.nursery is not None
        self.log.unlink(missing_ok=True)
        self._begun_before = len(self.begun())
        pid = self.nursery.bear(
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
                with closing(look(self.db)) as db:
                    self.key = read_keys(Reads(db))[("system", "durabletask_extension")]
        return "\n" in rest

    def is_dead(self) -> bool:
        """Tell whether the process, with all its threads, is gone: the nursery buries its dead."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def kill(self) -> None:
        """Kill it as kill -9 does, and note what was in flight."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.bury()

    def bury(self) -> None:
        """Wait for the end of a host that dies, and note what was in flight."""
        until(self.is_dead, 30)
        self.deaths += 1
        with closing(look(self.db)) as db:
            waiting = {json.loads(text) for (text,) in db.execute("SELECT input FROM activity")}
        self.repeats_allowed.update(waiting & set(self.begun()[self._begun_before :]))

    def end(self) -> None:
        """Make sure that it does not outlive its test."""
        if self.pid and not self.is_dead():
            self.kill()

    def known(self) -> dict[str, str]:
        """Read the status of each instance from the file."""
        with closing(look(self.db)) as db:
            return dict(db.execute("SELECT id, status FROM instance"))

    def ended_ones(self) -> set[str]:
        """Name the instances that have ended."""
        return {one for one, status in self.known().items() if status in ENDED}

    def leave(self) -> None:
        """Stop it in order."""
        os.kill(self.pid, signal.SIGTERM)
        until(self.is_dead, 40)

    def tried(self, *words: Any) -> int:
        """Ask the management API; 0 when the host died before it answered."""
        try:
            return self.manage(*words).status
        except (urllib.error.URLError, HTTPException, OSError):
            return 0


def audit(host: Mortal, ids: list[str]) -> None:
    """Find every accepted instance ended as it should, nothing twice, nothing left over."""
    with closing(look(host.db)) as db:
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
        answered = [_question(event) for event in events if event["EventType"] in ANSWERS]
        asked = [event["EventId"] for event in events if event["EventType"] in QUESTIONS]
        assert len(answered) == len(set(answered)), f"{instance}: something was completed twice: {answered}"
        assert {a for a in answered if isinstance(a, int)} == set(asked)
        assert [event["EventType"] for event in events].count(1) == 1


def _question(event: dict[str, Any]) -> Any:
    return event.get("TaskScheduledId", event.get("TimerId", event.get("Name")))


# TaskScheduled, SubOrchestrationInstanceCreated, TimerCreated; and what answers them, or a wait.
QUESTIONS = {4, 7, 10}
ANSWERS = {5, 6, 8, 9, 11, 15}


def _audit_repeats(host: Mortal, ids: list[str]) -> None:
    """Activities ran again only where a kill had met them: never more often than that."""
    begun = Counter(host.begun())
    wanted: Counter[str] = Counter()
    for one in ids:
        wanted.update([*(f"{one} {part}" for part in FAN), f"{one}-leaf leaf", f"{one} flaky", f"{one} flaky"])
    assert begun.keys() == wanted.keys()
    # A kill may have met the first try of ``fails_once``, whose repeat then succeeds: one fewer.
    for key, times in begun.items():
        assert times <= wanted[key] + host.repeats_allowed[key], key
