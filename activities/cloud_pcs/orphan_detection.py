"""Orphan detection: compares a resource group, a host pool and the directory with the records of Cloud PCs.

The clouds are read first and the records after them: what is built meanwhile has a record by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from activities.cloud_pcs.rights import assignment_id
from activities.machines.identities import graph_of
from activities.machines.shared_resources import is_shared, shared_lists, uses_of
from shared.clients.arm import parse_id, properties
from shared.clients.graph_directory import devices_with_prefix, managed_devices_with_prefix
from shared.contracts.inventory import (
    SCAN_DIRECTORY,
    SCAN_HOST_POOL,
    SCAN_RESOURCE_GROUP,
    Adoptions,
    AreaScanned,
    HostPoolScanOrder,
    ResourceGroupScanOrder,
    ScanOrder,
)
from shared.contracts.outcomes import MissingError, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import (
    LAST,
    POOL_PARTS,
    ComputerName,
    FoundResource,
    Judgement,
    Looked,
    OrphanType,
    cloud_pc_of_machine,
    judge,
    judge_copy,
    judge_host,
    judge_right,
    judge_temporary,
    left_to_a_person,
    not_adopted,
    orphan_id,
    orphan_of,
    same,
)
from shared.domain.images.image import DeviceImageStatus
from shared.domain.owner import CLOUD_PC_TAG, Owner, OwnerKind
from shared.domain.spot.hosts.adopting import judge_of_group, judge_of_host, unless_restored
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.images.image_version import VersionStatus
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()

DIRECTORY = "directory"
_NAMES_KEPT = timedelta(days=90)
"""Time for which an unused name is kept: a directory may show a device long after its machine was deleted."""

Judged = tuple[FoundResource, Judgement | None]


@bp.activity_trigger(input_name="payload")
@implements(SCAN_RESOURCE_GROUP)
async def scan_resource_group(order: ResourceGroupScanOrder) -> AreaScanned | Refused:
    """Scan the resources of a group that carry the tenant's tag, and the roles that the service assigned in it."""
    began = dependencies().clock.now()
    try:
        tagged = await _tagged(order)
        rights = await _rights(order)
    except MissingError:
        tagged, rights = [], []  # the group does not exist (yet)
    records = await _records(order.tenant_id)
    copies = {
        each.value.disk.snapshot_id.casefold() async for each in dependencies().deleted_cloud_pcs.each(order.tenant_id)
    }
    shared = await uses_of(order.tenant_id, order.subscription_id, order.resource_group)
    judged: list[Judged] = []
    for kind, each in tagged:
        subject = str(each.tags.get(CLOUD_PC_TAG) or "")
        if subject and kind is OrphanType.SNAPSHOT and naming.is_kept_disk(str(each.name)):
            found = _found(kind, each, subject)
            judged.append((found, None if str(each.id).casefold() in copies else judge_copy()))
        elif subject:
            found = _found(kind, each, subject)
            judged.append((found, _after_adoption(found, records.get(subject), order.adoptions, began)))
        elif is_shared(order.tenant_id, kind, each):
            found = FoundResource(type=kind, resource_id=str(each.id), name=str(each.name))
            judged.append((found, shared.judge(found)))
            if kind is OrphanType.NETWORK_SECURITY_GROUP:
                judged += await _ways_in(order.tenant_id, each, began)
        elif judged_of_spot := await _of_spot(order, kind, each, began):
            judged.append(judged_of_spot)
        elif owner := Owner.of_tags(each.tags):
            busy = await _busy(order.tenant_id, owner, began)
            judged.append((_found(kind, each, None), None if busy else judge_temporary(owner)))
    judged += await _judged_rights(order, rights, records, began)
    return await _settle(order.tenant_id, order.area, judged, began)


async def _judged_rights(
    order: ResourceGroupScanOrder, rights: list[FoundResource], records: dict[str, CloudPc], began: datetime
) -> list[Judged]:
    """Judge the role assignments of the service; skip other tenants' assignments in the same resource group."""
    known = {*records, *[each.value.cloud_pc_id async for each in dependencies().computer_names.each(order.tenant_id)]}
    judged: list[Judged] = []
    for found in rights:
        if found.cloud_pc_id is not None and found.cloud_pc_id not in known:
            continue  # of another tenant in the same resource group
        pc = records.get(found.cloud_pc_id or "")
        if found.cloud_pc_id is not None:
            judged.append((found, _after_adoption(found, pc, order.adoptions, began)))
        else:
            judgement = judge_right(found, records.values()) if order.adoptions.complete else None
            judged.append((found, judgement))
    return judged


