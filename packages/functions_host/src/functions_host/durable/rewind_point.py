"""Replays an execution that has ended, to find the point to which a rewind returns.

Only the orchestrator function runs, and nothing is written: every turn gets the messages that it got according to the
history. A rewind returns to the state before the failure that ended the execution came in.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions_host.durable.numbering import Rules
from functions_host.durable.turn import Turn
from functions_host.storage.events import EventType, played
from functions_host.storage.state import Effects, Instance, Message, Node, Snapshot
from functions_host.timestamps import parse_us

ReplayTurn = Callable[[Turn, Sequence[Message]], Effects]
"""Carries one turn from its messages to its effects, calling the orchestrator function."""

FAILED = frozenset({EventType.TASK_FAILED, EventType.SUB_FAILED})
_ENDS = {EventType.EXECUTION_COMPLETED, EventType.EXECUTION_TERMINATED}
_INCOMING = FAILED | {
    EventType.EXECUTION_STARTED,
    EventType.TASK_COMPLETED,
    EventType.SUB_COMPLETED,
    EventType.TIMER_FIRED,
    EventType.EVENT_RAISED,
}
_SCHEDULES = {EventType.TASK_SCHEDULED, EventType.SUB_CREATED, EventType.TIMER_CREATED, EventType.EVENT_SENT}


@dataclass(frozen=True, slots=True)
class TurnEvents:
    """Events that one turn wrote into the history: (type, event as text)."""

    turn: int
    events: list[tuple[int, str]]

    @property
    def ends(self) -> bool:
        """Return whether the execution ended in this turn."""
        return any(kind in _ENDS for kind, _ in self.events)

    @property
    def started_us(self) -> int:
        """Return when the turn began."""
        opening = json.loads(self.events[0][1])
        return parse_us(opening["Timestamp"])

    def scheduled(self) -> list[tuple[int, Any, Any]]:
        """List the work that the turn scheduled, to compare it with a replay of the turn."""
        return _scheduled(self.events)


@dataclass(slots=True)
class RewindPoint:
    """The state to return to, the later messages, and how to repeat open actions."""

    state: Snapshot
    kept: list[TurnEvents]
    discarded: list[TurnEvents]
    kept_effects: list[Effects] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)  # guid of an entity call -> its id
    paths: dict[int, str] = field(default_factory=dict)  # id -> path in the action list, of discarded turns too


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failure that was raised in user code, and the index of the turn in which it came in."""

    index: int
    reason: str


