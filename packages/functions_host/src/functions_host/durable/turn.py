"""One turn of an orchestration: a pure step from (state, messages, result of the function) to effects.

The SDK never sends ids: SDK and host both count, and must always agree. The order of counting (docs/notes.md 1.6):
(1) new events, those first that take an id without resuming user code; (2) ids for retries, before the call; (3) the
call; (4) ids for the new entries of the action list, compounds depth-first.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from functions_host.durable import lint
from functions_host.durable.numbering import Numbering, Rules, started_event
from functions_host.durable.orchestrator_result import OrchestratorResult, too_long
from functions_host.storage.events import EventType, event, played
from functions_host.storage.state import TERMINAL, Effects, Message, Snapshot

_CONTROL = {EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED}
_NUMBERS = {"Completed": 1, "Failed": 3, "Terminated": 5}  # as DurableTask.Core numbers them in its last event
_FAILED = {EventType.TASK_FAILED, EventType.SUB_FAILED}


class Turn:
    """Carries one turn from its messages to its effects: ``begin``, then ``finish``."""

    def __init__(self, before: Snapshot, rules: Rules, now_us: int) -> None:
        self.before = before
        self.rules = rules
        self.now_us = now_us
        self.row = before.row.copy()
        self.nodes = dict(before.nodes)
        self.waits = dict(before.waits)
        self.effects = Effects(before.row.id, before.row.turn, self.row)
        self.numbering = Numbering(self.row, self.nodes, self.waits, self.effects, rules, now_us)
        self._written: list[tuple[int, str]] = []
        self._passed = 0  # how many of them the function gets in this turn
        self._terminated: Message | None = None
        self._gate = before.gate

    def begin(self, messages: Sequence[Message]) -> bool:
        """Process the instance's messages; return whether the function has to be called before ``finish``."""
        if self.row.status in TERMINAL:
            self.effects.consumed = [m.n for m in messages]
            return False
        controls = self._apply_controls(messages)
        if self._terminated:
            return False
        taken = self._admit(messages)
        starts = bool(taken) and taken[0].type == EventType.EXECUTION_STARTED
        if not taken and not controls:
            return False
        if self.row.n_hist == 0 and not starts:
            return False  # suspended or resumed before its first turn: the row has it all
        written = {*taken, *controls}
        self._write_events([one for one in messages if one in written], taken)
        if not taken or self.row.done_pending is not None:
            return False
        self._passed = len(self._written)
        return True

    def context(self, past: str) -> str:
        """Write the JSON that the function receives (docs/notes.md 1.1), without long-timer keys.

        *past* is the played history up to this turn, events joined with commas.
        """
        row = self.row
        new = ",".join(body for _, body in self.new_events)
        return (
            f'{{"history":[{past}{"," if past else ""}{new}],"input":{row.input or "null"},'
            f'"instanceId":{json.dumps(row.id)},"isReplaying":{"true" if past else "false"},'
            f'"parentInstanceId":{json.dumps(row.parent_id)},"upperSchemaVersion":1,'
            '"upperSchemaVersionNew":2,"defaultHttpAsyncRequestSleepTimeMillseconds":30000}'
        )

    @property
    def new_events(self) -> list[tuple[int, str]]:
        """Return (type, body) of the events that the function gets in this turn."""
        return self._written[: self._passed]

    @property
    def later_events(self) -> list[tuple[int, str]]:
        """Return (type, body) of the events that the function gets the next time it is called."""
        return self._written[self._passed :]

    def finish(self, result: OrchestratorResult | None) -> Effects:
        """Number the function's actions, and decide the status of the instance."""
        row, effects = self.row, self.effects
        if self._terminated:
            self._terminate(self._terminated)
            return self._close()
        if result is not None:
            row.status = "Running" if row.status == "Pending" else row.status
            self._apply(result)
        if row.done_pending is not None and not self.nodes and not effects.ended:
            self._conclude(json.loads(row.done_pending))
        if self._written or row != self.before.row:
            return self._close()
        effects.after = self.before
        return effects

    def fail(self, reason: str, left: Mapping[int, dict[str, Any]] | None = None) -> Effects:
        """Fail at once, without calling the function, even if tasks are open.

        *left*: actions by their numbers that enter the history all the same, as on Azure; they are not carried out.
        """
        unused = Effects(self.row.id, self.row.turn, self.row)
        numbering = Numbering(self.row, {}, {}, unused, self.rules, self.now_us)
        for number, action in (left or {}).items():
            self.row.next_id = number
            numbering.entries([action], 0)
        for kind, body in numbering.take_events():
            self._write(kind, body)
        self._end("Failed", reason)
        return self._close()

    @property
    def is_over(self) -> bool:
        """Return whether the execution has ended, continues as new, or only waits for its open tasks."""
        return bool(self.effects.ended or self.effects.discarded or self.row.done_pending)

    def _apply_controls(self, messages: Sequence[Message]) -> list[Message]:
        """Apply terminate, suspend and resume, before all other messages; return those that changed the status."""
        applied = []
        for message in messages:
            if message.type == EventType.EXECUTION_TERMINATED:
                self._terminated = self._terminated or message
            elif message.type in _CONTROL:
                self.effects.consumed.append(message.n)
                suspends = message.type == EventType.EXECUTION_SUSPENDED
                if suspends != (self.row.status == "Suspended"):
                    running = "Running" if self.row.n_hist else "Pending"
                    self.row.status = "Suspended" if suspends else running
                    self.row.output = json.dumps(message.name) if suspends else None
                    applied.append(message)
        return applied

    def _admit(self, messages: Sequence[Message]) -> list[Message]:
        """Choose the messages that enter the history now; drop those without a task, hold those without a wait."""
        taken: list[Message] = []
        completed: set[int | None] = set()
        suspended = self.row.status == "Suspended"
        for message in messages:
            if message.type in _CONTROL:
                continue
            decision = "hold" if suspended else self._decide(message, completed)
            if decision == "take":
                taken.append(message)
                completed.add(message.task_id)
            if decision == "hold":
                if not message.held:
                    self.effects.held.append(message.n)
            else:
                self.effects.consumed.append(message.n)
        return sorted(taken, key=self._rank)

    def _decide(self, message: Message, completed: set[int | None]) -> str:
        """Return take, hold or drop for one message of an instance that is not suspended."""
        if message.type == EventType.EXECUTION_STARTED:
            is_current = message.execution_id == self.row.execution_id
            return "take" if is_current and self.row.n_hist == 0 else "drop"
        if message.task_id is None:
            free = self.waits.get(message.name or "", 0)
            if free <= 0:
                return "take" if self.rules.faults else "hold"
            self.waits[message.name or ""] = free - 1
            return "take"
        known = message.task_id in self.nodes and message.task_id not in completed
        return "take" if known and message.execution_id == self.row.execution_id else "drop"

    def _rank(self, message: Message) -> int:
        """Order new events: the start, then those that the SDK numbers without resuming user code, then the rest.

        The rest, control messages among them, are in the order of their arrival.
        """
        if message.type == EventType.EXECUTION_STARTED:
            return 0
        node = self.nodes.get(message.task_id) if message.task_id is not None else None
        is_silent = node is not None and (
            (message.type in _FAILED and node.attempt > 0) or (node.kind == "retrytimer" and not node.last)
        )
        return 1 if is_silent else 2

    def _write_events(self, written: Sequence[Message], taken: Sequence[Message]) -> None:
        """Write the turn's first events into the history, and number retries."""
        # Not one tick later: the machine decides how many turns share a moment, and that would move later timers.
        self.row.clock_us = max(self.now_us, self.row.clock_us)
        self._write(
            EventType.ORCHESTRATOR_STARTED,
            event(EventType.ORCHESTRATOR_STARTED, self.row.clock_us),
        )
        for message in sorted(written, key=self._rank):
            self._write(message.type, message.body)
        for message in taken:
            if message.task_id is not None:
                self.numbering.complete(message)
        self._collect()

    def _write(self, kind: int, body: str) -> None:
        self._written.append((kind, body))
        row = self.row
        self.effects.events.append((row.execution_id, row.n_hist, row.turn + 1, kind, self.now_us, body))
        row.n_hist += 1

    def _collect(self) -> None:
        """Write the scheduling events that numbering has made since the last call."""
        for kind, body in self.numbering.take_events():
            self._write(kind, body)

    def _number(self, result: OrchestratorResult) -> None:
        """Number the new entries of the action list, and close timers that were cancelled in it."""
        row = self.row
        new_entries = result.actions[row.n_top - result.first :]
        self.numbering.entries(new_entries, row.n_top)
        if lint.retries_in_any(new_entries):
            self.effects.lint.add(lint.RETRY_IN_ANY)
        self.numbering.cancel_timers(result.is_canceled)
        self._check_windows(new_entries)
        row.n_top = result.first + len(result.actions)
        self._collect()

    def _apply(self, result: OrchestratorResult) -> None:
        """Apply the result of the function; an end is recorded until no task is open."""
        row, effects = self.row, self.effects
        if not result.crashed:
            self._number(result)
        if not result.crashed and not too_long(result.custom_status):
            row.custom_status = result.custom_status
        if too_long(result.custom_status):
            self._end("Failed", "The custom status is over 16 KB of UTF-16 text.")
        elif row.next_id > self.rules.max_actions:
            self._end("Failed", f"More than {self.rules.max_actions} actions in one execution.")
        elif self.numbering.unknown_action:
            self._end("Failed", self.numbering.unknown_action)
        elif result.error is not None:
            row.done_pending = json.dumps({"failed": result.error})
        elif self.numbering.continues is not None:
            row.done_pending = json.dumps({"continued": self.numbering.continues})
        elif result.is_done:
            row.done_pending = json.dumps({"completed": result.output})
        if self.nodes and row.done_pending and not self.before.row.done_pending:
            effects.warnings.append(f"ended, and waits for {len(self.nodes)} open tasks")

    def _check_windows(self, new_entries: Sequence[dict[str, Any]]) -> None:
        """Warn where Azure would still wait at an earlier entry of the list."""
        for index, action in enumerate(new_entries, self.row.n_top):
            if lint.stalls(self._gate, self.nodes):
                self.effects.lint.add(lint.WINDOW)
            self._gate = lint.gate_of(action, str(index), self.nodes.values())

    def _conclude(self, end: dict[str, str | None]) -> None:
        """End the execution or continue as new: no task is open any more."""
        if "completed" in end:
            self._end("Completed", end["completed"])
        elif "failed" in end:
            reason = f"Orchestrator function '{self.row.name}' failed: {end['failed']}"
            # As OutOfProcOrchestrationShim.cs words it; what follows there is the stack of .NET.
            self._end("Failed", reason, details=f"Message: {end['failed']}, StackTrace: ")
        else:
            self._continue_as_new(str(end["continued"]))

    def _continue_as_new(self, input_text: str) -> None:
        """Begin a new execution with an empty history under the same id."""
        row, effects = self.row, self.effects
        effects.discarded = row.execution_id
        effects.events.clear()
        self._written.clear()
        row.execution_id = self.rules.new_execution_id()
        row.input = json.dumps(input_text)
        row.created_us = self.now_us
        row.next_id = row.n_top = row.n_hist = 0
        row.done_pending = None
        self.waits.clear()
        self.numbering.message(EventType.EXECUTION_STARTED, row.id, row.execution_id, started_event(row, self.now_us))

    def _end(self, status: str, result: str | None, *, details: str | None = None) -> None:
        """Complete or fail; the parent, if there is one, gets the result, and *details* of a failure."""
        row = self.row
        failed = status == "Failed"
        row.status = status
        row.output = json.dumps(result) if failed else result
        row.failure = result if failed else None
        row.done_pending = None
        self._write_end(row.status, result)
        self._close_tasks(result, failed=failed, details=details)

    def _write_end(self, status: str, result: str | None) -> None:
        """Write the last event of an execution; it takes a number."""
        kind, number = EventType.EXECUTION_COMPLETED, self.row.next_id
        fields: dict[str, object] = {"OrchestrationStatus": _NUMBERS[status], "Result": result, "FailureDetails": None}
        self._write(kind, event(kind, self.now_us, number, **fields))
        self.row.next_id += 1

    def _terminate(self, message: Message) -> None:
        """End at once, even if tasks are open; the results of running activities are dropped."""
        row = self.row
        row.status, row.done_pending = "Terminated", None
        row.output = json.dumps(message.name)
        self.effects.consumed.append(message.n)
        self._write(EventType.EXECUTION_TERMINATED, message.body)
        self._write_end(row.status, message.name)
        self._close_tasks(message.name, failed=True)

    def _close_tasks(self, result: str | None, *, failed: bool, details: str | None = None) -> None:
        self.effects.ended = True
        self.effects.closed.extend(self.before.nodes)
        timers = (node for node in self.nodes.values() if node.kind == "timer")
        self.effects.consumed.extend(int(node.body) for node in timers)
        self.effects.opened.clear()
        self.nodes.clear()
        self.numbering.reply_to_parent(result, failed=failed, details=details)

    def _close(self) -> Effects:
        """Write the turn's last event, the counters, and the state to keep in memory."""
        row, effects = self.row, self.effects
        if self._written:
            self._write(
                EventType.ORCHESTRATOR_COMPLETED,
                event(EventType.ORCHESTRATOR_COMPLETED, self.now_us),
            )
        row.turn += 1
        row.updated_us = self.now_us
        row.waits = json.dumps(self.waits) if self.waits else None
        before = "" if effects.discarded else self.before.past
        past = None if before is None else self._past(before)
        effects.after = Snapshot(row, self.nodes, self.waits, past, () if effects.discarded else self._gate)
        return effects

    def _past(self, before: str) -> str:
        past = ",".join(played(body, kind) for kind, body in self._written)
        return f"{before},{past}" if before and past else before or past


def still_deliverable(effects: Effects, messages: Sequence[Message]) -> list[Message]:
    """Return the messages that can be delivered after the turn: a wait is listed, or the instance was resumed."""
    state = effects.after
    if state is None or effects.ended or state.row.status == "Suspended":
        return []
    gone = set(effects.consumed)
    free = dict(state.waits)
    deliverable = []
    for message in messages:
        if message.n in gone:
            continue
        name = message.name or ""
        if message.type == EventType.EVENT_RAISED and message.task_id is None:
            if free.get(name, 0) <= 0:
                continue
            free[name] -= 1
        deliverable.append(message)
    return deliverable
