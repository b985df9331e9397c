"""A life of a Cloud PC whose disk is kept when its machine goes, and of which another machine is built then."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from shared.contracts.builds import CLEAN_UP, leftovers_of
from shared.contracts.provisioning import REPLACE, replacement_order
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from shared.domain.cloud_pcs.replacing import begin_replacement
from shared.domain.tenants.tenant import Tenant
from shared.services.cloud_pcs.deleted import deleted_due
from shared.storage.due import Due, DueKind
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.lives import Life
from tests.integration.test_late_orders import provision, record, reprovision

T = things.TENANT_ID
DAYS = 7


async def a_cloud_pc_whose_kept_disk_is_used_again(life: Life) -> None:
    """Built, built anew in place, then replaced by a machine from the first disk; each removed one leaves a copy."""
    await life.deps.tenants.change(T, _keeps)
    pc = things.cloud_pc(user=life.user, generation=int(life.now().timestamp()), snapshot=things.snapshot(image=IMAGE))
    await life.deps.cloud_pcs.insert(pc)
    await provision(life, pc)
    life.cloud.advance(60)
    first = (await record(life)).current.resources.computer_name
    await reprovision(life)
    (kept,) = await copies(life)
    assert (kept.status, kept.disk.computer_name, kept.cloud_pc_id) == (DeletedStatus.KEPT, first, pc.id)
    await undeleted(life, kept)
    assert (await record(life)).current.resources.computer_name == first
    life.cloud.advance(timedelta(hours=3, minutes=1).total_seconds())
    pc = await record(life)
    assert pc.replacement is not None
    for left in leftovers_of(pc, pc.replacement, kept_in_days=DAYS):
        await life.run(CLEAN_UP, left.but(standing_alone=True))
    life.cloud.advance(60)
    assert {each.status for each in await copies(life)} == {DeletedStatus.KEPT}
    assert len(await copies(life)) == 2


async def undeleted(life: Life, kept: DeletedCloudPc) -> None:
    """Replace the machine of the life's Cloud PC by a machine that is built from a copy."""
    tenant, connection = (await life.deps.tenants.get(T)).value, (await life.deps.connections.get(T, "c1")).value
    pc = await record(life)
    assert pc.current.snapshot is not None
    planned = begin_replacement(pc, pc.current.snapshot, None, "undelete-1", life.now(), disk=kept.disk)
    pc = await life.deps.cloud_pcs.change(T, pc.id, partial(_become, planned))
    order = replacement_order(pc, tenant, things.site(), connection)
    assert order is not None
    receipt = await life.run(REPLACE, order)
    assert receipt["outcome"] == "provisioned", receipt


def _become(after: CloudPc, _before: CloudPc) -> CloudPc:
    return after


def _keeps(tenant: Tenant) -> Tenant:
    return tenant.but(settings=tenant.settings.but(deleted_cloud_pcs_kept_in_days=DAYS))


async def copies(life: Life) -> list[DeletedCloudPc]:
    """The records of the copies."""
    return [stored.value async for stored in life.deps.deleted_cloud_pcs.each(T)]


async def looked_at(life: Life, kept: DeletedCloudPc) -> object:
    """Look at the end of a copy's time; return when it is looked at again, None when it has gone."""
    nobody: Any = None
    return await deleted_due(life.deps, nobody, Due(DueKind.DELETED, life.now(), T, kept.id))
