"""Orphans, the result of the last scan for them, and the computer names that builds gave."""

from __future__ import annotations

from shared.domain.cloud_pcs.orphans import ComputerName, Orphan, OrphanScan
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_ORPHANS = Shape(
    table="orphans",
    noun="orphan",
    model=Orphan,
    place=lambda orphan: (orphan.tenant_id, orphan.id),
    columns={
        "area": lambda orphan: orphan.area,
        "type": lambda orphan: orphan.found.type.value,
        "cloud_pc_id": lambda orphan: orphan.found.cloud_pc_id,
    },
)
_SCANS = Shape(table="orphanscans", model=OrphanScan, place=lambda scan: (scan.tenant_id, scan.id))
_NAMES = Shape(table="computernames", model=ComputerName, place=lambda given: (given.tenant_id, given.name.upper()))


def orphans(tables: Tables) -> Repository[Orphan]:
    """Return the repository of orphans."""
    return Repository(tables, _ORPHANS)


def orphan_scans(tables: Tables) -> Repository[OrphanScan]:
    """Return the repository of the last scans, one for each tenant."""
    return Repository(tables, _SCANS)


def computer_names(tables: Tables) -> Repository[ComputerName]:
    """Return the repository of the names that builds gave: they are kept longer than the records of the Cloud PCs."""
    return Repository(tables, _NAMES)
