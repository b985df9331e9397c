"""Operations."""

from __future__ import annotations

from shared.domain.operation import Operation
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Tables
from shared.telemetry import count_operation

_SHAPE = Shape(
    table="operations",
    model=Operation,
    place=lambda operation: (operation.tenant_id, operation.id),
    columns={
        "kind": lambda operation: operation.kind,
        "resource_id": lambda operation: operation.resource_id,
        "status": lambda operation: operation.status.value,
    },
)


class _Operations(Repository[Operation]):
    async def replace(self, value: Operation, *, seen: str) -> Stored[Operation]:
        """Replace an operation, and count one that ends: it is not replaced after its end, so it is counted once."""
        stored = await super().replace(value, seen=seen)
        if value.ended:
            count_operation(value.kind, value.status.value)
        return stored


def operations(tables: Tables) -> Repository[Operation]:
    """Return the repository of operations."""
    return _Operations(tables, _SHAPE)
