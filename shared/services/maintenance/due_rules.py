"""Rules for the due rows of each kind: the rule that acts on a row, and the rows that a restore writes again.

Records and due rows are exported one after the other, so that rows may be missing or too many; the durable workflows
are in no export. A row too many is harmless: its rule looks at the record first.

``DUE`` (``shared/storage/due.py``) has what is fixed for each kind: the orchestrators that it watches, and when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.deleted import DeletedCloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.networks.connection import Connection
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.notices.events import TELLERS
from shared.domain.operations.bulk import BulkAction
from shared.domain.operations.operation import Operation, OperationStatus
from shared.domain.planning.queueing import waits
from shared.domain.policies.policy import Policy
from shared.domain.power.record import CloudPcPower
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.images.image_set import ImageSet
from shared.domain.spot.images.image_version import ImageVersion
from shared.domain.tenants.tenant import Site
from shared.services.actions.bulk import bulk_due
from shared.services.actions.image_rings import rings_due
from shared.services.cloud_pcs.builds import build_due, resume_build
from shared.services.cloud_pcs.deleted import deleted_due
from shared.services.cloud_pcs.deprovisioning import clean_up_due, deprovision_due, remind_due
from shared.services.cloud_pcs.orphans import scan_due
from shared.services.cloud_pcs.remote_actions import action_due, restore_points_due
from shared.services.images.device_images import image_build_due
from shared.services.images.replicas import replication_due
from shared.services.maintenance.after_restore import watched_due
from shared.services.networks.connection_checks import check_due
from shared.services.notices.delivering import deliver_due
from shared.services.notices.relaying import events_due
from shared.services.operations.sweeps import Rule
from shared.services.policies.reconciling import reconcile_due
from shared.services.pools.filling import pool_due
from shared.services.power.acting import power_due
from shared.services.power.shut_down import shut_down_due
from shared.services.power.temporary_sizes import temporary_size_due
from shared.services.spot.image_schedules import image_set_due
from shared.services.spot.reconciling import spot_due
from shared.services.spot.session_hosts import host_task_due
from shared.services.spot.version_actions import image_version_due
from shared.services.tenants.directory_changes import catch_up_due, changes_due, reread_due
from shared.services.tenants.directory_subscriptions import subscription_due
from shared.storage.due import (
    EVERYBODY,
    Delivering,
    Due,
    DueKind,
    SpotLook,
    Watching,
    grace_due,
    read_once,
    reminder_due,
)
from shared.storage.records import Records

_BUILDING = {Status.PENDING_PROVISION, Status.PROVISIONING}


@dataclass(frozen=True, slots=True)
class TenantRecords:
    """The records of one tenant from which promises follow, and the moment of the export.

    *operations*: those that have not ended. *reconcile_requested*, *changes_reported*: whether such marks wait.
    """

    tenant_id: str
    at: datetime
    sites: list[Site]
    connections: list[Connection]
    images: list[DeviceImage]
    cloud_pcs: list[CloudPc]
    deleted_cloud_pcs: list[DeletedCloudPc]
    policies: list[Policy]
    powers: list[CloudPcPower]
    notice_endpoints: list[NoticeEndpoint]
    spot_groups: list[SpotGroup]
    next_looks: Mapping[str, datetime | None]
    session_hosts: list[SessionHost]
    image_sets: list[ImageSet]
    image_versions: list[ImageVersion]
    bulk_actions: list[BulkAction]
    operations: list[Operation]
    reconcile_requested: bool
    changes_reported: bool


class _WithId(Protocol):
    @property
    def id(self) -> str: ...


Promise = Callable[[TenantRecords], Iterator[Due]]
"""Yields the due rows of one kind that the records of a tenant promise."""


async def read_tenant_records(records: Records, tenant_id: str, at: datetime) -> TenantRecords:
    """Read everything of a tenant from which promises follow."""
    return TenantRecords(
        tenant_id=tenant_id,
        at=at,
        sites=[each.value async for each in records.sites.each(tenant_id)],
        connections=[each.value async for each in records.connections.each(tenant_id)],
        images=[each.value async for each in records.images.each(tenant_id)],
        cloud_pcs=[each.value async for each in records.cloud_pcs.each(tenant_id)],
        deleted_cloud_pcs=[each.value async for each in records.deleted_cloud_pcs.each(tenant_id)],
        policies=[each.value async for each in records.policies.each(tenant_id)],
        powers=[each.value async for each in records.cloud_pc_powers.each(tenant_id)],
        notice_endpoints=[each.value async for each in records.notice_endpoints.each(tenant_id)],
        spot_groups=[each.value async for each in records.spot_groups.each(tenant_id)],
        next_looks={each.value.id: each.value.next_look_at async for each in records.spot_states.each(tenant_id)},
        session_hosts=[each.value async for each in records.session_hosts.each(tenant_id)],
        image_sets=[each.value async for each in records.image_sets.each(tenant_id)],
        image_versions=[each.value async for each in records.image_versions.each(tenant_id)],
        bulk_actions=[each.value async for each in records.bulk_actions.each(tenant_id)],
        operations=[
            each.value
            for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING)
            async for each in records.operations.each(tenant_id, status=status.value)
        ],
        reconcile_requested=await records.requests.newest(tenant_id) is not None,
        changes_reported=bool(await records.changes.take(tenant_id, 1)),
    )


def records_are_compared(there: TenantRecords) -> Iterator[Due]:
    """Records are compared with Azure: until then nothing else of the tenant begins."""
    yield _of_tenant(there, DueKind.ORPHANS)


def planned_builds_start(there: TenantRecords) -> Iterator[Due]:
    """Builds that are planned begin, unless they have."""
    for pc in there.cloud_pcs:
        if waits(pc):
            yield _of(pc, DueKind.START, there.at)


def builds_go_on(there: TenantRecords) -> Iterator[Due]:
    """Yield a check of every build that has begun; builds in the queue need none."""
    for pc in there.cloud_pcs:
        other = pc.replacement
        if other is not None and other.unfinished:
            yield Due(DueKind.WATCH, there.at, pc.tenant_id, pc.id, other.generation)
        if pc.status in _BUILDING and not waits(pc):
            yield _of(pc, DueKind.WATCH, there.at)


def leftovers_are_removed(there: TenantRecords) -> Iterator[Due]:
    """Yield the clean-up of leftovers of failed builds and replaced machines."""
    for pc in there.cloud_pcs:
        other = pc.replacement
        if other is not None and not other.unfinished:
            yield Due(DueKind.CLEAN_UP, other.clean_up_at or there.at, pc.tenant_id, pc.id, other.generation)
        if pc.status is Status.FAILED and pc.current.resources.computer_name is not None:
            yield _of(pc, DueKind.CLEAN_UP, pc.current.clean_up_at or there.at)


def graces_end(there: TenantRecords) -> Iterator[Due]:
    """Grace periods end when they would have, and deprovisionings go on."""
    for pc in there.cloud_pcs:
        ending = grace_due(pc)
        if pc.status is Status.DEPROVISIONING:
            yield _of(pc, DueKind.DEPROVISION, there.at)
        elif ending is not None:
            yield ending


def graces_are_reminded_of(there: TenantRecords) -> Iterator[Due]:
    """Users are reminded of the ends of grace periods as they would have been."""
    return (due for pc in there.cloud_pcs if (due := reminder_due(pc)) is not None)


def directories_are_read(there: TenantRecords) -> Iterator[Due]:
    """Everybody is read again, and the users of swapped Cloud PCs when their swap ends."""
    yield Due(DueKind.REREAD, there.at, there.tenant_id, EVERYBODY)
    for pc in there.cloud_pcs:
        if pc.swap:
            yield read_once(pc, pc.swap.until)


def actions_go_on(there: TenantRecords) -> Iterator[Due]:
    """Remote actions that had begun are continued."""
    for pc in there.cloud_pcs:
        if pc.action and pc.status is not Status.DEPROVISIONING:
            yield _of(pc, DueKind.ACT, there.at)


def restore_points_are_made(there: TenantRecords) -> Iterator[Due]:
    """The restore points of all Cloud PCs are planned anew."""
    yield Due(DueKind.RESTORE_POINT, there.at, there.tenant_id, EVERYBODY)


def spot_groups_are_looked_at(there: TenantRecords) -> Iterator[Due]:
    """Members are read, and the engine looks when it planned to: it drops a row that is older than that."""
    for group in there.spot_groups:
        yield Due(DueKind.SPOT, there.at, group.tenant_id, group.id)
        next_look = max(there.at, there.next_looks.get(group.id) or there.at)
        yield Due(DueKind.SPOT, next_look, group.tenant_id, group.id, SpotLook.HOSTS)


def host_tasks_go_on(there: TenantRecords) -> Iterator[Due]:
    """Tasks of session hosts that had begun are continued."""
    for host in there.session_hosts:
        if host.work is not None:
            yield Due(DueKind.HOST, there.at, host.tenant_id, host.id, host.work.run)


def image_sets_are_planned(there: TenantRecords) -> Iterator[Due]:
    """The schedules of image sets are looked at."""
    return _of_each(there, DueKind.IMAGE_SET, there.image_sets)


def image_versions_go_on(there: TenantRecords) -> Iterator[Due]:
    """Work on image versions that was not begun, broke off or is timed is looked at."""
    return _of_each(there, DueKind.IMAGE_VERSION, there.image_versions)


def connections_are_checked(there: TenantRecords) -> Iterator[Due]:
    """Yield the next checks of each connection, including requested ones."""
    return _of_each(there, DueKind.RECHECK, there.connections)


def image_builds_go_on(there: TenantRecords) -> Iterator[Due]:
    """Builds of device images begin, or begin again."""
    for image in there.images:
        if image.status is DeviceImageStatus.PENDING:
            yield Due(DueKind.BUILD, there.at, image.tenant_id, image.id)


def images_are_copied(there: TenantRecords) -> Iterator[Due]:
    """Each site is looked at: images that are not in all of its regions are copied."""
    return _of_each(there, DueKind.REPLICATE, there.sites)


def bulk_actions_go_on(there: TenantRecords) -> Iterator[Due]:
    """Bulk actions with something left to do are resumed."""
    for bulk in there.bulk_actions:
        if bulk.unsettled:
            yield Due(DueKind.BULK, there.at, bulk.tenant_id, bulk.id)


def reported_changes_are_settled(there: TenantRecords) -> Iterator[Due]:
    """Changes of users that were reported and not handled are settled."""
    if there.changes_reported:
        yield _of_tenant(there, DueKind.CHANGES)


def changes_are_asked_for(there: TenantRecords) -> Iterator[Due]:
    """The directory is asked for its changes since the last reading."""
    yield _of_tenant(there, DueKind.CATCH_UP)


def subscriptions_are_renewed(there: TenantRecords) -> Iterator[Due]:
    """The subscriptions to the directory's changes are renewed before they end, or made."""
    yield _of_tenant(there, DueKind.SUBSCRIBE)


