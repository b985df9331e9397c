"""Calls the app's functions as Microsoft's worker does (host.md 3.2, 3.3)."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions import meta

from functions_host.indexer import Function
from functions_host.lines import current_function
from functions_host.outputs import QueueOutputs
from functions_host.places import place_of
from functions_host.signature import IMPLICIT_OUTPUT, converter_of


class InvocationTimeoutError(Exception):
    """The function ran longer than ``functionTimeout``; Python code cannot be interrupted."""


class StrayError(Exception):
    """The function raised what is meant for the process or the event loop (its cause), not for who called it."""


@dataclass(slots=True)
class TraceContext:
    """What came with the request for distributed tracing."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RetryContext:
    """How often this event was tried before."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


class Context(func.Context):
    """What a function gets when it asks for ``context: func.Context``."""

    def __init__(self, invocation_id: str, function_name: str, directory: Path, trace: TraceContext) -> None:
        self._invocation_id = invocation_id
        self._function_name = function_name
        self._directory = directory
        self._trace = trace
        self._local = threading.local()

    @property
    def invocation_id(self) -> str:
        """Return this invocation's id."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:  # noqa: ANN401 - as the SDK declares it
        """Return where user threads leave the invocation id."""
        return self._local

    @property
    def function_name(self) -> str:
        """Return the function's name."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """Return the app's directory."""
        return str(self._directory)

    @property
    def trace_context(self) -> Any:  # noqa: ANN401 - as the SDK declares it
        """Return the caller's trace headers."""
        return self._trace

    @property
    def retry_context(self) -> Any:  # noqa: ANN401 - as the SDK declares it
        """Return the count of tries."""
        return RetryContext()


class _Out(func.Out[Any]):
    """Takes what a function sets on an output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:  # noqa: ANN401 - any binding's value
        """Keep the value."""
        self._value = val

    def get(self) -> Any:  # noqa: ANN401 - any binding's value
        """Return what was set."""
        return self._value


class Invoker:
    """Runs functions: ``async def`` on the loop, ``def`` in a pool of its own kind."""

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

    def place(self, error: BaseException) -> dict[str, str]:
        """Tell where in the app a function raised, for the log; nothing when it was not in the app."""
        found = place_of(told(error), self._app)
        return {"at": found} if found else {}

    def close(self) -> None:
        """Stop taking work; threads that run are left to end."""
        for pool in (self._plain, self._activities):
            pool.shutdown(wait=False, cancel_futures=True)

    async def invoke(
        self,
        function: Function,
        datum: meta.Datum,
        metadata: Mapping[str, meta.Datum] | None = None,
        trace: TraceContext | None = None,
    ) -> meta.Datum | None:
        """Call a function with its trigger's value, send its outputs; raise what it raises."""
        arguments, outs = self._arguments(function, datum, metadata, trace)
        token = current_function.set(function.name)
        try:
            async with asyncio.timeout(self._timeout) as limit:
                value = await _held(self._run(function, arguments))
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
            await self._outputs.send(function, outputs)
        return result

    def _arguments(
        self,
        function: Function,
        datum: meta.Datum,
        metadata: Mapping[str, meta.Datum] | None,
        trace: TraceContext | None,
    ) -> tuple[dict[str, Any], dict[str, _Out]]:
        trigger = function.trigger.name
        converter = converter_of(function.signature.converters[trigger])
        arguments: dict[str, Any] = {trigger: converter.decode(datum, trigger_metadata=metadata)}
        for client in function.clients:
            arguments[client.name] = self._client_json()
        outs = {b.name: _Out() for b in function.outputs if b.name != "$return"}
        arguments.update(outs)
        if function.signature.wants_context:
            arguments["context"] = Context(self._new_id(), function.name, self._app, trace or TraceContext())
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
        """Encode what came back, and the outputs that were set, each as its binding wants it."""
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


async def _held(run: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever user code returned
    """Let nothing that a function raises end the host, or pass for a request that nobody waits for any more."""
    task = asyncio.current_task()
    try:
        return await run
    except (SystemExit, KeyboardInterrupt) as error:
        raise StrayError from error
    except asyncio.CancelledError as error:
        if task is None or task.cancelling():  # from outside
            raise
        raise StrayError from error


def told(error: BaseException) -> BaseException:
    """Return what the function itself raised."""
    return error.__cause__ if isinstance(error, StrayError) and error.__cause__ is not None else error


def error_text(error: BaseException) -> str:
    """Word an exception as the worker reports it."""
    error = told(error)
    return f"{type(error).__name__}: {error}"
