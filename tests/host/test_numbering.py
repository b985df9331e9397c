"""The turn counts as the SDK counts (host.md 1.6), for random orchestrators and recorded samples."""

import functools
import itertools
import json
import os
import random
import sys
import warnings
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from azure.durable_functions.orchestrator import Orchestrator

from local.host.answer import Answer, read_answer, read_failure
from local.host.events import EventType, event, stamp
from local.host.numbering import Rules, started_event
from local.host.oracle import compare
from local.host.state import Effects, EntityCall, Instance, Message, Snapshot
from local.host.turn import Turn, still_deliverable
from tests.host.programs import SECOND, Generated, program

SEEDS = int(os.environ.get("DESKWRIGHT_FUZZ_SEEDS", "1000"))
START_US = 1_790_000_000_000_000


class World:
    """Answers what a program asks for, in random order and in random batches."""

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
        self.asked: list[EntityCall] = []
        first = started_event(row, START_US)
        kind = EventType.EXECUTION_STARTED
        self.inbox = [Message(next(numbers), "main-1", "x0", 0, kind, None, None, first)]
        self.now_us = START_US
        self.numbers = numbers

    def ask(self, body: str) -> tuple[Answer, DurableOrchestrationContext]:
        context = DurableOrchestrationContext.from_json(body)
        try:
            text = Orchestrator(self.orchestrator).handle(context)
        except Exception as error:  # noqa: BLE001 - the SDK packs failures in one
            return read_failure(error), context
        return read_answer(text), context

    def turn(self) -> Effects:
        """Take one turn, compare with the SDK, and keep what follows from it."""
        turn = Turn(self.state, self.rules, self.now_us)
        ready = [m for m in self.inbox if m.due_us <= self.now_us]
        body = turn.begin(ready)
        if body is None:
            effects = turn.finish(None)
        else:
            answer, context = self.ask(body)
            effects = turn.finish(answer)
            if not (effects.ended or effects.forgotten or turn.row.done_pending):
                compare(context, turn)
        gone = set(effects.consumed)
        self.inbox = [m for m in [*self.inbox, *self._mine(effects)] if m.n not in gone]
        assert effects.after is not None
        self.state = effects.after
        still_deliverable(effects, self.inbox)
        self.asked += [call for call in effects.entity_calls if call.reply_id]
        return effects

    def _mine(self, effects: Effects) -> list[Message]:
        return [m for m in effects.inbox if m.id == "main-1"]

    def answer_some(self) -> None:
        """Let some of what is open happen: results, failures, timers, events."""
        self._answer_entities()
        nodes = [n for n in self.state.nodes.values() if n.kind in {"task", "sub"}]
        answered = {m.task_id for m in self.inbox}
        for node in nodes:
            if node.event_id not in answered and self.dice.random() < 0.5:
                self.inbox.append(self._result(node.event_id, is_child=node.kind == "sub"))
        if self.dice.random() < 0.4:
            self.now_us += self.dice.choice([1_000, 2_000_000, 800_000_000_000])
        if self.dice.random() < 0.3 or not nodes:
            name = self.dice.choice("abc")
            body = event(EventType.EVENT_RAISED, self.now_us, Name=name, Input='"e"')
            kind = EventType.EVENT_RAISED
            self.inbox.append(Message(next(self.numbers), "main-1", None, 0, kind, name, None, body))

    def _answer_entities(self) -> None:
        for call in [call for call in self.asked if self.dice.random() < 0.5]:
            self.asked.remove(call)
            fails = self.dice.random() < 0.4
            said = {"result": '"boom"', "exceptionType": "Error"} if fails else {"result": "1"}
            kind, to, of = EventType.EVENT_RAISED, call.reply_execution_id, call.reply_task_id
            body = event(kind, self.now_us, Name=call.guid, Input=json.dumps(said))
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