def powers_are_looked_at(there: TenantRecords) -> Iterator[Due]:
    """Yield due rows of power: one for each stored record, and one for the Cloud PCs with a schedule."""
    yield Due(DueKind.POWER, there.at, there.tenant_id, EVERYBODY)
    yield from _of_each(there, DueKind.POWER, there.powers)


def machines_are_listed(there: TenantRecords) -> Iterator[Due]:
    """Machines that were shut down inside Windows are looked for."""
    yield _of_tenant(there, DueKind.SHUT_DOWN)


def temporary_sizes_end(there: TenantRecords) -> Iterator[Due]:
    """Machines with a larger size for a time go back when they would have."""
    for pc in there.cloud_pcs:
        if pc.current.temporary_size is not None:
            yield _of(pc, DueKind.TEMPORARY_SIZE, pc.current.temporary_size.until)


def pools_are_looked_at(there: TenantRecords) -> Iterator[Due]:
    """Yield a look at the warm pools of each policy that has some: their members are in no export."""
    return _of_each(there, DueKind.POOL, (policy for policy in there.policies if policy.pools))


def told_events_are_sent(there: TenantRecords) -> Iterator[Due]:
    """Yield a look at each table's outbox: the export has the events that were in it."""
    return (Due(DueKind.EVENTS, there.at, there.tenant_id, table) for table in TELLERS)


