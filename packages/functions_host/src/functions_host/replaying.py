"""Plays an ended execution again from its history, to find where a rewind goes on.

Nothing is run but the orchestrator function, and nothing is written: every turn gets the messages
that the history says it got. The last state that was sound is the one before the failure that
ended the execution came in.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions_host.events import EventType, parse_us, played
from functions_host.numbering import Rules
from functions_host.state import Effects, Instance, Message, Node, Snapshot
from functions_host.turn import Turn

Play = Callable[[Turn, Sequence[Message]], Effects]
"""Carries one turn from its messages to its effects, asking the orchestrator function."""

FAILED = frozenset({EventType.TASK_FAILED, EventType.SUB_FAILED})
_ENDS = {EventType.EXECUTION_COMPLETED, EventType.EXECUTION_TERMINATED}
_COMES_IN = FAILED | {
    EventType.EXECUTION_STARTED,
    EventType.TASK_COMPLETED,
    EventType.SUB_COMPLETED,
    EventType.TIMER_FIRED,
    EventType.EVENT_RAISED,
}
_SCHEDULES = {EventType.TASK_SCHEDULED, EventType.SUB_CREATED, EventType.TIMER_CREATED, EventType.EVENT_SENT}


@dataclass(frozen=True, slots=True)
class Section:
    """What one turn wrote into the history: (type, event as text)."""

    turn: int
    events: list[tuple[int, str]]

    @property
    def ends(self) -> bool:
        """Tell whether the execution ended in this turn."""
        return any(kind in _ENDS for kind, _ in self.events)

    @property
    def started_us(self) -> int:
        """Return when the turn began."""
        opening = json.loads(self.events[0][1])
        return parse_us(opening["Timestamp"])

    def scheduled(self) -> list[tuple[int, Any, Any]]:
        """Name what the turn scheduled, to compare it with another telling of the same turn."""
        return _scheduled(self.events)


@dataclass(slots=True)
class Found:
    """The sound state, what came in later, and how to do again what was open."""

    state: Snapshot
    kept: list[Section]
    gone: list[Section]
    asked: list[Effects] = field(default_factory=list)  # of the turns that are kept
    calls: dict[str, int] = field(default_factory=dict)  # guid of an entity call -> its id
    paths: dict[int, str] = field(default_factory=dict)  # id -> place in the action list, also of what is gone


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failure that user code had to face, and the place of the turn that brought it."""

    place: int
    reason: str


