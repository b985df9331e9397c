"""One orchestration whose tasks complete at random, in the same way for the same seed."""

import itertools
import json
import random
from typing import Any

from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from azure.durable_functions.orchestrator import Orchestrator
from functions_host.durable.numbering import Rules, started_event
from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure, parse_result
from functions_host.durable.sdk_oracle import compare
from functions_host.durable.turn import Turn, still_deliverable
from functions_host.storage.events import EventType, event
from functions_host.storage.state import Effects, EntityCall, Instance, Message, Snapshot

from host_testing.random_orchestrators import Generated

START_US = 1_790_000_000_000_000


class RandomTurns:
    """Completes the tasks of an orchestrator in random order and in random batches."""

    def __init__(self, orchestrator: Generated, seed: int) -> None:
        self.orchestrator = orchestrator
        self.dice = random.Random(f"world {seed}")
        numbers = itertools.count(1)
        ids = itertools.count(1)
        self.rules = Rules(
            activities=frozenset({"act"}),
            orchestrators={"child": "child", "main": "main"},
            next_n=lambda: next(numbers),
            new_execution_id=lambda: f"x{next(ids)}",
        )
        row = Instance(
            "main-1", "x0", "main", None, "Pending", '"1"', None, None, None,
            START_US, START_US, None, None, None, None,
        )  # fmt: skip
        self.state = Snapshot(row, {}, {}, "")
        self.entity_calls: list[EntityCall] = []
        first = started_event(row, START_US)
        kind = EventType.EXECUTION_STARTED
        self.inbox = [Message(next(numbers), "main-1", "x0", 0, kind, None, None, first)]
        self.now_us = START_US
        self.numbers = numbers

    def execute(self, body: str) -> tuple[OrchestratorResult, DurableOrchestrationContext]:
        context = DurableOrchestrationContext.from_json(body)
        try:
            text = Orchestrator(self.orchestrator).handle(context)
        except Exception as error:  # noqa: BLE001 - the SDK packs failures in one
            return parse_failure(error), context
        return parse_result(text), context

    def run(self, turn: Turn, messages: list[Message]) -> None:
        """Replay the orchestrator, finish the turn, and compare with the SDK."""
        if not turn.begin(messages):
            turn.finish(None)
            return
        result, context = self.execute(turn.context(self.state.past or ""))
        turn.finish(result)
        if not turn.is_over:
            compare(context, turn)

    def turn(self) -> Effects:
        """Run one turn and keep its effects."""
        turn = Turn(self.state, self.rules, self.now_us)
        ready = [m for m in self.inbox if m.due_us <= self.now_us]
        self.run(turn, ready)
        effects = turn.effects
        gone = set(effects.consumed)
        self.inbox = [m for m in [*self.inbox, *self._own_messages(effects)] if m.n not in gone]
        assert effects.after is not None
        self.state = effects.after
        still_deliverable(effects, self.inbox)
        self.entity_calls += [call for call in effects.entity_calls if call.reply_id]
        return effects

    def _own_messages(self, effects: Effects) -> list[Message]:
        return [m for m in effects.inbox if m.id == "main-1"]

    def complete_some(self) -> None:
        """Complete some of the open tasks: results, failures, timers, events."""
        self._complete_entity_calls()
        nodes = [n for n in self.state.nodes.values() if n.kind in {"task", "sub"}]
        completed = {m.task_id for m in self.inbox}
        for node in nodes:
            if node.event_id not in completed and self.dice.random() < 0.5:
                self.inbox.append(self._result(node.event_id, is_child=node.kind == "sub"))
        if self.dice.random() < 0.4:
            self.now_us += self.dice.choice([1_000, 2_000_000, 800_000_000_000])
        if self.dice.random() < 0.3 or not nodes:
            self.raise_event(self.dice.choice("abc"))

    def raise_event(self, name: str) -> None:
        """Send the orchestration an event."""
        kind = EventType.EVENT_RAISED
        body = event(kind, self.now_us, Name=name, Input='"e"')
        self.inbox.append(Message(next(self.numbers), "main-1", None, 0, kind, name, None, body))

    def _complete_entity_calls(self) -> None:
        for call in [call for call in self.entity_calls if self.dice.random() < 0.5]:
            self.entity_calls.remove(call)
            fails = self.dice.random() < 0.4
            reply = {"result": '"boom"', "exceptionType": "Error"} if fails else {"result": "1"}
            kind, to, of = EventType.EVENT_RAISED, call.reply_execution_id, call.reply_task_id
            body = event(kind, self.now_us, Name=call.guid, Input=json.dumps(reply))
            self.inbox.append(Message(next(self.numbers), "main-1", to, 0, kind, call.guid, of, body))

    def _result(self, task_id: int, *, is_child: bool) -> Message:
        fails = self.dice.random() < 0.4
        good = EventType.SUB_COMPLETED if is_child else EventType.TASK_COMPLETED
        bad = EventType.SUB_FAILED if is_child else EventType.TASK_FAILED
        fields: dict[str, Any] = {"TaskScheduledId": task_id}
        fields |= {"Reason": "boom", "Details": ""} if fails else {"Result": "1"}
        kind = bad if fails else good
        body = event(kind, self.now_us, **fields)
        execution = self.state.row.execution_id
        return Message(next(self.numbers), "main-1", execution, 0, kind, None, task_id, body)
