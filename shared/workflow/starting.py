"""Starting workflows: derived ids, and a start that runs already is a success."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

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
    """Return since when an instance that should run stands still; None: it has ended, or somebody has suspended it."""
    status = await client.get_status(instance_id)
    if not status or not status.runtime_status or status.runtime_status.value not in _ALIVE - {"Suspended"}:
        return None
    at: datetime | None = status.last_updated_time
    if at is None:
        return None
    return Standstill(at.replace(tzinfo=at.tzinfo or UTC), status.runtime_status.value != "Pending")


@dataclass(frozen=True, slots=True)
class Instance:
    """How an instance stands: which workflow, with which order, and whether it is *alive*."""

    name: str
    order: dict[str, Any]
    alive: bool


async def read_instance(client: DurableClient, instance_id: str) -> Instance | None:
    """Return how an instance stands, None when there is none."""
    status = await client.get_status(instance_id, show_input=True)
    if not status or not status.runtime_status:
        return None
    order = json.loads(status.input_) if isinstance(status.input_, str) else status.input_
    return Instance(status.name, order or {}, status.runtime_status.value in _ALIVE)


async def start(client: DurableClient, workflow: Workflow[In, Any], order: In, *, instance_id: str) -> bool:
    """Start *workflow* as *instance_id*; return False when that instance is alive already.

    Raises: UnavailableError if the host neither started it nor knows it.
    """
    try:
        await client.start_new(workflow.name, instance_id, order.to_json())
    except Exception as error:
        if await is_alive(client, instance_id):
            return False
        message = f"{workflow.name} could not be started as {instance_id}"
        raise UnavailableError(message) from error
    return True
