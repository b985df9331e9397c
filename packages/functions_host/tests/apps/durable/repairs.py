"""Orchestrators that fail until somebody repairs what they need: a file of an activity's name."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df

repairs = df.Blueprint()
Steps = Generator[Any, Any, Any]


@repairs.activity_trigger(input_name="given")
def working(given: dict) -> str:
    """Write the name into the log; fail while the file of that name is not there."""
    folder, name = Path(given["folder"]), given["name"]
    time.sleep(given.get("seconds", 0))
    with (folder / "log").open("a") as log:
        log.write(f"{name}\n")
    if not (folder / name).exists():
        raise RuntimeError(f"{name} is broken")
    return f"{name} works"


@repairs.activity_trigger(input_name="given")
def brittle(given: dict) -> str:
    """Fail the first so many times that it runs; every run adds a line to a file of its name."""
    path = Path(given["folder"]) / given["name"]
    with path.open("a") as runs:
        runs.write("x\n")
    if len(path.read_text().splitlines()) <= given["breaks"]:
        raise RuntimeError(f"{given['name']} broke")
    return str(given["name"])


def call(context: df.DurableOrchestrationContext, name: str) -> Any:
    return context.call_activity("working", {"folder": context.get_input()["folder"], "name": name})


@repairs.orchestration_trigger(context_name="context")
def in_steps(context: df.DurableOrchestrationContext) -> Steps:
    """Call each name, one after the other."""
    done = []
    for name in context.get_input()["names"]:
        result = yield call(context, name)
        done.append(result)
    return done


@repairs.orchestration_trigger(context_name="context")
def side_by_side(context: df.DurableOrchestrationContext) -> Steps:
    """Call all names at once, then wait for an event."""
    done = yield context.task_all([call(context, name) for name in context.get_input()["names"]])
    event = yield context.wait_for_external_event("go")
    return [*done, event]


@repairs.orchestration_trigger(context_name="context")
def with_retries(context: df.DurableOrchestrationContext) -> Steps:
    """Call one name up to twice, after one that is caught."""
    folder = context.get_input()["folder"]
    try:
        yield call(context, "hopeless")
    except Exception:  # noqa: BLE001 - the SDK raises nothing narrower
        yield call(context, "instead")
    options = df.RetryOptions(10, 2)
    result = yield context.call_activity_with_retry("working", options, {"folder": folder, "name": "flaky"})
    return result


@repairs.orchestration_trigger(context_name="context")
def raises_later(context: df.DurableOrchestrationContext) -> Steps:
    """Keep the failure of one call while another is made, and raise it then; a third fails later still."""
    folder = context.get_input()["folder"]
    soon, late = (
        call(context, "pump"),
        context.call_activity("working", {"folder": folder, "name": "pump", "seconds": 0.3}),
    )
    yield context.task_any([soon, late])
    yield call(context, "lamp")
    if isinstance(soon.result, Exception):
        raise soon.result
    return soon.result


@repairs.orchestration_trigger(context_name="context")
def by_children(context: df.DurableOrchestrationContext) -> Steps:
    """Call a child, which calls the steps as its own child."""
    given = context.get_input()
    yield call(context, "first")
    if given["depth"]:
        result = yield context.call_sub_orchestrator("by_children", {**given, "depth": given["depth"] - 1})
    else:
        result = yield context.call_sub_orchestrator("in_steps", given, f"{given['prefix']}-leaf")
    return [given["depth"], result]


@repairs.orchestration_trigger(context_name="context")
def planned(context: df.DurableOrchestrationContext) -> Steps:
    """Carry out a plan: steps, each a leaf (caught or not), a child's plan, or a list of these side by side."""
    given = context.get_input()
    done = []
    for step in given["plan"]:
        tasks = [_task(context, given["folder"], one) for one in (step if isinstance(step, list) else [step])]
        try:
            result = yield (context.task_all(tasks) if isinstance(step, list) else tasks[0])
        except Exception:
            if "caught" not in step:
                raise
            result = "caught"
        done.append(result)
    return done


def _task(context: df.DurableOrchestrationContext, folder: str, one: dict) -> Any:
    if "plan" in one:
        return context.call_sub_orchestrator("planned", {"folder": folder, "plan": one["plan"]})
    given = {"folder": folder, **one}
    if one["attempts"] == 1:
        return context.call_activity("brittle", given)
    return context.call_activity_with_retry("brittle", df.RetryOptions(1, one["attempts"]), given)
