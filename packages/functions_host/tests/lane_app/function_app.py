"""Many who do the same at the same moment: each is told how many have worked before."""

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


async def _hesitate() -> None:
    await asyncio.sleep(random.random() / 200)


@app.orchestration_trigger(context_name="context")
def invites(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Begin so many."""
    yield context.call_activity("begin_all", context.get_input())


@app.activity_trigger(input_name="count")
@app.durable_client_input(client_name="client")
async def begin_all(count: int, client: df.DurableOrchestrationClient) -> int:
    """Begin all of them at once; whose beginning arrives first is chance."""

    async def begin(n: int) -> None:
        await _hesitate()
        await client.start_new("comes", f"guest{n:02}", None)

    await asyncio.gather(*map(begin, range(count)))
    return count


@app.orchestration_trigger(context_name="context")
def comes(context: df.DurableOrchestrationContext) -> Generator[Any, Any, list[int]]:
    """Work before and after a wait, and twice at once, below a child too."""
    told = [(yield context.call_activity("works", 0))]
    told.append((yield context.call_sub_orchestrator("goes")))
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    told += yield context.task_all([context.call_activity("works", n) for n in (1, 2)])
    return told


@app.orchestration_trigger(context_name="context")
def goes(context: df.DurableOrchestrationContext) -> Generator[Any, Any, int]:
    """Work for somebody else."""
    told: int = yield context.call_activity("works", 3)
    return told


@app.activity_trigger(input_name="n")
async def works(n: int) -> int:
    """Return how many have worked before."""
    del n
    await _hesitate()
    return next(_before)
