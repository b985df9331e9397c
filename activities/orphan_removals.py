"""Removal of orphans: only those that still are orphans, for certain and long enough, and carry our tags."""

from __future__ import annotations

from typing import Any

from activities.audit import fail_operation, record_audit_event, succeed_operation
from activities.fencing import compares_each, made_later
from activities.identities import graph_of
from activities.orphan_detection import judged_host
from activities.shared_resources import remove_shared, uses_of
from shared.clients.arm import parse_id
from shared.contracts.ordered import is_later, is_overtaken
from shared.contracts.orphans import DELETE_ORPHAN, RECORD_REMOVAL, RemovalOrder, RemovalRecord
from shared.contracts.outcomes import Done, Pending, Refused
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.orphans import SHARED, Judgement, Orphan, OrphanType, dismissable, judge, judge_right
from shared.domain.owner import CLOUD_PC_TAG, SESSION_HOST_TAG
from shared.domain.spot.host_orphans import judge_of_group
from shared.workflow import Blueprint, implements

bp = Blueprint()

_NO_ORPHAN = Refused.model_construct(
    code="noOrphan",
    message="by the current records it is not an orphan, or not for certain",
    advice="Scan again; the list then shows the current orphans.",
    final=True,
)
_NOT_OURS = Refused.model_construct(
    code="notOurs", message="it no longer carries the tags of this Cloud PC", final=True
)


@bp.activity_trigger(input_name="payload")
@implements(DELETE_ORPHAN, fence=compares_each)
async def delete_orphan(order: RemovalOrder) -> Done | Pending | Refused:
    """Delete an orphan and check that it is gone; one that only a person can handle is taken off the list.

    A scan that came after the order has judged it anew, and may have found another thing of its name.
    """
    stored = await dependencies().orphans.find(order.tenant_id, order.orphan_id)
    if stored is None or dismissable(stored.value):
        return Done()
    orphan, at = stored.value, dependencies().clock.now()
    if is_overtaken(orphan.last_seen_at, at):
        return Done()
    judgement = await _judged(orphan)
    if orphan.tenant_id in await dependencies().restores.comparing():
        return _NO_ORPHAN  # its machine may be adopted yet
    if judgement is None or not judgement.sure or orphan.removable_from is None or orphan.removable_from > at:
        return _NO_ORPHAN
    try:
        return await _remove(orphan)
    except MissingError:
        return Done()


async def _judged(orphan: Orphan) -> Judgement | None:
    """Judge the orphan again by the current records."""
    records, found = dependencies().cloud_pcs, orphan.found
    if found.type in SHARED and orphan.automatic:
        place = parse_id(found.resource_id)
        uses = await uses_of(orphan.tenant_id, place.subscription_id, place.resource_group)
        return uses.judge(found)
    if found.spot_group_id is not None:
        group = await dependencies().spot_groups.find(orphan.tenant_id, found.spot_group_id)
        return judge_of_group(known=group is not None)
    if found.session_host_id is not None:
        host = await dependencies().session_hosts.find(orphan.tenant_id, found.session_host_id)
        return await judged_host(orphan.tenant_id, found, host.value if host else None)
    if found.cloud_pc_id is None:
        users = await records.of_user(orphan.tenant_id, found.name)
        is_right = found.type is OrphanType.ROLE_ASSIGNMENT
        return judge_right(found, [each.value for each in users]) if is_right else None
    stored = await records.find(orphan.tenant_id, found.cloud_pc_id)
    return judge(found, stored.value if stored else None)


async def _remove(orphan: Orphan) -> Done | Pending | Refused:
    found = orphan.found
    match found.type:
        case OrphanType.DEVICE:
            await (await graph_of(orphan.tenant_id)).delete_device(found.resource_id)
        case OrphanType.MANAGED_DEVICE:
            await (await graph_of(orphan.tenant_id)).delete_managed_device(found.resource_id)
        case OrphanType.SESSION_HOST:
            pool = parse_id(found.resource_id)
            hosts = dependencies().desktops(pool.subscription_id).session_hosts
            if not made_later(await hosts.get(pool.resource_group, pool.names[0], pool.name)):
                await hosts.delete(pool.resource_group, pool.names[0], pool.name, force=True)
        case OrphanType.ROLE_ASSIGNMENT:
            right = parse_id(found.resource_id)
            assignments = dependencies().authorization(right.subscription_id).role_assignments
            if not is_later((await assignments.get(found.owner or "", right.name)).created_on):
                await assignments.delete(found.owner or "", right.name)
        case kind if kind in SHARED:
            return await remove_shared(orphan)
        case _:
            return await _remove_resource(orphan)
    return Done()


async def _remove_resource(orphan: Orphan) -> Done | Pending | Refused:
    """Begin to delete one of Azure's resources, if its tags are still those of the orphan. Raises: MissingError."""
    resource = parse_id(orphan.found.resource_id)
    operations = _operations(orphan.found.type, resource.subscription_id)
    there = await operations.get(resource.resource_group, resource.name)
    tags = there.tags or {}
    marks = (tags.get(naming.TENANT_TAG), tags.get(CLOUD_PC_TAG), tags.get(SESSION_HOST_TAG))
    if marks != (orphan.tenant_id, orphan.found.cloud_pc_id, orphan.found.session_host_id):
        return _NOT_OURS
    if made_later(there):
        return Done()
    await operations.begin_delete(resource.resource_group, resource.name, polling=False)
    return Pending(note=f"{resource.name} is being deleted", after=15)


def _operations(kind: OrphanType, subscription_id: str) -> Any:  # noqa: ANN401 - the SDK's groups of operations
    compute = dependencies().compute(subscription_id)
    return {
        OrphanType.VIRTUAL_MACHINE: compute.virtual_machines,
        OrphanType.NETWORK_INTERFACE: dependencies().network(subscription_id).network_interfaces,
        OrphanType.DISK: compute.disks,
        OrphanType.SNAPSHOT: compute.snapshots,
    }[kind]


@bp.activity_trigger(input_name="payload")
@implements(RECORD_REMOVAL)
async def record_removal(record: RemovalRecord) -> Done:
    """Take a removed orphan off the list, and end its operation."""
    deps, at = dependencies(), dependencies().clock.now()
    stored = await deps.orphans.find(record.tenant_id, record.orphan_id)
    if record.refused is not None:
        failure = record.refused.failure()
        await fail_operation(record.tenant_id, record.operation_id, failure, at)
        return Done()
    if stored is not None:
        what = {"orphan": stored.value.found.to_json(), "why": stored.value.why}
        run = f"{record.operation_id or 'setting'}/{stored.value.since.isoformat()}"
        await record_audit_event(record.tenant_id, ("orphan", record.orphan_id), "removed", what, at=at, run=run)
        await deps.orphans.remove(record.tenant_id, record.orphan_id)
    result = {"orphanId": record.orphan_id}
    await succeed_operation(record.tenant_id, record.operation_id, result, at)
    return Done()
