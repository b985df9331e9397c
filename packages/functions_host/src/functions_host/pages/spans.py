"""Reads a history as spans of time: tasks with begin and end, and events as marks."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from functions_host.storage.events import EventType
from functions_host.timestamps import parse_us

_BEGUN = {
    EventType.TASK_SCHEDULED: "activity",
    EventType.SUB_CREATED: "orchestration",
    EventType.TIMER_CREATED: "timer",
    EventType.EVENT_SENT: "entity",
}
_ENDED = {
    EventType.TASK_COMPLETED: "good",
    EventType.TASK_FAILED: "bad",
    EventType.SUB_COMPLETED: "good",
    EventType.SUB_FAILED: "bad",
    EventType.TIMER_FIRED: "good",
}
_MARKS = {
    EventType.EVENT_RAISED: "event",
    EventType.EXECUTION_SUSPENDED: "suspended",
    EventType.EXECUTION_RESUMED: "resumed",
    EventType.EXECUTION_REWOUND: "rewound",
}


@dataclass(frozen=True, slots=True)
class Span:
    """One bar: microseconds since the epoch; ``end_us`` None is open. A mark has no length.

    ``idle`` is why it did not end, ``note`` why it failed, ``child`` is the id of another instance.
    """

    kind: str
    name: str
    begin_us: int
    end_us: int | None = None
    tone: str = "busy"
    note: str = ""
    child: str = ""
    idle: str = ""


def spans(history: Iterable[tuple[int, str]], open_ids: frozenset[int], now_us: int) -> list[Span]:
    """Read the events of one execution; ``open_ids`` are the tasks that it still waits for."""
    found: dict[object, Span] = {}
    replies: dict[str, object] = {}
    for kind, body in history:
        event: dict[str, Any] = json.loads(body)
        at_us = parse_us(event["Timestamp"])
        if kind in _BEGUN:
            found[event["EventId"]] = _begun(EventType(kind), event, at_us)
            if kind == EventType.EVENT_SENT:
                replies[str(json.loads(event.get("Input") or "{}").get("id"))] = event["EventId"]
        elif kind in _ENDED:
            key = event.get("TaskScheduledId", event.get("TimerId"))
            if key in found:
                found[key] = replace(found[key], end_us=at_us, tone=_ENDED[EventType(kind)], note=_reason(event))
        elif kind == EventType.EVENT_RAISED and event.get("Name") in replies:
            key = replies[event["Name"]]
            found[key] = replace(found[key], end_us=at_us, tone="good")
        elif kind in _MARKS:
            name = str(event.get("Name") or event.get("Reason") or "")
            found[f"mark {len(found)}"] = Span(_MARKS[EventType(kind)], name, at_us, at_us, "warn")
    return [_settled(key, span, open_ids, now_us) for key, span in found.items()]


def _begun(kind: EventType, event: dict[str, Any], at_us: int) -> Span:
    if kind is EventType.TIMER_CREATED:
        return Span("timer", f"until {str(event['FireAt'])[:19].replace('T', ' ')}", at_us)
    if kind is EventType.EVENT_SENT:
        called = json.loads(event.get("Input") or "{}")
        end_us = at_us if called.get("signal") else None
        return Span("entity", f"{event.get('InstanceId', '')} {called.get('op', '')}", at_us, end_us)
    return Span(_BEGUN[kind], str(event.get("Name", "")), at_us, child=str(event.get("InstanceId") or ""))


def _reason(event: dict[str, Any]) -> str:
    return str(event.get("Reason") or "").partition("\n")[0]


def _settled(key: object, span: Span, open_ids: frozenset[int], now_us: int) -> Span:
    """Close a span that is not waited for any more: a cancelled timer, a task of an execution that has ended."""
    if span.end_us is not None or key in open_ids:
        return span
    idle = "cancelled" if span.kind == "timer" else "left open"
    return replace(span, end_us=min(now_us, span.begin_us), tone="plain", idle=idle)
