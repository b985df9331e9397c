"""Operations of clients on orchestrations (docs/notes.md 6.6): each operation is one transaction."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from enum import StrEnum

from functions_host.durable.dispatcher import Dispatcher
from functions_host.durable.numbering import Rules, started_event
from functions_host.durable.rewind import Rewinder
from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.storage import writes
from functions_host.storage.events import EventType, event
from functions_host.storage.reads import Filter
from functions_host.storage.state import LIVE, TERMINAL, Instance, Message
from functions_host.storage.store import Store


class Outcome(StrEnum):
    """The outcome of an operation; ENDED and LIVE: the instance has ended already, or has not ended.

    REFUSED: it is suspended already, or not suspended.
    """

    DONE = "done"
    NOT_FOUND = "not found"
    ENDED = "ended"
    LIVE = "live"
    REFUSED = "refused"


_CONTROLS = {
    "terminate": EventType.EXECUTION_TERMINATED,
    "suspend": EventType.EXECUTION_SUSPENDED,
    "resume": EventType.EXECUTION_RESUMED,
}


_REFUSED_IN = {"suspend": "Suspended", "resume": "Running"}


class Operations:
    """Starts, signals, stops and removes instances; each returns once the commit is on the disk."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        dispatcher: Dispatcher,
        rules: Rules,
        *,
        replace_any_state: bool,
    ) -> None:
        self._store, self._clock, self._dispatcher = store, clock, dispatcher
        self._rules, self._replace_any = rules, replace_any_state
        self._rewinder = Rewinder(store, rules, dispatcher.replay)

    def new_id(self) -> str:
        """Make an instance id."""
        return self._rules.new_execution_id()

    async def start(self, name: str, instance_id: str, input_text: str | None, version: str | None) -> Outcome:
        """Start an instance; LIVE if an instance with this id has not ended.

        ``input_text`` is JSON as it is stored; an instance of a ``name`` that the app has not waits for it.
        """
        now_us = self._clock.now_us()
        row = Instance(
            instance_id, self._rules.new_execution_id(), self._rules.orchestrators.get(name.casefold(), name),
            self._rules.versioning.default if version is None else version, "Pending", input_text, None, None, None,
            now_us, now_us, None, None, None, None,
        )  # fmt: skip
        n, kind = self._store.next_n(), EventType.EXECUTION_STARTED

        def work(connection: sqlite3.Connection) -> Outcome:
            status = _status(connection, instance_id)
            if status in LIVE and not self._replace_any:
                return Outcome.LIVE
            body = started_event(row, now_us, generation=_generations(connection, instance_id))
            if status is not None:
                writes.remove_instance_data(connection, [instance_id])
            writes.instance_rows(connection, [row])
            writes.messages(connection, [Message(n, instance_id, row.execution_id, 0, kind, None, None, body)])
            return Outcome.DONE

        outcome = await self._write(work, instance_id, replaces=True)
        if outcome is Outcome.DONE:
            log_event("instance", f"{instance_id} started", name=row.name)
        return outcome

    async def raise_event(self, instance_id: str, name: str, body: str) -> Outcome:
        """Send an external event; ``body`` is JSON text, passed to the orchestrator unchanged."""
        kind = EventType.EVENT_RAISED
        text = event(kind, self._clock.now_us(), Name=name, Input=body)
        return await self._send(instance_id, kind, name, text)

    async def control(self, instance_id: str, verb: str, reason: str | None) -> Outcome:
        """Terminate, suspend or resume."""
        kind = _CONTROLS[verb]
        fields: dict[str, object] = {"Reason": reason}
        if kind is EventType.EXECUTION_TERMINATED:
            fields = {"Input": json.dumps(reason)}
        text = event(kind, self._clock.now_us(), **fields)
        state = _REFUSED_IN.get(verb, "")
        outcome = await self._send(instance_id, kind, reason, text, refused_in=state)
        if outcome is Outcome.REFUSED:
            said = f"{instance_id}: Cannot {verb} orchestration instance in the {state} state."
            log_event("instance", said, logging.WARNING)
        return outcome

    async def restart(self, instance_id: str, *, new_id: bool) -> tuple[Outcome, str]:
        """Start an instance with the orchestrator and input of another one; return its id too.

        No input becomes the input null, as the extension passes it on.
        """
        row = self._store.reads.instance(instance_id)
        if row is None:
            return Outcome.NOT_FOUND, instance_id
        started = self.new_id() if new_id else instance_id
        given = "null" if row.input is None else row.input
        return await self.start(row.name, started, given, row.version), started

    async def rewind(self, instance_id: str, reason: str) -> tuple[Outcome, str]:
        """Bring a failed instance back to before its failure; return its status too."""
        row = self._store.reads.instance(instance_id)
        if row is None:
            return Outcome.NOT_FOUND, ""
        if row.status != "Failed":
            return Outcome.LIVE, row.status
        plan = await asyncio.to_thread(self._rewinder.plan, row, reason, self._clock.now_us())
        if not await self._rewinder.commit(plan):
            return Outcome.LIVE, "Running"
        for one in plan:
            self._dispatcher.discard_cached(one.effects.id)
            self._dispatcher.follow(one.effects)
            log_event("instance", f"{one.effects.id} is rewound", name=one.effects.row.name)
        return Outcome.DONE, "Running"

    async def purge(self, instance_id: str) -> Outcome:
        """Remove an instance that has ended, and its history."""

        def work(connection: sqlite3.Connection) -> Outcome:
            status = _status(connection, instance_id)
            if status is None:
                return Outcome.NOT_FOUND
            if status not in TERMINAL:
                return Outcome.LIVE
            _remove(connection, [instance_id])
            return Outcome.DONE

        return await self._store.write(work)

    async def purge_where(self, chosen: Filter, *, live: bool = False) -> int:
        """Remove every instance that has ended and matches the filter; return how many.

        *live*: also those that have not ended, if the filter names their status, as on Azure.
        """
        removable = {*TERMINAL, *(chosen.statuses if live else ())}
        ended = [row.id for row in self._store.reads.instances(chosen) if row.status in removable]

        def work(connection: sqlite3.Connection) -> int:
            found = dict(writes.where_in(connection, "SELECT id, status FROM instance WHERE id IN", ended))
            removed = [one for one, status in found.items() if status in removable]
            _remove(connection, removed)
            return len(removed)

        return await self._store.write(work)

    async def _send(
        self, instance_id: str, kind: EventType, name: str | None, body: str, refused_in: str = ""
    ) -> Outcome:
        n = self._store.next_n()
        message = Message(n, instance_id, None, 0, kind, name, None, body)

        def work(connection: sqlite3.Connection) -> Outcome:
            status = _status(connection, instance_id)
            if status is None:
                return Outcome.NOT_FOUND
            if status in TERMINAL:
                return Outcome.ENDED
            if status == refused_in:
                return Outcome.REFUSED
            writes.messages(connection, [message])
            return Outcome.DONE

        return await self._write(work, instance_id)

    async def _write(
        self, work: Callable[[sqlite3.Connection], Outcome], instance_id: str, *, replaces: bool = False
    ) -> Outcome:
        """Commit, and wake the instance before the caller gets the outcome."""
        outcome = await self._store.write(work)
        if outcome is Outcome.DONE:
            if replaces:
                self._dispatcher.discard_cached(instance_id)
            self._dispatcher.wake(instance_id, by_client=True)
        return outcome


def _status(connection: sqlite3.Connection, instance_id: str) -> str | None:
    row = connection.execute("SELECT status FROM instance WHERE id = ?", (instance_id,)).fetchone()
    return row[0] if row else None


def _generations(connection: sqlite3.Connection, instance_id: str) -> int:
    """Count the starts of an id so far; an execution that continued as new, or has not begun, counts as the first."""
    first = connection.execute(
        "SELECT history.body FROM history JOIN instance USING (id, execution_id)"
        " WHERE id = ? AND history.type = ? ORDER BY seq LIMIT 1",
        (instance_id, EventType.EXECUTION_STARTED),
    ).fetchone()
    if first is None:
        return int(_status(connection, instance_id) is not None)
    return int(json.loads(first[0]).get("Generation") or 0) + 1


def _remove(connection: sqlite3.Connection, ids: list[str]) -> None:
    writes.remove_instance_data(connection, ids)
    writes.where_in(connection, "DELETE FROM instance WHERE id IN", ids)
