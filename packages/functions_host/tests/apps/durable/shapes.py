"""Orchestrators and activities, one for each shape that the host must get right."""

import asyncio
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

shapes = df.Blueprint()
Steps = Generator[Any, Any, Any]


@shapes.activity_trigger(input_name="n")
def square(n: int) -> int:
    return n * n


@shapes.activity_trigger(input_name="given")
async def echoed(given: object) -> object:
    return given


@shapes.activity_trigger(input_name="why")
def fails(why: str) -> None:
    raise ValueError(why)


@shapes.activity_trigger(input_name="seconds")
async def sleeps(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return f"slept {seconds}"


@shapes.activity_trigger(input_name="seconds")
def blocks(seconds: float) -> str:
    time.sleep(seconds)
    return f"blocked {seconds}"


@shapes.activity_trigger(input_name="given")
def meets(given: dict) -> int:
    """Add a file to a folder, and block until it has so many."""
    folder = Path(given["folder"])
    (folder / given["name"]).touch()
    while len(list(folder.iterdir())) < given["many"]:
        time.sleep(0.01)
    return 1


@shapes.activity_trigger(input_name="given")
def counted(given: dict) -> int:
    """Append a line to a file; fail the first ``fail`` times."""
    path = Path(given["file"])
    with path.open("a") as out:
        out.write("x\n")
    tries = len(path.read_text().splitlines())
    if tries <= given.get("fail", 0):
        raise RuntimeError(f"try {tries}")
    return tries


@shapes.activity_trigger(input_name="given")
@shapes.durable_client_input(client_name="client")
async def starts_another(given: dict, client: df.DurableOrchestrationClient) -> str:
    return await client.start_new(given["name"], given["id"], client_input=given.get("input"))


@shapes.orchestration_trigger(context_name="context")
def one_step(context: df.DurableOrchestrationContext) -> Steps:
    n = context.get_input() or 2
    result = yield context.call_activity("square", n)
    return result


@shapes.orchestration_trigger(context_name="context")
def given_back(context: df.DurableOrchestrationContext) -> Steps:
    return context.get_input()
    yield


@shapes.orchestration_trigger(context_name="context")
def plain(context: df.DurableOrchestrationContext) -> object:
    return [context.get_input(), context.instance_id]


@shapes.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Steps:
    n = context.get_input()
    results = yield context.task_all([context.call_activity("square", i) for i in range(n)])
    return results


@shapes.orchestration_trigger(context_name="context")
def meeting(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    calls = [context.call_activity("meets", {**given, "name": name}) for name in given["names"]]
    here = yield context.task_all(calls)
    return sum(here)


@shapes.orchestration_trigger(context_name="context")
def steps(context: df.DurableOrchestrationContext) -> Steps:
    total = 0
    for i in range(context.get_input()):
        total += yield context.call_activity("square", i)
    return total


@shapes.orchestration_trigger(context_name="context")
def naps(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    due = context.current_utc_datetime + timedelta(seconds=given)
    yield context.create_timer(due)
    return (context.current_utc_datetime - due) / timedelta(microseconds=1)


@shapes.orchestration_trigger(context_name="context")
def grace(context: df.DurableOrchestrationContext) -> Steps:
    """Wait for days, by timers of at most five."""
    ends = context.current_utc_datetime + timedelta(days=context.get_input())
    while context.current_utc_datetime < ends:
        yield context.create_timer(min(ends, context.current_utc_datetime + timedelta(days=5)))
    return (context.current_utc_datetime - ends) / timedelta(microseconds=1)


@shapes.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext) -> Steps:
    heard = []
    for name in context.get_input():
        got = yield context.wait_for_external_event(name)
        heard.append(got)
    return heard


@shapes.orchestration_trigger(context_name="context")
def race(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=given["seconds"]))
    event = context.wait_for_external_event("go")
    winner = yield context.task_any([timer, event])
    if winner == event:
        if given.get("cancel", True):
            timer.cancel()
        return event.result
    return "timer"


@shapes.orchestration_trigger(context_name="context")
def loser_runs(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    slow = context.call_activity("meets" if isinstance(given, dict) else "sleeps", given)
    fast = context.call_activity("square", 3)
    winner = yield context.task_any([slow, fast])
    return winner.result


@shapes.orchestration_trigger(context_name="context")
def retries(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    options = df.RetryOptions(given.get("ms", 100), given["attempts"])
    result = yield context.call_activity_with_retry("counted", options, given)
    return result


@shapes.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    try:
        result = yield context.call_sub_orchestrator(given["child"], given.get("input"), given.get("id"))
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return {"caught": str(error)}
    return {"child": result}


@shapes.orchestration_trigger(context_name="context")
def again(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    yield context.call_activity("square", given["n"])
    if given["n"] < given["until"]:
        context.continue_as_new({"n": given["n"] + 1, "until": given["until"]})
        return None
    return given["n"]


@shapes.orchestration_trigger(context_name="context")
def rounds(context: df.DurableOrchestrationContext) -> Steps:
    """Wait for one event in each execution, then continue as new; return the events."""
    events = context.get_input()
    got = yield context.wait_for_external_event("go")
    if got == "stop":
        return events
    context.continue_as_new([*events, got])


@shapes.orchestration_trigger(context_name="context")
def one_fails(context: df.DurableOrchestrationContext) -> Steps:
    seconds = context.get_input()
    yield context.task_all(
        [
            context.call_activity("fails", "boom"),
            *[context.call_activity("sleeps", seconds) for _ in range(4)],
        ]
    )


@shapes.orchestration_trigger(context_name="context")
def raises_after(context: df.DurableOrchestrationContext) -> Steps:
    context.set_custom_status({"phase": "first"})
    yield context.call_activity("square", 1)
    yield context.call_activity("square", 2)
    raise KeyError("gone")


@shapes.orchestration_trigger(context_name="context")
def plain_raises(context: df.DurableOrchestrationContext) -> object:
    raise ValueError("at once")


@shapes.orchestration_trigger(context_name="context")
def calls_missing(context: df.DurableOrchestrationContext) -> Steps:
    try:
        yield context.call_activity("nope", 1)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return str(error)


@shapes.orchestration_trigger(context_name="context")
def status_of(context: df.DurableOrchestrationContext) -> Steps:
    context.set_custom_status(context.get_input())
    yield context.call_activity("square", 1)
    return "done"


@shapes.orchestration_trigger(context_name="context")
def retry_in_any(context: df.DurableOrchestrationContext) -> Steps:
    given = context.get_input()
    attempt = context.call_activity_with_retry("counted", df.RetryOptions(50, 2), given)
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    try:
        winner = yield context.task_any([attempt, timer])
        outcome = "timer" if winner == timer else winner.result
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        outcome = f"caught {error}"
    timer.cancel()
    cleaned = yield context.call_activity("echoed", "cleaned up")
    return [str(outcome)[:20], cleaned]


@shapes.orchestration_trigger(context_name="context")
def window(context: df.DurableOrchestrationContext) -> Steps:
    """Keep two activities running: as a sliding window, or in batches of two."""
    given = context.get_input()
    naps = [context.call_activity("sleeps", seconds) for seconds in given["seconds"]]
    if not given["slides"]:
        for batch in (naps[:2], naps[2:]):
            yield context.task_any(batch)
            yield context.task_all(batch)
        return "batches"
    running, waiting = naps[:2], naps[2:]
    while running:
        winner = yield context.task_any(running)
        running.remove(winner)
        running += [waiting.pop(0)] if waiting else []
    return "slid"


@shapes.orchestration_trigger(context_name="context")
def starter(context: df.DurableOrchestrationContext) -> Steps:
    result = yield context.call_activity("starts_another", context.get_input())
    return result


@shapes.orchestration_trigger(context_name="context")
def busy_then_nap(context: df.DurableOrchestrationContext) -> Steps:
    seconds = context.get_input()
    before = context.current_utc_datetime
    yield context.call_activity("blocks", seconds)
    return (context.current_utc_datetime - before) / timedelta(seconds=1)


@shapes.orchestration_trigger(context_name="context")
def versioned(context: df.DurableOrchestrationContext) -> Steps:
    child = context.get_input()
    if child:
        seen = yield context.call_sub_orchestrator("versioned", None, None, **child)
        return [context.version, seen]
    return context.version


@shapes.orchestration_trigger(context_name="context")
def calls_http(context: df.DurableOrchestrationContext) -> Steps:
    response = yield context.call_http(**context.get_input())
    return response


@shapes.entity_trigger(context_name="context")
def diary(context: df.DurableEntityContext) -> None:
    """Append each input to the state; fail after that if the operation says so."""
    written = [*context.get_state(list), context.get_input()]
    context.set_state(written)
    if context.operation_name == "write_and_fail":
        raise ValueError(f"after {len(written)}")
    context.set_result(len(written))


@shapes.orchestration_trigger(context_name="context")
def writes_diary(context: df.DurableOrchestrationContext) -> Steps:
    """Signal and call an entity; return what the calls returned or raised."""
    entity, results = df.EntityId(*context.get_input()), []
    context.signal_entity(entity, "write", "first")
    for operation, line in (("write", "second"), ("write_and_fail", "third"), ("write", "fourth")):
        try:
            results.append((yield context.call_entity(entity, operation, line)))
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
            results.append(str(error))
    return results


@shapes.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    if context.operation_name == "delete":
        context.destruct_on_exit()
        return
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        value += context.get_input()
        context.set_result(value)
    if context.operation_name == "boom":
        raise ValueError("no")
    context.set_state(value)


@shapes.orchestration_trigger(context_name="context")
def uses_entity(context: df.DurableOrchestrationContext) -> Steps:
    entity = df.EntityId("counter", context.get_input())
    context.signal_entity(entity, "add", 2)
    total = yield context.call_entity(entity, "add", 3)
    try:
        yield context.call_entity(entity, "boom")
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return [total, str(error)]