class Replay:
    """One execution, turn by turn."""

    def __init__(self, row: Instance, turns: list[TurnEvents], rules: Rules, replay: ReplayTurn) -> None:
        self._row, self._turns, self._rules, self._replay = row, turns, rules, replay
        self._before: list[Snapshot] = []
        self._effects: list[Effects] = []
        self._raised: list[_Failure] = []
        self._exhausted: dict[int, _Failure] = {}  # id of the timer after a last attempt -> the failure
        self._calls: dict[str, int] = {}
        self._paths: dict[int, str] = {}

    def find(self) -> RewindPoint:
        """Replay until the function ends, or differs from the history."""
        state = _first(self._row)
        last = len(self._turns) - 1
        for index, turn_events in enumerate(self._turns):
            self._before.append(state)
            effects, raised = self._turn(index, turn_events, state)
            if index == last or (effects is not None and _is_over(effects, turn_events)):
                point = self._cut(index, raised)
                self._read_rest(index, effects)
                return point
            state = _after(effects, state, turn_events)
        raise AssertionError("an execution that ended has a turn in its history")

    def _turn(self, index: int, turn_events: TurnEvents, state: Snapshot) -> tuple[Effects | None, list[_Failure]]:
        """Replay one turn; return its effects (None for control messages only), and the failures raised in it."""
        messages = self.messages(turn_events)
        effects = self._replay(Turn(state, self._rules, turn_events.started_us), messages) if messages else None
        self._effects.append(effects or Effects(self._row.id, turn_events.turn, self._row))
        if effects is not None:
            self._paths |= {node.event_id: node.path for node in effects.opened}
        return effects, self._failures_raised(index, messages, state, effects)

    def _read_rest(self, index: int, effects: Effects | None) -> None:
        """Record the paths of attempts after the function has ended, as long as the replay is like the history."""
        state = self._before[index]
        for number, turn_events in enumerate(self._turns[index:-1], index):
            if effects is None or _scheduled_by(effects) != turn_events.scheduled():
                return
            state = _after(effects, state, turn_events)
            effects, _ = self._turn(number + 1, self._turns[number + 1], state)

    def messages(self, turn_events: TurnEvents) -> list[Message]:
        """Turn received events back into messages."""
        found = []
        for kind, body in turn_events.events:
            fields = json.loads(body)
            if kind == EventType.EVENT_SENT:
                self._calls[json.loads(fields["Input"])["id"]] = fields["EventId"]
            if kind not in _INCOMING:
                continue
            name, task_id = fields.get("Name"), fields.get("TaskScheduledId", fields.get("TimerId"))
            if kind == EventType.EVENT_RAISED:
                task_id = self._calls.get(name)
            free = kind == EventType.EVENT_RAISED and task_id is None
            execution = None if free else self._row.execution_id
            n = self._rules.next_n()
            found.append(Message(n, self._row.id, execution, 0, kind, name if free else None, task_id, body))
        return found

    def _failures_raised(
        self, index: int, messages: list[Message], before: Snapshot, effects: Effects | None
    ) -> list[_Failure]:
        """Return the failures that are raised in user code in a turn: after retries, when the last timer fires."""
        raised = []
        for message in messages:
            node = before.nodes.get(-1 if message.task_id is None else message.task_id)
            if node is None:
                continue
            if message.type in FAILED:
                failure = _Failure(index, json.loads(message.body)["Reason"] or "")
                if node.attempt == 0:
                    raised.append(failure)
                elif node.attempt >= node.max_attempts and effects is not None:
                    self._exhausted[_last_timer(effects, node)] = failure
            elif node.event_id in self._exhausted:
                raised.append(self._exhausted.pop(node.event_id))
        self._raised += raised
        return raised

    def _cut(self, end: int, raised: list[_Failure]) -> RewindPoint:
        """Return the point before the failures that ended the execution; without any, before its last turn.

        When no failure came in with the end, user code may have kept an earlier one and raised it later; then its
        reason is in the failure of the execution.
        """
        error = self._row.failure or ""
        causes = raised or [one for one in self._raised if one.reason and one.reason in error][-1:]
        index = min((failure.index for failure in causes), default=end)
        kept, discarded = self._turns[:index], self._turns[index:]
        return RewindPoint(self._before[index], kept, discarded, self._effects[:index], self._calls, self._paths)


def _first(row: Instance) -> Snapshot:
    """Return the execution as it was before its first turn."""
    fresh = replace(
        row, status="Pending", output=None, custom_status=None, failure=None, turn=0, next_id=0, n_top=0,
        n_hist=0, waits=None, done_pending=None, clock_us=0,
    )  # fmt: skip
    return Snapshot(fresh, {}, {}, "")


def _after(effects: Effects | None, before: Snapshot, turn_events: TurnEvents) -> Snapshot:
    """Continue with the history as it was written, which has the right guids and timestamps."""
    after = before if effects is None or effects.after is None else effects.after
    texts = [played(body, kind) for kind, body in turn_events.events]
    past = ",".join([before.past, *texts] if before.past else texts)
    row = replace(after.row, n_hist=before.row.n_hist + len(turn_events.events))
    return Snapshot(row, after.nodes, after.waits, past)


def _is_over(effects: Effects, turn_events: TurnEvents) -> bool:
    """Return whether the function ends here, or schedules other actions than in the history."""
    row = effects.row
    ends = effects.ended or bool(effects.discarded) or row.done_pending is not None
    return ends or _scheduled_by(effects) != turn_events.scheduled()


def _scheduled_by(effects: Effects) -> list[tuple[int, Any, Any]]:
    return _scheduled([(entry[3], entry[5]) for entry in effects.events])


def _scheduled(events: Sequence[tuple[int, str]]) -> list[tuple[int, Any, Any]]:
    found = [(kind, json.loads(body)) for kind, body in events if kind in _SCHEDULES]
    return [(kind, fields["EventId"], fields.get("InstanceId") or fields.get("Name")) for kind, fields in found]


def _last_timer(effects: Effects, failed: Node) -> int:
    """Return the id of the timer after a last attempt."""
    return next(one.event_id for one in effects.opened if one.last and one.path == failed.path)
