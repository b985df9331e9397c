"""The value of the parameter ``context: func.Context`` (docs/notes.md 3.2)."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure.functions as func


@dataclass(slots=True)
class TraceContext:
    """Distributed tracing headers of the request."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RetryContext:
    """Number of earlier attempts for this event."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


class Context(func.Context):
    """The invocation context of a function that declares ``context: func.Context``."""

    def __init__(
        self,
        invocation_id: str,
        function_name: str,
        directory: Path,
        trace: TraceContext,
        retry: RetryContext,
    ) -> None:
        self._invocation_id = invocation_id
        self._function_name = function_name
        self._directory = directory
        self._trace, self._retry = trace, retry
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
        return self._retry
