"""A tenant at a glance: how many Cloud PCs there are of each kind, which licences it has, how much quota is left."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import Field

from shared.clients.pacing import retry_while_throttled
from shared.domain.cloud_pcs.build import MACHINE_GONE
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import LAST
from shared.domain.filtering import Scalar
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.operations.overview import SpotCapacity, building, spot_capacity
from shared.domain.operations.usage import TenantUsage
from shared.domain.planning.entitlements import seat_plans, seat_units
from shared.domain.tenants.tenant import LicenceSource, Site
from shared.domain.values import Value
from shared.domain.wizards.forecast import Usage
from shared.errors import RefusedError, UnavailableError
from shared.services.cloud_pcs.lists import cloud_pc_entries
from shared.services.images.sources import usages
from shared.services.operations.action_context import ActionContext
from shared.services.spot.reconciling import SpotWaiting, hosts_gone, spot_waiting
from shared.services.usage.reports import tenant_usage, today

_log = logging.getLogger("deskwright.services")


class Share(Value):
    """The Cloud PCs that share a property. *id*: its value, None for Cloud PCs without one."""

    id: str | None = None
    display_name: str | None = None
    count: int
    statuses: dict[str, int] = Field(description="how many there are in each status")


class CloudPcCounts(Value):
    """Number of Cloud PCs, total and by kind; most first."""

    total: int
    statuses: dict[str, int]
    provisioning_policies: tuple[Share, ...]
    service_plans: tuple[Share, ...]
    regions: tuple[Share, ...]
    connections: tuple[Share, ...]
    removals_waiting: int = Field(description="removals that wait until somebody confirms them, or has")
    machines_gone: int = Field(description="Cloud PCs and session hosts whose machine somebody has deleted")
    shared_missing: int = Field(description="what machines share and was not there at the last scan for orphans")
    spot: SpotWaiting = Field(description="what waits for somebody in the Spot Groups")
    building: int = Field(description="Cloud PCs that are being built or changed, or wait for it")
    failed: int = Field(description="Cloud PCs whose build failed, or whose machine is gone")
    spot_capacity: SpotCapacity = Field(description="the Spot Groups at the latest look at each")
    today: tuple[TenantUsage, ...] = Field(description="the hours of today (UTC) that are over")


class License(Value):
    """A licence for Cloud PCs. *used*: given to somebody; *cloud_pcs*: Cloud PCs that there are for it."""

    service_plan_id: str
    display_name: str
    sku_part_number: str
    total: int
    used: int
    free: int
    cloud_pcs: int


class Quota(Value):
    """The vCPU quotas of a subscription in a region. *error*: why they could not be read."""

    subscription_id: str
    region: str
    usages: tuple[Usage, ...] = ()
    error: str | None = None


async def count_cloud_pcs(context: ActionContext) -> CloudPcCounts:
    """Return how many Cloud PCs the tenant has of each kind."""
    entries = await cloud_pc_entries(context)
    statuses = _statuses(entries)
    scan = await context.deps.orphan_scans.find(context.tenant_id, LAST)

    def shares(id_: str, name: str) -> tuple[Share, ...]:
        return _shares(entries, id_, name)

    return CloudPcCounts(
        total=len(entries),
        statuses=statuses,
        provisioning_policies=shares("provisioningPolicyId", "provisioningPolicyName"),
        service_plans=shares("servicePlanId", "servicePlanName"),
        regions=shares("deviceRegionName", "deviceRegionName"),
        connections=shares("onPremisesConnectionId", "onPremisesConnectionName"),
        machines_gone=sum(entry["statusDetail/code"] == MACHINE_GONE for entry in entries)
        + await hosts_gone(context.deps, context.tenant_id),
        shared_missing=len(scan.value.missing) if scan else 0,
        spot=await spot_waiting(context),
        removals_waiting=sum(entry["@deskwright.removal/cause"] is not None for entry in entries),
        building=building(statuses),
        failed=statuses.get(Status.FAILED.value, 0),
        spot_capacity=spot_capacity([each.value async for each in context.deps.spot_states.each(context.tenant_id)]),
        today=tuple(await tenant_usage(context, today(context.now))),
    )


async def licenses_used(context: ActionContext) -> tuple[License, ...]:
    """Return the tenant's licences for Cloud PCs, with how many are given away. Raises: as its directory does."""
    entries = await context.deps.cloud_pcs.entries(context.tenant_id)
    built = Counter(str(entry["servicePlanId"]) for entry in entries if entry["status"] != "notProvisioned")
    settings = context.tenant.settings
    if settings.licence_source is LicenceSource.SEATS:
        units = seat_units(settings)
        return tuple(_license(plan, units[id_], built[id_], built[id_]) for id_, plan in seat_plans(settings).items())
    skus = await retry_while_throttled(context.deps.graph(context.tenant).subscribed_skus)
    plans = [(sku, service_plan(sku.sku_id, sku.sku_part_number, settings.service_plans)) for sku in skus]
    return tuple(_license(plan, sku.enabled, sku.consumed, built[plan.id]) for sku, plan in plans if plan is not None)


async def quotas(context: ActionContext) -> tuple[Quota, ...]:
    """Return the quotas wherever the tenant builds; a quota that cannot be read does not keep the others back."""
    tenant = context.tenant
    sites = [stored.value async for stored in context.deps.sites.each(tenant.id)]
    own = {tenant.subscription_id, *tenant.further_subscription_ids}
    places = {(subscription, region) for subscription in own for site in sites for region in _regions(site)}
    return tuple(await asyncio.gather(*(_quota(context, *place) for place in sorted(places))))


def _regions(site: Site) -> tuple[str, ...]:
    return (site.region, *site.fallback_regions)


async def _quota(context: ActionContext, subscription_id: str, region: str) -> Quota:
    try:
        used = await usages(context.deps, subscription_id, region)
    except (UnavailableError, RefusedError) as error:
        _log.warning("the quota of %s in %s could not be read: %s", subscription_id, region, error)
        return Quota(subscription_id=subscription_id, region=region, error="Azure did not show it; try again later")
    return Quota(subscription_id=subscription_id, region=region, usages=used)


def _license(plan: ServicePlan, total: int, used: int, cloud_pcs: int) -> License:
    return License(
        service_plan_id=plan.id,
        display_name=plan.display_name,
        sku_part_number=plan.sku_part_number,
        total=total,
        used=used,
        free=max(0, total - used),
        cloud_pcs=cloud_pcs,
    )


def _statuses(entries: Iterable[Mapping[str, Scalar]]) -> dict[str, int]:
    return dict(sorted(Counter(str(entry["status"]) for entry in entries).items()))


def _shares(entries: Iterable[Mapping[str, Scalar]], id_: str, name: str) -> tuple[Share, ...]:
    """Return the entries by the property *id_*, with one of the names that goes with it."""
    by_id: dict[Scalar, list[Mapping[str, Scalar]]] = {}
    for entry in entries:
        by_id.setdefault(entry[id_], []).append(entry)
    found = [
        Share(
            id=str(value) if value is not None else None,
            display_name=str(few[-1][name]) if few[-1][name] is not None else None,
            count=len(few),
            statuses=_statuses(few),
        )
        for value, few in by_id.items()
    ]
    return tuple(sorted(found, key=lambda share: (-share.count, share.display_name or "", share.id or "")))
