"""An orchestrator that stays in memory is resumed, and does what its replay does, byte for byte."""

import gc
import itertools
import random
import warnings
import weakref
from collections.abc import Generator
from dataclasses import astuple
from functools import partial
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.orchestrator import Orchestrator
from functions_host.durable.instance_cache import CachedInstance, InstanceCache
from functions_host.durable.resumable import can_resume
from functions_host.durable.sdk_oracle import DivergedError
from host_testing.random_orchestrators import SECOND, Generated, program
from host_testing.random_turns import RandomTurns
from host_testing.resumed_turns import ResumedTurns

SEEDS = 100


def _sometimes(dice: random.Random) -> bool:
    return dice.random() < 0.4


def played(world: RandomTurns) -> list[Any]:
    """Run all turns; return what each of them would have written."""
    turns: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(400):
            effects = world.turn()
            effects.after = None
            turns.append(astuple(effects))
            if effects.ended:
                return turns
            world.complete_some()
    raise AssertionError(f"it did not end: {world.state.nodes}")


def reporting(seed: int) -> Generated:
    """Make a random orchestrator whose custom status reports Durable's context after each step."""
    inner = program(seed)

    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        steps = inner(context)
        answer, failure = None, None
        while True:
            try:
                task = steps.throw(failure) if failure else steps.send(answer)
            except StopIteration as end:
                return end.value
            answer, failure = None, None
            try:
                answer = yield task
            except Exception as error:  # noqa: BLE001 - handed on
                failure = error
            context.set_custom_status([str(context.current_utc_datetime), str(context.new_guid())])

    return orchestrator


@pytest.mark.usefixtures("quick_dates")
@pytest.mark.parametrize("batch", range(4))
def test_turns_write_the_same_replayed_resumed_and_resumed_sometimes(batch: int) -> None:
    for seed in range(batch, SEEDS, 4):
        dice = random.Random(seed)
        replayed = played(ResumedTurns(reporting(seed), seed, lambda: True))
        always = ResumedTurns(reporting(seed), seed, lambda: False, oracle=True)
        sometimes = ResumedTurns(reporting(seed), seed, partial(_sometimes, dice))
        sampled = ResumedTurns(reporting(seed), seed, lambda: False, resumes_all=False)
        assert played(always) == replayed, f"seed {seed}"
        assert played(sampled) == replayed, f"seed {seed}"
        assert played(sometimes) == replayed, f"seed {seed}"
        assert always.resumed or len(replayed) < 3, f"seed {seed}: it was never resumed"


def test_user_code_sees_what_is_past_and_the_whole_history_as_in_a_replay() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        first, second = context.wait_for_external_event("a"), context.wait_for_external_event("b")
        yield context.task_any([first, second])
        yield context.wait_for_external_event("c")
        seen = [context.is_replaying]
        yield second
        seen.append(context.is_replaying)
        yield context.task_all([first, second])
        return [*seen, context.is_replaying, len(context.histories)]

    outputs = []
    for evicts in (lambda: True, lambda: False):
        world = ResumedTurns(orchestrator, 0, evicts)
        for name in (None, "b", "a", "c"):
            if name:
                world.raise_event(name)
            world.turn()
        outputs.append(world.state.row.output)
    assert outputs == ["[false, true, true, 11]"] * 2


def test_an_orchestrator_that_differs_from_its_replay_is_found_by_the_oracle() -> None:
    runs = itertools.count()

    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        which = next(runs)
        yield context.wait_for_external_event("a")
        yield context.call_activity("act", which)

    world = ResumedTurns(orchestrator, 0, lambda: False, oracle=True)
    world.turn()
    world.raise_event("a")
    with pytest.raises(DivergedError, match="the result differs in actions when it is replayed"):
        world.turn()


def test_a_crash_of_the_sdk_while_resuming_is_reported_by_a_replay() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.wait_for_external_event("a")
        yield [context.create_timer(context.current_utc_datetime + SECOND)]

    worlds = [ResumedTurns(orchestrator, 0, evicts) for evicts in (lambda: True, lambda: False)]
    for world in worlds:
        world.turn()
        world.raise_event("a")
        world.turn()
    outputs = [world.state.row.output for world in worlds]
    assert outputs[0] == outputs[1]
    assert "AttributeError" in str(outputs[0])


def test_an_orchestrator_that_has_ended_is_not_kept() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        loser = context.call_activity("act", 1)
        yield context.task_any([loser, context.wait_for_external_event("a")])
        return "done"

    world = ResumedTurns(orchestrator, 0, lambda: False)
    world.turn()
    assert world.resumable is not None
    world.raise_event("a")
    world.turn()
    assert world.state.row.status == "Running"  # its loser is still open
    assert world.resumable is None


def test_only_the_sdks_own_entry_is_resumed() -> None:
    def orchestrator(_context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield

    entry = Orchestrator.create(orchestrator)

    def wrapped(context: Any) -> Any:
        return entry(context)

    assert can_resume(entry)
    assert not can_resume(wrapped)


def cached(world: RandomTurns) -> CachedInstance:
    return CachedInstance(world.state, None)


def test_the_cache_drops_the_least_recently_used_first() -> None:
    world = RandomTurns(program(0), 0)
    cache = InstanceCache(2, 60, lambda: 0.0)
    for name in "abc":
        cache.put(name, cached(world))
    assert cache.take("a") is None
    assert cache.take("b") is not None
    assert cache.take("b") is None


def test_the_cache_drops_what_is_idle() -> None:
    world, now = RandomTurns(program(0), 0), [0.0]
    cache = InstanceCache(10, 60, lambda: now[0])
    cache.put("a", cached(world))
    now[0] = 50.0
    cache.put("b", cached(world))
    now[0] = 70.0
    cache.drop_idle()
    assert cache.take("a") is None
    assert cache.take("b") is not None


def test_a_cache_of_size_0_keeps_nothing() -> None:
    cache = InstanceCache(0, 60)
    cache.put("a", cached(RandomTurns(program(0), 0)))
    assert len(cache) == 0


def test_an_orchestrator_that_is_dropped_frees_its_generator() -> None:
    closed = []

    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        try:
            yield context.wait_for_external_event("a")
        finally:
            closed.append(True)

    world = ResumedTurns(orchestrator, 0, lambda: False)
    world.turn()
    reference = weakref.ref(world.resumable)
    assert not closed
    world.resumable = None
    gc.collect()
    assert reference() is None
    assert closed
