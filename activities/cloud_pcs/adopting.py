"""Adoption of a machine that no record knows: reading the evidence of its owner, and writing its record."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from activities.cloud_pcs.desktops import find_host, host_name
from activities.cloud_pcs.principal_names import users_named
from activities.cloud_pcs.replacing import put_restore_point_due
from activities.cloud_pcs.sightings import image_of_vm, in_directory, keep_name, machine_seen
from activities.operations.audit import record_audit_event, record_status_change, status_event
from activities.spot.adopting_hosts import adopt_host
from shared.clients.arm import parse_id, properties
from shared.clients.directory import assigned_groups, entitlement_of_user
from shared.contracts.inventory import ADOPT, AdoptionTried, AdoptOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import MissingError, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import (
    NOBODY,
    Claimant,
    Sighting,
    UnknownMachine,
    adopted,
    contradictions,
    doubt_about,
    record_for,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.networks.connection import JoinType
from shared.domain.owner import CLOUD_PC_TAG, Owner
from shared.domain.planning.entitlements import seat_plans, targeted_group, winner
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.services.policies.reconciling import snapshots_of
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.orphans")


@bp.activity_trigger(input_name="payload")
@implements(ADOPT)
async def adopt_machine(order: AdoptOrder) -> AdoptionTried | Refused:
    """Adopt an unrecorded machine if its owner is certain; else return the contradictions."""
    adopt = adopt_host if order.seen.of_host else adopt_cloud_pc
    return await adopt(order.tenant_id, order.seen)


async def adopt_cloud_pc(tenant_id: str, machine: UnknownMachine) -> AdoptionTried:
    """Adopt the machine of a Cloud PC if its tags, the assignment of its desktop and the user agree.

    Raises: UnavailableError if the record has changed meanwhile.
    """
    deps, at = dependencies(), dependencies().clock.now()
    tenant = (await deps.tenants.get(tenant_id)).value
    stored = await deps.cloud_pcs.find(tenant_id, machine.subject_id)
    before = stored.value if stored else None
    try:
        sighting = await _sighting(tenant, machine, before)
    except MissingError:
        return AdoptionTried(adopted=False, why_not="it is not there any more")
    if isinstance(sighting, str):
        return AdoptionTried(adopted=False, why_not=sighting, in_use=True)
    claimant = await _claimant(tenant, sighting, machine.subject_id)
    why_not = contradictions(machine, sighting, claimant, before, tenant_id)
    if isinstance(claimant, str) or why_not is not None:
        return AdoptionTried(adopted=False, why_not=why_not, in_use=sighting.assigned_user is not None)
    await keep_name(machine, tenant_id)
    if before is None:
        after = record_for(machine.subject_id, tenant_id, sighting, claimant, at)
    else:
        after = adopted(before, sighting, claimant, at)
    await put_restore_point_due(after, at)
    try:
        known = {stored.value.id: stored} if stored else {}
        await deps.cloud_pcs.save_all([Stored(after, stored.etag if stored else "")], known)
    except (ConflictError, StaleError) as error:
        raise UnavailableError("the record changed while its machine was looked at") from error
    await _tell(before, after, machine)
    return AdoptionTried(adopted=True)


async def _tell(before: CloudPc | None, after: CloudPc, machine: UnknownMachine) -> None:
    _log.warning("%s/%s has adopted the machine %s", after.tenant_id, after.id, machine.computer_name)
    if before is None:
        await dependencies().audit.append(status_event(None, after))
    else:
        await record_status_change(before, after)
    known = before.current.resources.computer_name if before else None
    what = {"computerName": machine.computer_name, "vmId": machine.vm_id, "before": known}
    run, at = f"{after.current.generation}/adopted", after.last_modified_date_time
    await record_audit_event(after.tenant_id, ("cloudPC", after.id), "adopted", what, at=at, run=run)


async def _sighting(tenant: Tenant, machine: UnknownMachine, pc: CloudPc | None) -> Sighting | str:
    """Return the machine as Azure shows it, or in words why it cannot be adopted. Raises: MissingError."""
    place = parse_id(machine.vm_id)
    compute = dependencies().compute(place.subscription_id)
    vm = await compute.virtual_machines.get(place.resource_group, place.name)
    there, tags = properties(vm), vm.tags or {}
    if (tags.get(naming.TENANT_TAG), tags.get(CLOUD_PC_TAG)) != (tenant.id, machine.subject_id):
        return "it no longer carries the tags of this Cloud PC"
    if str(there.get("provisioningState")) != "Succeeded":
        return f"Azure says that it is {there.get('provisioningState')}"
    known, resources = await machine_seen(tenant.id, Owner.cloud_pc(machine.subject_id), machine, vm)
    if known.vm_id.casefold() != machine.vm_id.casefold():
        return "its name is not that of a machine of this Cloud PC: its tags were copied"
    resources, assigned = await _in_pool(tenant, known, resources, pc)
    made_at = there.get("timeCreated")
    return Sighting(
        resources=await in_directory(tenant.id, resources),
        made_at=made_at or dependencies().clock.now(),
        assigned_user=assigned,
        image=image_of_vm(there),
        restore_points=tuple([point async for point in _restore_points(known)]),
    )


async def _in_pool(
    tenant: Tenant, machine: Machine, resources: Resources, pc: CloudPc | None
) -> tuple[Resources, str | None]:
    """Return *resources* with the pool that has the machine, and the user of its desktop, as Azure names them."""
    own = pc.current.resources.host_pool_id if pc else None
    group = f"/subscriptions/{machine.subscription_id}/resourceGroups/{tenant.resource_group}"
    names = naming.host_pool_names(tenant.id)
    derived = [f"{group}/providers/Microsoft.DesktopVirtualization/hostPools/{name}" for name in names]
    for pool_id in dict.fromkeys([*([own] if own else []), *derived]):
        host = await find_host(machine, parse_id(pool_id))
        if host is not None and str(host.resource_id or "").casefold() == machine.vm_id.casefold():
            found = resources.but(host_pool_id=pool_id, session_host=host_name(host))
            return found, str(host.assigned_user) if host.assigned_user else None
    return resources, None


async def _restore_points(machine: Machine) -> AsyncIterator[RestorePoint]:
    """Yield the restore points of a Cloud PC, whose snapshots are named after them, oldest first."""
    snapshots = dependencies().compute(machine.subscription_id).snapshots
    beginning, found = naming.restore_point_name(machine.owner.id, "").casefold(), list[RestorePoint]()
    async for each in snapshots.list_by_resource_group(machine.resource_group):
        made_at = properties(each).get("timeCreated")
        if str(each.name).casefold().startswith(beginning) and made_at is not None:
            id_ = str(each.name)[len(beginning) :]
            found.append(RestorePoint.model_validate({"id": id_, "created_at": made_at, "status": "ready"}))
    for point in sorted(found, key=lambda one: one.created_at):
        yield point


async def _claimant(tenant: Tenant, sighting: Sighting, cloud_pc_id: str) -> Claimant | str:
    """Return the user of the desktop as the directory knows them now, or a sentence why the user is not certain."""
    deps, made = dependencies(), sighting.resources
    if sighting.assigned_user is None:
        return NOBODY
    users = await users_named(tenant.id, sighting.assigned_user)
    if doubt := doubt_about(users):
        return doubt
    (user_id,) = users
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    rules = tenant.settings.service_plans
    try:
        entitled = await entitlement_of_user(deps.graph(tenant), rules, user_id, assigned_groups(policies))
    except NotFoundError:
        return NOBODY
    plans = entitled.plans
    if tenant.settings.licence_source is LicenceSource.SEATS:
        plans = tuple(seat_plans(tenant.settings).values())
    policy = winner(policies, entitled.group_ids)
    snapshot = (await snapshots_of(deps, tenant, (policy,))).get(policy.id) if policy else None
    if snapshot is not None:
        hybrid = "-hybrid" in (made.host_pool_id or "")
        join = JoinType.HYBRID_AZURE_AD_JOIN if hybrid else JoinType.AZURE_AD_JOIN
        snapshot = snapshot if snapshot.join_type is join else None
    group_id = targeted_group(policy, entitled.group_ids) if policy else None
    claimed = await deps.cloud_pcs.claims_of(tenant.id, cloud_pc_id, entitled.user.id, [plan.id for plan in plans])
    return Claimant(user=entitled.user, plans=plans, claimed=frozenset(claimed), snapshot=snapshot, group_id=group_id)
