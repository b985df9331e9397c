"""Asks the SDK itself whether our numbers are its numbers (``--debug-oracle``, host.md 1.6).

An orchestrator that was resumed is replayed beside it, and must have said and counted the same.
"""

import json
import warnings

from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from azure.durable_functions.orchestrator import Orchestrator

from functions_host.answer import Answer, read_answer, read_failure
from functions_host.events import EventType
from functions_host.indexer import Function
from functions_host.resuming import Resumable
from functions_host.turn import Turn

_WORDS = ("crashed", "is_done", "output", "error", "custom_status")


class DivergedError(AssertionError):
    """Host and SDK count differently: results would reach the wrong task."""


def check(function: Function, body: str, turn: Turn, answer: Answer, resumable: Resumable | None) -> None:
    """Replay the turn in the SDK; compare what it says and counts with the answer and with the host's numbers."""
    context = DurableOrchestrationContext.from_json(body)
    context._input_expected_type = getattr(function.call, "_df_input_type", None)  # noqa: SLF001 - as the SDK's entry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            told = read_answer(Orchestrator(function.call.orchestrator_function).handle(context))  # type: ignore[attr-defined]
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - what user code raises is an answer too
            told = read_failure(error)
    _same("answer", _words(told, answer.first), _words(answer, 0))
    if turn.is_over:
        return
    compare(context, turn)
    if resumable is not None:
        _same("state", _state(context), _state(resumable.context))


def _words(answer: Answer, first: int) -> dict[str, object]:
    said: dict[str, object] = {name: getattr(answer, name) for name in _WORDS}
    return said | {"actions": answer.actions[first:]}


def _state(context: DurableOrchestrationContext) -> dict[str, object]:
    """Return what user code can see of a context, and what the SDK waits for."""
    return {
        "current_utc_datetime": context.current_utc_datetime,
        "is_replaying": context.is_replaying,
        "new_guid": context._new_uuid_counter,  # noqa: SLF001 - the SDK offers no other way
        "open tasks": set(map(str, context.open_tasks)),
    }


def _same(what: str, replayed: dict[str, object], resumed: dict[str, object]) -> None:
    """Raise ``DivergedError`` with the names that differ: values may be the app's secrets."""
    if odd := [name for name, value in replayed.items() if resumed[name] != value]:
        raise DivergedError(f"the {what} differs in {', '.join(odd)} when it is replayed")


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
