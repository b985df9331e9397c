"""A small app that records every activity that begins, and uses everything that a kill could break."""

import os
import random
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

app = df.DFApp()
Steps = Generator[Any, Any, Any]


def _record(key: str) -> int:
    """Append the key to the file of begun activities; return how often it is there."""
    path = os.environ["BEGUN"]
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(out, f"{key}\n".encode())
    os.close(out)
    return Path(path).read_text().splitlines().count(key)


@app.activity_trigger(input_name="key")
async def counts(key: str) -> int:
    _record(key)
    return len(key)


@app.activity_trigger(input_name="key")
def held(key: str) -> int:
    """Do the same, once the file GATE exists."""
    _record(key)
    while not Path(os.environ["GATE"]).exists():
        time.sleep(0.01)
    return len(key)


@app.activity_trigger(input_name="key")
def fails_once(key: str) -> str:
    if _record(key) == 1:
        raise RuntimeError("the first time")
    return "then not"


@app.orchestration_trigger(context_name="context")
def leaf(context: df.DurableOrchestrationContext) -> Steps:
    result = yield context.call_activity("counts", f"{context.instance_id} leaf")
    return result


@app.orchestration_trigger(context_name="context")
def everything(context: df.DurableOrchestrationContext) -> Steps:
    """Use a fan-out, then continue as new with a child, a retry, an entity, a timer and an event."""
    me, seen = context.instance_id, context.get_input()
    if seen is None:
        fan = [context.call_activity("counts", f"{me} fan {n}") for n in range(4)]
        results = yield context.task_all(fan)
        context.continue_as_new(results)
        return None
    counter = df.EntityId("counter", me)
    context.signal_entity(counter, "add", 5)
    child = yield context.call_sub_orchestrator("leaf", None, f"{me}-leaf")
    retried = yield context.call_activity_with_retry("fails_once", df.RetryOptions(10, 3), f"{me} flaky")
    total = yield context.call_entity(counter, "add", 2)
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    event = yield context.wait_for_external_event("go")
    return [seen, child, retried, total, event]


@app.orchestration_trigger(context_name="context")
def wanders(context: df.DurableOrchestrationContext) -> Steps:
    """Do random things, by a seed: wait for minutes, fan out, retry, call a child."""
    me, dice = context.instance_id, random.Random(context.get_input())
    for n in range(6):
        nap = timedelta(minutes=dice.randrange(1, 30))
        works: list[Callable[[], Any]] = [
            lambda: context.create_timer(context.current_utc_datetime + nap),  # noqa: B023 - called at once
            lambda: context.task_all([context.call_activity("counts", f"{me} {n} {k}") for k in range(3)]),  # noqa: B023
            lambda: context.call_activity_with_retry("fails_once", df.RetryOptions(60_000, 3), f"{me} {n}"),  # noqa: B023
            lambda: context.call_sub_orchestrator("naps", nap.total_seconds(), f"{me}-{n}"),  # noqa: B023
        ]
        yield dice.choice(works)()
    return me


@app.orchestration_trigger(context_name="context")
def gated(context: df.DurableOrchestrationContext) -> Steps:
    """Wait for one event, in a turn that lasts until the file GATE exists."""
    event = yield context.wait_for_external_event("go")
    while not Path(os.environ["GATE"]).exists():
        time.sleep(0.01)
    return event


@app.orchestration_trigger(context_name="context")
def naps(context: df.DurableOrchestrationContext) -> Steps:
    due = context.current_utc_datetime + timedelta(seconds=context.get_input())
    yield context.create_timer(due)
    return (context.current_utc_datetime - due) / timedelta(seconds=1)


@app.orchestration_trigger(context_name="context")
def wide(context: df.DurableOrchestrationContext) -> Steps:
    """Call activities concurrently; those after the first hundred wait for the gate."""
    calls = [context.call_activity("counts" if n < 100 else "held", str(10**n)) for n in range(context.get_input())]
    results = yield context.task_all(calls)
    return results


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0) + context.get_input()
    context.set_state(value)
    context.set_result(value)
