"""A tenant is taken down: what was made for it goes first, its record last."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.inventory import BEGIN_SCAN, RECORD_SCAN, ScanOrder, ScanRecord
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import FoundResource, Looked, Orphan, OrphanType, judge_shared, orphan_of
from shared.domain.operations.operation import SYSTEM
from shared.domain.usage import Interval
from shared.errors import ConflictError
from shared.services.cloud_pcs.orphans import scan_due
from shared.services.maintenance.tenant_deletion import delete_tenant
from shared.services.operations.action_context import ActionContext
from shared.services.tenants.sites import delete_site
from shared.services.usage.recording import record_tenants
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform

TENANT = things.TENANT_ID
AREA = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/desks"
MINUTE = timedelta(minutes=1)


async def asking(here: PaperServices, verb: str) -> ActionContext:
    stored = await here.tenants.get(TENANT)
    trace = here.hand.at.isoformat()
    return ActionContext(here, SYSTEM, stored.value, verb=verb, trace_id=trace, now=here.hand.at, seed=(verb, trace))


async def delete(here: PaperServices) -> None:
    await delete_tenant(await asking(here, "Microsoft.CloudPC/tenants/delete"), await here.tenants.get(TENANT))


async def emptied(here: PaperServices) -> None:
    """Delete the connection and the site."""
    await here.connections.remove(TENANT, things.connection().id)
    site = await here.sites.get(TENANT, things.site().id)
    await delete_site(await asking(here, "Microsoft.CloudPC/sites/delete"), site)


async def left_over(here: PaperServices) -> Orphan:
    found = FoundResource(type=OrphanType.NAT_GATEWAY, resource_id=f"{AREA}/nat", name="nat")
    judgement = judge_shared(found, used=False, needed=False, kept=timedelta(days=7))
    assert judgement is not None
    orphan = orphan_of(TENANT, AREA, found, judgement, at=here.hand.at, before=None)
    await here.orphans.save_all([Stored(orphan, "*")])
    return orphan


async def scanned(here: PaperServices, *looked: Looked) -> tuple[str, ...]:
    here.hand.advance(MINUTE)
    await perform(BEGIN_SCAN, ScanOrder(tenant_id=TENANT))
    here.hand.advance(MINUTE)
    ended = await perform(RECORD_SCAN, ScanRecord(tenant_id=TENANT, looked_at=looked or (Looked(area=AREA),)))
    removable: tuple[str, ...] = ended.removable
    return removable


async def test_records_of_users_without_a_cloud_pc_are_no_obstacle(contoso: PaperServices) -> None:
    pc = things.cloud_pc(status=Status.NOT_PROVISIONED)
    await contoso.cloud_pcs.insert(pc)
    await contoso.connections.remove(TENANT, things.connection().id)
    await contoso.sites.remove(TENANT, things.site().id)
    await delete(contoso)
    assert await contoso.tenants.find(TENANT) is None
    assert await contoso.cloud_pcs.find(TENANT, pc.id) is None


async def test_the_usage_of_a_tenant_goes_with_it(contoso: PaperServices) -> None:
    contoso.hand.at = Interval.HOUR.begin(things.NOW)
    await record_tenants(contoso, [TENANT, "fabrikam"], {}, contoso.hand.at)
    await contoso.connections.remove(TENANT, things.connection().id)
    await contoso.sites.remove(TENANT, things.site().id)
    await delete(contoso)
    assert [each.value.tenant_id async for each in contoso.usage.of_all()] == ["fabrikam"]
    assert [each.value.tenant_id async for each in contoso.overviews.of_all()] == ["fabrikam"]


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.NOT_PROVISIONED])
async def test_every_other_cloud_pc_is(contoso: PaperServices, status: Status) -> None:
    await contoso.cloud_pcs.insert(things.cloud_pc(status=status))
    with pytest.raises(ConflictError) as refused:
        await delete(contoso)
    assert refused.value.details["inTheWay"]["cloudPCs"] == 1


async def test_a_site_that_goes_has_its_resource_group_scanned(contoso: PaperServices) -> None:
    await scanned(contoso)
    contoso.hand.advance(MINUTE)
    await emptied(contoso)
    host: Any = IdleHost()
    (due,) = await contoso.due.due(DueKind.ORPHANS, contoso.hand.at)
    assert await scan_due(contoso, host, due) is not None
    assert len(host.started) == 1
    contoso.hand.advance(MINUTE)
    plan = await perform(BEGIN_SCAN, ScanOrder(tenant_id=TENANT))
    assert things.site().resource_group in {each.resource_group for each in plan.resource_groups}


async def test_the_record_of_a_tenant_goes_after_what_was_made_for_it(contoso: PaperServices) -> None:
    await emptied(contoso)
    with pytest.raises(ConflictError, match="half an hour"):
        await delete(contoso)
    orphan = await left_over(contoso)
    assert await scanned(contoso) == (orphan.id,)  # without the setting removeOrphans
    with pytest.raises(ConflictError) as refused:
        await delete(contoso)
    assert refused.value.details["inTheWay"] == {"orphans": 1}
    await contoso.orphans.remove(TENANT, orphan.id)
    await delete(contoso)
    assert await contoso.tenants.find(TENANT) is None


async def test_what_azure_does_not_let_us_read_is_no_obstacle(contoso: PaperServices) -> None:
    await emptied(contoso)
    await left_over(contoso)
    await scanned(contoso, Looked(area=AREA, problem="SubscriptionNotFound: it is gone"))
    await delete(contoso)
    assert await contoso.tenants.find(TENANT) is None