class Replay:
    """One execution, turn by turn."""

    def __init__(self, row: Instance, sections: list[Section], rules: Rules, play: Play) -> None:
        self._row, self._sections, self._rules, self._play = row, sections, rules, play
        self._before: list[Snapshot] = []
        self._asked: list[Effects] = []
        self._faced: list[_Failure] = []
        self._exhausted: dict[int, _Failure] = {}  # the timer after a last attempt -> its failure
        self._calls: dict[str, int] = {}
        self._paths: dict[int, str] = {}

    def find(self) -> Found:
        """Play until the function ends, or does not do any more what the history says."""
        state = _first(self._row)
        last = len(self._sections) - 1
        for place, section in enumerate(self._sections):
            self._before.append(state)
            effects, faced = self._turn(place, section, state)
            if place == last or (effects is not None and _is_over(effects, section)):
                found = self._cut(place, faced)
                self._see_the_rest(place, effects)
                return found
            state = _after(effects, state, section)
        raise AssertionError("an execution that ended has a turn in its history")

    def _turn(self, place: int, section: Section, state: Snapshot) -> tuple[Effects | None, list[_Failure]]:
        """Play one turn; return what it did, if it was more than a word from outside, and whom it failed."""
        messages = self.messages(section)
        effects = self._play(Turn(state, self._rules, section.started_us), messages) if messages else None
        self._asked.append(effects or Effects(self._row.id, section.turn, self._row))
        if effects is not None:
            self._paths |= {node.event_id: node.path for node in effects.opened}
        return effects, self._face(place, messages, state, effects)

    def _see_the_rest(self, place: int, effects: Effects | None) -> None:
        """Learn which attempts came in after the function had ended, as long as they are those of the history."""
        state = self._before[place]
        for number, section in enumerate(self._sections[place:-1], place):
            if effects is None or _scheduled_by(effects) != section.scheduled():
                return
            state = _after(effects, state, section)
            effects, _ = self._turn(number + 1, self._sections[number + 1], state)

    def messages(self, section: Section) -> list[Message]:
        """Turn what came in back into messages."""
        found = []
        for kind, body in section.events:
            fields = json.loads(body)
            if kind == EventType.EVENT_SENT:
                self._calls[json.loads(fields["Input"])["id"]] = fields["EventId"]
            if kind not in _COMES_IN:
                continue
            name, task_id = fields.get("Name"), fields.get("TaskScheduledId", fields.get("TimerId"))
            if kind == EventType.EVENT_RAISED:
                task_id = self._calls.get(name)
            free = kind == EventType.EVENT_RAISED and task_id is None
            execution = None if free else self._row.execution_id
            n = self._rules.next_n()
            found.append(Message(n, self._row.id, execution, 0, kind, name if free else None, task_id, body))
        return found

    def _face(self, place: int, messages: list[Message], before: Snapshot, effects: Effects | None) -> list[_Failure]:
        """Note the failures that reach user code in a turn: after retries, with the last timer."""
        faced = []
        for message in messages:
            node = before.nodes.get(-1 if message.task_id is None else message.task_id)
            if node is None:
                continue
            if message.type in FAILED:
                failure = _Failure(place, json.loads(message.body)["Reason"] or "")
                if node.attempt == 0:
                    faced.append(failure)
                elif node.attempt >= node.max_attempts and effects is not None:
                    self._exhausted[_last_timer(effects, node)] = failure
            elif node.event_id in self._exhausted:
                faced.append(self._exhausted.pop(node.event_id))
        self._faced += faced
        return faced

    def _cut(self, end: int, faced: list[_Failure]) -> Found:
        """Go back before the failures that ended the execution; without any, before its last turn.

        When the end brought no failure, an earlier one may have been kept and raised later: its reason
        is in what the execution failed with.
        """
        error = self._row.failure or ""
        blamed = faced or [one for one in self._faced if one.reason and one.reason in error][-1:]
        place = min((failure.place for failure in blamed), default=end)
        kept, gone = self._sections[:place], self._sections[place:]
        return Found(self._before[place], kept, gone, self._asked[:place], self._calls, self._paths)


def _first(row: Instance) -> Snapshot:
    """Return the execution as it was before its first turn."""
    fresh = replace(
        row, status="Pending", output=None, custom_status=None, failure=None, turn=0, next_id=0, n_top=0,
        n_hist=0, waits=None, done_pending=None, clock_us=0,
    )  # fmt: skip
    return Snapshot(fresh, {}, {}, "")


def _after(effects: Effects | None, before: Snapshot, section: Section) -> Snapshot:
    """Go on with the history as it was written: its guids and timestamps are the true ones."""
    after = before if effects is None or effects.after is None else effects.after
    texts = [played(body, kind) for kind, body in section.events]
    past = ",".join([before.past, *texts] if before.past else texts)
    row = replace(after.row, n_hist=before.row.n_hist + len(section.events))
    return Snapshot(row, after.nodes, after.waits, past)


def _is_over(effects: Effects, section: Section) -> bool:
    """Tell whether the function ends here, or does not schedule what it scheduled then."""
    row = effects.row
    ends = effects.ended or bool(effects.forgotten) or row.done_pending is not None
    return ends or _scheduled_by(effects) != section.scheduled()


def _scheduled_by(effects: Effects) -> list[tuple[int, Any, Any]]:
    return _scheduled([(entry[3], entry[5]) for entry in effects.events])


def _scheduled(events: Sequence[tuple[int, str]]) -> list[tuple[int, Any, Any]]:
    found = [(kind, json.loads(body)) for kind, body in events if kind in _SCHEDULES]
    return [(kind, fields["EventId"], fields.get("InstanceId") or fields.get("Name")) for kind, fields in found]


def _last_timer(effects: Effects, failed: Node) -> int:
    """Find the timer that a last attempt left behind."""
    return next(one.event_id for one in effects.opened if one.last and one.path == failed.path)
