"""Cloud PCs."""

from __future__ import annotations

from shared.domain.cloud_pc import CloudPc
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Tables

_WAITS = "waits"
"""The column of a removal that somebody has to confirm."""

_SHAPE = Shape(
    table="cloudpcs",
    model=CloudPc,
    place=lambda pc: (pc.tenant_id, pc.id),
    columns={
        "user_id": lambda pc: pc.user.id,
        "user_principal_name": lambda pc: pc.user.user_principal_name.casefold(),
        "status": lambda pc: pc.status.value,
        "policy_id": lambda pc: pc.snapshot.policy_id if pc.snapshot else None,
        "removal": lambda pc: _WAITS if pc.removal and not pc.removal.confirmed_by else None,
        "connection_id": lambda pc: pc.snapshot.connection_id if pc.snapshot else None,
    },
)


class CloudPcs(Repository[CloudPc]):
    """The Cloud PCs."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _SHAPE)

    async def with_removals(self, tenant_id: str | None = None) -> list[Stored[CloudPc]]:
        """Return the Cloud PCs whose removal waits to be confirmed, of one tenant or of all."""
        found = self.of_all(removal=_WAITS) if tenant_id is None else self.each(tenant_id, removal=_WAITS)
        return [stored async for stored in found]

    async def of_user(self, tenant_id: str, user_id: str) -> list[Stored[CloudPc]]:
        """Return the Cloud PCs of one user, one for each licence he has or had."""
        return [stored async for stored in self.each(tenant_id, user_id=user_id)]
