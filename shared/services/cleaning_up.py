"""Cleaning up what Cloud PCs leave behind, three hours after they failed or went out of use."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.cleaning import CLEAN_UP, remains_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc
from shared.domain.lifecycle import Status
from shared.domain.replacing import build_of, with_build
from shared.storage.due import Due
from shared.workflow import DurableClient, start

_CLEANED_BY = timedelta(hours=1)
"""When to make sure that a clean-up has come to its end; one that still runs is left alone."""


async def clean_up_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start the clean-up of a Cloud PC that failed or is out of use; a new build that came first has cancelled it.

    The record is claimed before the start (``clean_up_at`` goes): from then on a retry is refused until it is done.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None:
        return None

    def claim(pc: CloudPc) -> CloudPc | None:
        build = build_of(pc, due.generation)
        return with_build(pc, build.but(clean_up_at=None)) if _has_remains(build, due) else None

    claimed = build_of(await deps.cloud_pcs.change(due.tenant_id, due.subject_id, claim), due.generation)
    if not _has_remains(claimed, due):
        return None
    for order in remains_of(claimed):
        instance_id = naming.instance_id(due.tenant_id, claimed.id, "cleanup", claimed.generation)
        await start(client, CLEAN_UP, order.but(standing_alone=True), instance_id=instance_id)
    return deps.clock.now() + _CLEANED_BY  # a clean-up that broke off would refuse every retry for ever


def _has_remains(pc: CloudPc, due: Due) -> bool:
    waits = pc.status in {Status.FAILED, Status.DEPROVISIONING} and pc.generation == due.generation
    return waits and pc.resources.computer_name is not None and (pc.clean_up_at is None or pc.clean_up_at <= due.at)
