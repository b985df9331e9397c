"""Starting workflows: derived ids, and a start that runs already is a success."""

from __future__ import annotations

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
