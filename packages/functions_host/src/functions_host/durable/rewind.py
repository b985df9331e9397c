"""Rewinds failed orchestrations to before the failure (docs/notes.md 1.16).

What has succeeded is not run again. What has failed is: an activity from its last attempt, a child by being rewound
itself.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

from functions_host.durable.numbering import Rules
from functions_host.durable.rewind_point import FAILED, Replay, ReplayTurn, RewindPoint, TurnEvents
from functions_host.storage import writes
from functions_host.storage.events import EventType, event
from functions_host.storage.state import LIVE, Effects, Instance, Message, Node
from functions_host.storage.store import Store

_SUCCESSES = {EventType.TASK_COMPLETED, EventType.SUB_COMPLETED}


@dataclass(frozen=True, slots=True)
class InstanceRewind:
    """The rewind of one instance: the first turn that is discarded, and the effects with which it continues."""

    first_discarded: int
    effects: Effects


class Rewinder:
    """Plans rewinds, which replays orchestrator functions, and commits each as a whole."""

    def __init__(self, store: Store, rules: Rules, replay: ReplayTurn) -> None:
        self._store, self._rules, self._replay = store, rules, replay

    def plan(self, row: Instance, reason: str, now_us: int) -> list[InstanceRewind]:
        """Plan the rewind of an instance and of the children whose failure failed it; in a pool thread."""
        turns = [TurnEvents(*turn) for turn in self._store.reads.turns(row.id, row.execution_id)]
        replay = Replay(row, turns, self._rules, self._replay)
        point = replay.find()
        effects = Effects(row.id, row.turn, self._rewound(row, point, now_us))
        children = list(self._reopen(point, replay, effects, reason, now_us))
        if point.kept:
            _record(effects, reason, now_us, _undone(point))
        return [InstanceRewind(point.discarded[0].turn, effects), *children]

    async def commit(self, rewinds: list[InstanceRewind]) -> bool:
        """Commit a plan; return False when an instance has changed since it was read."""
        return await self._store.write(lambda connection: _write(connection, rewinds, self._rules))

    def _rewound(self, row: Instance, point: RewindPoint, now_us: int) -> Instance:
        return replace(
            point.state.row,
            status="Running" if point.kept else "Pending",
            custom_status=row.custom_status,
            updated_us=now_us,
            turn=row.turn + 1,
        )

    def _reopen(
        self, point: RewindPoint, replay: Replay, effects: Effects, reason: str, now_us: int
    ) -> Iterator[InstanceRewind]:
        """Deliver later messages again, and repeat actions that did not succeed; yield the children's rewinds."""
        since = [message for turn in point.discarded for message in replay.messages(turn)]
        results = {one.task_id: one for one in since if one.task_id is not None and one.type not in FAILED}
        effects.inbox += [one for one in since if one.task_id is None]
        retried = {point.paths.get(one.task_id or 0): one for one in results.values() if one.type in _SUCCESSES}
        repeats = _Repeats(point)
        for node in point.state.nodes.values():
            result, success = results.get(node.event_id), retried.get(node.path) if node.attempt else None
            if result is None and success is not None and node.kind != "retrytimer":
                result = _addressed_to(node, success)
            effects.opened.append(_opened(node, result, success))
            if result is not None:
                effects.inbox.append(result)
                continue
            if node.kind == "sub" and (child := self._child(point, node)) is not None:
                if child.status not in LIVE:
                    yield from self.plan(child, reason, now_us)
            else:
                repeats.add(node, effects)

    def _child(self, point: RewindPoint, node: Node) -> Instance | None:
        """Find the child that a call has started, if it is there and has not completed."""
        created = (body for turn in point.kept for kind, body in turn.events if kind == EventType.SUB_CREATED)
        name = next(one["InstanceId"] for one in map(json.loads, created) if one["EventId"] == node.event_id)
        child = self._store.reads.instance(name)
        if child is None or (child.parent_id, child.parent_task_id) != (point.state.row.id, node.event_id):
            return None
        return child if child.status != "Completed" else None


