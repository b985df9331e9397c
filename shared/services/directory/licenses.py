"""Licences of a tenant's users, and the service plans that they stand for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from shared.clients.directory import entitlement_of_user, entitlements_of_groups, plans
from shared.clients.pacing import retry_while_throttled
from shared.clients.vm_sizes import SizeOffer, offers_in
from shared.domain.json_text import escape
from shared.domain.machines.service_plan import ServicePlan, ServicePlanRule
from shared.domain.machines.sizes import Size
from shared.domain.planning.entitlements import Entitlement, seat_plans, with_seats
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.errors import InvalidError, Problem, RefusedError, UnavailableError
from shared.services.operations.action_context import ActionContext


async def licenses(context: ActionContext) -> dict[str, ServicePlan]:
    """Return the Cloud PC licences that the tenant has, by id."""
    if _has_seats(context):
        return seat_plans(context.tenant.settings)
    return await plans(context.deps.graph(context.tenant), context.tenant.settings.service_plans)


async def licensed_members(context: ActionContext, group_ids: Iterable[str]) -> tuple[Entitlement, ...]:
    """Return every member of the groups and nested groups, with their licences or future seats."""
    rules = context.tenant.settings.service_plans
    members = await entitlements_of_groups(context.deps.graph(context.tenant), rules, group_ids)
    if not _has_seats(context):
        return members
    records = [stored.value async for stored in context.deps.cloud_pcs.each(context.tenant.id)]
    user_ids = [member.user.id for member in members]
    first_seen = await context.deps.first_seen.of(context.tenant.id, user_ids, context.now)
    return with_seats(members, context.tenant.settings, records, first_seen)


async def licensed_user(context: ActionContext, id_or_upn: str, group_ids: Iterable[str]) -> Entitlement:
    """Return a user with their licences and their groups among *group_ids*. Raises: NotFoundError.

    Who gets a seat depends on everybody, so that for one user's the groups are read.
    """
    rules = context.tenant.settings.service_plans
    found = await entitlement_of_user(context.deps.graph(context.tenant), rules, id_or_upn, group_ids)
    if not _has_seats(context):
        return found
    members = {member.user.id: member for member in await licensed_members(context, group_ids)}
    return found.but(plans=members[found.user.id].plans if found.user.id in members else ())


def _has_seats(context: ActionContext) -> bool:
    return context.tenant.settings.licence_source is LicenceSource.SEATS


_log = logging.getLogger("deskwright.tenants")


async def refuse_unusable_sizes(context: ActionContext, before: Tenant, after: Tenant) -> None:
    """Refuse VM sizes that no region of the tenant offers, or that are too small. Raises: InvalidError.

    What Azure does not answer is no obstacle: it is asked again when a machine is built.
    """
    known = before.settings.service_plans
    changed = {name: rule for name, rule in after.settings.service_plans.items() if rule != known.get(name)}
    if not changed:
        return
    sites = [stored.value async for stored in context.deps.sites.each(after.id)]
    regions = sorted({region for site in sites for region in site.regions})
    if problems := list(size_problems(changed, await read_offers(context, after.subscription_id, regions))):
        raise InvalidError(*problems)


def size_problems(
    rules: Mapping[str, ServicePlanRule], offers: Mapping[str, Mapping[str, SizeOffer]]
) -> Iterable[Problem]:
    """Yield the problem of each size. *offers*: by region and size in lower case; empty: the offers are not known."""
    for part_number, rule in rules.items():
        for index, name in enumerate(rule.vm_sizes):
            if offers and (wrong := size_problem(name, rule, offers)):
                pointer = f"/settings/servicePlans/{escape(part_number)}/vmSizes/{index}"
                yield Problem(pointer, wrong)


def size_problem(
    name: str, rule: ServicePlan | ServicePlanRule, offers: Mapping[str, Mapping[str, SizeOffer]]
) -> str | None:
    """Return why no machine of a size can fulfil *rule*, None if one can.

    *offers*: by region, and by size in lower case.
    """
    found = [each[name.lower()] for each in offers.values() if name.lower() in each]
    if not found:
        return f"Azure offers {name} to the subscription in none of {', '.join(offers)}; name a size that it offers"
    size = Size(name, rule.v_cpu_count, rule.ram_in_gb, "")
    faults = [offer.fault(size, rule) for offer in found]
    return faults[0] if all(faults) else None


async def read_offers(
    context: ActionContext, subscription_id: str, regions: Iterable[str]
) -> dict[str, dict[str, SizeOffer]]:
    """Return the sizes that a subscription is offered, by region and size in lower case; no region that is silent."""
    read = {region: await _read(context, subscription_id, region) for region in regions}
    return {region: offers for region, offers in read.items() if offers is not None}


async def _read(context: ActionContext, subscription_id: str, region: str) -> dict[str, SizeOffer] | None:
    compute = context.deps.compute(subscription_id)
    try:
        return await retry_while_throttled(lambda: offers_in(compute, region))
    except (UnavailableError, RefusedError) as error:
        _log.warning("the VM sizes of %s could not be read for %s: %s", region, subscription_id, error)
        return None
