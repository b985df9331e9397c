"""The writes of many turns share a commit, and each gets its own result."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from functions_host.storage import schema
from functions_host.storage.store import GROUP, Store


async def test_writes_submitted_during_a_commit_share_the_next_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    all_in = threading.Event()
    with closing(schema.connect(tmp_path / "db")) as beside:
        beside.execute("PRAGMA query_only=ON")

        def first(_connection: sqlite3.Connection) -> int:
            all_in.wait()
            return commits(beside)

        writes = [store.write(first), *(store.write(lambda _: commits(beside)) for _ in range(GROUP))]
        running = [asyncio.ensure_future(one) for one in writes]
        await asyncio.sleep(0)
        all_in.set()
        seen = await asyncio.gather(*running)
    store.close()
    assert len(set(seen)) <= 2, "the first write may have taken some of the others along"


async def test_a_write_that_fails_does_not_fail_the_others_of_its_group(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", "hub", asyncio.get_running_loop())
    names = ["a", "b", "c"]
    good = [store.write(lambda c, name=name: c.execute("INSERT INTO meta VALUES (?, 1)", (name,))) for name in names]  # type: ignore[misc]
    bad = store.write(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"))
    *_, failure = await asyncio.gather(*good, bad, return_exceptions=True)
    store.close()
    with closing(schema.connect(tmp_path / "db")) as after:
        found = [row[0] for row in after.execute("SELECT k FROM meta WHERE v = '1' ORDER BY k")]
    assert isinstance(failure, sqlite3.OperationalError)
    assert set(names) <= set(found)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


def commits(beside: sqlite3.Connection) -> int:
    """Return a number that changes with every commit of another connection."""
    number: int = beside.execute("PRAGMA data_version").fetchone()[0]
    return number
