"""Reconciling a tenant: plan from the directory, save the plan as intents, close the reconcile."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from activities.cloud_pcs.existing_machines import adopt_first
from activities.operations.audit import fail_operation, status_event, update_covered
from activities.pools.claiming import claim_members
from shared.caching import TtlCache
from shared.clients.directory import assigned_groups
from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import (
    CLOSE_RECONCILE,
    GROUP_SIZE,
    PLAN_TENANT,
    NewerRequest,
    Planned,
    ReconciledOrder,
    ReconcileOrder,
)
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.operation import planned, planning, reconciled
from shared.domain.planning import planner
from shared.domain.planning.plans import Observed, Plan
from shared.domain.planning.queueing import open_places, spread, waits
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import WATCH
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.services.cloud_pcs.forgetting import forget_cloud_pc
from shared.services.directory.observing import observe
from shared.services.directory.second_questions import HELD_ACTS, Confirmed, confirmed, let_wait
from shared.services.networks.rights import rights_in_use
from shared.services.policies.reconciling import rules_of, snapshots_of
from shared.storage.due import (
    EVERYBODY,
    Due,
    DueKind,
    cancel_due,
    grace_due,
    next_of,
    read_once,
    reminder_due,
    start_due,
)
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.records")


_NOT_BEGUN = Failure.model_construct(
    code="cancelled",
    message="The licence or the policy by which it was to be built was taken away before the build began.",
    advice="See by explain what the user is entitled to now.",
    retriable=False,
)


_RIGHTS: TtlCache[Counter[str]] = TtlCache(timedelta(minutes=1))
"""The role assignments for signing in of each subscription, by tenant: plans for single users do not read all."""

_CHANGED = "a Cloud PC changed while the plan was made"
_REREAD_MINUTES = (1, 2, 5, 15)  # then an hour, and twice as long each time
_REREAD_LIMIT = timedelta(hours=24)
_RESIZED_YET = frozenset({Status.RESIZE_PENDING_LICENSE, Status.RESIZING})
_REGULARLY = timedelta(days=1)
_SELDOM = timedelta(days=7)  # where the changes of the directory are read all day


@bp.activity_trigger(input_name="payload")
@implements(PLAN_TENANT)
async def plan_tenant(order: ReconcileOrder) -> Planned | Refused:
    """Plan the Cloud PCs of users, and save the plan before anything starts.

    With *user_ids* only these users are read; *round* then counts how often. Removals are recorded, never acted on.
    Raises: UnavailableError if a record changed meanwhile: the plan is made again.
    """
    deps = dependencies()
    found = await deps.tenants.find(order.tenant_id)
    if found is None:
        return Refused(code="tenantGone", message=f"there is no tenant {order.tenant_id}", final=True)
    tenant, at = found.value, deps.clock.now()
    # Before the directory is read: what is requested from now on is not part of this plan.
    requested_at = await deps.requests.newest(tenant.id)
    covered = requested_at if order.user_ids is None else None
    await update_covered(tenant.id, covered, lambda operation: planning(operation, at))
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    stored = await _records(order)
    observed = await observe(deps, tenant, policies, tuple(each.value for each in stored.values()), order.user_ids)
    if order.user_ids is None:
        await _look_again(tenant, policies, at)
    else:
        await _read_again(order, observed, at)
    snapshots = await snapshots_of(deps, tenant, policies)
    rules = rules_of(await deps.service_state.get(), tenant, policies)
    records = {pc_id: each.value for pc_id, each in stored.items()}
    planned_by = partial(planner.plan, policies=policies, snapshots=snapshots, tenant_id=tenant.id, at=at, rules=rules)
    if order.user_ids is None or tenant.settings.licence_source is LicenceSource.SEATS:
        groups = sorted(assigned_groups(policies))
        made = await confirmed(deps.graph(tenant), tenant.settings, groups, observed, records, planned_by)
    else:
        made = Confirmed(planned_by(observed))  # just these users were asked about
    await _end_waits(made, stored)
    plan = await _spread(made.plan, tenant, stored, everybody=order.user_ids is None)
    plan = await _adopt_and_save(plan, tenant, stored, policies)
    await let_wait(deps, made.waits, records)
    users = len({each.user.id for each in observed.entitlements} | {pc.user.id for pc in observed.cloud_pcs})
    await update_covered(tenant.id, covered, lambda operation: planned(operation, plan.counts, users, deps.clock.now()))
    return Planned(
        groups=_grouped(plan.start),
        removals=_grouped(tuple(pc.id for pc in plan.cancel)),
        listed=len(plan.list_only),
        removals_seen=len(plan.grace) + len(plan.cancel) + len(plan.removals),
        requested_at=requested_at,
    )


def _grouped(ids: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(ids[at : at + GROUP_SIZE] for at in range(0, len(ids), GROUP_SIZE))


async def _records(order: ReconcileOrder) -> dict[str, Stored[CloudPc]]:
    cloud_pcs = dependencies().cloud_pcs
    if order.user_ids is None:
        return {stored.value.id: stored async for stored in cloud_pcs.each(order.tenant_id)}
    users = [await cloud_pcs.of_user(order.tenant_id, user_id) for user_id in order.user_ids]
    return {stored.value.id: stored for of_user in users for stored in of_user}


async def _end_waits(made: Confirmed, stored: dict[str, Stored[CloudPc]]) -> None:
    """Clear the waiting removals and grace periods of records for which this plan makes none."""
    written = {pc.id for pc in (*made.plan.writes, *made.plan.delete)}
    for each in stored.values():
        held = each.value.held_back
        if held is not None and held.act in HELD_ACTS and each.value.id not in {*written, *made.waits}:
            await dependencies().cloud_pcs.change(
                each.value.tenant_id, each.value.id, lambda pc: pc.but(held_back=None), known=each
            )


async def _read_again(order: ReconcileOrder, observed: Observed, at: datetime) -> None:
    """Write due rows for users that the directory does not show as entitled yet: it may lag behind the message.

    Only for those who are in an assigned group or have a licence, those that the directory does not know yet, and those
    that a message has said to have one: nobody else's change is about Cloud PCs.
    """
    moments = [timedelta(), *_soon_after()]
    entitled = {each.user.id for each in observed.entitlements if each.group_ids and each.plans}
    built = {pc.user.id for pc in observed.cloud_pcs if pc.status is not Status.NOT_PROVISIONED}
    concerned = {each.user.id for each in observed.entitlements if each.group_ids or each.plans}
    concerned |= observed.gone | set(order.expected)
    dues = []
    for user_id in order.user_ids or ():
        number = order.rounds.get(user_id, order.round)
        if user_id in entitled | built or (user_id not in concerned and not number) or number + 1 >= len(moments):
            continue
        pause = moments[number + 1] - moments[number]
        dues.append(Due(DueKind.REREAD, at + pause, order.tenant_id, user_id, number + 1))
    await dependencies().due.put_all(dues)


async def _look_again(tenant: Tenant, policies: Iterable[Policy], at: datetime) -> None:
    """Write due rows for reading everybody again: soon after an assignment, else once a day, or a week.

    A group that was assigned just now may have members that the directory does not show yet, and a change whose
    message was lost is found some time; also of a tenant without a policy: its licensed users are listed. The
    moments are the same for every plan that is made before them: many plans lead to one reading.
    """
    assigned = [assignment.assigned_at for policy in policies for assignment in policy.assignments]
    last = max(assigned, default=None)
    soon = next((last + after for after in _soon_after() if last + after > at), None) if last else None
    watch = await dependencies().watches.find(tenant.id, WATCH)
    regular = next_of(_SELDOM if watch and watch.value.follows(at) else _REGULARLY, at, tenant.id)
    due = dependencies().due
    await due.ensure(DueKind.REREAD, min(soon or regular, regular), tenant.id, EVERYBODY)
    every = timedelta(minutes=tenant.settings.directory_catch_up_in_minutes)
    await due.ensure(DueKind.CATCH_UP, next_of(every, at, tenant.id), tenant.id, tenant.id)
    if dependencies().settings.notification_url and not await _is_watched(tenant):
        await due.ensure(DueKind.SUBSCRIBE, next_of(timedelta(minutes=1), at, tenant.id), tenant.id, tenant.id)


async def _is_watched(tenant: Tenant) -> bool:
    """Whether there is a subscription to the directory's changes: its renewal has due rows of its own then."""
    found = await dependencies().watches.find(tenant.entra_tenant_id, WATCH)
    return found is not None and bool(found.value.subscriptions)


