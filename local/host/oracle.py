"""Asks the SDK itself whether our numbers are its numbers (``--debug-oracle``, host.md 1.6)."""

import contextlib
import json
import warnings

from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from azure.durable_functions.orchestrator import Orchestrator

from local.host.events import EventType
from local.host.indexer import Function
from local.host.turn import Turn


class DivergedError(AssertionError):
    """Host and SDK count differently: results would reach the wrong task."""


def check(function: Function, body: str, turn: Turn) -> None:
    """Replay the turn in the SDK, and compare its open ids and counter with the host's."""
    if turn.effects.ended or turn.effects.forgotten or turn.row.done_pending:
        return
    context = DurableOrchestrationContext.from_json(body)
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        Orchestrator(function.call.orchestrator_function).handle(context)  # type: ignore[attr-defined]
    compare(context, turn)


def compare(context: DurableOrchestrationContext, turn: Turn) -> None:
    """Compare a replayed context with a finished turn; raise ``DivergedError`` on a difference."""
    asked = _entity_calls(context)
    open_tasks = {asked.get(key, key): task for key, task in context.open_tasks.items()}
    theirs = {key for key in open_tasks if isinstance(key, int) and key >= 0}
    cancelled = {key for key in theirs if _is_cancelled(open_tasks[key])}
    ours = set(turn.nodes)
    if theirs - cancelled != ours:
        raise DivergedError(f"open tasks: the SDK has {sorted(theirs)}, we have {sorted(ours)}")
    if context._sequence_number != turn.row.next_id:  # noqa: SLF001 - the SDK offers no other way
        raise DivergedError(
            f"counter: the SDK is at {context._sequence_number}, we are at {turn.row.next_id}"  # noqa: SLF001
        )


def _entity_calls(context: DurableOrchestrationContext) -> dict[str, int]:
    """Map guids to ids: the SDK files an entity call under its guid once it was sent."""
    sent = (one for one in context.histories if one.event_type == EventType.EVENT_SENT)
    return {json.loads(one.Input)["id"]: one.event_id for one in sent}


def _is_cancelled(task: object) -> bool:
    return bool(getattr(task, "is_cancelled", False))
