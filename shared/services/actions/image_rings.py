"""Image rings: the months of policies, begun and followed by a due row, and resumed by an administrator."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.images.image import ImageSource, ImageType
from shared.domain.operations.bulk import MOST_CLOUD_PCS, OVER, BulkAction, BulkItem, BulkStatus, ItemStatus
from shared.domain.operations.image_rings import (
    NO_IMAGE,
    NotUpdated,
    RingMonth,
    RingProgress,
    RingReport,
    RingStatus,
    after_days,
    after_ring,
    broken_off,
    chosen,
    fleet_of,
    new_month,
    passed_month,
    resumed,
    ring_seed,
    tried_in,
    why_not,
)
from shared.domain.operations.operation import SYSTEM, AuditEvent, ResourceType
from shared.domain.operations.pausing import pause_reason
from shared.domain.policies.image_rings import ImageRings
from shared.domain.policies.policy import Policy, image_source
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError
from shared.services.actions.bulk import BulkForm, BulkTarget, begin_bulk, steer
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import change
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.images")

_LOOK, _LATER = timedelta(minutes=15), timedelta(hours=1)
_MOST_SHOWN = 1000
_TURNED_OFF = "the rings were turned off"


@dataclass(frozen=True, slots=True)
class _Facts:
    """Facts of a look at a month, and its time."""

    deps: Dependencies
    client: DurableClient
    tenant: Tenant
    policy: Policy
    image: ImageSource | None
    now: datetime

    @property
    def rings(self) -> ImageRings:
        return self.policy.configuration.image_rings


async def rings_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at the image rings of a policy, and take one step; return when to look again, None where they are off."""
    tenant = await deps.tenants.find(due.tenant_id)
    stored = await deps.policies.find(due.tenant_id, due.subject_id)
    found = await deps.image_rings.find(due.tenant_id, due.subject_id)
    month, now = found.value if found else None, deps.clock.now()
    if tenant is None or stored is None or not stored.value.configuration.image_rings.enabled:
        if tenant is not None:
            await _turn_off(deps, client, tenant.value, month, now)
        if found is not None and stored is None:
            await deps.image_rings.remove(due.tenant_id, due.subject_id)
        return None
    policy = stored.value
    facts = _Facts(deps, client, tenant.value, policy, await _image_of(deps, policy), now)
    return await _look(facts, month)


async def _look(facts: _Facts, month: RingMonth | None) -> datetime:
    """Begin a month on its day, or take the next step of the present month."""
    this, key = facts.rings.month_at(facts.now), (facts.tenant.id, facts.policy.id)
    if month is None or month.reason == _TURNED_OFF:
        await _save(facts.deps, month, passed_month(this, key, facts.now))
        return facts.rings.next_begin(facts.now)
    if month.month < this.name:
        if pause_reason(await facts.deps.service_state.get(), facts.tenant, facts.policy):
            return facts.now + _LATER
        await _cancel(facts.deps, facts.client, facts.tenant, month)
        fresh = new_month(this, key, facts.image, facts.policy.image_display_name, facts.now)
        month = await _save(facts.deps, month, fresh)
    if month.status is RingStatus.HALTED and month.holds_bulk:
        await _steer(facts, month, BulkStatus.RUNNING, BulkStatus.PAUSED)
    if month.status in {RingStatus.HALTED, RingStatus.ENDED}:
        return facts.rings.next_begin(facts.now)
    if why := why_not(facts.rings, month, facts.image, facts.tenant.settings.deleted_cloud_pcs_kept_in_days):
        return await _halt(facts, month, why)
    return await (_observe if month.status is RingStatus.OBSERVING else _run)(facts, month)


async def _halt(facts: _Facts, month: RingMonth, why: str) -> datetime:
    """Halt the month; the record comes before the pause of its bulk action, which the next look repeats."""
    bulk = await _bulk_of(facts.deps, month)
    holds = bulk is not None and bulk.status is BulkStatus.RUNNING
    after = await _save(facts.deps, month, month.halted(why, facts.now, holds_bulk=holds))
    await _steer(facts, after, BulkStatus.RUNNING, BulkStatus.PAUSED)
    return facts.rings.next_begin(facts.now)


async def _run(facts: _Facts, month: RingMonth) -> datetime:
    """Begin the bulk action of the ring, or wait for its end and go on with the next part."""
    bulk = await _bulk_of(facts.deps, month)
    if bulk is None:
        return await _begin(facts, month)
    if month.holds_bulk:
        await _steer(facts, month, BulkStatus.PAUSED, BulkStatus.RUNNING)
        month = await _save(facts.deps, month, month.but(holds_bulk=False))
    if bulk.status not in OVER:
        return facts.now + _LOOK
    if (why := broken_off(bulk)) is not None:
        await _save(facts.deps, month, month.halted(why, facts.now))
        return facts.rings.next_begin(facts.now)
    await _save(facts.deps, month, month.with_part(month.ring, facts.now))
    return facts.now