def _soon_after() -> Iterator[timedelta]:
    """Yield the times after an assignment at which everybody is read again, as single users are."""
    waited = timedelta()
    hours = (60 * 2**number for number in itertools.count())
    for minutes in itertools.chain(_REREAD_MINUTES, hours):
        waited += timedelta(minutes=minutes)
        if waited > _REREAD_LIMIT:
            return
        yield waited


async def _spread(plan: Plan, tenant: Tenant, stored: dict[str, Stored[CloudPc]], *, everybody: bool) -> Plan:
    """Return *plan* with a subscription for each build that starts."""
    if not plan.start:
        return plan
    deps, known = dependencies(), {pc_id: each.value for pc_id, each in stored.items()}
    connections = [each.value async for each in deps.connections.each(tenant.id)]
    places = {each.id: open_places(tenant, each) for each in connections}
    used = None if everybody else _RIGHTS.get(deps, tenant.id)
    if used is None:
        rights = await rights_in_use(deps, tenant, known.values() if everybody else None)
        used = _RIGHTS.put(deps, tenant.id, rights)
    return spread(plan, known, places, used, tenant.settings.sign_in_rights_per_subscription)


async def _adopt_and_save(
    plan: Plan, tenant: Tenant, stored: dict[str, Stored[CloudPc]], policies: Sequence[Policy]
) -> Plan:
    """Adopt existing machines, claim pool members, save *plan* without these Cloud PCs, and return it.

    A licence that a Cloud PC claims whose record was lost is planned as that Cloud PC: nobody else waits for it.
    """
    adopting = await adopt_first(plan, tenant, stored)
    try:
        adopting = await claim_members(adopting, policies, stored)
    except (StaleError, NotFoundError, ConflictError) as error:
        raise UnavailableError(_CHANGED) from error
    try:
        await _save(adopting, stored)
    except ConflictError as conflict:
        new = [pc for pc in adopting.writes if pc.id not in stored]
        lost = await dependencies().cloud_pcs.lost_claimants(new)
        if not lost:
            raise UnavailableError(_CHANGED) from conflict
    else:
        return adopting
    _log.warning("%s: the records of Cloud PCs were lost that claim licences: %s", tenant.id, sorted(lost.values()))
    adopting = await adopt_first(plan.named(lost), tenant, stored)
    try:
        await _save(adopting, stored)
    except ConflictError as error:
        raise UnavailableError(_CHANGED) from error
    return adopting


