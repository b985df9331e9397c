"""Operations."""

from __future__ import annotations

from shared.domain.operation import Operation
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

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


def operations(tables: Tables) -> Repository[Operation]:
    """Return the repository of operations."""
    return Repository(tables, _SHAPE)
