"""SQL that only reads: one reader for each thread, which never blocks the writer."""

import json
import sqlite3
from dataclasses import dataclass, fields
from itertools import groupby
from operator import itemgetter
from typing import Any

from functions_host.storage.events import played
from functions_host.storage.state import LIVE, Instance, Message, Node, Snapshot, Task

_COLUMNS = ",".join(f.name for f in fields(Instance))


EntityCallRow = tuple[int, str, str | None, int, str, str | None, str | None, int | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """Filter of instances to list: by id, in the order of Azure's table of instances, or the newest first.

    Times in microseconds. A list by id continues after ``after_id``, the newest first after ``before``:
    the (created, id) of the last row seen.
    """

    created_from_us: int | None = None
    created_to_us: int | None = None
    statuses: tuple[str, ...] = ()
    prefix: str | None = None
    after_id: str | None = None
    before: tuple[int, str] | None = None
    name: str | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Filter of entities to list; times of the last operation in microseconds, ``after`` is (name, key)."""

    top: int
    name: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    after: tuple[str, str] | None = None


class Reads:
    """Reads rows as the types of ``state``; each call sees the newest commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def instance(self, instance_id: str) -> Instance | None:
        """Read one instance's row."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM instance WHERE id = ?", (instance_id,))  # noqa: S608
        return Instance(*rows[0]) if rows else None

    def snapshot(self, instance_id: str) -> Snapshot | None:
        """Read all that a turn starts from; None when there is no such instance."""
        row = self.instance(instance_id)
        if row is None:
            return None
        key = (instance_id, row.execution_id)
        nodes = self._rows(
            "SELECT event_id,kind,path,attempt,max_attempts,retry_us,last,body"
            " FROM node WHERE id = ? AND execution_id = ?",
            key,
        )
        waits = json.loads(row.waits) if row.waits else {}
        return Snapshot(row, {node[0]: Node(*node) for node in nodes}, waits, None)

    def past(self, instance_id: str, execution_id: str) -> str:
        """Read the history of one execution as a later turn sees it, events joined with commas."""
        return ",".join(played(body, kind) for kind, body in self.history(instance_id, execution_id))

    def history(self, instance_id: str, execution_id: str) -> list[tuple[int, str]]:
        """Read (type, body) of every event of one execution, in order."""
        return self._rows(
            "SELECT type, body FROM history WHERE id = ? AND execution_id = ? ORDER BY seq",
            (instance_id, execution_id),
        )

    def turns(self, instance_id: str, execution_id: str) -> list[tuple[int, list[tuple[int, str]]]]:
        """Read the events of one execution as ``history`` does, turn by turn with its number."""
        rows = self._rows(
            "SELECT turn, type, body FROM history WHERE id = ? AND execution_id = ? ORDER BY seq",
            (instance_id, execution_id),
        )
        return [(turn, [row[1:] for row in group]) for turn, group in groupby(rows, itemgetter(0))]

    def open_tasks(self, instance_id: str, execution_id: str) -> frozenset[int]:
        """Read the numbers of the tasks that one execution waits for."""
        rows = self._rows("SELECT event_id FROM node WHERE id = ? AND execution_id = ?", (instance_id, execution_id))
        return frozenset(row[0] for row in rows)

    def inbox(self, instance_id: str, now_us: int) -> list[Message]:
        """Read the messages of an instance that are due, oldest first; a held one has been due once, and stays so."""
        rows = self._rows(
            "SELECT n,id,execution_id,due_us,type,name,task_id,body,held FROM inbox"
            " WHERE id = ? AND (due_us <= ? OR held = 1) ORDER BY n",
            (instance_id, now_us),
        )
        return [Message(*row) for row in rows]

    def newest_us(self) -> int:
        """Return the last moment that an instance which has not ended has seen; 0 without one."""
        found = self._rows("SELECT max(max(updated_us), max(clock_us)) FROM instance WHERE status IN (?,?,?)", LIVE)
        return int(found[0][0] or 0)

    def waiting(self) -> list[tuple[int, int, str]]:
        """Read (due_us, n, instance) of every message that is not held."""
        return self._rows("SELECT due_us, n, id FROM inbox WHERE held = 0")

    def tasks(self) -> list[tuple[Task, int]]:
        """Read every activity that has not answered, with its deliveries."""
        rows = self._rows("SELECT id,execution_id,event_id,name,input,deliveries FROM activity ORDER BY created_us")
        return [(Task(*row[:5]), row[5]) for row in rows]

    def redeliveries(self) -> list[tuple[Task, int]]:
        """Read every activity that has reported and is delivered again, with the moment."""
        rows = self._rows("SELECT id,execution_id,event_id,name,input,due_us FROM redelivery ORDER BY due_us")
        return [(Task(*row[:5]), row[5]) for row in rows]

    def instances(self, chosen: Filter, most: int | None = None) -> list[Instance]:
        """List instances by id or the newest first, up to a limit."""
        where, values = _clauses(
            ("created_us >= ?", chosen.created_from_us),
            ("created_us <= ?", chosen.created_to_us),
            ("name = ? COLLATE NOCASE", chosen.name),
            ("id > ?", chosen.after_id),
        )
        if chosen.before is not None:
            where.append("(created_us, id) < (?, ?)")
            values += chosen.before
        if chosen.statuses:
            where.append(f"status IN ({','.join('?' * len(chosen.statuses))})")
            values += chosen.statuses
        if chosen.prefix:
            where.append("substr(id, 1, length(?)) = ?")
            values += [chosen.prefix, chosen.prefix]
        limit = f" LIMIT {most}" if most else ""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM instance WHERE {' AND '.join(['1', *where])}"  # noqa: S608
            f" ORDER BY {'created_us DESC, id DESC' if chosen.newest_first else 'id'}{limit}",
            tuple(values),
        )
        return [Instance(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Count instances by status."""
        return dict(self._rows("SELECT status, count(*) FROM instance GROUP BY status"))

    def schedule(self, name: str) -> tuple[str, int | None, int | None, int] | None:
        """Read a timer trigger's monitor row: spec, last, next, updated."""
        rows = self._rows("SELECT spec, last_us, next_us, updated_us FROM schedule WHERE fn = ?", (name,))
        return rows[0] if rows else None

    def entity_keys(self) -> list[tuple[str, str]]:
        """List the entities that messages wait for."""
        return [(n, k) for n, k in self._rows("SELECT DISTINCT name, key FROM entity_msg")]

    def entity_calls(self, name: str, key: str, most: int) -> list[EntityCallRow]:
        """Read the oldest calls of one entity: n, op, input, is_signal, guid, reply address."""
        return self._rows(
            "SELECT n,op,input,is_signal,guid,reply_id,reply_execution_id,reply_task_id"
            " FROM entity_msg WHERE name = ? AND key = ? ORDER BY n LIMIT ?",
            (name, key, most),
        )

    def entity(self, name: str, key: str) -> tuple[str | None, int] | None:
        """Read an entity's state (JSON text) and when it changed; None when it does not exist."""
        rows = self._rows("SELECT state, updated_us FROM entity WHERE name = ? AND key = ?", (name, key))
        return rows[0] if rows else None

    def entities(self, chosen: EntityFilter) -> list[tuple[str, str, str | None, int]]:
        """List entities by name, then key: name, key, state, when changed."""
        where, values = _clauses(
            ("name = ?", chosen.name), ("updated_us >= ?", chosen.from_us), ("updated_us <= ?", chosen.to_us)
        )
        return self._rows(
            f"SELECT name, key, state, updated_us FROM entity WHERE {' AND '.join(['(name, key) > (?, ?)', *where])}"  # noqa: S608
            " ORDER BY name, key LIMIT ?",
            (*(chosen.after or ("", "")), *values, chosen.top),
        )

    def keys(self) -> list[tuple[str, str, str]]:
        """Read every key: scope, name, value."""
        return self._rows("SELECT scope, name, value FROM host_key ORDER BY scope, name")


def _clauses(*optional: tuple[str, Any]) -> tuple[list[str], list[Any]]:
    """Return the clauses that have a value, and those values."""
    given = [(clause, value) for clause, value in optional if value is not None]
    return [clause for clause, _ in given], [value for _, value in given]
