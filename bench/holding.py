"""Memory of the embedded host for each open instance, and its time to start with 100,000 ended ones.

``holding:2000,100000`` is the default: so many open, so many ended.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from bench.engine_app.w12 import OPEN_AFTER
from bench.figures import Figure, paired
from bench.hosting import Hosted, hosted, until

_STARTS = 3
_TABLES = ("instance", "history")


def main(many: str = "2000", ended: str = "100000") -> list[Figure]:
    """Measure both."""
    return [_open(int(many)), _starting(int(ended))]


def _open(many: int) -> Figure:
    """Compare an open instance in memory with an instance that is only in the store."""
    kept = _growth(many, "--keep", str(many + 1))
    stored = _growth(many, "--keep", "0")
    note = f"{many} instances after {OPEN_AFTER} activities each; growth of the process, the open root in it"
    return Figure("memory per open instance: kept / only stored", kept, stored, "KiB", 1, note=note)


def _growth(many: int, *options: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "db"
        with hosted(db, *options) as host:
            _settle(host, db, 2)
            before = host.memory
            _settle(host, db, many)
            return (host.memory - before) / 1024 / many


def _settle(host: Hosted, db: Path, many: int) -> None:
    """Start *many* instances, and wait until each waits for its event."""
    host.begin("crowd", many)
    until(lambda: _count(db, "SELECT count(*) FROM instance WHERE name = 'waits' AND waits IS NOT NULL") >= many)


def _starting(ended: int) -> Figure:
    """Compare the seconds to a host's first answer, beside a full store and beside an empty one."""
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full"
        _fill(full, ended)
        beside, alone = [], []
        for n in range(_STARTS):
            with hosted(full) as host:
                beside.append(host.started)
            with hosted(Path(folder) / f"empty{n}") as host:
                alone.append(host.started)
        size = full.stat().st_size / 1e6
    return paired(f"start beside {ended} ended instances / beside none", beside, alone, "s", note=f"{size:.0f} MB")


def _fill(db: Path, ended: int) -> None:
    """Let one W12 child end on a host, and copy its database."""
    with hosted(db) as host:
        host.begin("w12", 1)
        host.ended("w12", 1)
    with closing(sqlite3.connect(db)) as store:
        for table in _TABLES:
            names = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            copied = ",".join("'copy' || n" if name == "id" else name for name in names)
            store.execute(
                f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"  # noqa: S608
                f" INSERT INTO {table}({','.join(names)}) SELECT {copied} FROM numbers, {table}"
                f" WHERE id = (SELECT id FROM instance WHERE name = 'child' AND id NOT LIKE 'copy%')",
                (ended,),
            )
        store.commit()


def _count(db: Path, question: str) -> int:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as store:
        number: int = store.execute(question).fetchone()[0]
        return number