async def _begin(facts: _Facts, month: RingMonth) -> datetime:
    """Begin the bulk action of the last part, or end the ring where nobody is left."""
    if pause_reason(await facts.deps.service_state.get(), facts.tenant, facts.policy):
        return facts.now + _LATER
    deps, number = facts.deps, len(month.of(month.ring)) - 1
    fleet = fleet_of([each.value async for each in deps.cloud_pcs.each(facts.tenant.id, policy_id=facts.policy.id)])
    items = await _items_of(deps, month)
    # Items that were written before a crash are its items: another choice would leave some of them behind.
    targets = [_again(item) for item in items if item.bulk_id == month.bulk_action_id]
    if not targets:
        targets = [_target(pc) for pc in chosen(month, facts.rings, fleet, tried_in(items), MOST_CLOUD_PCS)]
    if not targets:
        own = [item for item in items if item.bulk_id in month.of(month.ring)]
        after = await _save(deps, month, after_ring(month, facts.rings, fleet, own, facts.now))
        return after.observed_until or facts.rings.next_begin(facts.now)
    context = _context(facts.deps, facts.tenant, ring_seed(month, month.ring, number), facts.now)
    await begin_bulk(context, facts.client, _form(), targets)
    _log.info("ring %s of %s/%s begins with %d", month.ring, facts.tenant.id, facts.policy.id, len(targets))
    return facts.now + _LOOK


async def _observe(facts: _Facts, month: RingMonth) -> datetime:
    """Wait until the canary has worked for its days, and let the others follow."""
    if month.observed_until is not None and facts.now < month.observed_until:
        return month.observed_until
    items = await _items_of(facts.deps, month)
    built = [item.cloud_pc_id for item in items if item.status is ItemStatus.SUCCEEDED]
    canary = [each.value for each in await facts.deps.cloud_pcs.several(facts.tenant.id, built)]
    after = await _save(facts.deps, month, after_days(month, canary, facts.now))
    return facts.now if after.status is RingStatus.RUNNING else facts.rings.next_begin(facts.now)


def _target(pc: CloudPc) -> BulkTarget:
    """Return the target of a Cloud PC, without a refusal: that is judged in its turn, and written to its item."""
    return BulkTarget(
        cloud_pc_id=pc.id, user_principal_name=pc.user.user_principal_name, status=pc.status.value, refusal=None
    )


def _form() -> BulkForm:
    return BulkForm(
        action="reprovision",
        parameters={"buildFirst": True, "unlessInUse": True},
        scheduled_during_maintenance_window=True,
    )


def _again(item: BulkItem) -> BulkTarget:
    return BulkTarget(cloud_pc_id=item.cloud_pc_id, user_principal_name=item.user_principal_name, status="")


def _context(deps: Dependencies, tenant: Tenant, seed: tuple[str, ...], now: datetime) -> ActionContext:
    verb, trace_id = "Microsoft.CloudPC/bulkActions/create", "/".join(seed)
    return ActionContext(deps, SYSTEM, tenant, verb=verb, trace_id=trace_id, now=now, seed=seed, repeatable=True)


async def _image_of(deps: Dependencies, policy: Policy) -> ImageSource | None:
    """Return the image that the policy has now, None where it cannot be used."""
    custom = (
        await deps.images.find(policy.tenant_id, policy.image_id) if policy.image_type is ImageType.CUSTOM else None
    )
    return image_source(policy, custom.value if custom else None)


async def _bulk_of(deps: Dependencies, month: RingMonth) -> BulkAction | None:
    found = await deps.bulk_actions.find(month.tenant_id, month.bulk_action_id) if month.bulk_action_id else None
    return found.value if found else None


async def _items_of(deps: Dependencies, month: RingMonth) -> list[BulkItem]:
    """Return the items of the month's bulk actions."""
    found: list[BulkItem] = []
    for part in month.parts:
        found += [each.value for each in await deps.bulk_items.of(month.tenant_id, part.bulk_action_id)]
    return found


async def _steer(facts: _Facts, month: RingMonth, before: BulkStatus, after: BulkStatus) -> None:
    """Pause or resume the last bulk action of the month, where it has the status *before*."""
    bulk = await _bulk_of(facts.deps, month)
    if bulk is not None and bulk.status is before:
        context = _steering(facts.deps, facts.tenant, month, after, facts.now)
        await steer(context, facts.client, bulk.id, after)


def _steering(deps: Dependencies, tenant: Tenant, month: RingMonth, status: BulkStatus, now: datetime) -> ActionContext:
    seed = ("imageRings", month.id, month.month, status.value, month.last_modified_date_time.isoformat())
    verb, trace_id = "Microsoft.CloudPC/bulkActions/update", "/".join(seed)
    return ActionContext(deps, SYSTEM, tenant, verb=verb, trace_id=trace_id, now=now, seed=seed, repeatable=True)