async def _save(plan: Plan, stored: dict[str, Stored[CloudPc]]) -> None:
    """Save the intents, and before them the due rows by which a sweep starts saved work that was not started.

    Raises: ConflictError where another Cloud PC claims a licence, UnavailableError.
    """
    deps = dependencies()
    lost = [
        Due(DueKind.CLEAN_UP, pc.current.clean_up_at, pc.tenant_id, pc.id, pc.current.generation)
        for pc in plan.reprieves
        if pc.status is Status.FAILED and pc.current.clean_up_at is not None
    ]
    ending = [due(pc) for pc in plan.grace for due in (grace_due, reminder_due)]
    dues = (*map(start_due, plan.provision), *ending, *map(cancel_due, plan.cancel), *lost)
    for kind in DueKind:
        await deps.due.put_all([due for due in dues if due and due.kind is kind])
    await deps.due.put_all([read_once(pc, pc.swap.until) for pc in plan.grace if pc.swap])
    await _end_builds(plan, stored)
    await _end_resizes(plan, stored)
    swapping = [pc for pc in plan.writes if pc.id in stored and stored[pc.id].value.claims != pc.claims]
    others = [pc for pc in plan.writes if pc not in swapping]
    try:
        for pc in swapping:  # first: what is new may have the licence that one of these gives up
            await deps.cloud_pcs.replace_known(stored[pc.id], pc)
        saved = [Stored(pc, stored[pc.id].etag if pc.id in stored else "") for pc in others]
        await deps.cloud_pcs.save_all(saved, stored)
    except (StaleError, NotFoundError) as error:
        raise UnavailableError(_CHANGED) from error
    for pc in plan.delete:
        with suppress(StaleError, NotFoundError):  # it was changed meanwhile, and stays
            await forget_cloud_pc(deps, pc.tenant_id, pc.id, seen=stored[pc.id].etag)
    before = {pc_id: each.value for pc_id, each in stored.items()}
    changed = (*plan.provision, *plan.grace, *plan.cancel, *plan.reprieves, *plan.resizes, *plan.swapped)
    await deps.audit.append_all([status_event(before.get(pc.id), pc) for pc in changed])


async def _end_builds(plan: Plan, stored: dict[str, Stored[CloudPc]]) -> None:
    """End the operations of builds that will not begin; called before the records change."""
    at = dependencies().clock.now()
    for pc in (*plan.provision, *plan.list_only, *plan.delete):
        if pc.id in stored and waits(before := stored[pc.id].value):
            await fail_operation(pc.tenant_id, before.current.operation_id, _NOT_BEGUN, at)


async def _end_resizes(plan: Plan, stored: dict[str, Stored[CloudPc]]) -> None:
    """Write due rows for resizes that may begin, and fail the operations of those whose licence came too late.

    Before the records: otherwise a crash would leave operations that never end.
    """
    deps = dependencies()
    at = deps.clock.now()
    await deps.due.put_all([Due(DueKind.ACT, at, pc.tenant_id, pc.id, pc.current.generation) for pc in plan.resizes])
    for pc in plan.writes:
        before = stored[pc.id].value if pc.id in stored else pc
        if before.status is Status.RESIZE_PENDING_LICENSE and before.swap and pc.status not in _RESIZED_YET:
            lacking = before.swap.plan.display_name
            message = f"the licence {lacking} was not assigned in {before.swap.hours} hours"
            if pc.status is Status.IN_GRACE_PERIOD and pc.grace is not None:
                message = f"its grace period began before it had {lacking}, because {pc.grace.cause.words}"
            failure = Failure(
                code="licenseNotAssigned", message=message, advice="Assign the licence; then resize again."
            )
            await fail_operation(pc.tenant_id, before.swap.operation_id, failure, at)


@bp.activity_trigger(input_name="payload")
@implements(CLOSE_RECONCILE)
async def close_reconcile(order: ReconciledOrder) -> Done | NewerRequest:
    """Settle the requests up to the plan, and end the operations that wait for it; a newer request stays."""
    deps = dependencies()
    if not await deps.requests.settle(order.tenant_id, order.requested_at):
        return NewerRequest()
    # A crash in between leaves them to the sweep.
    await update_covered(order.tenant_id, order.requested_at, lambda operation: reconciled(operation, deps.clock.now()))
    return Done()
