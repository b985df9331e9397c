"""The state file is checked after a host that did not end in order, and only then."""

from contextlib import closing
from pathlib import Path

import pytest
from functions_host.errors import StoreError
from functions_host.storage import schema

PAGE = 4096


def written(path: Path, *, in_order: bool) -> Path:
    """Write a state file with some history, as a host does."""
    with closing(schema.prepare(path, "hub")) as store:
        rows = [("a", "x", seq, 1, 12, 0, "event " * 50) for seq in range(200)]
        store.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        if in_order:
            schema.record_shutdown(store)
        else:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def damage(path: Path) -> None:
    """Overwrite the last page of the file."""
    with path.open("r+b") as file:
        file.seek(-PAGE, 2)
        file.write(b"\xff" * PAGE)


def test_a_damaged_file_is_refused_after_a_host_that_was_killed(tmp_path: Path) -> None:
    path = written(tmp_path / "db", in_order=False)
    damage(path)
    with pytest.raises(StoreError, match=r"db is damaged|malformed"):
        schema.prepare(path, "hub")


def test_a_file_closed_in_order_is_not_checked(tmp_path: Path) -> None:
    path = written(tmp_path / "db", in_order=True)
    damage(path)  # a look would find it
    schema.prepare(path, "hub").close()


def test_the_record_of_an_orderly_end_is_used_once(tmp_path: Path) -> None:
    path = written(tmp_path / "db", in_order=True)
    schema.prepare(path, "hub").close()
    damage(path)
    with pytest.raises(StoreError, match=r"db is damaged|malformed"):
        schema.prepare(path, "hub")
