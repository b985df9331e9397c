"""Resumes an orchestrator that stayed in memory: the SDK's own executor is fed with what is new (decision 26).

A replay gives the executor the whole history, event by event, and throws it away afterwards. Here it is kept with
its generator, and goes on with the events that came since. Both times it is the SDK's own code that takes an event in.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

from azure.durable_functions.models.DurableOrchestrationContext import DurableOrchestrationContext
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from azure.durable_functions.models.OrchestratorState import OrchestratorState
from azure.durable_functions.models.ReplaySchema import ReplaySchema
from azure.durable_functions.models.Task import TaskBase, TaskState
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor
from azure.durable_functions.orchestrator import Orchestrator

from functions_host.answer import Answer, read_answer, read_failure
from functions_host.events import EventType
from functions_host.state import Instance

_READ_FROM = "1.7."  # the SDK whose executor was read for this; any other one replays
_FITS = version("azure-functions-durable").startswith(_READ_FROM)
_ENTRY = Orchestrator.create(lambda _: None).__code__
_HEARD = {
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
    """Tell whether a function is the SDK's own entry to an orchestrator, of the SDK we know, and nothing around it."""
    return _FITS and getattr(call, "__code__", None) is _ENTRY


class _Context(DurableOrchestrationContext):  # type: ignore[misc]
    """The SDK's context; the history of earlier turns is read again if user code should ask for it."""

    read_again: Callable[[], list[HistoryEvent]] | None = None

    @property
    def histories(self) -> list[HistoryEvent]:
        """Return all events up to this turn, as a replay would."""
        if self.read_again is not None:
            self._histories, self.read_again = self.read_again(), None
        return self._histories


class _Executor(TaskOrchestrationExecutor):  # type: ignore[misc]
    """The SDK's executor, which also tells which tasks completed since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self._completed: list[TaskBase] = []

    def set_task_value(self, event: HistoryEvent, is_success: bool, id_key: str) -> None:  # noqa: FBT001 - as the SDK
        """Complete a task as the SDK does, and remember it."""
        found = self.context.open_tasks.get(getattr(event, id_key))
        task = found[-1] if isinstance(found, list) else found
        super().set_task_value(event, is_success, id_key)
        if task is not None:
            self._completed.append(task)

    def grow_old(self) -> None:
        """Mark what completed as played: in the next turn it is the past, also for ``is_replaying``."""
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
        self.context._input_expected_type = getattr(call, "_df_input_type", None)  # noqa: SLF001 - as the SDK's entry
        self._executor: Any = _Executor()
        self._orchestrator: Callable[..., Any] = call.orchestrator_function  # type: ignore[attr-defined]
        self._unseen: list[str] = []

    def replay(self) -> Answer:
        """Run the orchestrator through its history; raise nothing."""
        try:
            return read_answer(self._executor.execute(self.context, self.context.histories, self._orchestrator))
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            return read_failure(error)
        finally:
            self._rest()

    def resume(self, news: Iterable[tuple[int, str]], past: Callable[[], list[dict[str, Any]]]) -> Answer:
        """Go on with what is new.

        Raises whatever a replay would call a crash of the SDK: then this object is spent, and a replay has to tell.
        """
        executor, context = self._executor, self.context
        context.read_again = lambda: [HistoryEvent(**one) for one in past()]
        known = len(self._actions)
        self.see(news)
        unseen, self._unseen = self._unseen, []
        for body in unseen:
            executor.process_event(HistoryEvent(**json.loads(body)))
            if executor.has_execution_completed:
                return _last_word(executor)
        state = OrchestratorState(
            False, [self._actions[known:]], None, context._replay_schema, None, context.custom_status  # noqa: SLF001
        )  # fmt: skip
        answer = read_answer(state.to_json_string())
        answer.first, answer.is_canceled = known, self._is_canceled
        self._rest()
        return answer

    def see(self, events: Iterable[tuple[int, str]]) -> None:
        """Take note of events for the next resumption: scheduled calls, and turns that asked nothing."""
        self._unseen += [body for kind, body in events if kind in _HEARD]

    def _rest(self) -> None:
        """Make this turn the past, and let go of its events."""
        self._executor.grow_old()
        self.context._histories, self.context.read_again = [], None  # noqa: SLF001

    def stands_at(self, row: Instance) -> bool:
        """Tell whether it waits for more, and counts as the instance's row does; else it must not be resumed."""
        executor, context = self._executor, self.context
        waits = getattr(executor, "generator", None) is not None and executor.current_task is not None
        return bool(
            waits
            and not executor.has_execution_completed
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


def _last_word(executor: TaskOrchestrationExecutor) -> Answer:
    """Read the end of an orchestrator as the SDK words it, with its whole list of actions."""
    try:
        return read_answer(executor.get_orchestrator_state_str())
    except Exception as error:  # noqa: BLE001 - what user code raised, in the SDK's wrapping
        return read_failure(error)
