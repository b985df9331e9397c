"""The tables of the state file (docs/notes.md 6.2); only open nodes are stored."""

import sqlite3
from pathlib import Path

from functions_host.errors import StoreError

VERSION = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta(k TEXT PRIMARY KEY, v TEXT) STRICT;
CREATE TABLE IF NOT EXISTS instance(
  id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
  status TEXT NOT NULL,             -- Pending Running Suspended Completed Failed Terminated
  input TEXT, output TEXT, custom_status TEXT, failure TEXT,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, start_at_us INTEGER,
  parent_id TEXT, parent_execution_id TEXT, parent_task_id INTEGER,
  turn INTEGER NOT NULL DEFAULT 0,  -- optimistic lock, +1 for every committed turn
  next_id INTEGER NOT NULL DEFAULT 0, n_top INTEGER NOT NULL DEFAULT 0,
  n_hist INTEGER NOT NULL DEFAULT 0,
  waits TEXT,                       -- JSON {event name: waits that no event has answered yet}
  done_pending TEXT,                -- how the execution ends once no task is open
  clock_us INTEGER NOT NULL DEFAULT 0, trace TEXT, tags TEXT) STRICT;
CREATE INDEX IF NOT EXISTS instance_by_status ON instance(status, created_us);
CREATE INDEX IF NOT EXISTS instance_by_created ON instance(created_us, id);
CREATE TABLE IF NOT EXISTS history(
  id TEXT, execution_id TEXT, seq INTEGER, turn INTEGER, type INTEGER, ts_us INTEGER, body TEXT,
  PRIMARY KEY(id, execution_id, seq)) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS node(
  id TEXT, execution_id TEXT, event_id INTEGER,
  kind TEXT,                        -- task sub timer retrytimer entity
  path TEXT,                        -- path in the action list, "3" or "3.0.1"
  attempt INTEGER, max_attempts INTEGER, retry_us INTEGER, last INTEGER, body TEXT,
  PRIMARY KEY(id, execution_id, event_id)) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS inbox(
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
  execution_id TEXT,                -- NULL: any execution (external events, suspend, ...)
  due_us INTEGER NOT NULL DEFAULT 0, type INTEGER NOT NULL, name TEXT, task_id INTEGER,
  body TEXT NOT NULL,
  held INTEGER NOT NULL DEFAULT 0   -- 1: an event without a wait, or the instance is suspended
  ) STRICT;
CREATE INDEX IF NOT EXISTS inbox_ready ON inbox(due_us, id) WHERE held = 0;
CREATE INDEX IF NOT EXISTS inbox_of ON inbox(id, n);
CREATE TABLE IF NOT EXISTS activity(
  id TEXT, execution_id TEXT, event_id INTEGER, name TEXT, input TEXT, created_us INTEGER,
  deliveries INTEGER NOT NULL DEFAULT 0,  -- hosts that began it and ended before it did
  PRIMARY KEY(id, execution_id, event_id)) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS redelivery(  -- activities that have reported, and run again
  id TEXT, execution_id TEXT, event_id INTEGER, name TEXT, input TEXT, due_us INTEGER NOT NULL,
  deliveries INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(id, execution_id, event_id)) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS entity(
  name TEXT, key TEXT, state TEXT, updated_us INTEGER, PRIMARY KEY(name, key)
  ) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS entity_msg(
  n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, key TEXT, op TEXT, input TEXT,
  is_signal INTEGER, guid TEXT UNIQUE,
  reply_id TEXT, reply_execution_id TEXT, reply_task_id INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS schedule(
  fn TEXT PRIMARY KEY, spec TEXT, last_us INTEGER, next_us INTEGER, updated_us INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS host_key(
  scope TEXT, name TEXT, value TEXT, PRIMARY KEY(scope, name)) STRICT;
"""


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the file for one thread; readers never wait for the writer (WAL)."""
    connection = sqlite3.connect(
        f"file:{path}{'?mode=ro' if readonly else ''}",
        uri=True,
        isolation_level=None,
        cached_statements=512,
        check_same_thread=False,
    )
    connection.execute("PRAGMA busy_timeout=30000")
    return connection


def prepare(path: Path, hub: str) -> sqlite3.Connection:
    """Open the file for writing: durable settings, tables, a check, and the hub's name."""
    try:
        path.touch(mode=0o600)
        return _prepared(connect(path), path, hub)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be used: {error}") from error


def _prepared(connection: sqlite3.Connection, path: Path, hub: str) -> sqlite3.Connection:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(_TABLES)
    if not _take_shutdown_record(connection) and (found := _damage(connection)):
        raise StoreError(f"{path} is damaged: {found}")
    facts = {"version": VERSION, "hub": hub}
    for name, value in facts.items():
        connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        stored = connection.execute("SELECT v FROM meta WHERE k = ?", (name,)).fetchone()[0]
        if stored != value:
            raise StoreError(f"{path} has {name} {stored!r}, this host needs {value!r}")
    return connection


def record_shutdown(connection: sqlite3.Connection) -> None:
    """Record that the host ended in order, and move the write-ahead log into the file."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('closed', 'in order')")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _take_shutdown_record(connection: sqlite3.Connection) -> bool:
    """Return whether the last host ended in order, and remove that record."""
    return connection.execute("DELETE FROM meta WHERE k = 'closed'").rowcount > 0


def _damage(connection: sqlite3.Connection) -> str | None:
    """Check the whole file, which takes seconds for each gigabyte."""
    found: str = connection.execute("PRAGMA quick_check").fetchone()[0]
    return None if found == "ok" else found