def notices_are_delivered(there: TenantRecords) -> Iterator[Due]:
    """Notices that waited are tried again; a secret that was to end ends."""
    yield from _of_each(there, DueKind.DELIVER, there.notice_endpoints)
    for endpoint in there.notice_endpoints:
        if endpoint.previous_until is not None:
            yield Due(DueKind.DELIVER, endpoint.previous_until, there.tenant_id, endpoint.id, Delivering.SECRET)


def copies_are_removed(there: TenantRecords) -> Iterator[Due]:
    """The copies of the disks of deleted Cloud PCs are removed at the end of their time."""
    return _of_each(there, DueKind.DELETED, there.deleted_cloud_pcs)


def months_go_on(there: TenantRecords) -> Iterator[Due]:
    """Yield a look at the image rings of each policy that has them on: its month is in the export."""
    on = (policy for policy in there.policies if policy.configuration.image_rings.enabled)
    return _of_each(there, DueKind.IMAGE_RINGS, on)


def requested_reconciles_go_on(there: TenantRecords) -> Iterator[Due]:
    """A reconcile that was requested and not done is begun. Without its mark the row would end who waits for one."""
    if there.reconcile_requested:
        yield _of_tenant(there, DueKind.RECONCILE)


def forgotten_operations_end(there: TenantRecords) -> Iterator[Due]:
    """Operations are looked at that had not ended: their instances are in no export, so some would run for ever."""
    for operation in there.operations:
        yield Due(DueKind.PROGRESS, there.at, operation.tenant_id, operation.id, Watching.RESTORED)


