"""The record of a Cloud PC as one of its builds needs it: found, changed, and whether the build is still wanted."""

from __future__ import annotations

from collections.abc import Callable

from shared.contracts.builds import OfAttempt, OfBuild
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Phase
from shared.errors import NotFoundError
from shared.storage.repository import Stored


async def find_record(of: OfBuild) -> Stored[CloudPc] | None:
    """Return the record of the Cloud PC that is built, None when it is gone."""
    return await dependencies().cloud_pcs.find(of.tenant_id, of.cloud_pc_id)


async def change_record(
    of: OfBuild, edit: Callable[[CloudPc], CloudPc | None], known: Stored[CloudPc] | None = None
) -> CloudPc | None:
    """Change the record and return it as it is then, None when it is gone. *edit* returns None for no change."""
    try:
        return await dependencies().cloud_pcs.change(of.tenant_id, of.cloud_pc_id, edit, known=known)
    except NotFoundError:
        return None


def wanted_build(pc: CloudPc, of: OfAttempt) -> Build | None:
    """Return the build, unless it has ended or a later attempt has begun; an attempt that never began counts."""
    build = pc.build(of.generation)
    return build if build and pc.goes_on(build) and build.attempt <= of.attempt else None


def running_build(pc: CloudPc, of: OfAttempt) -> Build | None:
    """Return the build while just this attempt of it is being made."""
    build = wanted_build(pc, of)
    return build if build and build.phase is Phase.BUILDING and build.attempt == of.attempt else None


def ended_build(pc: CloudPc, of: OfAttempt, phase: Phase) -> Build | None:
    """Return the build when the record says already that just this attempt ended in *phase*."""
    build = pc.build(of.generation)
    return build if build and build.phase is phase and build.attempt == of.attempt else None