@pytest.fixture
def quick_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each date once: the SDK reads all of them at every replay, which is most of what this takes."""
    events = sys.modules["azure.durable_functions.models.history.HistoryEvent"]
    monkeypatch.setattr(events, "dt_parse", functools.lru_cache(maxsize=10_000)(events.dt_parse))


@pytest.mark.usefixtures("quick_dates")
@pytest.mark.parametrize("batch", range(10))
def test_random_orchestrators_are_numbered_as_the_sdk_numbers_them(batch: int) -> None:
    for seed in range(batch, SEEDS, 10):
        world = World(program(seed), seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(400):
                if world.turn().ended:
                    break
                world.answer_some()
            else:
                pytest.fail(f"seed {seed} did not end: {world.state.nodes}")
        assert world.state.row.output == '"done"', f"seed {seed}"


def take_turns(orchestrator: Generated, answers: list[Message]) -> tuple[World, list[str]]:
    """Run a program with one message a turn; return the world and the contexts it was given."""
    world = World(orchestrator, 0)
    bodies: list[str] = []
    original = world.ask

    def listen(body: str) -> tuple[Answer, DurableOrchestrationContext]:
        bodies.append(body)
        return original(body)

    world.ask = listen  # type: ignore[method-assign]
    world.turn()
    for message in answers:
        world.inbox.append(message)
        world.turn()
    return world, bodies


def test_the_first_context_is_what_azure_sends() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.task_all([context.call_activity("act", n) for n in (1, 2, 3)])

    world, bodies = take_turns(orchestrator, [])
    moment = stamp(START_US)
    assert json.loads(bodies[0]) == {
        "history": [
            {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": moment},
            {
                "EventType": 0, "EventId": -1, "IsPlayed": False, "Timestamp": moment,
                "OrchestrationInstance": {"InstanceId": "main-1", "ExecutionId": "x0"},
                "ParentInstance": None, "Name": "main", "Version": None, "Input": '"1"',
                "Tags": None,
            },
        ],
        "input": "1",
        "instanceId": "main-1",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }  # fmt: skip
    assert sorted(world.state.nodes) == [0, 1, 2]


def test_scheduled_tasks_are_recorded_as_azure_records_them() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity("act", "hi")
        yield context.create_timer(context.current_utc_datetime + SECOND)

    kind = EventType.TASK_COMPLETED
    done = event(kind, START_US, TaskScheduledId=0, Result='"x"')
    answer = Message(99, "main-1", "x0", 0, kind, None, 0, done)
    world, _ = take_turns(orchestrator, [answer])
    history = json.loads(f"[{world.state.past}]")
    assert [one["EventType"] for one in history] == [12, 0, 4, 13, 12, 5, 10, 13]
    scheduled = history[2]
    assert (scheduled["EventId"], scheduled["Input"]) == (0, '["\\"hi\\""]')
    assert all(one["IsPlayed"] for one in history if one["EventType"] not in {12, 13})
    timer = history[6]
    assert (timer["EventId"], timer["FireAt"][-1]) == (1, "Z")


def test_a_failed_attempt_gets_its_timer_before_the_function_is_called() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity_with_retry("act", df.RetryOptions(100, 5), "hi")

    kind = EventType.TASK_FAILED
    failed = event(kind, START_US, TaskScheduledId=0, Reason="boom", Details="")
    world, bodies = take_turns(orchestrator, [Message(99, "main-1", "x0", 0, kind, None, 0, failed)])
    assert [one["EventType"] for one in json.loads(bodies[1])["history"][-2:]] == [6, 10]
    assert world.state.nodes[1].kind == "retrytimer"


def test_the_orchestrators_clock_never_goes_back() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.wait_for_external_event("a")

    world, _ = take_turns(orchestrator, [])
    world.now_us -= 3_600_000_000
    body = event(EventType.EVENT_RAISED, world.now_us, Name="a", Input="1")
    world.inbox.append(Message(99, "main-1", None, 0, EventType.EVENT_RAISED, "a", None, body))
    world.turn()
    started = [e["Timestamp"] for e in json.loads(f"[{world.state.past}]") if e["EventType"] == 12]
    assert started == [stamp(START_US), stamp(START_US + 1)]


def test_an_instance_whose_replay_crashes_the_sdk_fails_once_its_tasks_ended() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity("act", 1)

    world, _ = take_turns(orchestrator, [])
    turn = Turn(world.state, world.rules, world.now_us)
    body = event(EventType.TASK_COMPLETED, START_US, TaskScheduledId=0, Result="1")
    assert turn.begin([Message(99, "main-1", "x0", 0, EventType.TASK_COMPLETED, None, 0, body)])
    effects = turn.finish(read_failure(RuntimeError("broken")))
    assert effects.row.status == "Failed"
    assert "RuntimeError: broken" in str(effects.row.output)
