"""Repository of deleted Cloud PCs."""

from __future__ import annotations

from shared.domain.cloud_pcs.deleted import DeletedCloudPc
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="deletedcloudpcs",
    noun="deleted Cloud PC",
    model=DeletedCloudPc,
    place=lambda deleted: (deleted.tenant_id, deleted.id),
)


def deleted_cloud_pcs(tables: Tables) -> Repository[DeletedCloudPc]:
    """Return the repository of deleted Cloud PCs."""
    return Repository(tables, _SHAPE)
