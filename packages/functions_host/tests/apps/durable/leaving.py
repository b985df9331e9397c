"""Functions that raise exceptions meant for the process or the event loop: none of them may end the host."""

import asyncio
import sys
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

leaving = df.Blueprint()


@leaving.route(route="leave", methods=["GET"])
def leave(req: func.HttpRequest) -> str:
    sys.exit(3)


@leaving.route(route="give-up", methods=["GET"])
async def give_up(req: func.HttpRequest) -> str:
    raise asyncio.CancelledError


@leaving.activity_trigger(input_name="code")
def exits(code: int) -> None:
    sys.exit(code)


@leaving.activity_trigger(input_name="seconds")
async def cancelled(seconds: float) -> None:
    inner = asyncio.create_task(asyncio.sleep(seconds))
    await asyncio.sleep(0)
    inner.cancel()
    await inner


@leaving.entity_trigger(context_name="context")
def quitter(context: df.DurableEntityContext) -> None:
    sys.exit(4)


@leaving.orchestration_trigger(context_name="context")
def leaves(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Call functions that exit, then exit."""
    calls = [("call_activity", "exits", 3), ("call_activity", "cancelled", 60)]
    calls.append(("call_entity", df.EntityId("quitter", context.instance_id), "go"))
    errors = []
    for method, *given in calls:
        try:
            yield getattr(context, method)(*given)
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
            errors.append(str(error).splitlines()[0].strip())
    context.set_custom_status(errors)
    yield context.call_activity("square", 1)
    sys.exit(5)
