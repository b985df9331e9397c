"""Runs an orchestration turn by turn: our host keeps the history, both workers run the orchestrator."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions_host.durable.numbering import Rules, started_event
from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure, parse_result
from functions_host.durable.turn import Turn
from functions_host.storage.events import EventType, event
from functions_host.storage.state import Instance, Message, Snapshot, Task
from functions_host.timestamps import to_us

from tests.worker.workers import Workers, text

Perform = Callable[[str, Any], Any]
"""Answers a call by name with its input; what it raises is the call's failure."""

_BEGIN = to_us(datetime(2026, 11, 21, 9, tzinfo=UTC))
_MOST_TURNS = 150


class Failed(Exception):  # noqa: N818 - as the activity words it
    """Failure of a call."""


@dataclass
class TurnByTurn:
    """One orchestration under both workers, who must agree at every turn."""

    workers: Workers
    name: str
    activity: Perform
    workflow: Perform
    now_us: int = _BEGIN
    turns: int = 0
    executions: int = 1
    _n: itertools.count[int] = field(default_factory=itertools.count)
    _waiting: list[Message] = field(default_factory=list)

    def run(self, given: Any, events: Sequence[tuple[str, Any]] = ()) -> Instance:
        """Run to the end; return the instance as it stands then."""
        names = self._named("orchestrationTrigger")
        rules = Rules(frozenset(self._named("activityTrigger")), names, lambda: next(self._n), self._new_execution)
        stored = json.dumps(json.dumps(given))
        now = self.now_us
        row = Instance(
            "play", "execution-0", self.name, None, "Pending", stored, None, None, None,
            now, now, None, None, None, None,
        )  # fmt: skip
        self._put(row, EventType.EXECUTION_STARTED, started_event(row, now))
        for name, data in events:
            raised = event(EventType.EVENT_RAISED, now, Name=name, Input=json.dumps(data))
            self._put(row, EventType.EVENT_RAISED, raised, name=name)
        state = Snapshot(row, {}, {}, "")
        while not state.row.status.startswith(("Completed", "Failed")):
            assert self.turns < _MOST_TURNS, "it does not end"
            state = self._turn(state, rules)
        return state.row

    def _named(self, trigger: str) -> dict[str, str]:
        functions = self.workers.read[0]["functions"]
        return {f["name"]: f["name"] for f in functions for b in f["bindings"].values() if b["type"] == trigger}

    def _new_execution(self) -> str:
        self.executions += 1
        return f"execution-{self.executions}"

    def _turn(self, state: Snapshot, rules: Rules) -> Snapshot:
        self.turns += 1
        due = [m for m in self._waiting if m.due_us <= self.now_us]
        turn = Turn(state, rules, self.now_us)
        effects = turn.finish(self._actions(turn.context(state.past or "")) if turn.begin(due) else None)
        self._waiting = [m for m in self._waiting if m.n not in effects.consumed]
        self._waiting += [m for m in effects.inbox if m.id == state.row.id]
        assert effects.after is not None
        row = effects.after.row
        for task in effects.tasks:
            self._perform(row, task)
        for child in effects.children:
            given = json.loads(json.loads(child.input or "null"))
            self._answer(row, child.name, given, child.parent_task_id or 0, child=True)
        if not effects.tasks and not effects.children:
            self._let_time_pass()
        return effects.after

    def _actions(self, body: str) -> OrchestratorResult:
        reply = self.workers.agreed(self.name, {"context": text(body)})
        if "raised" in reply:
            return parse_failure(Exception(reply["raised"].partition(": ")[2]))
        return parse_result(reply["returned"]["value"])

    def _perform(self, row: Instance, task: Task) -> None:
        self._answer(row, task.name, json.loads(task.input), task.event_id, child=False)

    def _answer(self, row: Instance, name: str, given: Any, task_id: int, *, child: bool) -> None:
        """OrchestratorResult a call at once, as the host would when it has ended."""
        fields: Mapping[str, object]
        try:
            result = (self.workflow if child else self.activity)(name, given)
        except Failed as failed:
            kind = EventType.SUB_FAILED if child else EventType.TASK_FAILED
            fields = {"Reason": f"Activity function '{name}' failed:  {failed}", "Details": "", "FailureDetails": None}
        else:
            kind = EventType.SUB_COMPLETED if child else EventType.TASK_COMPLETED
            fields = {"Result": json.dumps(result)}
        self._put(row, kind, event(kind, self.now_us, TaskScheduledId=task_id, **fields), task_id=task_id)

    def _put(
        self, row: Instance, kind: EventType, body: str, *, task_id: int | None = None, name: str | None = None
    ) -> None:
        execution = None if kind == EventType.EVENT_RAISED else row.execution_id
        self._waiting.append(Message(next(self._n), row.id, execution, 0, kind, name, task_id, body))

    def _let_time_pass(self) -> None:
        """Go on to the next timer when nothing else is to come."""
        if all(message.due_us > self.now_us or message.name for message in self._waiting):
            self.now_us = min((m.due_us for m in self._waiting if m.due_us > self.now_us), default=self.now_us)
