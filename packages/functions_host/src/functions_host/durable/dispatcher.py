"""Runs the turns of instances that are ready: one turn of an instance at a time, many instances concurrently.

The state of the dispatcher belongs to the loop thread. A turn (reading, user code, numbering) runs in a pool thread
and passes its effects directly to the writer.

A turn reads the clock, and then the messages that are due by that time. The clock may then stand before the moment at
which the instance was woken: other processes write it too, and the host does not rely on them. So a wake-up counts as
used only if its message was due for the turn; otherwise the message is scheduled again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from functions_host.durable.activities import Activities
from functions_host.durable.instance_cache import CachedInstance, InstanceCache
from functions_host.durable.numbering import Rules
from functions_host.durable.orchestrator_executor import OrchestratorExecutor
from functions_host.durable.resumable import Resumable
from functions_host.durable.turn import Turn, still_deliverable
from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.storage.reads import Reads
from functions_host.storage.state import LIVE, Effects, Message, Snapshot
from functions_host.storage.store import Store

_MAX_THREADS = 2  # turns are Python code: more threads would wait for each other
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
_Due = dict[int, int]
"""Messages by number, each with the moment at which it is due (simulated microseconds)."""


@dataclass(slots=True)
class _RunningTurn:
    """A turn: the messages for which it was begun, and the moment up to which it has read the inbox."""

    instance_id: str
    cached: CachedInstance | None
    due: _Due
    now_us: int = 0

    def unread(self) -> list[tuple[int, int]]:
        """Return number and moment of the messages that were not due yet when the turn read the clock."""
        return [(n, due_us) for n, due_us in self.due.items() if due_us > self.now_us]


class Dispatcher:
    """Runs turns for as long as instances have messages that are due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        timer_queue: TimerQueue,
        activities: Activities,
        executor: OrchestratorExecutor,
        cache: InstanceCache,
        rules: Rules,
        at_once: int,
    ) -> None:
        self._store, self._clock, self._timer_queue = store, clock, timer_queue
        self._activities, self._work = activities, activities.work
        self._executor, self._cache, self._rules = executor, cache, rules
        self._pool = ThreadPoolExecutor(min(at_once, _MAX_THREADS), thread_name_prefix="orchestrator")
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._woken_for: dict[str, _Due] = {}  # by instance: messages that have come due and that no turn has read yet
        self._failures: dict[str, int] = {}
        self._linted: set[tuple[str, str]] = set()
        self._open = True
        self.on_entity_calls: Callable[[list[tuple[str, str]]], None] = lambda _: None

    def recover(self) -> None:
        """Wake every instance that has messages in the store."""
        now_us = self._clock.now_us()
        for due_us, n, instance_id in self._store.reads.waiting():
            self.expect(n, instance_id, due_us, now_us)

    def expect(self, n: int, instance_id: str, due_us: int, now_us: int) -> None:
        """Wake an instance for a committed message, now or when it is due."""
        if due_us <= now_us:
            self._wake_for(n, instance_id, due_us)
        else:
            self._timer_queue.put(("inbox", n), due_us, lambda: self._wake_for(n, instance_id, due_us))

    def _wake_for(self, n: int, instance_id: str, due_us: int) -> None:
        if due_us:
            self._woken_for.setdefault(instance_id, {})[n] = due_us
        self.wake(instance_id)

    def wake(self, instance_id: str, *, by_client: bool = False) -> None:
        """Let an instance read its inbox. *by_client*: because of a client's request."""
        if instance_id in self._busy:
            self._again.add(instance_id)
            return
        self._busy.add(instance_id)
        self._work.begin("turn")
        self._begin(instance_id, instance_id if by_client else "")

    def discard_cached(self, instance_id: str) -> None:
        """Drop from memory an instance that was changed in the store, other than by a turn."""
        self._cache.discard(instance_id)

    def new_id(self) -> str:
        """Make an id for an execution or a message."""
        return self._rules.new_execution_id()

    def stop(self) -> None:
        """Begin no more turns."""
        self._open = False

    def close(self) -> None:
        """Close the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, instance_id: str, name: str = "") -> None:
        self._work.scheduler.submit(lambda: self._submit(instance_id), name)

    def _submit(self, instance_id: str) -> None:
        if self._open:
            due = self._woken_for.pop(instance_id, {})
            self._pool.submit(self._run, _RunningTurn(instance_id, self._cache.take(instance_id), due))

    def _run(self, running: _RunningTurn) -> None:
        """Run one turn up to the writer's queue; in a pool thread."""
        if not self._open:
            return
        instance_id = running.instance_id
        try:
            effects, resumable = self._effects(running)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the instance must go on
            failure = error
            self._store.submit(lambda _: None, lambda _r, _e: self._failed(running, failure))
            return
        if effects is None:
            self._store.submit(
                lambda c: c.execute("DELETE FROM inbox WHERE id = ?", (instance_id,)) and None,
                lambda _r, error: self._done(instance_id, error),
            )
            return
        self._store.submit(effects, lambda fits, error: self._committed(running, effects, resumable, fits, error))

    def _effects(self, running: _RunningTurn) -> tuple[Effects | None, Resumable | None]:
        """Read, execute, number; return the changes (or None without such an instance) and a resumable orchestrator."""
        reads, instance_id, cached = self._store.reads, running.instance_id, running.cached
        running.now_us = now_us = self._clock.now_us()
        state = cached.snapshot if cached else reads.snapshot(instance_id)
        resumable = cached.resumable if cached else None
        if state is None:
            return None, None
        messages = reads.inbox(instance_id, now_us)
        turn = Turn(state, self._rules, now_us)
        resumable = self._executor.run(turn, messages, resumable, lambda: _past(state, reads))
        effects = turn.effects
        deliverable = still_deliverable(effects, messages)
        effects.released = [m.n for m in deliverable if m.held or m.n in set(effects.held)]
        effects.held = [n for n in effects.held if n not in set(effects.released)]
        effects.wake_again = bool(deliverable)
        if effects.discarded and (lost := _lost_on_azure(effects, messages)):
            effects.warnings.append(f"continues as new; on Azure {lost} held events were lost")
        return effects, resumable

    def replay(self, turn: Turn, messages: Sequence[Message]) -> Effects:
        """Run a turn of the past from its messages to its effects, which are not committed."""
        self._executor.run(turn, messages, None, lambda: turn.before.past or "")
        return turn.effects

    def _committed(
        self,
        running: _RunningTurn,
        effects: Effects,
        resumable: Resumable | None,
        fits: bool,  # noqa: FBT001
        error: BaseException | None,
    ) -> None:
        """Handle the result of a commit, and release the instance."""
        if error is not None:
            self._failed(running, error)
            return
        if not fits:  # the instance was replaced meanwhile, and the new one has messages of its own
            self._keep_due(running)
            self._again.add(effects.id)
            self._done(effects.id, None)
            return
        self._failures.pop(effects.id, None)
        self.follow(effects)
        self._report(effects)
        if effects.after is not None and effects.after.row.status in LIVE:
            self._cache_end(effects.after, resumable)
        if effects.wake_again:
            self._again.add(effects.id)
        self._expect_unread(running, effects)
        self._done(effects.id, None)

    def _expect_unread(self, running: _RunningTurn, effects: Effects) -> None:
        """Schedule again the messages that woke the instance and that the turn has not read."""
        now_us, gone = self._clock.now_us(), set(effects.consumed)
        for n, due_us in running.unread():
            if n not in gone:
                self.expect(n, effects.id, due_us, now_us)

    def _keep_due(self, running: _RunningTurn) -> None:
        """Let the next turn begin for the same messages."""
        if running.due:
            self._woken_for[running.instance_id] = running.due | self._woken_for.get(running.instance_id, {})

    def _failed(self, running: _RunningTurn, error: BaseException) -> None:
        self._keep_due(running)
        self._done(running.instance_id, error)

    def follow(self, effects: Effects) -> None:
        """Start the work that committed effects have scheduled: timers, messages, activities, entities."""
        now_us = self._clock.now_us()
        gone = set(effects.consumed)
        for n in gone:
            self._timer_queue.cancel(("inbox", n))
        for message in effects.inbox:
            if message.n not in gone:
                self.expect(message.n, message.id, message.due_us, now_us)
        for task in effects.tasks:
            self._activities.take(task)
        if effects.entity_calls:
            self.on_entity_calls([(call.name, call.key) for call in effects.entity_calls])

    def _report(self, effects: Effects) -> None:
        """Log the end of an instance, and warnings about it and its orchestrator."""
        row = effects.row
        for text in effects.lint:
            if (row.name, text) not in self._linted:
                self._linted.add((row.name, text))
                log_event("lint", f"{row.name} has {text}", logging.WARNING)
        for warning in effects.warnings:
            log_event("instance", f"{row.id} {warning}", logging.WARNING, name=row.name)
        if effects.ended:
            level = logging.INFO if row.status == "Completed" else logging.WARNING
            facts = {"name": row.name, "turns": row.turn}
            if row.status == "Failed":
                facts["error"] = (row.failure or "").splitlines()[0][:300] if row.failure else ""
            log_event("instance", f"{row.id} {row.status.lower()}", level, **facts)
        elif effects.discarded:
            log_event("instance", f"{row.id} continues as new", logging.DEBUG, name=row.name)

    def _cache_end(self, after: Snapshot, resumable: Resumable | None) -> None:
        """Cache the end of a committed turn; an orchestrator that can be resumed does not need its history."""
        if resumable is not None:
            after.past = None
        self._cache.put(after.row.id, CachedInstance(after, resumable))

    def _done(self, instance_id: str, error: BaseException | None) -> None:
        """Release an instance; it has another turn if something came in meanwhile."""
        if error is not None:
            self._pause(instance_id, error)
        elif instance_id in self._again:
            self._again.discard(instance_id)
            self._begin(instance_id)
        else:
            self._busy.discard(instance_id)
            self._work.end("turn")
        self._work.scheduler.finish()

    def _pause(self, instance_id: str, error: BaseException) -> None:
        """Try again in (real) seconds with an instance whose turn failed."""
        failures = self._failures.get(instance_id, 0)
        self._failures[instance_id] = failures + 1
        seconds = _PAUSES[min(failures, len(_PAUSES) - 1)]
        log_event(
            "turn",
            f"{instance_id} cannot continue, next try in {seconds:g} s: {error}",
            logging.ERROR,
        )
        self._busy.discard(instance_id)
        self._again.discard(instance_id)
        self._cache.discard(instance_id)
        asyncio.get_running_loop().call_later(seconds, self.wake, instance_id)
        self._work.end("turn")


def _past(state: Snapshot, reads: Reads) -> str:
    """Return the played history; it is read from the store when it is not in memory."""
    if state.past is None:
        state.past = reads.past(state.row.id, state.row.execution_id)
    return state.past


def _lost_on_azure(effects: Effects, messages: list[Message]) -> int:
    gone = set(effects.consumed)
    return sum(1 for m in messages if m.n not in gone and m.execution_id is None)
