"""The licences of a tenant's users, by its settings: Microsoft Graph's, or seats that the tenant has bought."""

from __future__ import annotations

from collections.abc import Iterable

from shared.clients.directory import entitlement_of_user, entitlements_of_groups, plans
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.seats import seat_plans, with_seats
from shared.domain.tenants.tenant import LicenceSource
from shared.services.action_context import ActionContext


async def licenses(context: ActionContext) -> dict[str, ServicePlan]:
    """Return the Cloud PC licences that the tenant has, by id."""
    if _has_seats(context):
        return seat_plans(context.tenant.settings)
    return await plans(context.deps.graph(context.tenant), context.tenant.settings.service_plans)


async def licensed_members(context: ActionContext, group_ids: Iterable[str]) -> tuple[Entitlement, ...]:
    """Return every member of the groups, nested ones too, with their licences, or the seats that they would get."""
    rules = context.tenant.settings.service_plans
    members = await entitlements_of_groups(context.deps.graph(context.tenant), rules, group_ids)
    if not _has_seats(context):
        return members
    records = [stored.value async for stored in context.deps.cloud_pcs.each(context.tenant.id)]
    user_ids = [member.user.id for member in members]
    first_seen = await context.deps.first_seen.of(context.tenant.id, user_ids, context.now)
    return with_seats(members, context.tenant.settings, records, first_seen)


async def licensed_user(context: ActionContext, id_or_upn: str, group_ids: Iterable[str]) -> Entitlement:
    """Return one user with their licences and those of the assigned groups that they are in. Raises: NotFoundError.

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