async def _tagged(order: ResourceGroupScanOrder) -> list[tuple[OrphanType, Any]]:
    """Return the resources of the group that carry the tenant's tag; all others are not judged."""
    compute, network = dependencies().compute(order.subscription_id), dependencies().network(order.subscription_id)
    group = order.resource_group
    lists: dict[OrphanType, Any] = {
        OrphanType.VIRTUAL_MACHINE: compute.virtual_machines.list(group),
        OrphanType.NETWORK_INTERFACE: network.network_interfaces.list(group),
        OrphanType.DISK: compute.disks.list_by_resource_group(group),
        OrphanType.SNAPSHOT: compute.snapshots.list_by_resource_group(group),
        OrphanType.PUBLIC_IP_ADDRESS: network.public_ip_addresses.list(group),
        **shared_lists(order.subscription_id, group),
    }
    return [
        (kind, each)
        for kind, paged in lists.items()
        async for each in paged
        if (each.tags or {}).get(naming.TENANT_TAG) == order.tenant_id
    ]


def _found(kind: OrphanType, each: Any, cloud_pc_id: str | None) -> FoundResource:  # noqa: ANN401 - the SDK's models
    owner = each.get("managedBy") or (properties(each).get("virtualMachine") or {}).get("id")
    return FoundResource(type=kind, resource_id=each.id, name=each.name, cloud_pc_id=cloud_pc_id, owner=owner)


async def _of_spot(
    order: ResourceGroupScanOrder,
    kind: OrphanType,
    each: Any,  # noqa: ANN401 - the SDK's models
    began: datetime,
) -> Judged | None:
    """Judge a resource that is tagged with a Spot Group or a session host; return None for any other resource."""
    owner = Owner.of_tags(each.tags)
    if owner is not None and owner.kind is OwnerKind.SESSION_HOST:
        found = _found(kind, each, None).but(session_host_id=owner.id)
        return found, await _of_host(order.tenant_id, found, order.adoptions, began)
    group_id = _spot_group_of(kind, each)
    if group_id is None:
        return None
    group = await dependencies().spot_groups.find(order.tenant_id, group_id)
    found = FoundResource(type=kind, resource_id=str(each.id), name=str(each.name), spot_group_id=group_id)
    return found, judge_of_group(known=group is not None)


def _spot_group_of(kind: OrphanType, each: Any) -> str | None:  # noqa: ANN401 - the SDK's models
    """Return the id of the Spot Group in the tags of a pool, desktop or workspace, or None for other resources."""
    return each.tags.get(naming.SPOT_GROUP_TAG) if kind in POOL_PARTS else None


async def _of_host(tenant_id: str, found: FoundResource, adoptions: Adoptions, began: datetime) -> Judgement | None:
    """Judge a resource of a session host; a record that has changed since the cloud was read may not match."""
    stored = await dependencies().session_hosts.find(tenant_id, found.session_host_id or "")
    if not adoptions.judges(found.session_host_id, recorded=stored is not None):
        return None
    if stored is not None and stored.value.last_modified_date_time >= began:
        return None
    judgement = await judged_host(tenant_id, found, stored.value if stored else None)
    return _with_what_was_declined(judgement, found, adoptions, found.session_host_id)


async def judged_host(tenant_id: str, found: FoundResource, host: SessionHost | None) -> Judgement | None:
    """Judge a resource of a session host by the host's record, or return None if it is no orphan."""
    scan = await dependencies().orphan_scans.find(tenant_id, LAST)
    restored = scan is not None and scan.value.restored_at is not None
    return unless_restored(judge_of_host(found, host), host, restored=restored)


async def _ways_in(tenant_id: str, resource: Any, at: datetime) -> list[Judged]:  # noqa: ANN401 - the SDK's models
    """Return the ways in of a security group, each judged by whether its version is still worked on."""
    found: list[Judged] = []
    for rule in properties(resource).get("securityRules") or ():
        owner = naming.owner_of_way_in(str(rule["name"]))
        if owner is not None:
            way_in = FoundResource(type=OrphanType.SECURITY_RULE, resource_id=str(rule["id"]), name=str(rule["name"]))
            found.append((way_in, None if await _busy(tenant_id, owner, at) else judge_temporary(owner)))
    return found


