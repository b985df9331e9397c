"""Many workers that do the same at the same moment: each activity returns how many have run before."""

import asyncio
import itertools
import random
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_before = itertools.count()


async def _pause() -> None:
    await asyncio.sleep(random.random() / 200)


@app.orchestration_trigger(context_name="context")
def starts_workers(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Start so many workers."""
    yield context.call_activity("start_all", context.get_input())


@app.activity_trigger(input_name="count")
@app.durable_client_input(client_name="client")
async def start_all(count: int, client: df.DurableOrchestrationClient) -> int:
    """Start all of them concurrently, in random order."""

    async def start(n: int) -> None:
        await _pause()
        await client.start_new("worker", f"worker{n:02}", None)

    await asyncio.gather(*map(start, range(count)))
    return count


@app.orchestration_trigger(context_name="context")
def worker(context: df.DurableOrchestrationContext) -> Generator[Any, Any, list[int]]:
    """Call an activity, one in a child, and after a timer two at once."""
    numbers = [(yield context.call_activity("works", 0))]
    numbers.append((yield context.call_sub_orchestrator("child")))
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    numbers += yield context.task_all([context.call_activity("works", n) for n in (1, 2)])
    return numbers


@app.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext) -> Generator[Any, Any, int]:
    """Call an activity for the parent."""
    number: int = yield context.call_activity("works", 3)
    return number


@app.activity_trigger(input_name="n")
async def works(n: int) -> int:
    """Return how many activities have run before."""
    del n
    await _pause()
    return next(_before)
