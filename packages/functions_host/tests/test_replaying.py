"""An orchestrator in memory shows what it would show on Azure, where each of its turns is a replay."""

import itertools
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions import DurableOrchestrationContext as Context
from functions_host.durable.orchestrator_executor import OrchestratorExecutor
from functions_host.http.views import repeated_key
from functions_host.storage.events import EventType
from functions_host.storage.state import Effects
from host_testing.random_orchestrators import COUNTER, SECOND, Generated
from host_testing.resumed_turns import ResumedTurns, function

Steps = Generator[Any, Any, Any]
Yields = Callable[[Context], Any]
FOUND = "Non-Deterministic workflow detected:"
WHY = "Was a change made to the orchestrator code after this instance had already started running?"
OPTIONS = df.RetryOptions(10, 3)


def ran(world: ResumedTurns, events: str) -> ResumedTurns:
    """Run a turn for the start, and one for each of the events."""
    world.turn()
    for name in events:
        world.raise_event(name)
        world.turn()
    return world


def inputs(world: ResumedTurns, orchestrator_events: str) -> list[Any]:
    """Return the inputs of the activities that the turns have scheduled."""
    sent: list[Any] = []
    world.turn()
    for name in orchestrator_events:
        world.raise_event(name)
        sent += [json.loads(task.input) for task in world.turn().tasks]
    return sent


@pytest.mark.parametrize(
    "read", [lambda c: c.is_replaying, lambda c: len(c.histories), lambda c: c.histories[1].is_played]
)
def test_an_orchestrator_in_memory_is_told_at_each_turn_what_a_replay_is_told(read: Callable[[Context], Any]) -> None:
    def orchestrator(context: Context) -> Steps:
        seen = []
        for name in "abcd":
            yield context.wait_for_external_event(name)
            seen.append(read(context))
            yield context.task_any([context.call_activity("act", seen), context.wait_for_external_event("x")])
        return seen

    replayed = inputs(ResumedTurns(orchestrator, 0, lambda: True), "axbxcxdx")
    assert len(replayed) == 4
    for resumes_all in (True, False):
        assert inputs(ResumedTurns(orchestrator, 0, lambda: False, resumes_all=resumes_all), "axbxcxdx") == replayed


def test_before_its_newest_event_it_is_replaying_and_after_it_is_not() -> None:
    def orchestrator(context: Context) -> Steps:
        seen = [context.is_replaying]
        for name in "abc":
            yield context.wait_for_external_event(name)
            seen.append(context.is_replaying)
        return seen

    world = ran(ResumedTurns(orchestrator, 0, lambda: False), "abc")
    assert world.state.row.output == "[true, true, true, false]"


def counting(starts: list[int]) -> Generated:
    """Make an orchestrator of eleven turns that records in which of them its code begins."""

    def orchestrator(context: Context) -> Steps:
        starts.append(0)
        for name in "abcdefghij":
            yield context.wait_for_external_event(name)
        return "done"

    return orchestrator


def test_it_is_replayed_at_turns_twice_as_late_each_time_and_at_its_end() -> None:
    def begun(*, resumes_all: bool) -> list[int]:
        starts: list[int] = []
        world, counts = ResumedTurns(counting(starts), 0, lambda: False, resumes_all=resumes_all), []
        for name in " abcdefghij":
            world.raise_event(name)
            world.turn()
            counts.append(len(starts))
        assert world.state.row.status == "Completed"
        return counts

    assert begun(resumes_all=False) == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5]
    assert begun(resumes_all=True) == [1] * 11


def alternating(first: Yields, later: Yields) -> Generated:
    """Make an orchestrator that waits for one thing when it runs first, and for another when it is replayed."""
    runs = itertools.count()

    def orchestrator(context: Context) -> Steps:
        chosen = later if next(runs) else first
        yield context.task_any([chosen(context), context.wait_for_external_event("a")])
        return "done"

    return orchestrator


def activity(context: Context) -> Any:
    return context.call_activity("act", 1)


def other(context: Context) -> Any:
    return context.call_activity("other", 1)


def timer(context: Context) -> Any:
    return context.create_timer(context.current_utc_datetime + SECOND)


def child(context: Context) -> Any:
    return context.call_sub_orchestrator("child", 1, "child-1")


def main(context: Context) -> Any:
    return context.call_sub_orchestrator("main", 1, "child-1")


def entity(context: Context) -> Any:
    return context.call_entity(COUNTER, "add", 1)


def nothing(context: Context) -> Any:
    return context.wait_for_external_event("b")


ACTIVITY = "an activity task with sequence"
TIMER = "a timer task with sequence number 0"
CHILD = "a sub-orchestration task with sequence ID 0 and name 'child' (version '', instance ID 'child-1'), but"
SENT = "a send event task with sequence ID 0, type 'EventSent'"
REPLAY = "the current orchestration replay instead"
ABSENT = "the current replay execution hasn't (yet?) scheduled this task."
HERE = "with this sequence number."
THERE = "at this sequence number."
NUMBER, ID = f"{ACTIVITY} number 0 named 'act', but", f"{ACTIVITY} ID 0 and name 'act' (version ''), but"
TO = "name 'op', instance ID '@counter@k', but"


