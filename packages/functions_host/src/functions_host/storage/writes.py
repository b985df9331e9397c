"""SQL that changes the store: whole groups of turns in few statements.

Every step of SQLite releases the interpreter's lock, and it can take a while to get it back; so the rows of a group go
in few long statements rather than many short ones.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple

from functions_host.storage.events import EventType, event
from functions_host.storage.state import LIVE, Effects, Instance, Message, Task

_INSTANCE = [f.name for f in fields(Instance)]
_VALUES = attrgetter(*_INSTANCE)
_UPSERT = (
    " ON CONFLICT(id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _INSTANCE if name != "id")
)  # fmt: skip
_CHUNKS = (64, 16, 4, 1)


class ActivityCompletion(NamedTuple):
    """The end of an activity: its row is replaced by the message with its result.

    ``again_us``: when it is delivered again all the same (None: never).
    """

    task: Task
    message: Message
    again_us: int | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """The key of the activity's row."""
        return self.task[:3]


def last_n(connection: sqlite3.Connection) -> int:
    """Return the highest inbox number ever given out."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'").fetchone()
    return int(row[0]) if row else 0


def run(connection: sqlite3.Connection, group: Sequence[Any], next_n: Callable[[], int]) -> list[Any]:
    """Run a group; return the result of each, in the group's order.

    Of effects it is False when the instance's row has changed meanwhile, of a completion whether the activity was still
    there, of a function what it returned. Completions and effects between two functions may be reordered: neither
    depends on the other before the commit.
    """
    results: dict[int, Any] = {}
    completions: list[int] = []
    turns: list[int] = []

    def flush() -> None:
        results.update(zip(completions, _complete(connection, [group[i] for i in completions]), strict=True))
        results.update(zip(turns, _turns(connection, [group[i] for i in turns], next_n), strict=True))
        completions.clear()
        turns.clear()

    for index, one in enumerate(group):
        if isinstance(one, ActivityCompletion):
            completions.append(index)
        elif isinstance(one, Effects):
            turns.append(index)
        else:
            flush()
            results[index] = one(connection)
    flush()
    return [results[index] for index in range(len(group))]


def insert(
    connection: sqlite3.Connection,
    into: str,
    rows: Sequence[tuple[Any, ...]],
    *,
    suffix: str = "",
) -> None:
    """Insert rows in a few long statements; ``into`` is the table with its columns."""
    start = 0
    for size in _CHUNKS:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            marks = "(" + ",".join("?" * len(chunk[0])) + ")"
            values = ",".join([marks] * size)
            connection.execute(
                f"INSERT INTO {into} VALUES {values}{suffix}",  # noqa: S608 - constants only
                [value for row in chunk for value in row],
            )
            start += size


def where_in(connection: sqlite3.Connection, statement: str, keys: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Run ``statement`` (it ends in IN) for keys, chunk by chunk; return the rows, if any."""
    found: list[tuple[Any, ...]] = []
    rest = list(keys)
    while rest:
        chunk, rest = rest[:64], rest[64:]
        size = next(s for s in (1, 4, 16, 64) if s >= len(chunk))
        chunk += [chunk[-1]] * (size - len(chunk))
        if isinstance(chunk[0], tuple):
            marks = "(" + ",".join("?" * len(chunk[0])) + ")"
            keys_sql = f"(VALUES {','.join([marks] * size)})"
            values = [value for key in chunk for value in key]
        else:
            keys_sql, values = f"({','.join('?' * size)})", chunk
        found += connection.execute(f"{statement} {keys_sql}", values).fetchall()
    return found


def instance_rows(connection: sqlite3.Connection, rows: Sequence[Instance]) -> None:
    """Insert or overwrite whole instance rows."""
    insert(
        connection,
        f"instance({','.join(_INSTANCE)})",
        [_VALUES(row) for row in rows],
        suffix=_UPSERT,
    )


def messages(connection: sqlite3.Connection, rows: Sequence[Message]) -> None:
    """Insert messages into inboxes."""
    insert(connection, "inbox(n,id,execution_id,due_us,type,name,task_id,body,held)", rows)


