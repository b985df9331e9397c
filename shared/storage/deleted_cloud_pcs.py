"""Repository of deleted Cloud PCs."""

from __future__ import annotations

from functools import cached_property

from shared.domain.cloud_pcs.deleted import DeletedCloudPc
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="deletedcloudpcs",
    noun="deleted Cloud PC",
    model=DeletedCloudPc,
    place=lambda deleted: (deleted.tenant_id, deleted.id),
)


class DeletedRecords:
    """The deleted Cloud PCs whose disks are kept."""

    tables: Tables

    @cached_property
    def deleted_cloud_pcs(self) -> Repository[DeletedCloudPc]:
        """The deleted Cloud PCs."""
        return Repository(self.tables, _SHAPE)