async def _cancel(deps: Dependencies, client: DurableClient, tenant: Tenant, month: RingMonth) -> None:
    """Cancel the last bulk action of a month; builds that run are not stopped."""
    bulk = await _bulk_of(deps, month)
    if bulk is not None and bulk.status not in OVER:
        context = _steering(deps, tenant, month, BulkStatus.CANCELED, deps.clock.now())
        await steer(context, client, bulk.id, BulkStatus.CANCELED)


async def _turn_off(
    deps: Dependencies, client: DurableClient, tenant: Tenant, month: RingMonth | None, now: datetime
) -> None:
    """End the month of rings that are off, or of a policy that is gone."""
    if month is None or month.reason == _TURNED_OFF:
        return
    await _cancel(deps, client, tenant, month)
    await _save(deps, month, month.ended(_TURNED_OFF, now))


async def _save(deps: Dependencies, before: RingMonth | None, after: RingMonth) -> RingMonth:
    """Write a step of a month, and its audit event before. Raises: StaleError where somebody else was faster."""
    shown = {"month": after.month, "status": after.status.value, "ring": after.ring.value, "reason": after.reason}
    run = f"{after.month}/{after.status.value}/{len(after.parts)}/{after.last_modified_date_time.isoformat()}"
    resource = (ResourceType.IMAGE_RING.value, after.id)
    if before is None or (before.status, before.month, before.parts) != (after.status, after.month, after.parts):
        at = after.last_modified_date_time
        await deps.audit.append(AuditEvent.of_service(after.tenant_id, resource, "update", shown, at=at, run=run))
    if before is None:
        return (await deps.image_rings.insert(after)).value

    def edit(there: RingMonth) -> RingMonth | None:
        if there != before:
            raise ConflictError("somebody else has changed the month meanwhile")
        return after

    return await deps.image_rings.change(after.tenant_id, after.id, edit)


async def resume_rings(context: ActionContext, policy_id: str) -> RingMonth:
    """Let a halted month go on with the image of today. Raises: ConflictError where it is not halted, or may not."""
    deps, tenant = context.deps, context.tenant
    policy = (await deps.policies.get(tenant.id, policy_id)).value
    before = (await deps.image_rings.get(tenant.id, policy_id)).value
    image, bulk = await _image_of(deps, policy), await _bulk_of(deps, before)
    may_go_on = before.but(image=image)
    why = why_not(policy.configuration.image_rings, may_go_on, image, tenant.settings.deleted_cloud_pcs_kept_in_days)
    if not policy.configuration.image_rings.enabled:
        raise ConflictError("the image rings of the policy are off")
    if why is not None or image is None:
        raise ConflictError(f"the month cannot go on: {why or NO_IMAGE}")

    def edit(there: RingMonth) -> RingMonth | None:
        if there.status in {RingStatus.RUNNING, RingStatus.OBSERVING}:
            return None
        if there.status is not RingStatus.HALTED:
            raise ConflictError(f"it is not halted: {there.status.value}", status=there.status.value)
        return resumed(there, bulk, image, context.now)

    write = change(before, edit, partial(deps.image_rings.change, tenant.id, policy_id))
    promise = partial(deps.due.put, DueKind.IMAGE_RINGS, context.now, tenant.id, policy_id)
    return await make_change(context, Resource(ResourceType.IMAGE_RING, policy_id), write, promise=promise)


async def ring_report(context: ActionContext, policy_id: str) -> RingReport:
    """Return the latest month of the rings of a policy. Raises: NotFoundError."""
    deps, tenant_id = context.deps, context.tenant.id
    policy = (await deps.policies.get(tenant_id, policy_id)).value
    month = (await deps.image_rings.get(tenant_id, policy_id)).value
    rings, items = policy.configuration.image_rings, await _items_of(deps, month)
    bulks = [each.value for each in await deps.bulk_actions.several(tenant_id, [p.bulk_action_id for p in month.parts])]
    counts = {bulk.id: bulk.counts for bulk in bulks}
    ring_of = {part.bulk_action_id: part.ring for part in month.parts}
    left = [each for each in items if each.status in {ItemStatus.REFUSED, ItemStatus.FAILED, ItemStatus.SKIPPED}]
    return RingReport(
        **dict(month),
        rings=tuple(RingProgress(**dict(part), counts=counts.get(part.bulk_action_id, {})) for part in month.parts),
        not_updated=tuple(
            NotUpdated(ring=ring_of[each.bulk_id], **{n: getattr(each, n) for n in _SHOWN})
            for each in left[:_MOST_SHOWN]
        ),
        not_updated_count=len(left),
        next_begins=rings.next_begin(context.now) if rings.enabled else None,
    )


_SHOWN = ("cloud_pc_id", "user_principal_name", "status", "message")
