"""Gives ready instances their turns: one turn of an instance at a time, many instances at once.

All of this object's state belongs to the loop thread. A turn itself (reading, user code,
numbering) runs in a pool thread and hands its effects straight to the writer.

A turn reads the messages that are due by the time it reads from the clock itself. The clock may then stand before
the moment at which the instance was woken: it is shared with other processes, and a host cannot rely on their care.
So a wake-up counts as used only when the message was due for the turn; otherwise the message is scheduled again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from functions_host.activity import Activities
from functions_host.agenda import Agenda
from functions_host.asking import Asker
from functions_host.driving import Clock
from functions_host.log import say
from functions_host.memory import Memory, Remembered
from functions_host.numbering import Rules
from functions_host.reads import Reads
from functions_host.resuming import Resumable
from functions_host.state import LIVE, Effects, Message, Snapshot
from functions_host.store import Store
from functions_host.turn import Turn, still_deliverable

_MOST_THREADS = 2  # turns are Python at work: more threads only wait for each other
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
_Due = dict[int, int]
"""Messages by number, each with the moment at which it is due (simulated microseconds)."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The messages for which a turn was begun, and the moment up to which it has read the inbox."""

    due: _Due
    now_us: int

    def early(self) -> list[tuple[int, int]]:
        """Return number and moment of those that the turn did not see yet."""
        return [(n, due_us) for n, due_us in self.due.items() if due_us > self.now_us]


