"""Adopting a machine that no record knows: reading everything that says whose it is, and writing its record."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

from activities.audit import record_audit_event, record_status_change, status_event
from activities.desktops import find_host, host_name
from activities.identities import graph_of
from activities.replacing import put_restore_point_due
from shared.clients.arm import parse_id, properties
from shared.clients.directory import assigned_groups, entitlement_of_user
from shared.contracts.comparing import ADOPT, AdoptionTried, AdoptOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Refused
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import (
    Claimant,
    Sighting,
    UnknownMachine,
    adopted,
    contradictions,
    record_for,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import ComputerName
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.networks.connection import JoinType
from shared.domain.owner import CLOUD_PC_TAG, Owner
from shared.domain.planning.entitlements import targeted_group, winner
from shared.domain.planning.seats import seat_plans
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.services.planning import snapshots_of
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.orphans")


@bp.activity_trigger(input_name="payload")
@implements(ADOPT)
async def adopt_machine(order: AdoptOrder) -> AdoptionTried | Refused:
    """Adopt a machine if its tags, the assignment of its desktop and the user agree; else return the contradiction.

    Raises: UnavailableError if the record has changed meanwhile.
    """
    deps, machine, at = dependencies(), order.seen, dependencies().clock.now()
    tenant = (await deps.tenants.get(order.tenant_id)).value
    stored = await deps.cloud_pcs.find(order.tenant_id, machine.cloud_pc_id)
    before = stored.value if stored else None
    try:
        sighting = await _seen(tenant, machine, before)
    except MissingError:
        return AdoptionTried(adopted=False, why_not="it is not there any more")
    if isinstance(sighting, str):
        return AdoptionTried(adopted=False, why_not=sighting)
    claimant = await _claimant(tenant, sighting)
    why_not = contradictions(machine, sighting, claimant, before, order.tenant_id)
    if claimant is None or why_not is not None:
        return AdoptionTried(adopted=False, why_not=why_not)
    await _keep_name(machine, order.tenant_id)
    if before is None:
        after = record_for(machine.cloud_pc_id, order.tenant_id, sighting, claimant, at)
    else:
        after = adopted(before, sighting, claimant, at)
    await put_restore_point_due(after, at)
    try:
        await deps.cloud_pcs.save_all([Stored(after, stored.etag if stored else "")])
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


async def _seen(tenant: Tenant, machine: UnknownMachine, pc: CloudPc | None) -> Sighting | str:
    """Return the machine as Azure shows it, or in words why it cannot be adopted. Raises: MissingError."""
    place = parse_id(machine.vm_id)
    compute = dependencies().compute(place.subscription_id)
    vm = await compute.virtual_machines.get(place.resource_group, place.name)
    there, tags = properties(vm), vm.tags or {}
    if (tags.get(naming.TENANT_TAG), tags.get(CLOUD_PC_TAG)) != (tenant.id, machine.cloud_pc_id):
        return "it no longer carries the tags of this Cloud PC"
    if str(there.get("provisioningState")) != "Succeeded":
        return f"Azure says that it is {there.get('provisioningState')}"
    known, resources = await _resources(tenant, machine, vm)
    resources, assigned = await _in_pool(tenant, known, resources, pc)
    made_at = there.get("timeCreated")
    return Sighting(
        resources=await _in_directory(tenant, resources),
        made_at=made_at or dependencies().clock.now(),
        assigned_user=assigned,
        image=_image_of(there),
        restore_points=tuple([point async for point in _restore_points(known)]),
    )


async def _resources(tenant: Tenant, machine: UnknownMachine, vm: Any) -> tuple[Machine, Resources]:  # noqa: ANN401 - the SDK's model
    """Return what Azure Compute says of a machine."""
    place, there, owner = parse_id(machine.vm_id), properties(vm), Owner.cloud_pc(machine.cloud_pc_id)
    nics = (there.get("networkProfile") or {}).get("networkInterfaces") or ()
    nic_id = next((str(each["id"]) for each in nics), "")
    slot: naming.Slot = "b" if place.name.casefold() == naming.vm_name(owner, "b").casefold() else "a"
    known = Machine(
        tenant_id=tenant.id,
        owner=owner,
        subscription_id=place.subscription_id,
        resource_group=place.resource_group,
        region=str(vm.location),
        computer_name=machine.computer_name,
        slot=slot,
    )
    return known, Resources(
        subscription_id=place.subscription_id,
        resource_group=place.resource_group,
        region=known.region,
        zone=next(iter(vm.zones or ()), None),
        size=str((there.get("hardwareProfile") or {}).get("vmSize")),
        subnet_id=await _subnet_of(nic_id),
        slot=slot,
        vm_id=known.vm_id,
        nic_id=nic_id or None,
        computer_name=machine.computer_name,
    )


async def _subnet_of(nic_id: str) -> str | None:
    if not nic_id:
        return None
    place = parse_id(nic_id)
    nic = await dependencies().network(place.subscription_id).network_interfaces.get(place.resource_group, place.name)
    for each in properties(nic).get("ipConfigurations") or ():
        if subnet := (each.get("properties") or {}).get("subnet"):
            return str(subnet["id"])
    return None


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


async def _in_directory(tenant: Tenant, resources: Resources) -> Resources:
    """Return *resources* with the device in Entra ID, the one that registered last, and the device in Intune."""
    graph, name = await graph_of(tenant.id), resources.computer_name or ""
    devices = [each for each in await graph.devices(name) if each.registered_at is not None]
    if not devices:
        return resources
    newest = max(devices, key=lambda each: (each.registered_at is not None, each.registered_at))
    managed = await graph.managed_devices(device_id=newest.device_id)
    return resources.but(entra_device_id=newest.device_id, managed_device_id=next((each.id for each in managed), None))


def _image_of(there: dict[str, Any]) -> ImageSource | None:
    reference = (there.get("storageProfile") or {}).get("imageReference") or {}
    if reference.get("id"):
        return ImageSource(gallery_version_id=str(reference["id"]))
    if not all(reference.get(each) for each in ("publisher", "offer", "sku")):
        return None
    named = {each: str(reference[each]) for each in ("publisher", "offer", "sku")}
    return ImageSource(marketplace=MarketplaceImage(**named))


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


async def _claimant(tenant: Tenant, sighting: Sighting) -> Claimant | None:
    """Return the user of the desktop, as the directory says now; None: it has no such user."""
    deps, made = dependencies(), sighting.resources
    if sighting.assigned_user is None:
        return None
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id, assigned=True)])
    rules = tenant.settings.service_plans
    try:
        entitled = await entitlement_of_user(
            deps.graph(tenant), rules, sighting.assigned_user, assigned_groups(policies)
        )
    except NotFoundError:
        return None
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
    return Claimant(user=entitled.user, plans=plans, snapshot=snapshot, group_id=group_id)


async def _keep_name(machine: UnknownMachine, tenant_id: str) -> None:
    """Record the computer's name, by which its devices in directories are found; an earlier record of it stays."""
    names, name = dependencies().computer_names, machine.computer_name
    if await names.find(tenant_id, name.upper()) is not None:
        return
    tenant = (await dependencies().tenants.get(tenant_id)).value
    beginning = naming.fixed_beginning(tenant.settings.naming_template)
    given = ComputerName(
        tenant_id=tenant_id,
        name=name,
        beginning=beginning if name.upper().startswith(beginning) else name,
        cloud_pc_id=machine.cloud_pc_id,
        generation=0,
        attempt=1,
        given_at=dependencies().clock.now(),
    )
    await names.save_all([Stored(given, "*")])
