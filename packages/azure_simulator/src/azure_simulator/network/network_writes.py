"""Writes to a virtual network: any write locks the whole network (docs/notes.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.core.longrunning import Course, begin, running_on

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.resources import Resource


def network_of(call: Call) -> Resource:
    """Return the network of a request about it or one of its parts."""
    head, _, _ = call.path.lower().partition(f"/{call.params['vnet'].lower()}/")
    return call.need(f"{head}/{call.params['vnet']}")


def check_idle(call: Call, vnet_id: str) -> None:
    """Refuse a second write: of the same resource as a conflict, of another one as a lock of the network."""
    under_way = running_on(call.world, vnet_id)
    if not under_way:
        return
    first = under_way[0]
    if first.notes.get("path", "").lower() == call.path.lower():
        raise Problem(
            409,
            "AnotherOperationInProgress",
            f"Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
            f"uri: /subscriptions/{call.params['sub']}/providers/Microsoft.Network/locations/{first.region}/operations/"
            f"{first.id}.",
        )
    text = f"Operation {first.kind} ({first.id}) is updating resource {vnet_id}. The call can be retried in 10 seconds."
    lock = {"code": "RetryableErrorDueToAnotherOperation", "message": text}
    raise Problem(429, "RetryableError", "A retryable error occurred.", details=[lock])  # recorded: no Retry-After


def begin_write(call: Call, kind: str, vnet: Resource, course: Course) -> LongRunning:
    """Begin an operation that locks the whole network."""
    operation = begin(call, kind, vnet.id, course, region=vnet.body["location"])
    operation.notes["path"] = call.path
    return operation
