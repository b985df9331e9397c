"""Workflows from outside: started under derived ids, looked at, and purged when they have ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from azure.durable_functions import OrchestrationRuntimeStatus

from shared.contracts.definitions import Workflow
from shared.domain.values import Value
from shared.errors import UnavailableError
from shared.workflow.sdk import DurableClient

In = TypeVar("In", bound=Value)

_ALIVE = {"Pending", "Running", "Suspended", "ContinuedAsNew"}


async def is_alive(client: DurableClient, instance_id: str) -> bool:
    """Whether an instance runs, waits to run, or is suspended."""
    status = await client.get_status(instance_id)
    return bool(status and status.runtime_status and status.runtime_status.value in _ALIVE)


@dataclass(frozen=True, slots=True)
class Standstill:
    """Since when an instance that should run has gone no further, and whether it ever began."""

    since: datetime
    begun: bool


async def stands_still_since(client: DurableClient, instance_id: str) -> Standstill | None:
    """Return since when an active instance has stalled, or None if it has ended or was suspended."""
    status = await client.get_status(instance_id)
    if not status or not status.runtime_status or status.runtime_status.value not in _ALIVE - {"Suspended"}:
        return None
    at: datetime | None = status.last_updated_time
    if at is None:
        return None
    return Standstill(at.replace(tzinfo=at.tzinfo or UTC), status.runtime_status.value != "Pending")


_MISMATCH = "VersionMismatch"
"""The beginning of the output of an instance that ``versionFailureStrategy`` has failed (decision 90)."""


@dataclass(frozen=True, slots=True)
class Instance:
    """The state of an instance: which workflow, with which order ({}: none can be read), and whether it is *alive*.

    *rolled_back*: it has failed because a newer release began it, and has come to no end of its own.
    """

    name: str
    order: dict[str, Any]
    alive: bool
    rolled_back: bool = False


async def read_instance(client: DurableClient, instance_id: str) -> Instance | None:
    """Return the status of an instance, None without one."""
    status = await client.get_status(instance_id, show_input=True)
    if not status or not status.runtime_status:
        return None
    state = status.runtime_status.value
    rolled_back = state == "Failed" and _MISMATCH in str(status.output)
    return Instance(status.name, _order_in(status.input_), state in _ALIVE, rolled_back)


def _order_in(given: object) -> dict[str, Any]:
    """Return the order with which an instance was started, or {} if it is unreadable.

    The SDK's client sends an order as JSON in a string. A start by hand may send anything, or no body: on Azure that is
    the empty text.
    """
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return {}
    return given if isinstance(given, dict) else {}


async def start(client: DurableClient, workflow: Workflow[In, Any], order: In, *, instance_id: str) -> bool:
    """Start *workflow* as *instance_id*; return False when that instance is alive already.

    Raises: UnavailableError if the host neither started it nor knows it.
    """
    error = await _refused(client, workflow.name, order, instance_id)
    if error is not None and await is_alive(client, instance_id):
        return False
    if error is not None:  # what was alive then may have ended just now
        error = await _refused(client, workflow.name, order, instance_id)
    if error is not None:
        message = f"{workflow.name} could not be started as {instance_id}"
        raise UnavailableError(message) from error
    return True


async def _refused(client: DurableClient, name: str, order: Value, instance_id: str) -> Exception | None:
    """Start a workflow; return the host's error, or None if it has begun."""
    try:
        await client.start_new(name, instance_id, order.to_json())
    except Exception as error:  # noqa: BLE001 - the SDK raises Exception itself
        return error
    return None


_KEPT = timedelta(days=7)
_CHUNK, _CHUNKS = timedelta(days=1), 29
"""Span of creation that one run purges, and the number of spans: each run takes the next one. A long span times out on
large task hubs (https://github.com/Azure/azure-functions-durable-extension/issues/892). 29 has no divisor in common
with 24, so that an hour in which the service always sleeps leaves no day out.
"""


async def purge_finished(client: DurableClient, now: datetime) -> None:
    """Delete the history of workflows that have ended, of one day in the month before the last week.

    Which day follows from the hour: 29 hourly runs read all of them.
    """
    back = int(now.timestamp() // 3600) % _CHUNKS * _CHUNK
    before = now.astimezone(UTC).replace(tzinfo=None) - _KEPT - back
    await client.purge_instance_history_by(
        created_time_from=before - _CHUNK,
        created_time_to=before,
        runtime_status=[
            OrchestrationRuntimeStatus.Completed,
            OrchestrationRuntimeStatus.Failed,
            OrchestrationRuntimeStatus.Terminated,
        ],
    )
