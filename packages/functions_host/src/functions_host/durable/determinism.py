"""Compares a replay with its history by the rule and in the words of DurableTask.Core.

An action that a history has recorded must come again under its number, of the same kind and with the same name
(TaskOrchestrationContext.cs of https://github.com/Azure/durabletask).
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from azure.durable_functions.models.actions.CallActivityAction import CallActivityAction
from azure.durable_functions.models.actions.CallActivityWithRetryAction import CallActivityWithRetryAction
from azure.durable_functions.models.actions.CallEntityAction import CallEntityAction
from azure.durable_functions.models.actions.CallHttpAction import CallHttpAction
from azure.durable_functions.models.actions.CallSubOrchestratorAction import CallSubOrchestratorAction
from azure.durable_functions.models.actions.CallSubOrchestratorWithRetryAction import CallSubOrchestratorWithRetryAction
from azure.durable_functions.models.actions.CreateTimerAction import CreateTimerAction
from azure.durable_functions.models.actions.NoOpAction import NoOpAction
from azure.durable_functions.models.actions.SignalEntityAction import SignalEntityAction
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent

from functions_host.durable.numbering import HTTP_ACTIVITY
from functions_host.storage.events import EventType

ENTITY_EVENT = "op"
_RETRY_TIMER = "timer"  # in what the SDK writes about the timer between two attempts; the next attempt has none
_ACTIVITY, _CHILD = "ScheduleTaskOrchestratorAction", "CreateSubOrchestrationAction"
_TIMER, _SENT, _END = (
    "CreateTimerOrchestratorAction",
    "SendEventOrchestratorAction",
    "OrchestrationCompleteOrchestratorAction",
)
_ACTIONS: dict[type, str] = {
    CallActivityAction: _ACTIVITY,
    CallActivityWithRetryAction: _ACTIVITY,
    CallHttpAction: _ACTIVITY,
    CallSubOrchestratorAction: _CHILD,
    CallSubOrchestratorWithRetryAction: _CHILD,
    CreateTimerAction: _TIMER,
    CallEntityAction: _SENT,
    SignalEntityAction: _SENT,
}
_KINDS = {
    EventType.TASK_SCHEDULED: _ACTIVITY,
    EventType.SUB_CREATED: _CHILD,
    EventType.TIMER_CREATED: _TIMER,
    EventType.EVENT_SENT: _SENT,
}


class _Words(NamedTuple):
    """The words of DurableTask.Core for an action that is missing, is one of another kind, or has another name."""

    missing: str
    other: str
    renamed: str


_ABSENT = "but the current replay execution hasn't (yet?) scheduled this task. "
_REPLAY = "but the current orchestration replay instead"
_TASK = "an activity task with sequence"
_MADE = (
    "a sub-orchestration task with sequence ID {id} and name '{name}' (version '{version}', instance ID '{instance}'), "
)
_EVENT = "a send event task with sequence ID {id}, type 'EventSent'"
_WORDS = {
    _ACTIVITY: _Words(
        f"{_TASK} ID {{id}} and name '{{name}}' (version '{{version}}'), {_ABSENT}",
        f"{_TASK} number {{id}} named '{{name}}', {_REPLAY} produced a {{action}} action with this sequence number. ",
        f"{_TASK} number {{id}} named '{{name}}', {_REPLAY} scheduled an activity task named '{{now}}' with this "
        "sequence number.  ",
    ),
    _CHILD: _Words(
        f"{_MADE}{_ABSENT}",
        f"{_MADE}{_REPLAY} produced a {{action}} action at this sequence number. ",
        f"{_MADE}{_REPLAY} scheduled a sub-orchestration task with name {{now}} at this sequence number. ",
    ),
    _TIMER: _Words(
        f"a timer task with sequence number {{id}} {_ABSENT}",
        f"a timer task with sequence number {{id}} named {_REPLAY} produced a {{action}} action with this sequence "
        "number. ",
        "",
    ),
    _SENT: _Words(
        f"{_EVENT} name '{{name}}', instance ID '{{instance}}', {_ABSENT}",
        f"{_EVENT}, name '{{name}}', instance ID '{{instance}}', {_REPLAY} scheduled a {{action}} task at this "
        "sequence number. ",
        "",
    ),
}


class NonDeterministicError(Exception):
    """A replay has scheduled something else than the history; the text is DurableTask.Core's.

    ``left``: the action of the replay under that number, as the SDK returns it, and those that it waits for together
    with it, by their numbers: Azure's host has scheduled no later ones yet.
    """

    def __init__(self, text: str, left: dict[int, dict[str, Any]]) -> None:
        super().__init__(text)
        self.left = left


def compare(history: Iterable[HistoryEvent], scheduled: Mapping[int, Any]) -> None:
    """Compare the tasks of a history with those that a replay has *scheduled*.

    *scheduled*: tasks of the SDK, and actions that nobody waits for, by their numbers. Raises: NonDeterministicError.
    """
    confirmed = set()
    for event in history:
        kind = _KINDS.get(event.event_type)
        if kind is None:
            continue
        action, name = _described(scheduled.get(event.event_id))
        words = _WORDS[kind]
        text = words.missing if action is None else words.other if action != kind else words.renamed
        if action != kind or (text and name.casefold() != (event.Name or "").casefold()):
            waited = _whole(scheduled.get(event.event_id))
            left = {n: one for n, one in scheduled.items() if n not in confirmed and _whole(one) is waited}
            raise NonDeterministicError(_sentence(text, event, action, name), _actions(left))
        confirmed.add(event.event_id)


def _whole(found: Any) -> Any:  # noqa: ANN401 - a task or an action, of classes without types
    """Return the outermost task that a task is part of."""
    while getattr(found, "parent", None) is not None:
        found = found.parent
    return found


def _actions(scheduled: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    """Return actions as they stand in the SDK's answer, without later attempts of calls and their timers."""
    found = {number: getattr(one, "action_repr", one) for number, one in sorted(scheduled.items())}
    return {number: action.to_json() for number, action in found.items() if type(action) in _ACTIONS}


def _described(found: Any) -> tuple[str | None, str]:  # noqa: ANN401 - a task or an action, of classes without types
    """Return the kind and the name of a replay's scheduled action, or None if it scheduled nothing."""
    if found is None:
        return None, ""
    action = getattr(found, "action_repr", found)
    if isinstance(action, NoOpAction):
        if _RETRY_TIMER in (action.metadata or ""):
            return _TIMER, ""
        action = found.parent.actions
    kind = _ACTIONS.get(type(action), _END)
    if isinstance(action, CallHttpAction):
        return kind, HTTP_ACTIVITY
    return kind, getattr(action, "function_name", ENTITY_EVENT)


def _sentence(text: str, event: HistoryEvent, action: str | None, now: str) -> str:
    said = text.format(
        id=event.event_id,
        name=event.Name,
        version=getattr(event, "Version", ""),
        instance=event.InstanceId,
        action=action,
        now=now,
    )
    return (
        f"Non-Deterministic workflow detected: A previous execution of this orchestration scheduled {said}"
        "Was a change made to the orchestrator code after this instance had already started running?"
    )
