"""Resumes an orchestrator that stayed in memory: the SDK's own executor gets only the new events.

A replay gives an executor the whole history, event by event, and drops it afterwards. Here the executor is kept with
its generator, and continues with the events that came since. In both cases the SDK's own code processes each event.

An orchestrator that asks whether it is replaying, or for its history, is not kept: what it was told in an earlier turn
is different in the next one, where its code runs again.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

from azure.durable_functions.models.actions.Action import Action
from azure.durable_functions.models.DurableOrchestrationContext import DurableOrchestrationContext
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from azure.durable_functions.models.OrchestratorState import OrchestratorState
from azure.durable_functions.models.ReplaySchema import ReplaySchema
from azure.durable_functions.models.Task import AtomicTask, TaskBase, TaskState
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor
from azure.durable_functions.orchestrator import Orchestrator

from functions_host.durable.determinism import NonDeterministicError, compare
from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure, parse_result
from functions_host.storage.events import EventType
from functions_host.storage.state import Instance

_KNOWN_SDK = "1.7."  # this relies on the executor of that version; with any other one every turn replays
_IS_KNOWN_SDK = version("azure-functions-durable").startswith(_KNOWN_SDK)
_ENTRY = Orchestrator.create(lambda _: None).__code__
_PROCESSED = {
    EventType.ORCHESTRATOR_STARTED,
    EventType.EVENT_SENT,
    EventType.TASK_COMPLETED,
    EventType.TASK_FAILED,
    EventType.SUB_COMPLETED,
    EventType.SUB_FAILED,
    EventType.TIMER_FIRED,
    EventType.EVENT_RAISED,
}
"""The events that change anything in the executor once the orchestrator runs; the SDK skips all others."""


def can_resume(call: Callable[..., Any]) -> bool:
    """Return whether a function is the entry that the known SDK makes for an orchestrator, without a wrapper."""
    return _IS_KNOWN_SDK and getattr(call, "__code__", None) is _ENTRY


class _Context(DurableOrchestrationContext):  # type: ignore[misc]
    """The SDK's context; the history of earlier turns is read again when user code asks for it.

    ``asked``: user code has read what has another value in a replay. ``scheduled``: what it has scheduled in a replay,
    tasks and actions that nobody waits for, by number; None once it is resumed.
    """

    read_again: Callable[[], list[HistoryEvent]] | None = None
    asked = False
    scheduled: dict[int, Any] | None = None

    @property
    def histories(self) -> list[HistoryEvent]:
        """Return all events up to this turn, as a replay would."""
        self.asked = True
        if self.read_again is not None:
            self._histories, self.read_again = self.read_again(), None
        return self._histories

    @property
    def is_replaying(self) -> bool:
        """Return whether this code has run in an earlier turn."""
        self.asked = True
        return bool(self._is_replaying)

    def _add_to_open_tasks(self, task: TaskBase) -> None:
        super()._add_to_open_tasks(task)
        if self.scheduled is not None and isinstance(task, AtomicTask) and isinstance(task.id, int):
            self.scheduled[task.id] = task

    def _record_fire_and_forget_action(self, action: Action) -> None:
        if self.scheduled is not None:
            self.scheduled[self._sequence_number] = action
        super()._record_fire_and_forget_action(action)


class _Executor(TaskOrchestrationExecutor):  # type: ignore[misc]
    """The SDK's executor, which also records which tasks complete."""

    def __init__(self) -> None:
        super().__init__()
        self._completed: list[TaskBase] = []

    def set_task_value(self, event: HistoryEvent, is_success: bool, id_key: str) -> None:  # noqa: FBT001 - as the SDK
        """Complete a task as the SDK does, and record it."""
        found = self.context.open_tasks.get(getattr(event, id_key))
        task = found[-1] if isinstance(found, list) else found
        super().set_task_value(event, is_success, id_key)
        if task is not None:
            self._completed.append(task)

    def mark_played(self) -> None:
        """Mark completed tasks as played: for the next turn they are in the past, also for ``is_replaying``."""
        for completed in self._completed:
            task = completed
            while task is not None:
                task.set_is_played(True)
                task = task.parent if task.state is not TaskState.RUNNING else None
        self._completed.clear()


