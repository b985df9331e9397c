"""A function ends with its own errors or at the host's time limit."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.functions import meta
from functions_host.functions.indexer import Binding, Function
from functions_host.functions.invoker import InvocationTimeoutError, Invoker
from functions_host.functions.outputs import QueueOutputs
from functions_host.functions.signature import Signature

LIMIT = timedelta(milliseconds=50)


async def invoked(call: Callable[..., Any], limit: timedelta | None) -> meta.Datum | None:
    invoker = Invoker(Path(), 1, limit, lambda: "", lambda: "id", QueueOutputs({}, base64_bodies=True))
    trigger = Binding("given", "activityTrigger", 0, {})
    signature = Signature(wants_context=False, converters={"given": "activityTrigger"})
    function = Function("work", call, True, trigger, (trigger,), signature, None, "here")
    try:
        return await invoker.invoke(function, meta.Datum("1", "string"))
    finally:
        invoker.close()


async def test_a_function_that_runs_too_long_is_stopped() -> None:
    async def sleeps(given: object) -> None:
        await asyncio.sleep(30)

    with pytest.raises(InvocationTimeoutError, match="work ran longer than functionTimeout"):
        await invoked(sleeps, LIMIT)


@pytest.mark.parametrize("limit", [None, timedelta(minutes=30)])
async def test_a_timeout_error_of_the_function_itself_is_passed_on(limit: timedelta | None) -> None:
    async def gives_up(given: object) -> None:
        await asyncio.wait_for(asyncio.sleep(30), 0.01)

    with pytest.raises(TimeoutError) as met:
        await invoked(gives_up, limit)
    assert not isinstance(met.value, InvocationTimeoutError)


async def test_the_log_says_what_an_error_was_raised_from() -> None:
    async def wraps(given: object) -> None:
        try:
            dict[str, int]().__getitem__("inner")
        except KeyError as error:
            raise ValueError("outer") from error

    with pytest.raises(ValueError, match="outer") as raised:
        await invoked(wraps, None)
    invoker = Invoker(Path(__file__).parent, 1, None, lambda: "", lambda: "id", QueueOutputs({}, base64_bodies=True))
    assert invoker.location(raised.value)["because"] == "KeyError: 'inner'"
    invoker.close()
