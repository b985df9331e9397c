"""The copy of a disk before its machine is removed: it is made, waited for and recorded."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from activities.machines.hardware import compute_id, copy_of
from activities.machines.vms import made_later, of_its_machine, vm_of
from activities.operations.audit import record_audit_event
from shared.clients.arm import parse_id, properties
from shared.contracts.builds import KEEP_DISK, KeepOrder
from shared.contracts.outcomes import HELD_BACK, DeclinedError, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.deleted import TRIED_FOR, DeletedCloudPc, DeletedStatus, deleted_id
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.destroying import Act
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.operations.operation import ResourceType
from shared.errors import ConflictError
from shared.services.directory.second_questions import hold_back
from shared.storage.due import DueKind
from shared.workflow import Blueprint, implements

bp = Blueprint()

_log = logging.getLogger("deskwright")
_TRIED_AGAIN = timedelta(minutes=30)
_FEW_SECONDS = 10
_ACTS = {
    Status.DEPROVISIONING: Act.CLEAN_UP_REMOVED,
    Status.FAILED: Act.CLEAN_UP_FAILED,
    Status.PENDING_PROVISION: Act.BUILD_ANEW,
    Status.PROVISIONING: Act.BUILD_ANEW,
}


@dataclass(frozen=True, slots=True)
class _Disk:
    """An OS disk that is there, and when it was made."""

    id: str
    location: str
    zones: tuple[str, ...]
    size_in_gb: int
    made_at: str


@bp.activity_trigger(input_name="payload")
@implements(KEEP_DISK, fence=of_its_machine)
async def keep_disk(order: KeepOrder) -> Done | Pending | Refused:
    """Copy the OS disk of a machine that is to be removed; done where there is none, or it has been copied.

    A copy that Azure refuses is tried for some days, in which the machine stays; then it goes without one.
    """
    disk = await _disk_of(order)
    if disk is None:
        return Done()
    deleted = await _recorded(order, disk)
    if deleted.status is not DeletedStatus.COPYING:
        return Done()
    if dependencies().clock.now() - deleted.begun_at > TRIED_FOR:
        await _give_up(order, deleted)
        return Done()
    try:
        if not await _is_copied(order, disk, deleted):
            return Pending(note="its disk is being copied", after=_FEW_SECONDS)
    except DeclinedError as declined:
        return await _waits(order, deleted, f"its disk could not be copied: {declined.code}: {declined.message}")
    await _record_kept(order, deleted)
    return Done()


async def _disk_of(order: KeepOrder) -> _Disk | None:
    """Return the OS disk of the machine, or the disk that is left without its machine; None without a disk."""
    machine = order.machine
    try:
        os_disk = properties(await vm_of(machine))["storageProfile"]["osDisk"]
        ids = [str((os_disk.get("managedDisk") or {}).get("id") or "")]
    except MissingError:
        ids = [compute_id(machine, "disks", name) for name in (*reversed(order.disks), machine.disk_name)]
    for disk_id in filter(None, ids):
        place = parse_id(disk_id)
        try:
            found = await dependencies().compute(machine.subscription_id).disks.get(place.resource_group, place.name)
        except MissingError:
            continue
        if made_later(found):
            continue
        there = properties(found)
        size, made_at = int(there["diskSizeGB"]), str(there.get("timeCreated") or "")
        return _Disk(str(found.id), found.location, tuple(found.zones or ()), size, made_at)
    return None


async def _recorded(order: KeepOrder, disk: _Disk) -> DeletedCloudPc:
    """Return the record of the copy; a new one is written before anything is made. Its end is promised before that."""
    deps, machine, kept = dependencies(), order.machine, order.keeping
    id_ = deleted_id(machine.owner.id, disk.id, disk.made_at)
    found = await deps.deleted_cloud_pcs.find(machine.tenant_id, id_)
    if found is not None:
        return found.value
    now = deps.clock.now()
    until = now + timedelta(days=kept.days)
    name = naming.kept_disk_name(machine.owner.id, id_)
    new = DeletedCloudPc(
        id=id_,
        tenant_id=machine.tenant_id,
        cloud_pc_id=machine.owner.id,
        user=kept.user,
        plan=kept.plan,
        display_name=kept.display_name,
        policy_id=kept.policy_id,
        policy_name=kept.policy_name,
        joined_domain=order.joined_domain,
        disk=KeptDisk(
            deleted_id=id_,
            snapshot_id=compute_id(machine, "snapshots", name),
            region=disk.location,
            size_in_gb=disk.size_in_gb,
            computer_name=machine.computer_name,
        ),
        begun_at=now,
        kept_until=until,
    )
    await deps.due.put(DueKind.DELETED, until, new.tenant_id, new.id)
    try:
        return (await deps.deleted_cloud_pcs.insert(new)).value
    except ConflictError:  # the same order, delivered twice at once
        return (await deps.deleted_cloud_pcs.get(new.tenant_id, new.id)).value


async def _is_copied(order: KeepOrder, disk: _Disk, deleted: DeletedCloudPc) -> bool:
    """Return whether Azure has made the copy, and begin a missing or failed one. Raises: DeclinedError."""
    machine, place = order.machine, parse_id(deleted.disk.snapshot_id)
    snapshots = dependencies().compute(machine.subscription_id).snapshots
    try:
        there = properties(await snapshots.get(place.resource_group, place.name))
        state = str(there.get("provisioningState"))
    except MissingError:
        state = "Failed"
    if state != "Failed":
        return state == "Succeeded"
    # Zone-redundant copies need a region with zones.
    body: Any = copy_of(disk.id, machine, disk.location, "Standard_ZRS" if disk.zones else "Standard_LRS")
    body["properties"]["incremental"] = True
    body["tags"] |= {naming.KEPT_UNTIL_TAG: deleted.kept_until.isoformat()}
    await snapshots.begin_create_or_update(place.resource_group, place.name, body, polling=False)
    return False


async def _waits(order: KeepOrder, deleted: DeletedCloudPc, why: str) -> Refused:
    """Record why the machine stays, on the Cloud PC and on its deleted machine."""
    deps, pc = dependencies(), await dependencies().machines.find(deleted.tenant_id, deleted.cloud_pc_id)
    await deps.deleted_cloud_pcs.change(deleted.tenant_id, deleted.id, lambda there: there.but(problem=why))
    if pc is not None:
        act = _ACTS.get(pc.value.status, Act.CLEAN_UP_REPLACED)
        await hold_back(deps, pc.value, act, why, again=_TRIED_AGAIN)
    return Refused(code=HELD_BACK, message=why, evidence=order.machine.vm_name)


async def _record_kept(order: KeepOrder, deleted: DeletedCloudPc) -> None:
    deps = dependencies()
    now = deps.clock.now()

    def edit(there: DeletedCloudPc) -> DeletedCloudPc | None:
        if there.status is not DeletedStatus.COPYING:
            return None
        return there.but(status=DeletedStatus.KEPT, deleted_at=now, problem=None)

    after = await deps.deleted_cloud_pcs.change(deleted.tenant_id, deleted.id, edit)
    changed = {"cloudPcId": after.cloud_pc_id, "computerName": order.machine.computer_name}
    changed |= {"keptUntil": after.kept_until.isoformat()}
    resource = (ResourceType.DELETED_CLOUD_PC.value, after.id)
    await record_audit_event(after.tenant_id, resource, "keep", changed, at=now, run="keep")


async def _give_up(order: KeepOrder, deleted: DeletedCloudPc) -> None:
    """Let the machine be removed without a copy; the sweep removes an incomplete one."""
    deps = dependencies()
    now = deps.clock.now()
    await deps.due.put(DueKind.DELETED, now, deleted.tenant_id, deleted.id)
    gone = {"status": DeletedStatus.REMOVING, "kept_until": now}
    await deps.deleted_cloud_pcs.change(deleted.tenant_id, deleted.id, lambda there: there.but(**gone))
    _log.error("the disk of %s/%s is removed without a copy", deleted.tenant_id, order.machine.vm_name)
    changed = {"cloudPcId": deleted.cloud_pc_id, "why": deleted.problem or "it was not copied in time"}
    resource = (ResourceType.DELETED_CLOUD_PC.value, deleted.id)
    await record_audit_event(deleted.tenant_id, resource, "giveUp", changed, at=now, run="giveUp")
