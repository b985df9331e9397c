"""How the management API shows an instance and its history (host.md 2.3)."""

import json
from typing import Any

from local.host.events import EventType, stamp
from local.host.state import Instance

_WORDS = {
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
}
_BRACKETS = {EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED}
_STATUS_WORDS = {1: "Completed", 3: "Failed", 5: "Terminated"}


def seconds(moment_us: int) -> str:
    """Write a moment to the second, with Z."""
    return stamp(moment_us)[:19] + "Z"


def status_view(row: Instance, *, show_input: bool) -> dict[str, Any]:
    """Show an instance as the status query does."""
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
    """Show a history: brackets left out, what was scheduled merged into how it ended."""
    shown: list[dict[str, Any]] = []
    scheduled: dict[int, dict[str, Any]] = {}
    for kind, body in history:
        entry: dict[str, Any] = json.loads(body)
        event_id = entry.pop("EventId")
        entry.pop("IsPlayed")
        entry["EventType"] = _WORDS.get(EventType(kind), str(kind))
        if kind in _BRACKETS:
            continue
        if not show_input and kind != EventType.EVENT_RAISED:
            entry.pop("Input", None)
        if not show_output:
            entry.pop("Result", None)
        if kind == EventType.EXECUTION_STARTED:
            entry["FunctionName"] = entry.pop("Name")
        if kind == EventType.EXECUTION_COMPLETED:
            entry["OrchestrationStatus"] = _STATUS_WORDS[entry["OrchestrationStatus"]]
        if event_id >= 0 and kind != EventType.EXECUTION_COMPLETED:
            scheduled[event_id] = entry
        _merge(entry, scheduled, shown)
        shown.append(entry)
    return shown


def _merge(entry: dict[str, Any], scheduled: dict[int, dict[str, Any]], shown: list[dict[str, Any]]) -> None:
    """Let a completion take over what its scheduling event said, and drop that one."""
    cause = entry.pop("TaskScheduledId", None)
    cause = entry.pop("TimerId", cause)
    origin = scheduled.get(cause) if cause is not None else None
    if origin is None:
        return
    entry["ScheduledTime"] = origin["Timestamp"]
    if "Name" in origin:
        entry["FunctionName"] = origin["Name"]
    if "Input" in origin:
        entry["Input"] = origin["Input"]
    if origin in shown:
        shown.remove(origin)


def _token(text: str | None) -> Any:  # noqa: ANN401 - any JSON value
    return None if text is None else json.loads(text)
