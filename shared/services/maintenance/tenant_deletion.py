"""The end of a tenant: refused while anything of it is left, and then everything that is written about it goes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import LAST
from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import amount
from shared.errors import ConflictError, DeskwrightError
from shared.services.alerts.judging import delete_alerts
from shared.services.cloud_pcs.forgetting import forget_cloud_pc
from shared.services.cost.budgets import delete_budgets_of_tenant
from shared.services.cost.prices import delete_cost_of_tenant
from shared.services.cost.recording import delete_ledger_of_tenant
from shared.services.health.page import delete_health_of_tenant
from shared.services.notices.choosing import delete_choices_of_tenant
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import removal
from shared.services.policies.scripts import delete_script_versions
from shared.services.tenants.access import delete_access_of_tenant
from shared.services.tenants.directory_subscriptions import stop_watching
from shared.services.usage.reclaim_rules import delete_reclaims_of_tenant
from shared.services.usage.recording import delete_usage_of_tenant
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.tenants")


_REST = (
    delete_script_versions,
    delete_access_of_tenant,
    delete_usage_of_tenant,
    delete_health_of_tenant,
    delete_cost_of_tenant,
    delete_budgets_of_tenant,
    delete_ledger_of_tenant,
    delete_reclaims_of_tenant,
    delete_alerts,
    delete_choices_of_tenant,
)
"""Functions that delete records that nobody deletes by hand, once the tenant is gone."""

_AGAIN = "delete the tenant again in half an hour"


async def delete_tenant(context: ActionContext, stored: Stored[Tenant]) -> None:
    """Delete a tenant that is empty. Raises: ConflictError, StaleError.

    A user who is licensed and has no Cloud PC is no obstacle: that record goes with the tenant.
    """
    deps, tenant = context.deps, stored.value
    pcs = [each.value async for each in deps.cloud_pcs.each(tenant.id)]
    records: dict[str, Any] = {
        "sites": deps.sites,
        "onPremisesConnections": deps.connections,
        "deviceImages": deps.images,
        "imageSets": deps.image_sets,
        "imageVersions": deps.image_versions,
        "provisioningPolicies": deps.policies,
        "spotGroups": deps.spot_groups,
        "userSettings": deps.user_settings,
        "powerSchedules": deps.power_schedules,
        "maintenanceWindows": deps.maintenance_windows,
        "deviceManagementScripts": deps.scripts,
        "noticeEndpoints": deps.notice_endpoints,
        "deletedCloudPCs": deps.deleted_cloud_pcs,
    }
    in_the_way = {name: await _count(of.each(tenant.id)) for name, of in records.items()}
    in_the_way["cloudPCs"] = sum(1 for pc in pcs if pc.status is not Status.NOT_PROVISIONED)
    in_the_way["poolMembers"] = await _count(deps.pool_members.of_tenant(tenant.id))
    refuse_while_used("the tenant is not empty", in_the_way, advice="delete first what is in it")
    await _refuse_while_resources_go(context, tenant)
    for pc in pcs:
        await forget_cloud_pc(deps, tenant.id, pc.id)
    try:
        await stop_watching(deps, tenant)
    except DeskwrightError as error:  # what is left of it expires, and nothing reads its notifications
        _log.warning("the subscriptions of %s were not ended: %s", tenant.id, error)
    remove = partial(deps.tenants.remove, tenant.id, seen=stored.etag)
    await make_change(context, Resource(ResourceType.TENANT, tenant.id), removal(tenant, remove))
    for delete in _REST:
        await delete(deps, tenant.id)


async def _refuse_while_resources_go(context: ActionContext, tenant: Tenant) -> None:
    """Refuse while the service removes the tenant's resources, which it cannot do later. Raises: ConflictError.

    What Azure does not let us read (a subscription that is gone, rights that were withdrawn) is no obstacle.
    """
    deps = context.deps
    scan = await deps.orphan_scans.find(tenant.id, LAST)
    if scan is None:
        return
    unread = {each.area for each in scan.value.looked_at if each.problem}
    left = [each.value async for each in deps.orphans.each(tenant.id)]
    count = len([each for each in left if each.automatic and each.area not in unread])
    if count:
        message = f"{amount(count, 'resource')} of the tenant in Azure still to be removed (GET orphans lists them)"
        raise ConflictError(f"{message}; {_AGAIN}", inTheWay={"orphans": count})
    if scan.value.wanted_at is not None and not scan.value.answers:
        message = "the scan has not ended that looks for what the tenant's last site has left in Azure"
        waits = {"requestedDateTime": scan.value.wanted_at.isoformat()}
        raise ConflictError(f"{message}; {_AGAIN}", inTheWay={"orphanScan": waits})


async def _count(records: AsyncIterator[Stored[Any]]) -> int:
    return len([1 async for _ in records])
