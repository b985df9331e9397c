"""An orchestrator that stays in memory is resumed, and does what its replay does, byte for byte (decision 26)."""

import gc
import itertools
import random
import warnings
import weakref
from collections.abc import Callable, Generator
from dataclasses import astuple
from functools import partial
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.orchestrator import Orchestrator
from functions_host.asking import Asker
from functions_host.indexer import Binding, Function
from functions_host.memory import Memory, Remembered
from functions_host.oracle import DivergedError
from functions_host.resuming import Resumable, can_resume
from functions_host.signature import Signature
from functions_host.state import Message
from functions_host.turn import Turn

from packages.functions_host.tests.programs import SECOND, Generated, program
from packages.functions_host.tests.world import World

SEEDS = 100
Evicts = Callable[[], bool]


def function(orchestrator: Generated) -> Function:
    call = Orchestrator.create(orchestrator)
    trigger = Binding("context", "orchestrationTrigger", 0, {})
    return Function(
        "main", call, False, trigger, (trigger,), Signature(wants_context=False, converters={}), None, "here"
    )


class Keeping(World):
    """A world whose orchestrator stays in memory; *evicts* is asked before each turn."""

    def __init__(self, orchestrator: Generated, seed: int, evicts: Evicts, *, oracle: bool = False) -> None:
        super().__init__(orchestrator, seed)
        self.evicts = evicts
        self.asker = Asker({"main": function(orchestrator)}, keeps=True, debug_oracle=oracle)
        self.kept: Resumable | None = None
        self.resumed = 0

    def carry(self, turn: Turn, messages: list[Message]) -> None:
        before = None if self.evicts() else self.kept
        self.kept = self.asker.run(turn, messages, before, lambda: self.state.past or "")
        self.resumed += before is not None


def _now_and_then(dice: random.Random) -> bool:
    return dice.random() < 0.4


def played(world: World) -> list[Any]:
    """Play a world to its end; return all that each turn would have written."""
    turns: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(400):
            effects = world.turn()
            effects.after = None
            turns.append(astuple(effects))
            if effects.ended:
                return turns
            world.answer_some()
    raise AssertionError(f"it did not end: {world.state.nodes}")


def watched(seed: int) -> Generated:
    """Make a random orchestrator whose custom status shows what Durable's context says after each step."""
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
def test_turns_write_the_same_replayed_resumed_and_resumed_now_and_then(batch: int) -> None:
    for seed in range(batch, SEEDS, 4):
        dice = random.Random(seed)
        replayed = played(Keeping(watched(seed), seed, lambda: True))
        always = Keeping(watched(seed), seed, lambda: False, oracle=True)
        sometimes = Keeping(watched(seed), seed, partial(_now_and_then, dice))
        assert played(always) == replayed, f"seed {seed}"
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
        world = Keeping(orchestrator, 0, evicts)
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

    world = Keeping(orchestrator, 0, lambda: False, oracle=True)
    world.turn()
    world.raise_event("a")
    with pytest.raises(DivergedError, match="the answer differs in actions when it is replayed"):
        world.turn()


def test_what_breaks_while_it_is_resumed_is_told_by_a_replay() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.wait_for_external_event("a")
        yield [context.create_timer(context.current_utc_datetime + SECOND)]

    worlds = [Keeping(orchestrator, 0, evicts) for evicts in (lambda: True, lambda: False)]
    for world in worlds:
        world.turn()
        world.raise_event("a")
        world.turn()
    outputs = [world.state.row.output for world in worlds]
    assert outputs[0] == outputs[1]
    assert "AttributeError" in str(outputs[0])


def test_an_orchestrator_that_ended_is_not_kept() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        loser = context.call_activity("act", 1)
        yield context.task_any([loser, context.wait_for_external_event("a")])
        return "done"

    world = Keeping(orchestrator, 0, lambda: False)
    world.turn()
    assert world.kept is not None
    world.raise_event("a")
    world.turn()
    assert world.state.row.status == "Running"  # its loser is open still
    assert world.kept is None


def test_only_the_sdks_own_entry_is_resumed() -> None:
    def orchestrator(_context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield

    entry = Orchestrator.create(orchestrator)

    def wrapped(context: Any) -> Any:
        return entry(context)

    assert can_resume(entry)
    assert not can_resume(wrapped)


def remembered(world: World) -> Remembered:
    return Remembered(world.state, None)


def test_memory_lets_go_of_the_longest_unused_first() -> None:
    world = World(program(0), 0)
    memory = Memory(2, 60, lambda: 0.0)
    for name in "abc":
        memory.keep(name, remembered(world))
    assert memory.take("a") is None
    assert memory.take("b") is not None
    assert memory.take("b") is None


def test_memory_lets_go_of_what_is_idle() -> None:
    world, now = World(program(0), 0), [0.0]
    memory = Memory(10, 60, lambda: now[0])
    memory.keep("a", remembered(world))
    now[0] = 50.0
    memory.keep("b", remembered(world))
    now[0] = 70.0
    memory.let_go_of_idle()
    assert memory.take("a") is None
    assert memory.take("b") is not None


def test_memory_of_none_keeps_nothing() -> None:
    memory = Memory(0, 60)
    memory.keep("a", remembered(World(program(0), 0)))
    assert len(memory) == 0


def test_what_is_let_go_frees_the_generator() -> None:
    closed = []

    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        try:
            yield context.wait_for_external_event("a")
        finally:
            closed.append(True)

    world = Keeping(orchestrator, 0, lambda: False)
    world.turn()
    kept = weakref.ref(world.kept)
    assert not closed
    world.kept = None
    gc.collect()
    assert kept() is None
    assert closed
