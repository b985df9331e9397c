"""Starting workflows: derived ids, and a start that runs already is a success."""

from __future__ import annotations

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


async def stands_still_since(client: DurableClient, instance_id: str) -> datetime | None:
    """Return when an instance that should run went on last; None: it has ended, or somebody has suspended it."""
    status = await client.get_status(instance_id)
    if not status or not status.runtime_status or status.runtime_status.value not in _ALIVE - {"Suspended"}:
        return None
    at: datetime | None = status.last_updated_time
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


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
