"""Compares each turn with a replay in the bare SDK (``--debug-oracle``, docs/notes.md 1.6).

A resumed orchestrator must have returned and counted the same as its replay.
"""

import json
import warnings

from azure.durable_functions.models.DurableOrchestrationContext import (
    DurableOrchestrationContext,
)
from azure.durable_functions.orchestrator import Orchestrator

from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure, parse_result
from functions_host.durable.resumable import Resumable
from functions_host.durable.turn import Turn
from functions_host.functions.indexer import Function
from functions_host.storage.events import EventType

_COMPARED = ("crashed", "is_done", "output", "error", "custom_status")


class DivergedError(AssertionError):
    """Host and SDK count differently: a result would reach the wrong task."""


def check(function: Function, body: str, turn: Turn, result: OrchestratorResult, resumable: Resumable | None) -> None:
    """Replay the turn in the SDK; compare its actions and counters with the result and with the host's numbers.

    Raises: DivergedError.
    """
    context = DurableOrchestrationContext.from_json(body)
    context._input_expected_type = getattr(function.call, "_df_input_type", None)  # noqa: SLF001 - as the SDK's entry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            replayed = parse_result(Orchestrator(function.call.orchestrator_function).handle(context))  # type: ignore[attr-defined]
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - a result too
            replayed = parse_failure(error)
    _compare_fields("result", _fields(replayed, result.first), _fields(result, 0))
    if turn.is_over:
        return
    compare(context, turn)
    if resumable is not None:
        _compare_fields("state", _state(context), _state(resumable.context))


def _fields(result: OrchestratorResult, first: int) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(result, name) for name in _COMPARED}
    return fields | {"actions": result.actions[first:]}


def _state(context: DurableOrchestrationContext) -> dict[str, object]:
    """Return the state of a context that user code can see, and the tasks that the SDK waits for."""
    return {
        "current_utc_datetime": context.current_utc_datetime,
        "is_replaying": context._is_replaying,  # noqa: SLF001 - the property is for user code
        "new_guid": context._new_uuid_counter,  # noqa: SLF001 - the SDK offers no other way
        "open tasks": set(map(str, context.open_tasks)),
    }


def _compare_fields(what: str, replayed: dict[str, object], resumed: dict[str, object]) -> None:
    """Raise ``DivergedError`` with the names that differ: values may be the app's secrets."""
    if different := [name for name, value in replayed.items() if resumed[name] != value]:
        raise DivergedError(f"the {what} differs in {', '.join(different)} when it is replayed")


def compare(context: DurableOrchestrationContext, turn: Turn) -> None:
    """Compare a replayed context with a finished turn; raise ``DivergedError`` on a difference."""
    entity_calls = _entity_calls(context)
    open_tasks = {entity_calls.get(key, key): task for key, task in context.open_tasks.items()}
    sdk_ids = {key for key in open_tasks if isinstance(key, int) and key >= 0}
    cancelled = {key for key in sdk_ids if _is_cancelled(open_tasks[key])}
    host_ids = set(turn.nodes)
    if sdk_ids - cancelled != host_ids:
        raise DivergedError(f"open tasks: the SDK has {sorted(sdk_ids)}, the host has {sorted(host_ids)}")
    if context._sequence_number != turn.row.next_id:  # noqa: SLF001 - the SDK offers no other way
        raise DivergedError(
            f"counter: the SDK is at {context._sequence_number}, the host is at {turn.row.next_id}"  # noqa: SLF001
        )


def _entity_calls(context: DurableOrchestrationContext) -> dict[str, int]:
    """Map guids to ids: the SDK keys an entity call by its guid once it was sent."""
    sent = (one for one in context.histories if one.event_type == EventType.EVENT_SENT)
    return {json.loads(one.Input)["id"]: one.event_id for one in sent}


def _is_cancelled(task: object) -> bool:
    return bool(getattr(task, "is_cancelled", False))
