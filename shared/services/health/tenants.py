"""The checks of one tenant: its readiness, its subscriptions to changes, its quotas, addresses and role assignments."""

from __future__ import annotations

from collections.abc import Sequence

from shared.dependencies import Dependencies
from shared.domain.health.codes import OF_TENANT, HealthCode, HealthSection, Severity
from shared.domain.health.judging import (
    finding,
    in_order,
    judge_endpoints,
    judge_limit,
    judge_outbox,
    judge_subscriptions,
    section,
    with_sample,
)
from shared.domain.health.report import HealthMessage, HealthReport, HealthThresholds, LimitUsage, SectionHealth
from shared.domain.networks.connection import HealthStatus
from shared.domain.notices.events import TELLERS
from shared.domain.operations.operation import SYSTEM
from shared.domain.planning.entitlements import awaiting_addresses
from shared.domain.tenants.directory import WATCH, WatchedResource
from shared.domain.tenants.tenant import Tenant
from shared.services.cost.actuals import export_fault
from shared.services.networks.rights import rights_in_use
from shared.services.operations.action_context import ActionContext
from shared.services.tenants.readiness import ReadinessCheck, readiness
from shared.services.tenants.summaries import quotas

_VERB = "Microsoft.CloudPC/tenants/readHealth"
_SEVERITIES = {HealthStatus.FAILED: Severity.ERROR, HealthStatus.WARNING: Severity.WARNING}
_NO_TOKEN = ("AADSTS", "noAppForCustomers", "invalid_client")
_NO_APPLICATION = "AADSTS700016"
_OF_READINESS = {
    "consent": (HealthSection.CONSENT, HealthCode.CONSENT_MISSING),
    "permissions": (HealthSection.CONSENT, HealthCode.PERMISSIONS_MISSING),
    "sign-in": (HealthSection.CONSENT, HealthCode.SIGN_IN_NOT_CONSENTED),
    "role": (HealthSection.RIGHTS, HealthCode.ROLE_INCOMPLETE),
    "resource providers": (HealthSection.RIGHTS, HealthCode.PROVIDER_NOT_REGISTERED),
}
"""The checks of readiness that are findings of health; the others are about a first Cloud PC."""


async def check_tenant(
    deps: Dependencies,
    tenant: Tenant,
    before: HealthReport | None,
    others: Sequence[SectionHealth],
    thresholds: HealthThresholds,
) -> HealthReport:
    """Return the report of a tenant. *before*: its last one; *others*: sections that were judged already."""
    now = deps.clock.now()
    context = ActionContext(deps, SYSTEM, tenant, _VERB, "health", now, ("health", now.isoformat()))
    judged = (await readiness(context)).checks
    rooms = {room.name: room for room in before.limit_usages} if before else {}
    quota, of_quota = await _quotas(context, rooms, thresholds)
    addresses, of_addresses = await _addresses(context, rooms, thresholds)
    rights, of_rights = await _rights(context, rooms, thresholds)
    found = [*map(_of_readiness, judged), rights, await _subscriptions(context, thresholds), quota, addresses]
    found += [await _outbox(context, thresholds), await _endpoints(context), await _cost_export(context), *others]
    return HealthReport(
        tenant_id=tenant.id,
        checked_date_time=now,
        sections=in_order(filter(None, found), OF_TENANT),
        limit_usages=(*of_rights, *of_quota, *of_addresses),
    )


def _of_readiness(check: ReadinessCheck) -> SectionHealth | None:
    """Return the section with the finding of a check of readiness; nothing is returned for a check that passed."""
    severity = _SEVERITIES.get(check.status)
    row = _OF_READINESS.get(check.name) or _OF_READINESS.get(check.name.split(" ")[0])
    if severity is None or row is None:
        return None
    name, code = row
    detail = check.additional_detail
    if check.name == "consent" and detail.startswith(_NO_TOKEN) and not detail.startswith(_NO_APPLICATION):
        name, code = HealthSection.CREDENTIAL, HealthCode.CREDENTIAL_REFUSED
    return section(name, [finding(code, severity, detail)])


async def _subscriptions(context: ActionContext, thresholds: HealthThresholds) -> SectionHealth:
    if context.deps.settings.notification_url is None:  # directories are polled: nothing is missing
        return section(HealthSection.DIRECTORY, ())
    found = await context.deps.watches.find(context.tenant.entra_tenant_id, WATCH)
    ends = {}
    for resource in WatchedResource:
        subscription = found.value.subscription(resource) if found else None
        ends[resource.value] = subscription.expires_at if subscription else None
    return judge_subscriptions(ends, context.now, thresholds)