@pytest.mark.parametrize(
    ("first", "later", "recorded", "now"),
    [
        (activity, timer, NUMBER, f"produced a CreateTimerOrchestratorAction action {HERE}"),
        (activity, other, NUMBER, f"scheduled an activity task named 'other' {HERE} "),
        (activity, nothing, ID, ""),
        (timer, activity, f"{TIMER} named but", f"produced a ScheduleTaskOrchestratorAction action {HERE}"),
        (timer, nothing, f"{TIMER} but", ""),
        (child, entity, CHILD, f"produced a SendEventOrchestratorAction action {THERE}"),
        (child, main, CHILD, f"scheduled a sub-orchestration task with name main {THERE}"),
        (child, nothing, CHILD, ""),
        (entity, child, f"{SENT}, {TO}", f"scheduled a CreateSubOrchestrationAction task {THERE}"),
        (entity, nothing, f"{SENT} {TO}", ""),
    ],
)
def test_a_replay_that_schedules_something_else_fails_in_the_words_of_durable_task(
    first: Yields, later: Yields, recorded: str, now: str
) -> None:
    world = ran(ResumedTurns(alternating(first, later), 0, lambda: False, resumes_all=False), "a")
    instead = f"{REPLAY} {now}" if now else ABSENT
    said = f"{FOUND} A previous execution of this orchestration scheduled {recorded} {instead} {WHY}"
    assert (world.state.row.status, json.loads(world.state.row.output or "")) == ("Failed", said)


def together(context: Context) -> Any:
    return context.task_all([timer(context), activity(context)])


@pytest.mark.parametrize(
    ("later", "kinds", "key"),
    [
        (other, [EventType.TASK_SCHEDULED], "TaskScheduled_0"),
        (timer, [EventType.TIMER_CREATED], ""),
        (together, [EventType.TIMER_CREATED, EventType.TASK_SCHEDULED], ""),
        (nothing, [], ""),
    ],
)
def test_what_the_failed_replay_would_have_scheduled_enters_the_history_and_is_not_carried_out(
    later: Yields, kinds: list[EventType], key: str
) -> None:
    world = ResumedTurns(alternating(activity, later), 0, lambda: True)
    history = recorded(world.turn())
    world.raise_event("a")
    failed = world.turn()
    history += recorded(failed)
    ends = [EventType.EXECUTION_COMPLETED, EventType.ORCHESTRATOR_COMPLETED]
    assert [one for one, _ in recorded(failed)][2:] == [*kinds, *ends]
    assert [json.loads(body)["EventId"] for _, body in recorded(failed)[2:-2]] == list(range(len(kinds)))
    assert (failed.tasks, [one for one in failed.inbox if one.n not in failed.consumed]) == ([], [])
    assert repeated_key(history) == key


def recorded(effects: Effects) -> list[tuple[int, str]]:
    return [(kind, body) for _, _, _, kind, _, body in effects.events]


def test_a_replay_that_raises_before_what_is_recorded_is_not_deterministic_and_the_log_says_where_it_raised() -> None:
    runs = itertools.count()

    def orchestrator(context: Context) -> Steps:
        if next(runs):
            raise ValueError("an answer of another release")
        yield context.task_any([activity(context), context.wait_for_external_event("a")])

    world = ResumedTurns(orchestrator, 0, lambda: True)
    world.executor = OrchestratorExecutor(
        {"main": function(orchestrator)}, keeps=True, debug_oracle=False, app=Path(__file__).parent
    )
    world.turn()
    world.raise_event("a")
    (warning,) = world.turn().warnings
    assert warning.startswith("its orchestrator raised at test_replaying.py:")
    assert "hasn't (yet?) scheduled this task" in (world.state.row.output or "")


def test_names_are_compared_without_case_as_azure_does() -> None:
    def loud(context: Context) -> Any:
        return context.call_activity("ACT", 1)

    world = ran(ResumedTurns(alternating(activity, loud), 0, lambda: True), "a")
    assert json.loads(world.state.row.done_pending or "") == {"completed": '"done"'}


def test_what_goes_another_way_after_its_last_sample_shows_at_its_end() -> None:
    runs = itertools.count()

    def orchestrator(context: Context) -> Steps:
        late = next(runs)
        for name in "abcd":
            yield context.wait_for_external_event(name)
        yield context.task_any([(timer if late > 3 else activity)(context), context.wait_for_external_event("e")])
        yield context.wait_for_external_event("f")
        return "done"

    def ended(*, resumes_all: bool) -> str | None:
        return ran(ResumedTurns(orchestrator, 0, lambda: False, resumes_all=resumes_all), "abcdef").state.row.status

    runs = itertools.count(1)
    assert ended(resumes_all=False) == "Failed"
    runs = itertools.count(1)
    assert ended(resumes_all=True) == "Running"  # its activity is still open


@pytest.mark.parametrize("make", [
    lambda c: c.call_activity_with_retry("act", OPTIONS, 1),
    lambda c: c.call_sub_orchestrator_with_retry("child", OPTIONS, 1),
])  # fmt: skip
def test_the_attempts_of_a_retry_and_their_timers_are_those_of_the_history(make: Yields) -> None:
    def orchestrator(context: Context) -> Steps:
        context.signal_entity(COUNTER, "add", 1)
        try:
            yield make(context)
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
            return str(error)

    world = ResumedTurns(orchestrator, 0, lambda: True)
    kinds = [kind for _, _, _, kind, *_ in world.turn().events]
    world.dice.random = lambda: 0.0  # type: ignore[method-assign]  # each task that is open fails
    while world.state.row.status == "Running":
        world.complete_some()
        world.now_us += 1_000_000
        kinds += [kind for _, _, _, kind, *_ in world.turn().events]
    assert "boom" in (world.state.row.output or "")
    assert world.state.row.status == "Completed"
    assert kinds.count(EventType.TIMER_CREATED) == 3