class Resumable:
    """One orchestrator between two turns of one execution."""

    def __init__(self, call: Callable[..., Any], body: str) -> None:
        self.context: Any = _Context.from_json(body)
        self.context.asked, self.context.scheduled = False, {}
        self.context._input_expected_type = getattr(call, "_df_input_type", None)  # noqa: SLF001 - as the SDK's entry
        self._executor: Any = _Executor()
        self._orchestrator: Callable[..., Any] = call.orchestrator_function  # type: ignore[attr-defined]
        self._unprocessed: list[str] = []

    def replay(self) -> OrchestratorResult:
        """Run the orchestrator through its history; an exception of user code is a result too.

        Raises: NonDeterministicError, from what user code has raised.
        """
        context, history = self.context, self.context._histories  # noqa: SLF001 - asking for it is what user code does
        try:
            result = parse_result(self._executor.execute(context, history, self._orchestrator))
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            result = parse_failure(error)
        finally:
            self._end_turn()
        scheduled, context.scheduled = context.scheduled, None
        try:
            compare(history, scheduled)
        except NonDeterministicError as deviation:
            raise deviation from result.raised
        return result

    def resume(
        self, new_events: Iterable[tuple[int, str]], past: Callable[[], list[dict[str, Any]]]
    ) -> OrchestratorResult:
        """Continue with the new events; ``past`` reads the history of earlier turns.

        Raises what in a replay would be a crash of the SDK. Then this object must not be used again, and a replay
        shows what happened.
        """
        executor, context = self._executor, self.context
        context.read_again = lambda: [HistoryEvent(**one) for one in past()]
        known = len(self._actions)
        self.add_events(new_events)
        unprocessed, self._unprocessed = self._unprocessed, []
        for body in unprocessed:
            executor.process_event(HistoryEvent(**json.loads(body)))
            if executor.has_execution_completed:
                return _final_result(executor)
        state = OrchestratorState(
            False, [self._actions[known:]], None, context._replay_schema, None, context.custom_status  # noqa: SLF001
        )  # fmt: skip
        result = parse_result(state.to_json_string())
        result.first, result.is_canceled = known, self._is_canceled
        self._end_turn()
        return result

    def add_events(self, events: Iterable[tuple[int, str]]) -> None:
        """Keep events for the next resumption: scheduled calls, and events of turns without a call."""
        self._unprocessed += [body for kind, body in events if kind in _PROCESSED]

    def _end_turn(self) -> None:
        """Mark this turn as past, and release its events."""
        self._executor.mark_played()
        self.context._histories, self.context.read_again = [], None  # noqa: SLF001

    @property
    def has_ended(self) -> bool:
        """Return whether the orchestrator has returned, raised or continued as new."""
        return bool(self._executor.has_execution_completed)

    def matches(self, row: Instance) -> bool:
        """Return whether it waits for events, agrees with the row's counters, and may continue without a replay."""
        executor, context = self._executor, self.context
        waits = getattr(executor, "generator", None) is not None and executor.current_task is not None
        return bool(
            waits
            and not executor.has_execution_completed
            and not context.asked
            and not context.deferred_tasks
            and context._replay_schema is ReplaySchema.V3  # noqa: SLF001 - the SDK offers no other way
            and context._sequence_number == row.next_id  # noqa: SLF001
            and len(self._actions) == row.n_top
        )

    @property
    def _actions(self) -> Sequence[Any]:
        actions: Sequence[Any] = self.context._action_payload_v2  # noqa: SLF001
        return actions

    def _is_canceled(self, path: str) -> bool:
        first, *rest = path.split(".")
        action = self._actions[int(first)]
        for index in rest:
            action = action.compound_tasks[int(index)]
        return bool(action.is_cancelled)


def _final_result(executor: TaskOrchestrationExecutor) -> OrchestratorResult:
    """Read how an orchestrator ended as the SDK returns it, with the whole list of actions."""
    try:
        return parse_result(executor.get_orchestrator_state_str())
    except Exception as error:  # noqa: BLE001 - what user code raised, wrapped by the SDK
        return parse_failure(error)