def _opened(node: Node, result: Message | None, success: Message | None) -> Node:
    """Return an open node with its needs: the message of a timer, or the result of its next attempt."""
    if node.kind == "timer" and result is not None:
        return node._replace(body=str(result.n))
    if node.kind == "retrytimer" and success is not None:
        call = json.loads(node.body) | {"known": json.loads(success.body)["Result"]}
        return node._replace(body=json.dumps(call))
    return node


def _addressed_to(node: Node, success: Message) -> Message:
    """Return the success of a later attempt as the result of an attempt that is open again."""
    fields = json.loads(success.body) | {"TaskScheduledId": node.event_id}
    return success._replace(task_id=node.event_id, body=json.dumps(fields, separators=(",", ":")))


class _Repeats:
    """Repeats the work that an earlier turn scheduled, found by the id it got there."""

    def __init__(self, point: RewindPoint) -> None:
        kept = point.kept_effects
        self._tasks = {task.event_id: task for one in kept for task in one.tasks}
        self._messages = {m.task_id: m for one in kept for m in one.inbox if m.id == one.id}
        self._children = {child.parent_task_id: child for one in kept for child in one.children}
        self._starts = {m.execution_id: m for one in kept for m in one.inbox if m.id != one.id}
        self._calls = {call.reply_task_id: call for one in kept for call in one.entity_calls}
        self._guids = {event_id: guid for guid, event_id in point.calls.items()}

    def add(self, node: Node, effects: Effects) -> None:
        """Add to *effects* the message that will complete an open node."""
        event_id = node.event_id
        if event_id in self._messages:  # a timer, or a call that cannot be made
            effects.inbox.append(self._messages[event_id])
        elif event_id in self._tasks:
            effects.tasks.append(self._tasks[event_id])
        elif event_id in self._children:
            child = self._children[event_id]
            effects.children.append(child)
            effects.inbox.append(self._starts[child.execution_id])
        elif event_id in self._calls:
            effects.entity_calls.append(self._calls[event_id]._replace(guid=self._guids[event_id]))


def _undone(point: RewindPoint) -> int:
    """Count the events that Azure's host keeps in the history without their content.

    They are the failures, what had scheduled them, and the end of the execution.
    """
    return 1 + sum(2 for turn in point.discarded for kind, _ in turn.events if kind in FAILED)


def _record(effects: Effects, reason: str, now_us: int, undone: int) -> None:
    """Record the rewind in the history, as a turn without a call of the function."""
    row = effects.row
    row.clock_us = max(now_us, row.clock_us)
    for kind, fields in (
        (EventType.ORCHESTRATOR_STARTED, {}),
        (EventType.EXECUTION_REWOUND, {"Reason": reason, "Undone": undone}),
        (EventType.ORCHESTRATOR_COMPLETED, {}),
    ):
        body = event(kind, row.clock_us, **fields)
        effects.events.append((row.execution_id, row.n_hist, row.turn, kind, now_us, body))
        row.n_hist += 1


def _write(connection: sqlite3.Connection, rewinds: list[InstanceRewind], rules: Rules) -> bool:
    ids = [one.effects.id for one in rewinds]
    there = dict(writes.where_in(connection, "SELECT id, turn FROM instance WHERE id IN", ids))
    if any(there.get(one.effects.id) != one.effects.turn for one in rewinds):
        return False
    for one in rewinds:
        key = (one.effects.id, one.effects.row.execution_id)
        connection.execute(
            "DELETE FROM history WHERE id = ? AND execution_id = ? AND turn >= ?", (*key, one.first_discarded)
        )
        guids = [call.guid for call in one.effects.entity_calls]
        writes.where_in(connection, "DELETE FROM entity_msg WHERE guid IN", guids)
    for table in ("node", "activity", "inbox"):
        writes.where_in(connection, f"DELETE FROM {table} WHERE id IN", ids)  # noqa: S608 - constants only
    writes.run(connection, [one.effects for one in rewinds], rules.next_n)
    return True