async def _outbox(context: ActionContext, thresholds: HealthThresholds) -> SectionHealth:
    since = {}
    for table in TELLERS:
        if waiting := await context.deps.outbox.waiting(table, context.tenant.id):
            since[table] = min(each.event.time for each in waiting)
    return judge_outbox(since, context.now, thresholds)


async def _endpoints(context: ActionContext) -> SectionHealth:
    """Judge the endpoints of notices; a tenant that has paused its notices has none."""
    deps, tenant_id = context.deps, context.tenant.id
    if not context.tenant.settings.notices_enabled:
        return section(HealthSection.ENDPOINTS, ())
    endpoints = [each.value async for each in deps.notice_endpoints.each(tenant_id)]
    states = {each.value.id: each.value async for each in deps.endpoint_states.each(tenant_id)} if endpoints else {}
    named = sorted(endpoints, key=lambda each: each.display_name)
    return judge_endpoints((each, states.get(each.id)) for each in named)


async def _cost_export(context: ActionContext) -> SectionHealth:
    fault = await export_fault(context.deps, context.tenant.id, context.now)
    found = finding(HealthCode.COST_EXPORT_FAILS, Severity.WARNING, fault) if fault else None
    return section(HealthSection.COST_EXPORT, [found])


async def _quotas(
    context: ActionContext, before: dict[str, LimitUsage], thresholds: HealthThresholds
) -> tuple[SectionHealth, list[LimitUsage]]:
    """Judge the vCPU quotas of all places where the tenant builds, except quotas without any use."""
    messages, rooms = list[HealthMessage | None](), list[LimitUsage]()
    for quota in await quotas(context):
        where = f"{quota.region} of {quota.subscription_id}"
        if quota.error is not None:
            messages.append(finding(HealthCode.QUOTA_NOT_READ, Severity.WARNING, quota.error, where))
        for usage in quota.usages:
            if not usage.used:
                continue
            name = f"{usage.family} in {where}"
            room = with_sample(before.get(name), name, usage.used, usage.limit, context.now)
            rooms.append(room)
            codes = (HealthCode.QUOTA_SCARCE, HealthCode.QUOTA_ENDS)
            messages.append(judge_limit(room, codes, "vCPUs", thresholds))
    return section(HealthSection.QUOTA, messages), rooms


async def _rights(
    context: ActionContext, before: dict[str, LimitUsage], thresholds: HealthThresholds
) -> tuple[SectionHealth, list[LimitUsage]]:
    """Judge the role assignments of the tenant's subscriptions, which other tenants may share."""
    limit, used = (
        context.tenant.settings.sign_in_rights_per_subscription,
        await rights_in_use(context.deps, context.tenant),
    )
    messages, rooms = list[HealthMessage | None](), list[LimitUsage]()
    for subscription_id in sorted(used):
        name = f"role assignments in {subscription_id}"
        room = with_sample(before.get(name), name, used[subscription_id], limit, context.now)
        rooms.append(room)
        codes = (HealthCode.SIGN_IN_RIGHTS_SCARCE, HealthCode.SIGN_IN_RIGHTS_END)
        messages.append(judge_limit(room, codes, "role assignments", thresholds))
    return section(HealthSection.RIGHTS, messages), rooms


async def _addresses(
    context: ActionContext, before: dict[str, LimitUsage], thresholds: HealthThresholds
) -> tuple[SectionHealth, list[LimitUsage]]:
    """Judge the addresses of connections, as their health checks have counted them: Azure is not asked again."""
    deps, tenant_id = context.deps, context.tenant.id
    connections = [each.value async for each in deps.connections.each(tenant_id) if each.value.subnets]
    if not connections:
        return section(HealthSection.ADDRESSES, ()), []
    cloud_pcs = [each.value async for each in deps.cloud_pcs.each(tenant_id)]
    messages, rooms = list[HealthMessage | None](), list[LimitUsage]()
    for connection in connections:
        total = sum(each.total for each in connection.subnets)
        used = total - sum(each.free for each in connection.subnets)
        room = with_sample(before.get(connection.display_name), connection.display_name, used, total, context.now)
        rooms.append(room)
        codes = (HealthCode.ADDRESSES_SCARCE, HealthCode.ADDRESSES_END)
        awaited = awaiting_addresses(cloud_pcs, connection.id)
        messages.append(judge_limit(room, codes, "addresses", thresholds, awaited))
    return section(HealthSection.ADDRESSES, messages), rooms
