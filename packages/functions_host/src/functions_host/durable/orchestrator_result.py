"""Result of an orchestrator function (docs/notes.md 1.4, 1.13)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from functions_host.functions.failures import stack_text

MARKER = "\n\n$OutOfProcData$:"
MAX_CUSTOM_STATUS_BYTES = 16 * 1024
_SEVERAL = "One or more errors occurred."  # an AggregateException of .NET, which has one


@dataclass(slots=True)
class OrchestratorResult:
    """The list of actions so far, and whether the orchestrator has ended; strings are JSON.

    ``first``: how many entries at the head of the list are left out because an earlier result had them.
    ``is_canceled``: whether a timer is, by its path in the whole list ("3" or "3.0.1").
    ``raised``: what user code raised, if it did.
    ``crashed``: the SDK itself failed and returned no actions; nothing more can be numbered.
    """

    actions: list[dict[str, Any]] = field(default_factory=list)
    first: int = 0
    is_canceled: Callable[[str], bool] = lambda _: False
    crashed: bool = False
    is_done: bool = False
    output: str | None = None
    error: str | None = None
    raised: BaseException | None = None
    custom_status: str | None = None


def parse_result(text: str) -> OrchestratorResult:
    """Parse the state that the SDK returned."""
    state = json.loads(text)
    actions = state["actions"][0] if state["actions"] else []
    output, custom = state.get("output"), state.get("customStatus")
    return OrchestratorResult(
        actions=actions,
        is_canceled=lambda path: _is_canceled(actions, path),
        is_done=state["isDone"],
        output=None if output is None else json.dumps(output),
        error=state.get("error"),
        custom_status=None if custom is None else json.dumps(custom),
    )


def parse_failure(error: BaseException) -> OrchestratorResult:
    """Parse the exception of an orchestrator: the SDK packs its state behind a marker."""
    message, marker, packed = str(error).partition(MARKER)
    if not marker:
        text = f"Result: Failure\nException: {type(error).__name__}: {message}\nStack: {stack_text(error)}"
        return OrchestratorResult(error=f"{_SEVERAL} ({text})", raised=error, crashed=True)
    result = parse_result(packed)
    result.error, result.raised = result.error or message, error.__cause__
    return result


def unreadable_input(name: str) -> OrchestratorResult:
    """Return how an execution ends whose input is the empty text: Azure's host cannot call the function with it."""
    return OrchestratorResult(error=f"{_SEVERAL} (Exception while executing function: Functions.{name})", crashed=True)


def _is_canceled(actions: list[dict[str, Any]], path: str) -> bool:
    first, *rest = path.split(".")
    entry = actions[int(first)]
    for index in rest:
        entry = entry["compoundActions"][int(index)]
    return bool(entry["isCanceled"])


def too_long(custom_status: str | None) -> bool:
    """Return whether a custom status is over the 16 KB of UTF-16 that Azure stores."""
    if custom_status is None or len(custom_status) * 2 <= MAX_CUSTOM_STATUS_BYTES:
        return False
    return len(json.dumps(json.loads(custom_status), ensure_ascii=False)) * 2 > (MAX_CUSTOM_STATUS_BYTES)
