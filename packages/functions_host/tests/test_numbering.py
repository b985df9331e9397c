"""The turn numbers tasks as the SDK does (docs/notes.md 1.6), for random orchestrators and recorded samples."""

import json
import os
import warnings
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure
from functions_host.durable.turn import Turn
from functions_host.storage.events import EventType, event
from functions_host.storage.state import Message
from functions_host.timestamps import stamp
from host_testing.random_orchestrators import SECOND, Generated, program
from host_testing.random_turns import START_US, RandomTurns

SEEDS = int(os.environ.get("FUNCTIONS_HOST_FUZZ_SEEDS", "1000"))


@pytest.mark.usefixtures("quick_dates")
@pytest.mark.parametrize("batch", range(10))
def test_random_orchestrators_are_numbered_as_the_sdk_numbers_them(batch: int) -> None:
    for seed in range(batch, SEEDS, 10):
        world = RandomTurns(program(seed), seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(400):
                if world.turn().ended:
                    break
                world.complete_some()
            else:
                pytest.fail(f"seed {seed} did not end: {world.state.nodes}")
        assert world.state.row.output == '"done"', f"seed {seed}"


def take_turns(orchestrator: Generated, completions: list[Message]) -> tuple[RandomTurns, list[str]]:
    """Run an orchestrator with one message in each turn; return the orchestration and the contexts that it got."""
    world = RandomTurns(orchestrator, 0)
    bodies: list[str] = []
    original = world.execute

    def record(body: str) -> tuple[OrchestratorResult, DurableOrchestrationContext]:
        bodies.append(body)
        return original(body)

    world.execute = record  # type: ignore[method-assign]
    world.turn()
    for message in completions:
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
                "Tags": None, "Generation": None,
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
    assert started == [stamp(START_US), stamp(START_US)]


def test_an_instance_whose_replay_crashes_the_sdk_fails_once_its_tasks_ended() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity("act", 1)

    world, _ = take_turns(orchestrator, [])
    turn = Turn(world.state, world.rules, world.now_us)
    body = event(EventType.TASK_COMPLETED, START_US, TaskScheduledId=0, Result="1")
    assert turn.begin([Message(99, "main-1", "x0", 0, EventType.TASK_COMPLETED, None, 0, body)])
    effects = turn.finish(parse_failure(RuntimeError("broken")))
    assert effects.row.status == "Failed"
    assert "RuntimeError: broken" in str(effects.row.output)
