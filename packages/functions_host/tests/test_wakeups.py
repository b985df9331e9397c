"""No wake-up is lost, whatever the clock does: other processes share it, and a host cannot rely on their care."""

import asyncio
import contextlib
import itertools
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.orchestrator import Orchestrator
from functions_host.durable.activities import Activities
from functions_host.durable.dispatcher import Dispatcher
from functions_host.durable.instance_cache import InstanceCache
from functions_host.durable.numbering import Rules
from functions_host.durable.operations import Operations
from functions_host.durable.orchestrator_executor import OrchestratorExecutor
from functions_host.durable.redelivery import Redelivery
from functions_host.functions.indexer import Binding, Function
from functions_host.functions.invoker import Invoker
from functions_host.functions.outputs import QueueOutputs
from functions_host.functions.signature import Signature
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work
from functions_host.storage.store import Store
from host_testing.random_orchestrators import SECOND
from hypothesis import given, settings
from hypothesis import strategies as st

START_US = 1_790_000_000_000_000
TIMERS = 6
IDS = ["naps-1", "naps-2", "naps-3"]
ENDS = [("Completed", '"rested"')] * len(IDS)


def naps(context: df.DurableOrchestrationContext) -> Generator[Any, Any, str]:
    """Wait for one timer after the other, and for one that loses and is cancelled."""
    for _ in range(TIMERS):
        loser = context.create_timer(context.current_utc_datetime + 9 * SECOND)
        yield context.task_any([context.create_timer(context.current_utc_datetime + 7 * SECOND), loser])
        if not loser.is_completed:
            loser.cancel()
    return "rested"


class JumpingClock:
    """Time that advances a millisecond with each read, off by the next jump; after the last jump it is steady."""

    def __init__(self, jumps_us: list[int]) -> None:
        self._true_us = START_US
        self._jumps = iter(jumps_us)
        self._lock = threading.Lock()

    def jump(self, jumps_us: list[int]) -> None:
        """Use these jumps from now on."""
        self._jumps = iter(jumps_us)

    def now_us(self) -> int:
        with self._lock:
            self._true_us += 1000
            return self._true_us + next(self._jumps, 0)

    def reach(self, moment_us: int) -> None:
        """Let time pass, at least to a moment."""
        with self._lock:
            self._true_us = max(self._true_us, moment_us)


class Parts:
    """The parts of a host that run orchestrations, on a clock that jumps; the test drives it."""

    def __init__(self, db: Path, clock: JumpingClock, keep: int) -> None:
        self.clock, self.timer_queue, self.work = clock, TimerQueue(), Work()
        self.store = Store(db, "hub", asyncio.get_running_loop())
        ids = itertools.count()
        rules = Rules(frozenset(), {"naps": "naps"}, self.store.next_n, lambda: f"x{next(ids)}")
        trigger = Binding("context", "orchestrationTrigger", 0, {})
        signature = Signature(wants_context=False, converters={})
        function = Function("naps", Orchestrator.create(naps), False, trigger, (trigger,), signature, None, "here")
        self.invoker = Invoker(db.parent, 1, None, str, str, QueueOutputs({}, base64_bodies=True))
        again = Redelivery(self.store, self.timer_queue, clock, 0, 0)
        activities = Activities(self.store, clock, self.work, self.invoker, {}, 1, again)
        executor = OrchestratorExecutor({"naps": function}, keeps=keep > 0, debug_oracle=False)
        self.dispatcher = Dispatcher(
            self.store, clock, self.timer_queue, activities, executor, InstanceCache(keep, 60.0), rules, at_once=1
        )
        self.operations = Operations(self.store, clock, self.dispatcher, rules, replace_any_state=False)

    async def start(self) -> None:
        for one in IDS:
            await self.operations.start("naps", one, None, None)

    async def control(self, verb: str) -> None:
        for one in IDS:
            await self.operations.control(one, verb, "")

    def ends(self) -> list[tuple[str, str | None]]:
        rows = [self.store.reads.instance(one) for one in IDS]
        return [(row.status, row.output) for row in rows if row is not None]

    def close(self) -> None:
        self.dispatcher.stop()
        self.dispatcher.close()
        self.invoker.close()
        self.store.close()

    async def run(self) -> None:
        """Run all due work, as the driver of the clock does."""
        while True:
            async with asyncio.timeout(20):
                await self.work.idle()
            due_us = self.timer_queue.next_due()
            if due_us is None:
                return
            if not self.timer_queue.run_due(self.clock.now_us()):
                self.clock.reach(due_us)


@contextlib.contextmanager
def parts(clock: JumpingClock, keep: int) -> Iterator[Parts]:
    with tempfile.TemporaryDirectory() as folder:
        made = Parts(Path(folder, "db"), clock, keep)
        try:
            yield made
        finally:
            made.close()


# As far as some timers, and further; small ones, which meet a timer just before and just after its moment.
jumps = st.lists(st.sampled_from([0, -2_000, 2_000, -7_500_000, 7_500_000, -60_000_000]), max_size=200)


@settings(deadline=None)
@given(jumps_us=jumps, keep=st.sampled_from([0, 10]))
def test_every_timer_fires_on_a_clock_that_jumps_back_and_forth(jumps_us: list[int], keep: int) -> None:
    async def play() -> list[tuple[str, str | None]]:
        with parts(JumpingClock(jumps_us), keep) as host:
            await host.start()
            await host.run()
            return host.ends()

    assert asyncio.run(play()) == ENDS


@settings(deadline=None)
@given(jumps_us=jumps, keep=st.sampled_from([0, 10]))
def test_a_timer_that_was_due_while_its_instance_was_suspended_fires_after_the_resume(
    jumps_us: list[int], keep: int
) -> None:
    async def play() -> list[tuple[str, str | None]]:
        clock = JumpingClock([])
        with parts(clock, keep) as host:
            await host.start()
            await host.work.idle()
            await host.control("suspend")
            await host.run()
            clock.jump(jumps_us)
            await host.control("resume")
            await host.run()
            return host.ends()

    assert asyncio.run(play()) == ENDS


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