def remove_instance_data(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Remove everything of instances except their row."""
    gone = list(ids)
    for table in ("history", "node", "activity", "inbox"):
        where_in(connection, f"DELETE FROM {table} WHERE id IN", gone)  # noqa: S608


def _turns(connection: sqlite3.Connection, group: Sequence[Effects], next_n: Callable[[], int]) -> list[bool]:
    """Commit turns, except those whose instance has changed meanwhile. An id occurs at most once."""
    ids = [one.id for one in group]
    rows = where_in(connection, "SELECT id, turn, execution_id FROM instance WHERE id IN", ids)
    at = {row[0]: row[1:] for row in rows}
    fits = [at.get(one.id) == (one.turn, one.discarded or one.row.execution_id) for one in group]
    turns = [one for one, good in zip(group, fits, strict=True) if good]
    instance_rows(connection, [one.row for one in turns if one.row.turn != one.turn])
    for one in turns:
        if one.discarded:
            for table in ("history", "node"):
                connection.execute(
                    f"DELETE FROM {table} WHERE id = ? AND execution_id = ?",  # noqa: S608
                    (one.id, one.discarded),
                )
    insert(
        connection,
        "history(id,execution_id,seq,turn,type,ts_us,body)",
        [(one.id, *entry) for one in turns for entry in one.events],
    )
    _nodes(connection, turns)
    tasks = [(*task, one.row.updated_us) for one in turns for task in one.tasks]
    insert(connection, "activity(id,execution_id,event_id,name,input,created_us)", tasks)
    _children(connection, turns, next_n)
    messages(connection, [message for one in turns for message in one.inbox])
    calls = [call for one in turns for call in one.entity_calls]
    insert(
        connection,
        "entity_msg(name,key,op,input,is_signal,guid,reply_id,reply_execution_id,reply_task_id)",
        calls,
    )
    _inbox_marks(connection, turns)
    return fits


def _nodes(connection: sqlite3.Connection, turns: Sequence[Effects]) -> None:
    def execution(one: Effects) -> str:
        return one.discarded or one.row.execution_id

    insert(
        connection,
        "node(id,execution_id,event_id,kind,path,attempt,max_attempts,retry_us,last,body)",
        [(one.id, execution(one), *node) for one in turns if not one.discarded for node in one.opened],
    )
    where_in(
        connection,
        "DELETE FROM node WHERE (id, execution_id, event_id) IN",
        [(one.id, execution(one), event_id) for one in turns for event_id in one.closed],
    )


def _children(connection: sqlite3.Connection, turns: Sequence[Effects], next_n: Callable[[], int]) -> None:
    """Start children; an id that is in use is refused, an instance that has ended is replaced."""
    parents = {child.id: one for one in turns for child in one.children}
    if not parents:
        return
    there = dict(where_in(connection, "SELECT id, status FROM instance WHERE id IN", parents))
    for child_id, status in there.items():
        if status in LIVE:
            _refuse(parents[child_id], child_id, next_n)
    remove_instance_data(connection, [child_id for child_id, status in there.items() if status not in LIVE])
    instance_rows(connection, [child for one in turns for child in one.children])


def _refuse(parent: Effects, child_id: str, next_n: Callable[[], int]) -> None:
    """Remove a child from its parent's effects; the parent gets a failure instead."""
    child = next(c for c in parent.children if c.id == child_id)
    parent.children.remove(child)
    parent.inbox = [m for m in parent.inbox if m.id != child_id]
    task_id = child.parent_task_id
    body = event(
        EventType.SUB_FAILED,
        child.created_us,
        TaskScheduledId=task_id,
        Reason=f"An Orchestration instance with the status Running already exists: '{child_id}'.",
        Details=None,
        FailureDetails=None,
    )
    kind, execution = EventType.SUB_FAILED, parent.row.execution_id
    parent.inbox.append(Message(next_n(), parent.id, execution, 0, kind, None, task_id, body))


def _inbox_marks(connection: sqlite3.Connection, turns: Sequence[Effects]) -> None:
    where_in(connection, "DELETE FROM inbox WHERE n IN", [n for one in turns for n in one.consumed])
    where_in(
        connection,
        "UPDATE inbox SET held = 1 WHERE n IN",
        [n for one in turns for n in one.held],
    )
    where_in(
        connection,
        "UPDATE inbox SET held = 0 WHERE n IN",
        [n for one in turns for n in one.released],
    )
    where_in(connection, "DELETE FROM inbox WHERE id IN", [one.id for one in turns if one.ended])


def _complete(connection: sqlite3.Connection, group: Sequence[ActivityCompletion]) -> list[bool]:
    """Replace activities by their results; the result of one whose row is gone is dropped."""
    keys = [one.key for one in group]
    there = set(
        where_in(
            connection,
            "SELECT id, execution_id, event_id FROM activity WHERE (id, execution_id, event_id) IN",
            keys,
        )
    )
    messages(connection, [one.message for one in group if one.key in there])
    again = [(*one.task, one.again_us) for one in group if one.key in there and one.again_us is not None]
    later = " ON CONFLICT DO UPDATE SET due_us = excluded.due_us"  # a rewind runs one again
    insert(connection, "redelivery(id,execution_id,event_id,name,input,due_us)", again, suffix=later)
    where_in(connection, "DELETE FROM activity WHERE (id, execution_id, event_id) IN", keys)
    return [key in there for key in keys]
