"""Cleaning up what Cloud PCs leave behind, three hours after they failed or went out of use."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.cleaning import CLEAN_UP, leftovers_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import Due
from shared.workflow import DurableClient, start

_CLEANED_BY = timedelta(minutes=15)
"""When to make sure that a clean-up has come to its end; one that still runs is left alone."""


async def clean_up_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start the clean-up of a Cloud PC that failed or is out of use; a new build that came first has cancelled it.

    The record is claimed before the start (``clean_up_at`` goes): from then on a retry is refused until it is done.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None:
        return None

    def claim(pc: CloudPc) -> CloudPc | None:
        build = _to_clean_up(pc, due)
        return pc.with_build(build.but(clean_up_at=None)) if build else None

    pc = await deps.cloud_pcs.change(due.tenant_id, due.subject_id, claim)
    claimed = _to_clean_up(pc, due)
    if claimed is None:
        return None
    for order in leftovers_of(pc, claimed):
        instance_id = naming.instance_id(due.tenant_id, pc.id, "cleanup", claimed.generation)
        if await end_stalled(client, CLEAN_UP, instance_id, deps.clock.now()):
            return deps.clock.now() + AGAIN_AFTER
        await start(client, CLEAN_UP, order.but(standing_alone=True), instance_id=instance_id)
    return deps.clock.now() + _CLEANED_BY  # a clean-up that broke off would refuse every retry for ever


def _to_clean_up(pc: CloudPc, due: Due) -> Build | None:
    """Return the build whose clean-up is due, None when it is not, or nothing of the build is known."""
    build = pc.build(due.generation)
    if build is None or not pc.to_clean_up(build) or build.resources.computer_name is None:
        return None
    return build if build.clean_up_at is None or build.clean_up_at <= due.at else None
