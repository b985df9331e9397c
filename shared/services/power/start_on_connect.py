"""Start on connect: whether users can start Cloud PCs that are off, and whether a scaling plan switches their pool.

What nobody could start is not stopped (decision 163). Two who switch one machine undo each other's work, so that a
scaling plan of Azure Virtual Desktop on a pool of ours ends our acting there (decision 255).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from functools import partial

from shared.caching import TtlCache
from shared.clients.arm import ResourceId, parse_id
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.tenants.needs import (
    NO_START_SERVICE,
    POWER_ROLES,
    VIRTUAL_DESKTOP,
    NeedVerdict,
    judge_start_on_connect,
    scaled_by,
)
from shared.domain.tenants.tenant import Site, Tenant
from shared.services.operations.action_context import ActionContext
from shared.services.power.sessions import answer_or_none

_NOT_ANSWERED = "notAnswered"
_SERVICES: TtlCache[str] = TtlCache(timedelta(minutes=10))
"""The id of Azure Virtual Desktop's service principal, by directory; empty where the directory has none."""

_PLANS: TtlCache[tuple[str, ...]] = TtlCache(timedelta(minutes=15))
"""The names of the scaling plans that are enabled for a pool."""


async def why_nobody_could_start(deps: Dependencies, tenant: Tenant) -> str | None:
    """Return why a sign-in could not start a machine of a tenant; None where it could, or nobody answers.

    The right itself is given before each stop (``allow_start_on_connect``), and a stop fails without it.
    """

    async def read() -> str:
        answer = await answer_or_none(
            _service_of(deps, tenant), f"Azure Virtual Desktop in the directory of {tenant.id}"
        )
        return _NOT_ANSWERED if answer is None else answer

    return None if await _SERVICES.get_or(deps, tenant.entra_tenant_id, read) else NO_START_SERVICE


async def _service_of(deps: Dependencies, tenant: Tenant) -> str:
    return await deps.graph(tenant).service_principal_id(VIRTUAL_DESKTOP) or ""


async def why_scaled_outside(deps: Dependencies, pc: CloudPc) -> str | None:
    """Return that a scaling plan switches the machines of a Cloud PC's pool; None without any, or without an answer."""
    pool_id = pc.current.resources.host_pool_id
    if pool_id is None:
        return None
    pool = parse_id(pool_id)

    async def read() -> tuple[str, ...]:
        return await answer_or_none(_plans_of(deps, pool), f"the scaling plans of {pc.tenant_id} on {pool.name}") or ()

    names = await _PLANS.get_or(deps, (pc.tenant_id, pool_id.casefold()), read)
    return scaled_by(pool.name, names) if names else None


async def _plans_of(deps: Dependencies, pool: ResourceId) -> tuple[str, ...]:
    """Return the names of the scaling plans that are enabled for a pool; none where there is no such pool."""
    plans = deps.desktops(pool.subscription_id).scaling_plans
    try:
        found = [each async for each in plans.list_by_host_pool(pool.resource_group, pool.name)]
    except MissingError:
        return ()
    return tuple(
        str(plan.name)
        for plan in found
        for each in plan.host_pool_references or ()
        if each.scaling_plan_enabled and _same(parse_id(str(each.host_pool_arm_path)), pool)
    )


def _same(one: ResourceId, other: ResourceId) -> bool:
    mine, theirs = (f"{each.subscription_id}/{each.resource_group}/{each.name}" for each in (one, other))
    return mine.casefold() == theirs.casefold()


async def judge_power(context: ActionContext, sites: Iterable[Site]) -> tuple[NeedVerdict, ...]:
    """Judge start on connect where a policy has a power schedule. Raises: RefusedError, UnavailableError."""
    deps, tenant = context.deps, context.tenant
    scheduled = [each.value.configuration.power_schedule_id async for each in deps.policies.each(tenant.id)]
    if not any(scheduled):
        return ()
    service = await retry_while_throttled(lambda: _service_of(deps, tenant))
    without = [each async for each in _groups_without_role(context, service, sites)] if service else []
    off = [each.value.id async for each in deps.cloud_pc_powers.each(tenant.id) if each.value.observed.is_off]
    plans = {
        name: found
        for subscription in (tenant.subscription_id, *tenant.further_subscription_ids)
        for name in naming.host_pool_names(tenant.id)
        if (found := await _plans_of_ours(context, subscription, name))
    }
    return (judge_start_on_connect(service=bool(service), without=without, off=len(off), plans=plans),)


async def _plans_of_ours(context: ActionContext, subscription: str, name: str) -> tuple[str, ...]:
    group = context.tenant.resource_group
    pool = ResourceId(subscription_id=subscription, resource_group=group, names=(name,))
    return await retry_while_throttled(lambda: _plans_of(context.deps, pool))


async def _groups_without_role(context: ActionContext, service: str, sites: Iterable[Site]) -> AsyncIterator[str]:
    """Yield the resource groups of machines in which Azure Virtual Desktop has no right to start them."""
    tenant = context.tenant
    for subscription in (tenant.subscription_id, *tenant.further_subscription_ids):
        for group in sorted({site.resource_group for site in sites}):
            if not await retry_while_throttled(partial(_may_start, context.deps, subscription, group, service)):
                yield group if subscription == tenant.subscription_id else f"{group} of {subscription}"


async def _may_start(deps: Dependencies, subscription: str, group: str, service: str) -> bool:
    """Whether a principal has a role that starts machines at a resource group or above it; yes where there is none."""
    assignments = deps.authorization(subscription).role_assignments
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}".casefold()
    try:
        async for each in assignments.list_for_resource_group(group, filter=f"principalId eq '{service}'"):
            role = str(each.role_definition_id).rpartition("/")[2].casefold()
            if role in POWER_ROLES and scope.startswith(str(each.scope).casefold()):
                return True
    except MissingError:
        return True
    return False