class Dispatcher:
    """Runs turns for as long as instances have messages that are due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        agenda: Agenda,
        activities: Activities,
        asker: Asker,
        memory: Memory,
        rules: Rules,
        at_once: int,
    ) -> None:
        self._store, self._clock, self._agenda = store, clock, agenda
        self._activities, self._work = activities, activities.work
        self._asker, self._memory, self._rules = asker, memory, rules
        self._pool = ThreadPoolExecutor(min(at_once, _MOST_THREADS), thread_name_prefix="orchestrator")
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._woken_for: dict[str, _Due] = {}  # by instance: messages that have come due and that no turn has read yet
        self._failures: dict[str, int] = {}
        self._linted: set[tuple[str, str]] = set()
        self._open = True
        self.on_entity_calls: Callable[[list[tuple[str, str]]], None] = lambda _: None

    def recover(self) -> None:
        """Take up all that waits in the store."""
        now_us = self._clock.now_us()
        for due_us, n, instance_id in self._store.reads.waiting():
            self.expect(n, instance_id, due_us, now_us)

    def expect(self, n: int, instance_id: str, due_us: int, now_us: int) -> None:
        """Wake an instance for a committed message, now or when it is due."""
        if due_us <= now_us:
            self._wake_for(n, instance_id, due_us)
        else:
            self._agenda.put(("inbox", n), due_us, lambda: self._wake_for(n, instance_id, due_us))

    def _wake_for(self, n: int, instance_id: str, due_us: int) -> None:
        if due_us:
            self._woken_for.setdefault(instance_id, {})[n] = due_us
        self.wake(instance_id)

    def wake(self, instance_id: str, *, asked: bool = False) -> None:
        """Let an instance look into its inbox. *asked*: a client wants it to."""
        if instance_id in self._busy:
            self._again.add(instance_id)
            return
        self._busy.add(instance_id)
        self._work.begin("turn")
        self._begin(instance_id, instance_id if asked else "")

    def forget(self, instance_id: str) -> None:
        """Drop what is kept in memory of an instance that others changed in the store."""
        self._memory.forget(instance_id)

    def new_id(self) -> str:
        """Make an id for an execution or a message."""
        return self._rules.new_execution_id()

    def stop(self) -> None:
        """Begin no more turns."""
        self._open = False

    def close(self) -> None:
        """Let go of the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, instance_id: str, name: str = "") -> None:
        self._work.lane.enter(lambda: self._submit(instance_id), name)

    def _submit(self, instance_id: str) -> None:
        if self._open:
            due = self._woken_for.pop(instance_id, {})
            self._pool.submit(self._turn, instance_id, self._memory.take(instance_id), due)

    def _turn(self, instance_id: str, remembered: Remembered | None, due: _Due) -> None:
        """Carry one turn up to the writer's queue; runs in a pool thread."""
        if not self._open:
            return
        read = _Read(due, self._clock.now_us())
        try:
            effects, resumable = self._effects(instance_id, remembered, read.now_us)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the instance must go on
            failure = error
            self._store.submit(lambda _: None, lambda _r, _e: self._failed(instance_id, failure, due))
            return
        if effects is None:
            self._store.submit(
                lambda c: c.execute("DELETE FROM inbox WHERE id = ?", (instance_id,)) and None,
                lambda _r, error: self._done(instance_id, error),
            )
            return
        self._store.submit(effects, lambda fits, error: self._committed(effects, resumable, read, fits, error))

    def _effects(
        self, instance_id: str, remembered: Remembered | None, now_us: int
    ) -> tuple[Effects | None, Resumable | None]:
        """Read, ask the function, number; return what changes (None: no such instance) and what can be resumed."""
        reads = self._store.reads
        state = remembered.snapshot if remembered else reads.snapshot(instance_id)
        resumable = remembered.resumable if remembered else None
        if state is None:
            return None, None
        messages = reads.inbox(instance_id, now_us)
        turn = Turn(state, self._rules, now_us)
        resumable = self._asker.run(turn, messages, resumable, lambda: _past(state, reads))
        effects = turn.effects
        welcome = still_deliverable(effects, messages)
        effects.released = [m.n for m in welcome if m.held or m.n in set(effects.held)]
        effects.held = [n for n in effects.held if n not in set(effects.released)]
        effects.wake_again = bool(welcome)
        if effects.forgotten and (lost := _lost_on_azure(effects, messages)):
            effects.warnings.append(f"continues as new; on Azure {lost} held events were lost")
        return effects, resumable

    def play(self, turn: Turn, messages: Sequence[Message]) -> Effects:
        """Carry a turn of the past from its messages to its effects, which are nobody's until they are committed."""
        self._asker.run(turn, messages, None, lambda: turn.before.past or "")
        return turn.effects

    def _committed(
        self,
        effects: Effects,
        resumable: Resumable | None,
        read: _Read,
        fits: bool,  # noqa: FBT001
        error: BaseException | None,
    ) -> None:
        """Follow a commit, or the want of one, and release the instance."""
        if error is not None:
            self._failed(effects.id, error, read.due)
            return
        if not fits:  # it was replaced meanwhile: its new self has messages of its own
            self._keep(effects.id, read.due)
            self._again.add(effects.id)
            self._done(effects.id, None)
            return
        self._failures.pop(effects.id, None)
        self.follow(effects)
        self._report(effects)
        if effects.after is not None and effects.after.row.status in LIVE:
            self._remember(effects.after, resumable)
        if effects.wake_again:
            self._again.add(effects.id)
        self._expect_again(effects, read)
        self._done(effects.id, None)

    def _expect_again(self, effects: Effects, read: _Read) -> None:
        """Schedule again what had come due and was not due any more when the turn read the clock."""
        now_us, gone = self._clock.now_us(), set(effects.consumed)
        for n, due_us in read.early():
            if n not in gone:
                self.expect(n, effects.id, due_us, now_us)

    def _keep(self, instance_id: str, due: _Due) -> None:
        """Begin the next turn for these messages too."""
        if due:
            self._woken_for[instance_id] = due | self._woken_for.get(instance_id, {})

    def _failed(self, instance_id: str, error: BaseException, due: _Due) -> None:
        self._keep(instance_id, due)
        self._done(instance_id, error)

    def follow(self, effects: Effects) -> None:
        """Pass on what committed effects ask for: timers, messages, activities, entities."""
        now_us = self._clock.now_us()
        gone = set(effects.consumed)
        for n in gone:
            self._agenda.cancel(("inbox", n))
        for message in effects.inbox:
            if message.n not in gone:
                self.expect(message.n, message.id, message.due_us, now_us)
        for task in effects.tasks:
            self._activities.take(task)
        if effects.entity_calls:
            self.on_entity_calls([(call.name, call.key) for call in effects.entity_calls])

    def _report(self, effects: Effects) -> None:
        """Log what an operator wants to know of a turn: its end, and what is odd."""
        row = effects.row
        for text in effects.lint:
            if (row.name, text) not in self._linted:
                self._linted.add((row.name, text))
                say("lint", f"{row.name} has {text}", logging.WARNING)
        for warning in effects.warnings:
            say("instance", f"{row.id} {warning}", logging.WARNING, name=row.name)
        if effects.ended:
            level = logging.INFO if row.status == "Completed" else logging.WARNING
            facts = {"name": row.name, "turns": row.turn}
            if row.status == "Failed":
                facts["error"] = (row.failure or "").splitlines()[0][:300] if row.failure else ""
            say("instance", f"{row.id} {row.status.lower()}", level, **facts)
        elif effects.forgotten:
            say("instance", f"{row.id} continues as new", logging.DEBUG, name=row.name)

    def _remember(self, after: Snapshot, resumable: Resumable | None) -> None:
        """Keep a committed turn's end; the text of the history is not needed where the orchestrator can go on."""
        if resumable is not None:
            after.past = None
        self._memory.keep(after.row.id, Remembered(after, resumable))

    def _done(self, instance_id: str, error: BaseException | None) -> None:
        """Release an instance; it goes again if something came meanwhile."""
        if error is not None:
            self._pause(instance_id, error)
        elif instance_id in self._again:
            self._again.discard(instance_id)
            self._begin(instance_id)
        else:
            self._busy.discard(instance_id)
            self._work.end("turn")
        self._work.lane.leave()

    def _pause(self, instance_id: str, error: BaseException) -> None:
        """Keep an instance that cannot have its turn now, and try again in (real) seconds."""
        failures = self._failures.get(instance_id, 0)
        self._failures[instance_id] = failures + 1
        seconds = _PAUSES[min(failures, len(_PAUSES) - 1)]
        say(
            "turn",
            f"{instance_id} cannot go on, next try in {seconds:g} s: {error}",
            logging.ERROR,
        )
        self._busy.discard(instance_id)
        self._again.discard(instance_id)
        self._memory.forget(instance_id)
        asyncio.get_running_loop().call_later(seconds, self.wake, instance_id)
        self._work.end("turn")


def _past(state: Snapshot, reads: Reads) -> str:
    """Return the played history; what left memory, or never was there, is read."""
    if state.past is None:
        state.past = reads.past(state.row.id, state.row.execution_id)
    return state.past


def _lost_on_azure(effects: Effects, messages: list[Message]) -> int:
    gone = set(effects.consumed)
    return sum(1 for m in messages if m.n not in gone and m.execution_id is None)
