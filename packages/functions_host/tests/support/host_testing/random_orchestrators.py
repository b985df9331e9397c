"""Random orchestrators, the same in every replay: everything that Durable's context offers, in any nesting."""

import random
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

Generated = Callable[[df.DurableOrchestrationContext], Generator[Any, Any, Any]]
COUNTER = df.EntityId("counter", "k")
SECOND = timedelta(seconds=1)
_GENERATIONS = 3


def program(seed: int) -> Generated:
    """Make an orchestrator that does random things, and continues as new up to twice."""

    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        generation = context.get_input()
        dice = random.Random(f"{seed} {generation}")
        for _ in range(dice.randint(2, 6)):
            if dice.random() < 0.2:
                context.signal_entity(COUNTER, "add", 1)
            try:
                yield from (_race if dice.random() < 0.2 else _step)(context, dice)
            except Exception as error:
                if "boom" not in str(error):
                    raise
        if generation < _GENERATIONS and dice.random() < 0.2:
            context.continue_as_new(generation + 1)
        return "done"

    return orchestrator


def _step(context: Any, dice: random.Random) -> Generator[Any, Any, None]:
    yield _task(context, dice, 0)


def _race(context: Any, dice: random.Random) -> Generator[Any, Any, None]:
    """Race a task against a timer, which is cancelled when it has lost."""
    timer = context.create_timer(_soon(context, dice))
    failure = None
    try:
        yield context.task_any([timer, _task(context, dice, 1)])
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower; a finally would run at each replay's end
        failure = error
    if not timer.is_completed:
        timer.cancel()
    if failure is not None:
        raise failure


def _soon(context: Any, dice: random.Random) -> Any:
    return context.current_utc_datetime + dice.choice([1, 60, 700_000]) * SECOND


def _task(context: Any, dice: random.Random, depth: int, *, never_fails: bool = False) -> Any:
    """Make a random task; with ``never_fails`` one that cannot fail: the SDK crashes on a nested failing task_all."""

    def parts(*, never_fails: bool = False) -> list[Any]:
        return [_task(context, dice, depth + 1, never_fails=never_fails) for _ in range(dice.randint(1, 4))]

    compounds: list[Callable[[], Any]] = [
        lambda: context.task_all(parts(never_fails=never_fails or depth > 0)),
        lambda: context.task_any(parts(never_fails=never_fails)),
    ]
    kinds = _waits(context, dice) if never_fails else [*_calls(context, dice), *_waits(context, dice)]
    chosen: Callable[[], Any] = dice.choice([*kinds, *compounds] if depth < 2 else kinds)
    return chosen()


def _waits(context: Any, dice: random.Random) -> list[Callable[[], Any]]:
    return [
        lambda: context.create_timer(_soon(context, dice)),
        lambda: context.wait_for_external_event(dice.choice("abc")),
    ]


def _calls(context: Any, dice: random.Random) -> list[Callable[[], Any]]:
    options = df.RetryOptions(dice.choice([10, 1000]), dice.randint(1, 3))
    return [
        lambda: context.call_activity("act", dice.randrange(100)),
        lambda: context.call_activity("act", dice.randrange(100)),
        lambda: context.call_activity_with_retry("act", options, dice.randrange(100)),
        lambda: context.call_sub_orchestrator("child", dice.randrange(100)),
        lambda: context.call_sub_orchestrator_with_retry("child", options, 1),
        lambda: context.call_entity(COUNTER, "add", dice.randrange(100)),
        lambda: context.call_http("GET", "http://nowhere.example"),
    ]
