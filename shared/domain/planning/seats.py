"""Seats: licences that a tenant's settings count, by licence part number, and that Deskwright hands out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.planning.entitlements import Entitlement
from shared.domain.tenants.tenant import TenantSettings

_NEVER = datetime.max.replace(tzinfo=UTC)


def seat_plans(settings: TenantSettings) -> dict[str, ServicePlan]:
    """Return the service plans of the seats by id; a part number that is no Cloud PC's has none."""
    plans = (service_plan(number, number, settings.service_plans) for number in sorted(settings.seats))
    return {plan.id: plan for plan in plans if plan is not None}


def seat_units(settings: TenantSettings) -> dict[str, int]:
    """Return how many seats there are of each plan (id)."""
    return {plan_id: settings.seats[plan.sku_part_number] for plan_id, plan in seat_plans(settings).items()}


def seated(
    settings: TenantSettings,
    user_ids: Iterable[str],
    records: Iterable[CloudPc],
    first_seen: Mapping[str, datetime],
) -> dict[str, tuple[ServicePlan, ...]]:
    """Hand out the seats: users with a Cloud PC of a plan keep their seats, then who was seen first.

    Those who were seen at the same moment, or never, follow by id.
    """
    holders = {(pc.user.id, plan_id): pc.created_date_time.isoformat() for pc in records for plan_id in pc.claims}
    units = seat_units(settings)
    everybody = sorted(user_ids, key=lambda user_id: (first_seen.get(user_id, _NEVER), user_id))
    given: dict[str, tuple[ServicePlan, ...]] = {}
    for plan in seat_plans(settings).values():
        first = sorted(everybody, key=lambda user_id: holders.get((user_id, plan.id), "~"))
        for user_id in first[: units[plan.id]]:
            given[user_id] = (*given.get(user_id, ()), plan)
    return given


def with_seats(
    members: Sequence[Entitlement],
    settings: TenantSettings,
    records: Iterable[CloudPc],
    first_seen: Mapping[str, datetime],
) -> tuple[Entitlement, ...]:
    """Return the members with the seats they get in place of the licences that the directory reports."""
    given = seated(settings, (member.user.id for member in members), records, first_seen)
    return tuple(member.but(plans=given.get(member.user.id, ())) for member in members)
