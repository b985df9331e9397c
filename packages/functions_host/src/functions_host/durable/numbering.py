"""Gives every scheduled task the sequence id that the SDK gives it (docs/notes.md 1.5, 1.6)."""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions_host.durable import lint
from functions_host.settings.versions import Versioning
from functions_host.storage.events import EventType, event
from functions_host.storage.state import Effects, EntityCall, Instance, Message, Node, Task
from functions_host.timestamps import parse_us, stamp

HTTP_ACTIVITY = "BuiltIn::HttpActivity"
_RETRIED = {1, 3}
_FAILED = {EventType.TASK_FAILED, EventType.SUB_FAILED}


@dataclass(frozen=True, slots=True)
class Rules:
    """Facts about the host that a turn needs; names of activities, orchestrators and entities are case-folded.

    ``faults``: as on Azure, a call to what the app has not is never made, timers fire up to a second early, and events
    enter the history when they come, also before they are waited for.
    """

    activities: frozenset[str]
    orchestrators: Mapping[str, str]
    next_n: Callable[[], int]
    new_execution_id: Callable[[], str]
    entities: frozenset[str] = frozenset()
    versioning: Versioning = field(default_factory=Versioning)
    max_actions: int = 100_000
    faults: bool = False


def started_event(row: Instance, now_us: int, parent_name: str | None = None, *, generation: int | None = None) -> str:
    """Write the first event of an execution; the SDK needs the key Version even if it is null.

    *generation*: how often a client has started the id before; None for a child, and after continue-as-new.
    """
    parent = row.parent_id and {
        "OrchestrationInstance": {
            "InstanceId": row.parent_id,
            "ExecutionId": row.parent_execution_id,
        },
        "Name": parent_name,
        "Version": "",
        "TaskScheduleId": row.parent_task_id,
    }
    return event(
        EventType.EXECUTION_STARTED,
        now_us,
        OrchestrationInstance={"InstanceId": row.id, "ExecutionId": row.execution_id},
        ParentInstance=parent or None,
        Name=row.name,
        Version=row.version,
        Input=row.input,
        Tags=None,
        Generation=generation,
    )


def missing_activity(name: str) -> str:
    """Word the failure of a call to an activity that is not there, as the extension does."""
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not an activity function. "
        "Additional info: the app has no activity of that name."
    )


def missing_orchestrator(name: str) -> str:
    """Word the failure of a call to an orchestrator that is not there."""
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function. "
        "Additional info: the app has no orchestrator of that name."
    )


