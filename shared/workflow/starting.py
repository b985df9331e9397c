"""Starting workflows: derived ids, and a start that runs already is a success."""

from __future__ import annotations

from typing import Any, TypeVar

from shared.contracts.shape import Workflow
from shared.domain.values import Value
from shared.errors import UnavailableError
from shared.workflow.sdk import DurableClient

In = TypeVar("In", bound=Value)

_ALIVE = {"Pending", "Running", "Suspended", "ContinuedAsNew"}


async def start(client: DurableClient, workflow: Workflow[In, Any], order: In, *, instance_id: str) -> bool:
    """Start *workflow* as *instance_id*; return False when that instance is alive already.

    Raises: UnavailableError if the host neither started it nor knows it.
    """
    try:
        await client.start_new(workflow.name, instance_id, order.to_json())
    except Exception as error:
        status = await client.get_status(instance_id)
        if status and status.runtime_status and status.runtime_status.value in _ALIVE:
            return False
        message = f"{workflow.name} could not be started as {instance_id}"
        raise UnavailableError(message) from error
    return True