async def _busy(tenant_id: str, owner: Owner, at: datetime) -> bool:
    """Return whether its owner still works; an image build keeps its disk for the gallery until it ends."""
    if owner.kind is OwnerKind.DEVICE_IMAGE:
        image = await dependencies().images.find(tenant_id, owner.id)
        return image is not None and image.value.status is DeviceImageStatus.PENDING
    if owner.kind is OwnerKind.IMAGE_VERSION:
        version = await dependencies().image_versions.find(tenant_id, owner.id)
        return version is not None and version.value.status not in {VersionStatus.AVAILABLE, VersionStatus.FAILED}
    connection = await dependencies().connections.find(tenant_id, owner.id)
    return connection is not None and connection.value.being_checked(at)


async def _rights(order: ResourceGroupScanOrder) -> list[FoundResource]:
    """Return the role assignments that the service made in the group: their ids are derived from their content."""
    assignments = dependencies().authorization(order.subscription_id).role_assignments
    desktops = {f"{name}-dag" for name in naming.host_pool_names(order.tenant_id)}
    found: list[FoundResource] = []
    async for each in assignments.list_for_resource_group(order.resource_group):
        scope, principal = str(each.scope), str(each.principal_id)
        role, whose = str(each.role_definition_id).rpartition("/")[2], cloud_pc_of_machine(scope)
        ours = whose is not None or scope.rpartition("/")[2].casefold() in desktops
        if ours and same(each.name, assignment_id(scope, role, principal)):
            kind = OrphanType.ROLE_ASSIGNMENT
            found.append(FoundResource(type=kind, resource_id=each.id, name=principal, cloud_pc_id=whose, owner=scope))
    return found


@bp.activity_trigger(input_name="payload")
@implements(SCAN_HOST_POOL)
async def scan_host_pool(order: HostPoolScanOrder) -> AreaScanned | Refused:
    """Scan the session hosts of a pool of the tenant."""
    began, pool = dependencies().clock.now(), parse_id(order.host_pool_id)
    hosts = dependencies().desktops(pool.subscription_id).session_hosts
    try:
        there = [each async for each in hosts.list(pool.resource_group, pool.name)]
    except MissingError:
        there = []
    records = await _records(order.tenant_id)
    names = await _names(order.tenant_id, records.values())
    hosts_names = await _names_of_hosts(order.tenant_id)
    judged: list[Judged] = []
    for each in there:
        name = str(each.id).rpartition("/")[2].partition(".")[0]
        found = FoundResource(type=OrphanType.SESSION_HOST, resource_id=str(each.id), name=name, owner=each.resource_id)
        if name.upper() in hosts_names:
            found = found.but(session_host_id=hosts_names[name.upper()])
            judged.append((found, await _of_host(order.tenant_id, found, order.adoptions, began)))
            continue
        whose = names.get(name.upper())
        found = found.but(cloud_pc_id=whose)
        pc = records.get(whose or "")
        if whose:
            judged.append((found, _after_adoption(found, pc, order.adoptions, began)))
        else:
            judged.append((found, judge_host(name) if order.adoptions.complete else None))
    return await _settle(order.tenant_id, order.host_pool_id, judged, began)


@bp.activity_trigger(input_name="payload")
@implements(SCAN_DIRECTORY)
async def scan_directory(order: ScanOrder) -> AreaScanned | Refused:
    """Scan the devices in Entra ID and Intune that have a computer name given by a build."""
    began, graph = dependencies().clock.now(), await graph_of(order.tenant_id)
    given = [stored.value async for stored in dependencies().computer_names.each(order.tenant_id)]
    there: list[FoundResource] = []
    for beginning in sorted({each.beginning for each in given}):
        there += [
            FoundResource(
                type=OrphanType.DEVICE, resource_id=each.object_id, name=each.display_name, owner=each.device_id
            )
            for each in await devices_with_prefix(graph, beginning)
        ]
        there += [
            FoundResource(type=OrphanType.MANAGED_DEVICE, resource_id=each.id, name=each.device_name, owner=each.id)
            for each in await managed_devices_with_prefix(graph, beginning)
        ]
    records = await _records(order.tenant_id)
    names = {each.name.upper(): each.cloud_pc_id for each in given if not each.of_host}
    ours = [found.but(cloud_pc_id=names[found.name.upper()]) for found in there if found.name.upper() in names]
    judged = [
        (found, _after_adoption(found, records.get(found.cloud_pc_id or ""), order.adoptions, began)) for found in ours
    ]
    hosts_names = await _names_of_hosts(order.tenant_id)
    theirs = [
        found.but(session_host_id=hosts_names[found.name.upper()])
        for found in there
        if found.name.upper() in hosts_names
    ]
    judged += [(found, await _of_host(order.tenant_id, found, order.adoptions, began)) for found in theirs]
    seen = {found.name.upper() for found in (*ours, *theirs)} | await _names_in_use(order.tenant_id)
    await _delete_unused_names(given, seen, records.values(), began)
    return await _settle(order.tenant_id, DIRECTORY, judged, began)


