"""Connections."""

from __future__ import annotations

from shared.domain.connection import Connection
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="connections",
    model=Connection,
    place=lambda connection: (connection.tenant_id, connection.id),
    columns={
        "display_name": lambda connection: connection.display_name,
        "site_id": lambda connection: connection.site_id,
        "health_check_status": lambda connection: connection.health_check_status.value,
    },
)


def connections(tables: Tables) -> Repository[Connection]:
    """Return the repository of connections."""
    return Repository(tables, _SHAPE)
