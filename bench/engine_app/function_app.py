"""The app that bench.engine and bench.holding run on the embedded host.

W12: parents of children of twelve activities that do nothing, one in twenty of which fails once.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from bench.engine_app.w12 import ACTIVITIES, GROUP, OPEN_AFTER
from shared.workflow import speed_up_replay

speed_up_replay()
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]


@app.route(route="run/{name}", methods=["GET", "POST"])
@app.durable_client_input(client_name="client")
async def door(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """POST starts an orchestrator with *n*; GET returns its result."""
    name, n = req.route_params["name"], int(req.params["n"])
    if req.method == "POST":
        await client.start_new(name, f"{name}-{n}", n)
    status = await client.get_status(f"{name}-{n}")
    return func.HttpResponse(json.dumps({"status": status.runtime_status.value, "output": status.output}))


@app.orchestration_trigger(context_name="context")
def w12(context: df.DurableOrchestrationContext) -> Steps:
    """Start the groups."""
    users = context.get_input()
    groups = [list(range(n, min(n + GROUP, users))) for n in range(0, users, GROUP)]
    done = yield context.task_all([context.call_sub_orchestrator("group", group) for group in groups])
    return sum(done)


@app.orchestration_trigger(context_name="context")
def group(context: df.DurableOrchestrationContext) -> Steps:
    """Start the children of one group."""
    users = context.get_input()
    done = yield context.task_all([context.call_sub_orchestrator("child", user) for user in users])
    return sum(done)


@app.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext) -> Steps:
    """Call twelve activities, one after the other."""
    user = context.get_input()
    for n in range(ACTIVITIES):
        try:
            yield context.call_activity("nothing", _call(user, n, 1))
        except Exception:  # noqa: BLE001 - Durable raises nothing narrower
            yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=1))
            yield context.call_activity("nothing", _call(user, n, 2))
    return 1


@app.orchestration_trigger(context_name="context")
def flat(context: df.DurableOrchestrationContext) -> Steps:
    """Call all activities at once."""
    many = context.get_input()
    done = yield context.task_all([context.call_activity("nothing", _call(0, n, 2)) for n in range(many)])
    return len(done)


@app.orchestration_trigger(context_name="context")
def crowd(context: df.DurableOrchestrationContext) -> Steps:
    """Start instances that stay open."""
    many = context.get_input()
    yield context.task_all([context.call_sub_orchestrator("waits", n) for n in range(many)])


@app.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext) -> Steps:
    """Call three activities, report that, and wait for an event that does not come."""
    user = context.get_input()
    for n in range(OPEN_AFTER):
        yield context.call_activity("nothing", _call(user, n, 2))
    yield context.wait_for_external_event("never")


def _call(user: int, n: int, attempt: int) -> dict[str, int]:
    return {"user": user, "n": n, "attempt": attempt}


@app.activity_trigger(input_name="payload")
async def nothing(payload: dict) -> dict:  # type: ignore[type-arg] # the worker refuses dict[str, Any]
    """Do nothing; fail on the first attempt of every twentieth call."""
    if payload["attempt"] == 1 and (payload["user"] * ACTIVITIES + payload["n"]) % 20 == 0:
        message = "once"
        raise ValueError(message)
    return {"id": payload["n"], "padding": "x" * 200}