async def _delete_unused_names(given: list[ComputerName], seen: set[str], pcs: Iterable[CloudPc], at: datetime) -> None:
    """Delete the names that have been unused for long."""
    used = {(pc.current.resources.computer_name or "").upper() for pc in pcs} | seen
    for each in given:
        if each.name.upper() not in used and at - each.given_at > _NAMES_KEPT:
            await dependencies().computer_names.remove(each.tenant_id, each.name.upper())


async def _names_of_hosts(tenant_id: str) -> dict[str, str]:
    """Return the id of the session host of each computer name that was given to one, in capitals."""
    given = [stored.value async for stored in dependencies().computer_names.each(tenant_id)]
    return {each.name.upper(): each.cloud_pc_id for each in given if each.of_host}


async def _names_in_use(tenant_id: str) -> set[str]:
    """Return the computer names of the session hosts that there are, in capitals."""
    hosts = [stored.value async for stored in dependencies().session_hosts.each(tenant_id)]
    return {(host.resources.computer_name or "").upper() for host in hosts}


async def _records(tenant_id: str) -> dict[str, CloudPc]:
    return {stored.value.id: stored.value async for stored in dependencies().machines.each(tenant_id)}


async def _names(tenant_id: str, pcs: Iterable[CloudPc]) -> dict[str, str]:
    """Return the Cloud PC id of each computer name, in capitals."""
    given = {
        each.value.name.upper(): each.value.cloud_pc_id
        async for each in dependencies().computer_names.each(tenant_id)
        if not each.value.of_host
    }
    return given | {
        pc.current.resources.computer_name.upper(): pc.id for pc in pcs if pc.current.resources.computer_name
    }


def _after_adoption(
    found: FoundResource, pc: CloudPc | None, adoptions: Adoptions, began: datetime
) -> Judgement | None:
    """Judge a resource of a Cloud PC, after the adoption of its machine; while that waits, it is no orphan yet."""
    if not adoptions.judges(found.cloud_pc_id, recorded=pc is not None):
        return None
    judgement = _with_what_was_declined(judge(found, pc), found, adoptions, found.cloud_pc_id)
    return _fresh(judgement, pc, began)


def _with_what_was_declined(
    judgement: Judgement | None, found: FoundResource, adoptions: Adoptions, subject_id: str | None
) -> Judgement | None:
    """Add to a judgement why adoption of the machine was declined; leave machines in conflict to an administrator."""
    why_not = adoptions.declined.get(subject_id or "")
    if why_not and found.type is OrphanType.VIRTUAL_MACHINE:
        judgement = not_adopted(judgement, why_not)
    return left_to_a_person(judgement) if judgement and subject_id in adoptions.conflicts else judgement


def _fresh(judgement: Judgement | None, pc: CloudPc | None, began: datetime) -> Judgement | None:
    """Return *judgement*, or None if the record has changed since the cloud was read: the two may not match."""
    return None if pc is not None and pc.last_modified_date_time >= began else judgement


async def _settle(tenant_id: str, area: str, judged: list[Judged], at: datetime) -> AreaScanned:
    """Store the orphans of an area, each with the time since which it is one."""
    orphans = dependencies().orphans
    before = {stored.value.id: stored.value async for stored in orphans.each(tenant_id, area=area)}
    current = [
        orphan_of(tenant_id, area, found, judgement, at=at, before=before.get(orphan_id(tenant_id, found)))
        for found, judgement in judged
        if judgement is not None
    ]
    listed = {orphan.id: orphan for orphan in current}
    await orphans.save_all([Stored(orphan, "*") for orphan in listed.values()])
    for gone in before.keys() - listed.keys():
        await orphans.remove(tenant_id, gone)
    return AreaScanned(looked=Looked(area=area, found=len(judged), orphans=len(listed)))
