"""The removal of a gallery version that was imported from a managed image."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrators.parts.work import Work
from shared.contracts.image_versions import VersionOrder
from shared.contracts.images import DELETE_IMPORT, ImageOrder
from shared.workflow import Steps


def remove_import(work: Work, order: ImageOrder | VersionOrder) -> Iterator[Steps[object]]:
    """Yield the call that removes the import, if there may be one."""
    importing = order.import_for(order.machine)
    if importing is not None:
        yield work.do(DELETE_IMPORT, importing)
