"""The record of a Cloud PC as a build of it sees it: its own, or what is written of a machine beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.builds import OfBuild
from shared.dependencies import dependencies
from shared.domain.cloud_pc import CloudPc
from shared.domain.replacing import build_of, with_build
from shared.errors import NotFoundError
from shared.storage.repository import Stored


@dataclass(frozen=True, slots=True)
class Present:
    """The record as it is stored, and as the build sees it."""

    stored: Stored[CloudPc]
    value: CloudPc

    @property
    def beside(self) -> bool:
        """Whether the build is of a machine beside the Cloud PC's own."""
        return self.value is not self.stored.value


async def present(of: OfBuild) -> Present | None:
    """Return the record as a build sees it, None when it is gone."""
    found = await dependencies().cloud_pcs.find(of.tenant_id, of.cloud_pc_id)
    return Present(found, build_of(found.value, of.generation)) if found else None


async def change(
    of: OfBuild, edit: Callable[[CloudPc], CloudPc | None], known: Present | None = None
) -> CloudPc | None:
    """Edit what a build sees of the record; return that as it is then, None when the record is gone."""

    def whole(there: CloudPc) -> CloudPc | None:
        edited = edit(build_of(there, of.generation))
        return None if edited is None else with_build(there, edited)

    try:
        changed = await dependencies().cloud_pcs.change(
            of.tenant_id, of.cloud_pc_id, whole, known=known.stored if known else None
        )
    except NotFoundError:
        return None
    return build_of(changed, of.generation)