def _of_each(there: TenantRecords, kind: DueKind, records: Iterable[_WithId]) -> Iterator[Due]:
    return (Due(kind, there.at, there.tenant_id, record.id) for record in records)


def _of_tenant(there: TenantRecords, kind: DueKind) -> Due:
    return Due(kind, there.at, there.tenant_id, there.tenant_id)


def _of(pc: CloudPc, kind: DueKind, at: datetime) -> Due:
    return Due(kind, at, pc.tenant_id, pc.id, pc.current.generation)


@dataclass(frozen=True, slots=True)
class DueRule:
    """The rule that acts on due rows of a kind, and *promises*: the rows that a restore writes again."""

    act: Rule
    promises: Promise


DUE_RULES: Mapping[DueKind, DueRule] = MappingProxyType(
    {
        DueKind.START: DueRule(build_due, planned_builds_start),
        DueKind.WATCH: DueRule(resume_build, builds_go_on),
        DueKind.CLEAN_UP: DueRule(clean_up_due, leftovers_are_removed),
        DueKind.REREAD: DueRule(reread_due, directories_are_read),
        DueKind.RECHECK: DueRule(check_due, connections_are_checked),
        DueKind.BUILD: DueRule(image_build_due, image_builds_go_on),
        DueKind.DEPROVISION: DueRule(deprovision_due, graces_end),
        DueKind.ACT: DueRule(action_due, actions_go_on),
        DueKind.RESTORE_POINT: DueRule(restore_points_due, restore_points_are_made),
        DueKind.ORPHANS: DueRule(scan_due, records_are_compared),
        DueKind.BULK: DueRule(bulk_due, bulk_actions_go_on),
        DueKind.CHANGES: DueRule(changes_due, reported_changes_are_settled),
        DueKind.CATCH_UP: DueRule(catch_up_due, changes_are_asked_for),
        DueKind.SUBSCRIBE: DueRule(subscription_due, subscriptions_are_renewed),
        DueKind.REPLICATE: DueRule(replication_due, images_are_copied),
        DueKind.HOST: DueRule(host_task_due, host_tasks_go_on),
        DueKind.SPOT: DueRule(spot_due, spot_groups_are_looked_at),
        DueKind.IMAGE_SET: DueRule(image_set_due, image_sets_are_planned),
        DueKind.IMAGE_VERSION: DueRule(image_version_due, image_versions_go_on),
        DueKind.PROGRESS: DueRule(watched_due, forgotten_operations_end),
        DueKind.POWER: DueRule(power_due, powers_are_looked_at),
        DueKind.SHUT_DOWN: DueRule(shut_down_due, machines_are_listed),
        DueKind.TEMPORARY_SIZE: DueRule(temporary_size_due, temporary_sizes_end),
        DueKind.POOL: DueRule(pool_due, pools_are_looked_at),
        DueKind.EVENTS: DueRule(events_due, told_events_are_sent),
        DueKind.DELIVER: DueRule(deliver_due, notices_are_delivered),
        DueKind.DELETED: DueRule(deleted_due, copies_are_removed),
        DueKind.REMIND: DueRule(remind_due, graces_are_reminded_of),
        DueKind.IMAGE_RINGS: DueRule(rings_due, months_go_on),
        DueKind.RECONCILE: DueRule(reconcile_due, requested_reconciles_go_on),
    }
)
"""Every kind."""


RULES: Mapping[DueKind, Rule] = MappingProxyType({kind: rule.act for kind, rule in DUE_RULES.items()})
"""Rules of the sweep for the rows of each kind."""
