"""What clients may do with orchestrations (host.md 6.6): each is one transaction."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from enum import StrEnum

from functions_host import writes
from functions_host.dispatch import Dispatcher
from functions_host.driving import Clock
from functions_host.events import EventType, event
from functions_host.log import say
from functions_host.numbering import Rules, started_event
from functions_host.reads import Filter
from functions_host.rewind import Rewinder
from functions_host.state import LIVE, TERMINAL, Instance, Message
from functions_host.store import Store


class Said(StrEnum):
    """How an operation went; ended and live are about the instance it was for."""

    DONE = "done"
    UNKNOWN = "unknown"
    ENDED = "ended"
    LIVE = "live"


_CONTROLS = {
    "terminate": EventType.EXECUTION_TERMINATED,
    "suspend": EventType.EXECUTION_SUSPENDED,
    "resume": EventType.EXECUTION_RESUMED,
}


class Operations:
    """Starts, signals, stops and removes instances; answers once the commit is on the disk."""

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
        self._rewinder = Rewinder(store, rules, dispatcher.play)

    def new_id(self) -> str:
        """Make an instance id for a caller who gave none."""
        return self._rules.new_execution_id()

    async def start(self, name: str, instance_id: str, input_text: str | None, version: str | None) -> Said:
        """Start an instance; LIVE when the id is taken by one that has not ended.

        ``input_text`` is JSON as it is to be stored; ``name`` must be known to the registry.
        """
        now_us = self._clock.now_us()
        row = Instance(
            instance_id, self._rules.new_execution_id(), self._rules.orchestrators[name.casefold()],
            self._rules.versioning.default if version is None else version, "Pending", input_text, None, None, None,
            now_us, now_us, None, None, None, None,
        )  # fmt: skip
        kind = EventType.EXECUTION_STARTED
        message = Message(
            self._store.next_n(), instance_id, row.execution_id, 0, kind, None, None,
            started_event(row, now_us),
        )  # fmt: skip

        def work(connection: sqlite3.Connection) -> Said:
            status = _status(connection, instance_id)
            if status in LIVE and not self._replace_any:
                return Said.LIVE
            if status is not None:
                writes.forget(connection, [instance_id])
            writes.instance_rows(connection, [row])
            writes.messages(connection, [message])
            return Said.DONE

        said = await self._write(work, instance_id, replaces=True)
        if said is Said.DONE:
            say("instance", f"{instance_id} started", name=row.name)
        return said

    async def raise_event(self, instance_id: str, name: str, body: str) -> Said:
        """Send an external event; ``body`` is JSON text, given to the orchestrator as it is."""
        kind = EventType.EVENT_RAISED
        text = event(kind, self._clock.now_us(), Name=name, Input=body)
        return await self._send(instance_id, kind, name, text)

    async def control(self, instance_id: str, verb: str, reason: str) -> Said:
        """Terminate, suspend or resume."""
        kind = _CONTROLS[verb]
        fields: dict[str, object] = {"Reason": reason}
        if kind is EventType.EXECUTION_TERMINATED:
            fields = {"Input": json.dumps(reason)}
        text = event(kind, self._clock.now_us(), **fields)
        return await self._send(instance_id, kind, reason, text)

    async def restart(self, instance_id: str, *, new_id: bool) -> tuple[Said, str]:
        """Start again what an instance did, with the same input; return its id too."""
        row = self._store.reads.instance(instance_id)
        if row is None:
            return Said.UNKNOWN, instance_id
        wanted = self.new_id() if new_id else instance_id
        return await self.start(row.name, wanted, row.input, row.version), wanted

    async def rewind(self, instance_id: str, reason: str) -> tuple[Said, str]:
        """Bring a failed instance back to before its failure; return its status too."""
        row = self._store.reads.instance(instance_id)
        if row is None:
            return Said.UNKNOWN, ""
        if row.status != "Failed":
            return Said.LIVE, row.status
        plan = await asyncio.to_thread(self._rewinder.plan, row, reason, self._clock.now_us())
        if not await self._rewinder.commit(plan):
            return Said.LIVE, "Running"
        for revival in plan:
            self._dispatcher.forget(revival.effects.id)
            self._dispatcher.follow(revival.effects)
            say("instance", f"{revival.effects.id} is rewound", name=revival.effects.row.name)
        return Said.DONE, "Running"

    async def purge(self, instance_id: str) -> Said:
        """Remove an instance that has ended, and its history."""

        def work(connection: sqlite3.Connection) -> Said:
            status = _status(connection, instance_id)
            if status is None:
                return Said.UNKNOWN
            if status not in TERMINAL:
                return Said.LIVE
            _remove(connection, [instance_id])
            return Said.DONE

        return await self._store.write(work)

    async def purge_where(self, wanted: Filter) -> int:
        """Remove every ended instance that fits; return how many."""
        ended = [row.id for row in self._store.reads.instances(wanted) if row.status in TERMINAL]

        def work(connection: sqlite3.Connection) -> int:
            found = dict(writes.where_in(connection, "SELECT id, status FROM instance WHERE id IN", ended))
            still = [one for one, status in found.items() if status in TERMINAL]
            _remove(connection, still)
            return len(still)

        return await self._store.write(work)

    async def _send(self, instance_id: str, kind: EventType, name: str, body: str) -> Said:
        n = self._store.next_n()
        message = Message(n, instance_id, None, 0, kind, name, None, body)

        def work(connection: sqlite3.Connection) -> Said:
            status = _status(connection, instance_id)
            if status is None:
                return Said.UNKNOWN
            if status in TERMINAL:
                return Said.ENDED
            writes.messages(connection, [message])
            return Said.DONE

        return await self._write(work, instance_id)

    async def _write(
        self, work: Callable[[sqlite3.Connection], Said], instance_id: str, *, replaces: bool = False
    ) -> Said:
        """Commit, and wake the instance before anybody hears of it."""
        said = await self._store.write(work)
        if said is Said.DONE:
            if replaces:
                self._dispatcher.forget(instance_id)
            self._dispatcher.wake(instance_id, asked=True)
        return said


def _status(connection: sqlite3.Connection, instance_id: str) -> str | None:
    row = connection.execute("SELECT status FROM instance WHERE id = ?", (instance_id,)).fetchone()
    return row[0] if row else None


def _remove(connection: sqlite3.Connection, ids: list[str]) -> None:
    writes.forget(connection, ids)
    writes.where_in(connection, "DELETE FROM instance WHERE id IN", ids)
