"""Rewinds failed orchestrations: back to before the failure, and on from there (host.md 1.16).

What had succeeded is not run again. What had failed is: an activity from its last attempt, a child
by being rewound itself.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

from functions_host import writes
from functions_host.events import EventType, event
from functions_host.numbering import Rules
from functions_host.replaying import FAILED, Found, Play, Replay, Section
from functions_host.state import LIVE, Effects, Instance, Message, Node
from functions_host.store import Store

_SUCCESSES = {EventType.TASK_COMPLETED, EventType.SUB_COMPLETED}


@dataclass(frozen=True, slots=True)
class Revival:
    """One instance's way back: the first turn that is forgotten, and what its going on needs."""

    first_gone: int
    effects: Effects


class Rewinder:
    """Plans rewinds, which asks orchestrator functions, and commits them whole."""

    def __init__(self, store: Store, rules: Rules, play: Play) -> None:
        self._store, self._rules, self._play = store, rules, play

    def plan(self, row: Instance, reason: str, now_us: int) -> list[Revival]:
        """Plan the way back of an instance and of the children that failed it; in a pool thread."""
        sections = [Section(*turn) for turn in self._store.reads.turns(row.id, row.execution_id)]
        replay = Replay(row, sections, self._rules, self._play)
        found = replay.find()
        effects = Effects(row.id, row.turn, self._revived(row, found, now_us))
        children = list(self._reopen(found, replay, effects, reason, now_us))
        if found.kept:
            _tell(effects, reason, now_us)
        return [Revival(found.gone[0].turn, effects), *children]

    async def commit(self, revivals: list[Revival]) -> bool:
        """Put a plan into the store; False when an instance has moved on since it was read."""
        return await self._store.write(lambda connection: _write(connection, revivals, self._rules))

    def _revived(self, row: Instance, found: Found, now_us: int) -> Instance:
        return replace(
            found.state.row,
            status="Running" if found.kept else "Pending",
            custom_status=row.custom_status,
            updated_us=now_us,
            turn=row.turn + 1,
        )

    def _reopen(self, found: Found, replay: Replay, effects: Effects, reason: str, now_us: int) -> Iterator[Revival]:
        """Send again what came in since, and do again what did not succeed; yield children's revivals."""
        since = [message for section in found.gone for message in replay.messages(section)]
        good = {one.task_id: one for one in since if one.task_id is not None and one.type not in FAILED}
        effects.inbox += [one for one in since if one.task_id is None]
        retried = {found.paths.get(one.task_id or 0): one for one in good.values() if one.type in _SUCCESSES}
        again = _Again(found)
        for node in found.state.nodes.values():
            answer, success = good.get(node.event_id), retried.get(node.path) if node.attempt else None
            if answer is None and success is not None and node.kind != "retrytimer":
                answer = _addressed_to(node, success)
            effects.opened.append(_opened(node, answer, success))
            if answer is not None:
                effects.inbox.append(answer)
                continue
            if node.kind == "sub" and (child := self._child(found, node)) is not None:
                if child.status not in LIVE:
                    yield from self.plan(child, reason, now_us)
            else:
                again.do(node, effects)

    def _child(self, found: Found, node: Node) -> Instance | None:
        """Find the child that a call had started, if it is there and can answer yet."""
        made = (body for section in found.kept for kind, body in section.events if kind == EventType.SUB_CREATED)
        name = next(one["InstanceId"] for one in map(json.loads, made) if one["EventId"] == node.event_id)
        child = self._store.reads.instance(name)
        if child is None or (child.parent_id, child.parent_task_id) != (found.state.row.id, node.event_id):
            return None
        return child if child.status != "Completed" else None


def _opened(node: Node, answer: Message | None, success: Message | None) -> Node:
    """Return an open node with what it must know: the message of a timer, or how its next attempt had gone."""
    if node.kind == "timer" and answer is not None:
        return node._replace(body=str(answer.n))
    if node.kind == "retrytimer" and success is not None:
        call = json.loads(node.body) | {"known": json.loads(success.body)["Result"]}
        return node._replace(body=json.dumps(call))
    return node


def _addressed_to(node: Node, success: Message) -> Message:
    """Let an attempt that is open again answer with the success of a later one."""
    fields = json.loads(success.body) | {"TaskScheduledId": node.event_id}
    return success._replace(task_id=node.event_id, body=json.dumps(fields, separators=(",", ":")))


class _Again:
    """Does again what an earlier turn had asked for, by the id it got there."""

    def __init__(self, found: Found) -> None:
        asked = found.asked
        self._tasks = {task.event_id: task for one in asked for task in one.tasks}
        self._messages = {m.task_id: m for one in asked for m in one.inbox if m.id == one.id}
        self._children = {child.parent_task_id: child for one in asked for child in one.children}
        self._starts = {m.execution_id: m for one in asked for m in one.inbox if m.id != one.id}
        self._calls = {call.reply_task_id: call for one in asked for call in one.entity_calls}
        self._guids = {event_id: guid for guid, event_id in found.calls.items()}

    def do(self, node: Node, effects: Effects) -> None:
        """Add to *effects* what brings an open node its answer."""
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


def _tell(effects: Effects, reason: str, now_us: int) -> None:
    """Write into the history that there was a rewind: a turn of its own, which asks nobody."""
    row = effects.row
    row.clock_us = max(now_us, row.clock_us)
    for kind, fields in (
        (EventType.ORCHESTRATOR_STARTED, {}),
        (EventType.EXECUTION_REWOUND, {"Reason": reason}),
        (EventType.ORCHESTRATOR_COMPLETED, {}),
    ):
        body = event(kind, row.clock_us, **fields)
        effects.events.append((row.execution_id, row.n_hist, row.turn, kind, now_us, body))
        row.n_hist += 1


def _write(connection: sqlite3.Connection, revivals: list[Revival], rules: Rules) -> bool:
    ids = [one.effects.id for one in revivals]
    there = dict(writes.where_in(connection, "SELECT id, turn FROM instance WHERE id IN", ids))
    if any(there.get(one.effects.id) != one.effects.turn for one in revivals):
        return False
    for one in revivals:
        key = (one.effects.id, one.effects.row.execution_id)
        connection.execute(
            "DELETE FROM history WHERE id = ? AND execution_id = ? AND turn >= ?", (*key, one.first_gone)
        )
        guids = [call.guid for call in one.effects.entity_calls]
        writes.where_in(connection, "DELETE FROM entity_msg WHERE guid IN", guids)
    for table in ("node", "activity", "inbox"):
        writes.where_in(connection, f"DELETE FROM {table} WHERE id IN", ids)  # noqa: S608 - constants only
    writes.run(connection, [one.effects for one in revivals], rules.next_n)
    return True
