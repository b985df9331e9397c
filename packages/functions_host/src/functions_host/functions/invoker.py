"""Calls the app's functions as Microsoft's worker does (docs/notes.md 3.2, 3.3)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions import meta

from functions_host.functions.failures import StrayError, causes_of, original_error, source_location
from functions_host.functions.indexer import Function
from functions_host.functions.invocation_context import Context, RetryContext, TraceContext
from functions_host.functions.outputs import QueueOutputs, binding_data
from functions_host.functions.signature import IMPLICIT_OUTPUT, converter_of
from functions_host.log_format import current_function


class InvocationTimeoutError(Exception):
    """The function ran longer than ``functionTimeout``; Python code cannot be interrupted."""


class _Out(func.Out[Any]):
    """Keeps the value that a function sets on an output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:  # noqa: ANN401 - any binding's value
        """Keep the value."""
        self._value = val

    def get(self) -> Any:  # noqa: ANN401 - any binding's value
        """Return the value."""
        return self._value


class Invoker:
    """Runs functions: ``async def`` on the loop, ``def`` in a thread pool, activities in another one."""

    def __init__(
        self,
        app: Path,
        threads: int,
        timeout: timedelta | None,
        client_json: Callable[[], str],
        new_id: Callable[[], str],
        outputs: QueueOutputs,
    ) -> None:
        self._app = app
        self._timeout = timeout.total_seconds() if timeout else None
        self._client_json = client_json
        self._new_id = new_id
        self._outputs = outputs
        self._plain = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._activities = ThreadPoolExecutor(threads, thread_name_prefix="activity")

    def location(self, error: BaseException) -> dict[str, str]:
        """Return where in the app a function raised, and why, as fields of the log; nothing when not in the app."""
        found = source_location(original_error(error), self._app)
        causes = causes_of(error) if found else ""
        return ({"at": found} if found else {}) | ({"because": causes} if causes else {})

    def close(self) -> None:
        """Call no more functions; running threads are not interrupted."""
        for pool in (self._plain, self._activities):
            pool.shutdown(wait=False, cancel_futures=True)

    async def invoke(
        self,
        function: Function,
        datum: meta.Datum,
        metadata: Mapping[str, meta.Datum] | None = None,
        trace: TraceContext | None = None,
        retry: RetryContext | None = None,
    ) -> meta.Datum | None:
        """Call a function with its trigger's value, send its outputs; raise its exceptions."""
        arguments, outs = self._arguments(function, datum, metadata)
        if function.signature.wants_context:
            arguments["context"] = Context(
                self._new_id(), function.name, self._app, trace or TraceContext(), retry or RetryContext()
            )
        token = current_function.set(function.name)
        try:
            async with asyncio.timeout(self._timeout) as limit:
                value = await _contained(self._run(function, arguments))
        except TimeoutError as error:
            if not limit.expired():  # the function's own
                raise
            raise InvocationTimeoutError(
                f"{function.name} ran longer than functionTimeout ({self._timeout:g} s)"
            ) from error
        finally:
            current_function.reset(token)
        result, outputs = self._encoded(function, value, outs)
        if outputs:
            await self._outputs.send(function, outputs, binding_data(datum, metadata))
        return result

    def _arguments(
        self,
        function: Function,
        datum: meta.Datum,
        metadata: Mapping[str, meta.Datum] | None,
    ) -> tuple[dict[str, Any], dict[str, _Out]]:
        trigger = function.trigger.name
        converter = converter_of(function.signature.converters[trigger])
        arguments: dict[str, Any] = {trigger: converter.decode(datum, trigger_metadata=metadata)}
        for client in function.clients:
            arguments[client.name] = self._client_json()
        outs = {b.name: _Out() for b in function.outputs if b.name != "$return"}
        arguments.update(outs)
        return arguments, outs

    async def _run(self, function: Function, arguments: dict[str, Any]) -> Any:  # noqa: ANN401
        if function.is_async:
            return await function.call(**arguments)
        is_activity = function.trigger.type == "activityTrigger"
        pool = self._activities if is_activity else self._plain
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(function.call, **arguments))

    def _encoded(
        self,
        function: Function,
        value: Any,  # noqa: ANN401 - whatever user code returned
        outs: dict[str, _Out],
    ) -> tuple[meta.Datum | None, dict[str, meta.Datum]]:
        """Encode the return value, and the outputs that were set, each as its binding requires."""
        encoded: dict[str, meta.Datum] = {}
        returned = None
        for binding in function.outputs:
            given = value if binding.name == "$return" else outs[binding.name].get()
            if binding.name == "$return":
                returned = binding
            if given is not None and binding.type != "http":
                encoded[binding.name] = _encode(function.signature.converters[binding.name], given)
        if function.trigger.type in IMPLICIT_OUTPUT:
            return _encode(function.trigger.type, value), encoded
        if value is None and returned is None:
            return None, encoded
        if returned is None:
            raise RuntimeError(f"function {function.name!r} without a $return binding returned a non-None value")
        return _encode(returned.type, value), encoded


def _encode(kind: str, value: Any) -> meta.Datum:  # noqa: ANN401 - whatever user code returned
    datum: meta.Datum = converter_of(kind).encode(value, expected_type=None)
    return datum


async def _contained(run: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever user code returned
    """Turn exceptions that would end the host, or look like a caller that has gone, into a ``StrayError``."""
    task = asyncio.current_task()
    try:
        return await run
    except (SystemExit, KeyboardInterrupt) as error:
        raise StrayError from error
    except asyncio.CancelledError as error:
        if task is None or task.cancelling():  # from outside
            raise
        raise StrayError from error
