"""Instances and histories as the management API returns them (docs/notes.md 2.3)."""

import json
from collections import Counter
from typing import Any

from functions_host.storage.events import EventType
from functions_host.storage.state import Instance
from functions_host.timestamps import stamp

_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_SENT: "EventSent",
    EventType.EVENT_RAISED: "EventRaised",
    EventType.EXECUTION_SUSPENDED: "ExecutionSuspended",
    EventType.EXECUTION_RESUMED: "ExecutionResumed",
    EventType.EXECUTION_REWOUND: "GenericEvent",
}
_BRACKETS = {EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED}
_MERGED = {EventType.TASK_SCHEDULED, EventType.SUB_CREATED}
_HIDDEN = ("IsPlayed", "TimerId", "Version")
_HIDDEN_OF_START = (*_HIDDEN, "OrchestrationInstance", "ParentInstance", "Tags")
_OF_START = {"Correlation": None, "ParentTraceContext": None, "ScheduledStartTime": None, "GenerateNewTrace": False}
_STATUS_NAMES = {1: "Completed", 3: "Failed", 5: "Terminated"}


def seconds(moment_us: int) -> str:
    """Write a moment to the second, with Z."""
    return stamp(moment_us)[:19] + "Z"


def status_view(row: Instance, *, show_input: bool) -> dict[str, Any]:
    """Return an instance as the status query does."""
    return {
        "name": row.name,
        "instanceId": row.id,
        "runtimeStatus": row.status,
        "input": _token(row.input) if show_input else None,
        "customStatus": _token(row.custom_status),
        "output": _token(row.output),
        "createdTime": seconds(row.created_us),
        "lastUpdatedTime": seconds(row.updated_us),
    }


def history_view(history: list[tuple[int, str]], *, show_input: bool, show_output: bool) -> list[dict[str, Any]]:
    """Return a history: without the events of the turns themselves, calls merged into the events that ended them."""
    shown: list[dict[str, Any] | None] = []
    scheduled: dict[int, int] = {}  # id -> index of the event that scheduled it
    for kind, body in history:
        if kind in _BRACKETS:
            continue
        event_id, entry = _entry(kind, json.loads(body))
        if kind in _MERGED:
            scheduled[event_id] = len(shown)
        index = scheduled.pop(entry.pop("TaskScheduledId", -1), None)
        if index is not None and (origin := shown[index]) is not None:
            entry |= {
                "ScheduledTime": origin["Timestamp"].removesuffix("Z") + "+00:00",
                "FunctionName": origin["Name"],
                "Input": None,
            }
            shown[index] = None
        if kind == EventType.EXECUTION_REWOUND:
            undone = entry.pop("Undone", 0)
            shown += [entry | {"Data": None}] * undone
        shown.append(entry)
    left_out = {name for name, shown in (("Input", show_input), ("Result", show_output)) if not shown}
    return [{name: value for name, value in entry.items() if name not in left_out} for entry in shown if entry]


def repeated_key(history: list[tuple[int, str]]) -> str:
    """Return the key that two events share by which Azure's host finds a call; "" without one."""
    keys = [f"{_NAMES[EventType(kind)]}_{json.loads(body)['EventId']}" for kind, body in history if kind in _MERGED]
    return next((key for key, count in Counter(keys).items() if count > 1), "")


def _entry(kind: int, entry: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Return the id of an event, and the event with its names."""
    event_id: int = entry.pop("EventId")
    starts = kind == EventType.EXECUTION_STARTED
    for hidden in _HIDDEN_OF_START if starts else _HIDDEN:
        entry.pop(hidden, None)
    entry["EventType"] = _NAMES[EventType(kind)]
    if starts:
        entry["FunctionName"] = entry.pop("Name")
        entry |= _OF_START | {"Generation": entry.get("Generation")}
    if kind == EventType.EVENT_RAISED:
        entry["ParentTraceContext"] = None
    if kind == EventType.EXECUTION_TERMINATED:
        entry["Input"] = _token(entry["Input"])
    if kind == EventType.EXECUTION_REWOUND:
        entry["Data"] = entry.pop("Reason")
    if kind == EventType.EXECUTION_COMPLETED:
        entry["OrchestrationStatus"] = _STATUS_NAMES[entry["OrchestrationStatus"]]
    if "Result" in entry:
        entry["Result"] = _token(entry["Result"])
    return event_id, entry


def _token(text: str | None) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON; text that is not JSON (a reason, an error) is returned unchanged."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
