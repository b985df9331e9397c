"""Gives ready instances their turns: one turn of an instance at a time, many instances at once.

All of this object's state belongs to the loop thread. A turn itself (reading, user code,
numbering) runs in a pool thread and hands its effects straight to the writer.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import azure.functions as func

from local.host.activity import Activities
from local.host.agenda import Agenda
from local.host.answer import Answer, read_answer, read_failure
from local.host.driving import Clock
from local.host.indexer import Function
from local.host.log import current_function, say
from local.host.numbering import Rules
from local.host.oracle import check
from local.host.state import LIVE, Effects, Message, Snapshot
from local.host.store import Store
from local.host.turn import Turn, still_deliverable

_KEPT_SNAPSHOTS = 2000
_MOST_THREADS = 2  # turns are Python at work: more threads only wait for each other
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


class CannotRunError(Exception):
    """The orchestrator is not there or cannot be called; the instance waits and tries again."""


class Dispatcher:
    """Runs turns for as long as instances have messages that are due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        agenda: Agenda,
        activities: Activities,
        orchestrators: Mapping[str, Function],
        rules: Rules,
        at_once: int,
        *,
        debug_oracle: bool = False,
    ) -> None:
        self._store, self._clock, self._agenda = store, clock, agenda
        self._activities, self._work = activities, activities.work
        self._orchestrators, self._rules = orchestrators, rules
        self._debug_oracle = debug_oracle
        self._pool = ThreadPoolExecutor(min(at_once, _MOST_THREADS), thread_name_prefix="orchestrator")
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
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
            self.wake(instance_id)
        else:
            self._agenda.put(("inbox", n), due_us, lambda: self.wake(instance_id))

    def wake(self, instance_id: str) -> None:
        """Let an instance look into its inbox."""
        if instance_id in self._busy:
            self._again.add(instance_id)
            return
        self._busy.add(instance_id)
        self._work.begin("turn")
        self._begin(instance_id)

    def forget(self, instance_id: str) -> None:
        """Drop what is kept in memory of an instance that others changed in the store."""
        self._snapshots.pop(instance_id, None)

    def new_id(self) -> str:
        """Make an id for an execution or a message."""
        return self._rules.new_execution_id()

    def stop(self) -> None:
        """Begin no more turns."""
        self._open = False

    def close(self) -> None:
        """Let go of the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, instance_id: str) -> None:
        if self._open:
            self._pool.submit(self._turn, instance_id, self._snapshots.pop(instance_id, None))

    def _turn(self, instance_id: str, snapshot: Snapshot | None) -> None:
        """Carry one turn up to the writer's queue; runs in a pool thread."""
        if not self._open:
            return
        try:
            effects = self._effects(instance_id, snapshot)
        except Exception as error:  # noqa: BLE001 - whatever it is, the instance must go on
            failure = error
            self._store.submit(lambda _: None, lambda _r, _e: self._pause(instance_id, failure))
            return
        if effects is None:
            self._store.submit(
                lambda c: c.execute("DELETE FROM inbox WHERE id = ?", (instance_id,)) and None,
                lambda _r, error: self._done(instance_id, error),
            )
            return
        self._store.submit(effects, lambda fits, error: self._committed(effects, fits, error))

    def _effects(self, instance_id: str, snapshot: Snapshot | None) -> Effects | None:
        """Read, ask the function, number: None when there is no such instance."""
        reads = self._store.reads
        now_us = self._clock.now_us()
        state = snapshot or reads.snapshot(instance_id)
        if state is None:
            return None
        messages = reads.inbox(instance_id, now_us)
        effects = self.play(Turn(state, self._rules, now_us), messages)
        welcome = still_deliverable(effects, messages)
        effects.released = [m.n for m in welcome if m.held or m.n in set(effects.held)]
        effects.held = [n for n in effects.held if n not in set(effects.released)]
        effects.wake_again = bool(welcome)
        if effects.forgotten and (lost := _lost_on_azure(effects, messages)):
            effects.warnings.append(f"continues as new; on Azure {lost} held events were lost")
        return effects

    def play(self, turn: Turn, messages: Sequence[Message]) -> Effects:
        """Carry a turn from its messages to its effects, which are nobody's until they are committed."""
        body = turn.begin(messages)
        versioning, version = self._rules.versioning, turn.row.version
        if body is not None and not versioning.accepts(version):
            if versioning.fails:
                return turn.refuse(versioning.mismatch(version))
            raise CannotRunError(versioning.mismatch(version))
        effects = turn.finish(None if body is None else self._ask(turn.row.name, body))
        if body is not None and self._debug_oracle:
            check(self._function(turn.row.name), body, turn)
        return effects

    def _function(self, name: str) -> Function:
        function = self._orchestrators.get(name.casefold())
        if function is None:
            raise CannotRunError(f"the app has no orchestrator {name!r}")
        return function

    def _ask(self, name: str, body: str) -> Answer:
        """Call the orchestrator function; what user code raises is an answer too."""
        function = self._function(name)
        token = current_function.set(function.name)
        try:
            context = func.OrchestrationContext(body)
            text = function.call(**{function.trigger.name: context})
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            return read_failure(error)
        finally:
            current_function.reset(token)
        return read_answer(text)

    def _committed(self, effects: Effects, fits: bool, error: BaseException | None) -> None:  # noqa: FBT001
        """Follow a commit, or the want of one, and release the instance."""
        if error is not None:
            self._done(effects.id, error)
            return
        if not fits:  # it was replaced meanwhile: its new self has messages of its own
            self._again.add(effects.id)
            self._done(effects.id, None)
            return
        self._failures.pop(effects.id, None)
        self.follow(effects)
        self._report(effects)
        if effects.after is not None and effects.after.row.status in LIVE:
            self._keep(effects.after)
        if effects.wake_again:
            self._again.add(effects.id)
        self._done(effects.id, None)

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

    def _keep(self, snapshot: Snapshot) -> None:
        self._snapshots[snapshot.row.id] = snapshot
        if len(self._snapshots) > _KEPT_SNAPSHOTS:
            self._snapshots.popitem(last=False)

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
        self._snapshots.pop(instance_id, None)
        asyncio.get_running_loop().call_later(seconds, self.wake, instance_id)
        self._work.end("turn")


def _lost_on_azure(effects: Effects, messages: list[Message]) -> int:
    gone = set(effects.consumed)
    return sum(1 for m in messages if m.n not in gone and m.execution_id is None)