class Numbering:
    """Turns messages and actions of one turn into events, open nodes and outgoing messages."""

    def __init__(
        self,
        row: Instance,
        nodes: dict[int, Node],
        waits: dict[str, int],
        effects: Effects,
        rules: Rules,
        now_us: int,
    ) -> None:
        self.row, self.nodes, self.waits, self.effects = row, nodes, waits, effects
        self.rules, self.now_us = rules, now_us
        self.continues: str | None = None
        self.unknown_action: str | None = None
        self._events: list[tuple[int, str]] = []

    def take_events(self) -> list[tuple[int, str]]:
        """Return the scheduling events made since the last call."""
        made, self._events = self._events, []
        return made

    def complete(self, message: Message) -> None:
        """Close the node that a message completes; a failed attempt or its timer opens the next one."""
        node = self.nodes[message.task_id or 0]
        self._close(node.event_id)
        if message.type in _FAILED and node.attempt:
            last = node.attempt >= node.max_attempts
            due_us = self.now_us if last else self.now_us + node.retry_us
            retry = node._replace(kind="retrytimer", last=int(last))
            self._timer(due_us, retry)
        elif node.kind == "retrytimer" and not node.last:
            call = json.loads(node.body)
            self._call(call, node.path, node._replace(attempt=node.attempt + 1))

    def entries(self, new_entries: Sequence[dict[str, Any]], first: int) -> None:
        """Number new entries of the action list; ``first`` is the index of the first of them."""
        for index, action in enumerate(new_entries, first):
            self._entry(action, str(index))

    def cancel_timers(self, is_canceled: Callable[[str], bool]) -> None:
        """Close the timers that user code cancelled, and remove their messages.

        A timer is matched by its path in the list, not by its due time.
        """
        for node in [n for n in self.nodes.values() if n.kind == "timer"]:
            if is_canceled(node.path):
                self._close(node.event_id)
                self.effects.consumed.append(int(node.body))

    def message(
        self,
        kind: EventType,
        to: str,
        execution_id: str | None,
        body: str,
        *,
        task_id: int | None = None,
        due_us: int = 0,
    ) -> int:
        """Send a message to an instance; return its number."""
        n = self.rules.next_n()
        self.effects.inbox.append(Message(n, to, execution_id, due_us, kind, None, task_id, body))
        return n

    def reply_to_parent(self, result: str | None, *, failed: bool, details: str | None = None) -> None:
        """Send the parent the result of its child; *details* of a failure."""
        row = self.row
        if row.parent_id is None or row.parent_task_id is None:
            return
        kind = EventType.SUB_FAILED if failed else EventType.SUB_COMPLETED
        fields: dict[str, object] = {"TaskScheduledId": row.parent_task_id}
        if failed:
            fields |= {"Reason": result, "Details": details, "FailureDetails": None}
        else:
            fields["Result"] = result
        self.message(
            kind,
            row.parent_id,
            row.parent_execution_id,
            event(kind, self.now_us, **fields),
            task_id=row.parent_task_id,
        )

    def _entry(self, action: dict[str, Any], path: str) -> None:
        match action["actionType"]:
            case 11 | 12:
                for index, child in enumerate(action["compoundActions"]):
                    self._entry(child, f"{path}.{index}")
            case 0 | 1 | 2 | 3 as kind:
                self._call(_call_of(action, is_child=kind > 1), path, _retry_of(action, path))
            case 4:
                self.row.next_id += 1
                self.continues = action["input"]
            case 5:
                due_us = parse_us(action["fireAt"])
                self._timer(due_us, Node(0, "timer", path))
                if lint.is_long(self.now_us, due_us):
                    self.effects.lint.add(lint.LONG_TIMER)
            case 6:
                name = action["externalEventName"]
                self.waits[name] = self.waits.get(name, 0) + 1
            case 7 | 9 as kind:
                self._entity(action, path, is_signal=kind == 9)  # noqa: PLR2004
            case 8:
                request = json.dumps(action["httpRequest"])
                call = {"name": HTTP_ACTIVITY, "input": request, "child": False}
                self._call(call, path, Node(0, "task", path))
            case other:
                self.unknown_action = f"The orchestrator returned the unknown action {other}."

    def _call(self, call: dict[str, Any], path: str, node: Node) -> None:
        event_id = self._next_id()
        kind = "sub" if call["child"] else "task"
        body = json.dumps(call) if node.attempt else ""
        self._open(node._replace(event_id=event_id, kind=kind, path=path, body=body))
        if call["child"]:
            self._child(event_id, call)
        else:
            self._task(event_id, call)

    def _is_lost(self, name: str, known: Container[str]) -> bool:
        """Return whether Azure's host would never make a call to a function of that name: nothing is recorded."""
        return self.rules.faults and name.casefold() not in known and name != HTTP_ACTIVITY

    def _task(self, event_id: int, call: dict[str, Any]) -> None:
        name, text = call["name"], call["input"]
        if self._is_lost(name, self.rules.activities):
            return
        self._event(EventType.TASK_SCHEDULED, event_id, Name=name, Version="", Input=json.dumps([text]))
        row = self.row
        if "known" in call:
            self._succeed(EventType.TASK_COMPLETED, event_id, call["known"])
            return
        if name.casefold() in self.rules.activities or name == HTTP_ACTIVITY:
            self.effects.tasks.append(Task(row.id, row.execution_id, event_id, name, text))
            return
        self._fail(EventType.TASK_FAILED, event_id, missing_activity(name))

    def _child(self, event_id: int, call: dict[str, Any]) -> None:
        if self._is_lost(call["name"], self.rules.orchestrators):
            return
        row, now = self.row, self.now_us
        child_id = call["instance"] or f"{row.execution_id}:{event_id}"
        stored = json.dumps(call["input"])
        version = call["version"] or self.rules.versioning.default
        self._event(
            EventType.SUB_CREATED,
            event_id,
            Name=call["name"],
            Version=version or "",
            InstanceId=child_id,
            Input=stored,
        )
        if "known" in call:
            self._succeed(EventType.SUB_COMPLETED, event_id, call["known"])
            return
        name = self.rules.orchestrators.get(call["name"].casefold())
        if name is None:
            self._fail(EventType.SUB_FAILED, event_id, missing_orchestrator(call["name"]))
            return
        child = Instance(
            child_id, self.rules.new_execution_id(), name, version, "Pending", stored,
            None, None, None, now, now, None, row.id, row.execution_id, event_id,
        )  # fmt: skip
        self.effects.children.append(child)
        self.message(
            EventType.EXECUTION_STARTED,
            child_id,
            child.execution_id,
            started_event(child, now, row.name),
        )

    def _timer(self, due_us: int, node: Node) -> None:
        """Begin a timer. On Azure its message is hidden for whole seconds, counted from when it is sent."""
        event_id = self._next_id()
        fire_at = stamp(due_us)
        self._event(EventType.TIMER_CREATED, event_id, FireAt=fire_at)
        row = self.row
        n = self.message(
            EventType.TIMER_FIRED,
            row.id,
            row.execution_id,
            event(EventType.TIMER_FIRED, due_us, TimerId=event_id, FireAt=fire_at),
            task_id=event_id,
            due_us=self._whole_seconds_to(due_us) if self.rules.faults else due_us,
        )
        body = str(n) if node.kind == "timer" else node.body
        self._open(node._replace(event_id=event_id, body=body))

    def _whole_seconds_to(self, due_us: int) -> int:
        return self.now_us + max(0, due_us - self.now_us - 1) // 1_000_000 * 1_000_000

    def _entity(self, action: dict[str, Any], path: str, *, is_signal: bool) -> None:
        event_id = self._next_id()
        row = self.row
        guid = self.rules.new_execution_id()
        _, name, key = action["instanceId"].split("@", 2)
        if self._is_lost(name, self.rules.entities):
            if not is_signal:
                self._open(Node(event_id, "entity", path))
            return
        request: dict[str, object] = {"op": action["operation"], "input": action["input"]}
        request |= {"id": guid, "parent": row.id, "parentExecution": row.execution_id}
        if is_signal:
            request["signal"] = True
        self._event(
            EventType.EVENT_SENT,
            event_id,
            InstanceId=action["instanceId"],
            Name="op",
            Input=json.dumps(request),
        )
        reply = (None, None, None) if is_signal else (row.id, row.execution_id, event_id)
        call = EntityCall(name, key, action["operation"], json.dumps(action["input"]), int(is_signal), guid, *reply)
        self.effects.entity_calls.append(call)
        if not is_signal:
            self._open(Node(event_id, "entity", path))

    def _succeed(self, kind: EventType, event_id: int, result: str | None) -> None:
        """Complete a call whose result is known from an attempt that a rewind discarded."""
        body = event(kind, self.now_us, TaskScheduledId=event_id, Result=result)
        self.message(kind, self.row.id, self.row.execution_id, body, task_id=event_id)

    def _fail(self, kind: EventType, event_id: int, reason: str) -> None:
        """Fail a call that cannot be made: the failure arrives in the next turn."""
        body = event(
            kind,
            self.now_us,
            TaskScheduledId=event_id,
            Reason=reason,
            Details=None,
            FailureDetails=None,
        )
        self.message(kind, self.row.id, self.row.execution_id, body, task_id=event_id)

    def _next_id(self) -> int:
        event_id = self.row.next_id
        self.row.next_id += 1
        return event_id

    def _event(self, kind: EventType, event_id: int, **fields: object) -> None:
        self._events.append((kind, event(kind, self.now_us, event_id, **fields)))

    def _open(self, node: Node) -> None:
        self.nodes[node.event_id] = node
        self.effects.opened.append(node)

    def _close(self, event_id: int) -> None:
        del self.nodes[event_id]
        self.effects.closed.append(event_id)


def _call_of(action: dict[str, Any], *, is_child: bool) -> dict[str, Any]:
    """Return the values that are needed to make the call, and to repeat it."""
    call = {"name": action["functionName"], "input": action["input"], "child": is_child}
    if is_child:
        call |= {"instance": action.get("instanceId"), "version": action.get("version")}
    return call


def _retry_of(action: dict[str, Any], path: str) -> Node:
    """Make the node of a first attempt; attempt 0 is a call without retry."""
    if action["actionType"] not in _RETRIED:
        return Node(0, "task", path)
    options = action["retryOptions"]
    return Node(
        0,
        "task",
        path,
        attempt=1,
        max_attempts=options["maxNumberOfAttempts"],
        retry_us=int(options["firstRetryIntervalInMilliseconds"] * 1000),
    )
