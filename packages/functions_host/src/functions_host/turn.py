"""One turn of an orchestration: a pure step from (state, messages, answer) to effects.

The SDK never sends ids: it counts, and we count, and both must agree for ever. The order of
counting is rule 1.6 of the specification: (1) new events, those first that take an id without
resuming user code; (2) ids for retries, before the call; (3) the call; (4) ids for the entries
that the action list gained, compounds depth-first.
"""

import json
from collections.abc import Sequence
from typing import Any

from functions_host import lint
from functions_host.answer import Answer, too_long
from functions_host.events import EventType, event, played
from functions_host.numbering import Numbering, Rules, started_event
from functions_host.state import TERMINAL, Effects, Message, Snapshot

_CONTROL = {EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED}
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
        self._fresh: list[tuple[int, str]] = []
        self._news = 0  # how many of them the function is asked with
        self._terminated: Message | None = None
        self._gate = before.gate

    def begin(self, messages: Sequence[Message]) -> bool:
        """Take in what waits for the instance; tell whether the function is to be asked before ``finish``."""
        if self.row.status in TERMINAL:
            self.effects.consumed = [m.n for m in messages]
            return False
        controls = self._control(messages)
        if self._terminated:
            return False
        taken = self._admit(messages)
        starts = bool(taken) and taken[0].type == EventType.EXECUTION_STARTED
        if not taken and not controls:
            return False
        if self.row.n_hist == 0 and not starts:
            return False  # suspended or resumed before its first turn: the row tells it all
        self._write_events(taken, controls)
        if not taken or self.row.done_pending is not None:
            return False
        self._news = len(self._fresh)
        return True

    def context(self, past: str) -> str:
        """Write the JSON that the function receives (host.md 1.1), without long-timer keys.

        *past* is the played history up to this turn, events joined with commas.
        """
        row = self.row
        new = ",".join(body for _, body in self.news)
        return (
            f'{{"history":[{past}{"," if past else ""}{new}],"input":{row.input or "null"},'
            f'"instanceId":{json.dumps(row.id)},"isReplaying":{"true" if past else "false"},'
            f'"parentInstanceId":{json.dumps(row.parent_id)},"upperSchemaVersion":1,'
            '"upperSchemaVersionNew":2,"defaultHttpAsyncRequestSleepTimeMillseconds":30000}'
        )

    @property
    def news(self) -> list[tuple[int, str]]:
        """Return (type, body) of the events with which the function is asked."""
        return self._fresh[: self._news]

    @property
    def later_events(self) -> list[tuple[int, str]]:
        """Return (type, body) of the events that the function sees when it is asked the next time."""
        return self._fresh[self._news :]

    def finish(self, answer: Answer | None) -> Effects:
        """Number what the function asked for, and decide how the instance stands."""
        row, effects = self.row, self.effects
        if self._terminated:
            self._terminate(self._terminated)
            return self._seal()
        if answer is not None:
            row.status = "Running" if row.status == "Pending" else row.status
            self._apply(answer)
        if row.done_pending is not None and not self.nodes and not effects.ended:
            self._conclude(json.loads(row.done_pending))
        if self._fresh or row != self.before.row:
            return self._seal()
        effects.after = self.before
        return effects

    def refuse(self, reason: str) -> Effects:
        """Fail at once, without asking the function, whatever is open."""
        self._end("Failed", reason)
        return self._seal()

    @property
    def is_over(self) -> bool:
        """Tell whether the execution ended, began anew, or only waits for its open tasks."""
        return bool(self.effects.ended or self.effects.forgotten or self.row.done_pending)

    def _control(self, messages: Sequence[Message]) -> list[Message]:
        """Obey terminate, suspend and resume; they overtake everything else."""
        obeyed = []
        for message in messages:
            if message.type == EventType.EXECUTION_TERMINATED:
                self._terminated = self._terminated or message
            elif message.type in _CONTROL:
                self.effects.consumed.append(message.n)
                wanted = message.type == EventType.EXECUTION_SUSPENDED
                if wanted != (self.row.status == "Suspended"):
                    running = "Running" if self.row.n_hist else "Pending"
                    self.row.status = "Suspended" if wanted else running
                    self.row.output = json.dumps(message.name) if wanted else None
                    obeyed.append(message)
        return obeyed

    def _admit(self, messages: Sequence[Message]) -> list[Message]:
        """Choose what enters the history now; drop what answers nothing, hold what is early."""
        taken: list[Message] = []
        met: set[int | None] = set()
        asleep = self.row.status == "Suspended"
        for message in messages:
            if message.type in _CONTROL:
                continue
            verdict = "hold" if asleep else self._verdict(message, met)
            if verdict == "take":
                taken.append(message)
                met.add(message.task_id)
            if verdict == "hold":
                if not message.held:
                    self.effects.held.append(message.n)
            else:
                self.effects.consumed.append(message.n)
        return sorted(taken, key=self._rank)

    def _verdict(self, message: Message, met: set[int | None]) -> str:
        """Say take, hold or drop for one message of an instance that is awake."""
        if message.type == EventType.EXECUTION_STARTED:
            mine = message.execution_id == self.row.execution_id
            return "take" if mine and self.row.n_hist == 0 else "drop"
        if message.task_id is None:
            free = self.waits.get(message.name or "", 0)
            if free <= 0:
                return "hold"
            self.waits[message.name or ""] = free - 1
            return "take"
        known = message.task_id in self.nodes and message.task_id not in met
        return "take" if known and message.execution_id == self.row.execution_id else "drop"

    def _rank(self, message: Message) -> int:
        """Order new events: the start, then those that the SDK numbers silently, then the rest."""
        if message.type == EventType.EXECUTION_STARTED:
            return 0
        node = self.nodes.get(message.task_id) if message.task_id is not None else None
        quiet = node is not None and (
            (message.type in _FAILED and node.attempt > 0) or (node.kind == "retrytimer" and not node.last)
        )
        return 1 if quiet else 2

    def _write_events(self, taken: Sequence[Message], controls: Sequence[Message]) -> None:
        """Open the turn's section of the history, and give retries their ids."""
        # Not a tick more: how many turns a moment takes depends on the machine, and would move every later timer.
        self.row.clock_us = max(self.now_us, self.row.clock_us)
        self._write(
            EventType.ORCHESTRATOR_STARTED,
            event(EventType.ORCHESTRATOR_STARTED, self.row.clock_us),
        )
        first = [m for m in taken if m.type == EventType.EXECUTION_STARTED]
        for message in [*first, *controls, *taken[len(first) :]]:
            self._write(message.type, message.body)
        for message in taken:
            if message.task_id is not None:
                self.numbering.answered(message)
        self._collect()

    def _write(self, kind: int, body: str) -> None:
        self._fresh.append((kind, body))
        row = self.row
        self.effects.events.append((row.execution_id, row.n_hist, row.turn + 1, kind, self.now_us, body))
        row.n_hist += 1

    def _collect(self) -> None:
        """Write the scheduling events that numbering made since the last time."""
        for kind, body in self.numbering.take_events():
            self._write(kind, body)

    def _number(self, answer: Answer) -> None:
        """Number what the action list gained, and see what was cancelled in it."""
        row = self.row
        gained = answer.actions[row.n_top - answer.first :]
        self.numbering.entries(gained, row.n_top)
        if lint.retries_in_any(gained):
            self.effects.lint.add(lint.RETRY_IN_ANY)
        self.numbering.cancelled(answer.is_canceled)
        self._pass_gates(gained)
        row.n_top = answer.first + len(answer.actions)
        self._collect()

    def _apply(self, answer: Answer) -> None:
        """Take in what the function asks for, and remember an end that must wait."""
        row, effects = self.row, self.effects
        if not answer.crashed:
            self._number(answer)
        if not answer.crashed and not too_long(answer.custom_status):
            row.custom_status = answer.custom_status
        if too_long(answer.custom_status):
            self._end("Failed", "The custom status is over 16 KB of UTF-16 text.")
        elif row.next_id > self.rules.max_actions:
            self._end("Failed", f"More than {self.rules.max_actions} actions in one execution.")
        elif self.numbering.refused:
            self._end("Failed", self.numbering.refused)
        elif answer.error is not None:
            row.done_pending = json.dumps({"failed": answer.error})
        elif self.numbering.continues is not None:
            row.done_pending = json.dumps({"continued": self.numbering.continues})
        elif answer.is_done:
            row.done_pending = json.dumps({"completed": answer.output})
        if self.nodes and row.done_pending and not self.before.row.done_pending:
            effects.warnings.append(f"ended, and waits for {len(self.nodes)} open tasks")

    def _pass_gates(self, gained: Sequence[dict[str, Any]]) -> None:
        """See whether Azure would have come as far as user code has."""
        for place, action in enumerate(gained, self.row.n_top):
            if lint.stalls(self._gate, self.nodes):
                self.effects.lint.add(lint.WINDOW)
            self._gate = lint.gate_of(action, str(place), self.nodes.values())

    def _conclude(self, end: dict[str, str | None]) -> None:
        """End or renew the execution: no task is open any more."""
        if "completed" in end:
            self._end("Completed", end["completed"])
        elif "failed" in end:
            self._end("Failed", f"Orchestrator function '{self.row.name}' failed: {end['failed']}")
        else:
            self._continue_as_new(str(end["continued"]))

    def _continue_as_new(self, input_text: str) -> None:
        """Begin again under the same id with a new execution and an empty history."""
        row, effects = self.row, self.effects
        effects.forgotten = row.execution_id
        effects.events.clear()
        self._fresh.clear()
        row.execution_id = self.rules.new_execution_id()
        row.input = json.dumps(input_text)
        row.created_us = self.now_us
        row.next_id = row.n_top = row.n_hist = 0
        row.done_pending = None
        self.waits.clear()
        self.numbering.message(EventType.EXECUTION_STARTED, row.id, row.execution_id, started_event(row, self.now_us))

    def _end(self, status: str, result: str | None) -> None:
        """Complete or fail; the parent, if there is one, gets the answer."""
        row = self.row
        failed = status == "Failed"
        row.status = status
        row.output = json.dumps(result) if failed else result
        row.failure = result if failed else None
        row.done_pending = None
        self._write(
            EventType.EXECUTION_COMPLETED,
            event(
                EventType.EXECUTION_COMPLETED,
                self.now_us,
                row.next_id,
                OrchestrationStatus=3 if failed else 1,
                Result=result,
                FailureDetails=None,
            ),
        )
        row.next_id += 1
        self._leave(result, failed=failed)

    def _terminate(self, message: Message) -> None:
        """End at once, open tasks or not; running activities go on and answer nobody."""
        row = self.row
        row.status, row.done_pending = "Terminated", None
        row.output = json.dumps(message.name)
        self.effects.consumed.append(message.n)
        self._write(EventType.EXECUTION_TERMINATED, message.body)
        self._leave(message.name, failed=True)

    def _leave(self, result: str | None, *, failed: bool) -> None:
        self.effects.ended = True
        self.effects.closed.extend(self.before.nodes)
        timers = (node for node in self.nodes.values() if node.kind == "timer")
        self.effects.consumed.extend(int(node.body) for node in timers)
        self.effects.opened.clear()
        self.nodes.clear()
        self.numbering.reply_to_parent(result, failed=failed)

    def _seal(self) -> Effects:
        """Close the turn: the bracket, the counters, and the state to keep in memory."""
        row, effects = self.row, self.effects
        if self._fresh:
            self._write(
                EventType.ORCHESTRATOR_COMPLETED,
                event(EventType.ORCHESTRATOR_COMPLETED, self.now_us),
            )
        row.turn += 1
        row.updated_us = self.now_us
        row.waits = json.dumps(self.waits) if self.waits else None
        before = "" if effects.forgotten else self.before.past
        past = None if before is None else self._past(before)
        effects.after = Snapshot(row, self.nodes, self.waits, past, () if effects.forgotten else self._gate)
        return effects

    def _past(self, before: str) -> str:
        past = ",".join(played(body, kind) for kind, body in self._fresh)
        return f"{before},{past}" if before and past else before or past


def still_deliverable(effects: Effects, messages: Sequence[Message]) -> list[Message]:
    """Find the messages held so far that the turn made welcome: a wait is listed, or a resume."""
    state = effects.after
    if state is None or effects.ended or state.row.status == "Suspended":
        return []
    gone = set(effects.consumed)
    free = dict(state.waits)
    welcome = []
    for message in messages:
        if message.n in gone:
            continue
        name = message.name or ""
        if message.type == EventType.EVENT_RAISED and message.task_id is None:
            if free.get(name, 0) <= 0:
                continue
            free[name] -= 1
        welcome.append(message)
    return welcome
