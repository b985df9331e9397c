"""Deleting a Spot Group: its hosts, its desktop and its pool, its resource group, and at last its record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from activities.cloud_pcs.rights import remove_role_of_all
from activities.operations.audit import begin_operation_step, record_audit_event, succeed_operation
from activities.spot.pools import spot_pool
from shared.clients.arm import request
from shared.contracts.calls import is_overtaken
from shared.contracts.outcomes import Done, MissingError, Pending, Refused
from shared.contracts.spot_groups import REMOVE_SPOT_GROUP, SpotGroupOrder, SpotPool
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.operations.operation import Operation, OperationStatus
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import HostTask, SessionHost
from shared.domain.tenants.needs import POWER_ON_ROLE
from shared.domain.values import amount
from shared.errors import ConflictError, NotFoundError
from shared.services.spot.groups import DELETE_OPERATION
from shared.services.spot.releases import end_release
from shared.services.spot.session_hosts import start_host_task
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_GROUP_VERSION = "2021-04-01"
STEPS = {
    "removeHosts": "Sign off and remove the hosts",
    "removePool": "Remove the desktop and the host pool",
    "removeResourceGroup": "Remove the resource group",
}
_PERCENT = {"removeHosts": 5, "removePool": 85, "removeResourceGroup": 90}


async def being_deleted(order: SpotGroupOrder) -> str | None:
    """Fence an order to remove the rest of a Spot Group: its deletion began before the order was given."""
    deps = dependencies()
    stored = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    began = stored.value.deleting_since if stored else None
    return "its deletion has begun since" if is_overtaken(began, deps.clock.now()) else None


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(REMOVE_SPOT_GROUP, fence=being_deleted)
async def remove_spot_group(order: SpotGroupOrder, client: DurableClient) -> Done | Pending | Refused:
    """Remove the resources and records of a deleted group, one kind after the other; done when all are removed."""
    deps = dependencies()
    stored = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if stored is None or stored.value.deleting_since is None:
        return Done()
    group = stored.value
    await end_release(deps, group)
    connection = await deps.connections.find(group.tenant_id, group.connection_id)
    if connection is None:
        return Refused(code="connectionGone", message="the connection of the Spot Group is gone", final=True)
    pool = spot_pool(group, connection.value)
    hosts = await deps.session_hosts.of_group(group.tenant_id, group.id)
    if hosts:
        await _at_step(group, "removeHosts")
        if told := await _time_to_save(group):
            return told
        for host in hosts:
            await _remove_host(client, host)
        return Pending(note=f"Hosts that are being removed: {len(hosts)}")
    await _at_step(group, "removePool")
    await _remove_pool(pool, group)
    await _at_step(group, "removeResourceGroup")
    kept = await _remove_resource_group(pool, group)
    if isinstance(kept, Pending):
        return kept
    await _remove_records(group, kept)
    return Done()


async def _time_to_save(group: SpotGroup) -> Pending | None:
    """Return the remaining wait while warned users have time to save their work, or None when it is over."""
    deps = dependencies()
    members = [each.value async for each in deps.spot_members.each(group.tenant_id, group_id=group.id)]
    told = [member.signed_off_at for member in members if member.signed_off_at is not None]
    if not told or max(told) <= deps.clock.now():
        return None
    return Pending(note=f"{amount(len(told), 'user')} can save their work until {max(told):%H:%M} UTC")


async def _remove_host(client: DurableClient, host: SessionHost) -> None:
    """Begin to remove a host, unless its removal runs already."""
    if host.work is not None and host.work.task is HostTask.REMOVE:
        return
    with suppress(NotFoundError, ConflictError):  # it is gone, or has just begun to go
        await start_host_task(dependencies(), client, host, HostTask.REMOVE, reason="the Spot Group is deleted")


async def _remove_pool(pool: SpotPool, group: SpotGroup) -> None:
    """Remove workspace, application group and pool, in the order of their references."""
    desktops = dependencies().desktops(pool.subscription_id)
    name, where = naming.spot_host_pool_name(group.id), pool.resource_group
    deletions: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: desktops.workspaces.delete(where, naming.desktop_workspace(name)),
        lambda: desktops.application_groups.delete(where, naming.desktop_application_group(name)),
        lambda: desktops.host_pools.delete(where, name, force=True),
    )
    for delete in deletions:
        with suppress(MissingError):
            await delete()


async def _remove_resource_group(pool: SpotPool, group: SpotGroup) -> Pending | tuple[str, ...]:
    """Remove the group's resource group and see that it is gone; return the resources that others have put into it.

    A resource group that is not empty stays: deleting it would delete what is not ours.
    """
    compute = dependencies().compute(pool.subscription_id)
    path = f"/subscriptions/{pool.subscription_id}/resourceGroups/{pool.resource_group}"
    try:
        found = await request(compute, "GET", path, _GROUP_VERSION)
        listed = await request(compute, "GET", f"{path}/resources", _GROUP_VERSION)
        others = tuple(str(each.get("id")) for each in listed.get("value") or ())
        if others or (found.get("tags") or {}).get(naming.SPOT_GROUP_TAG) != group.id:
            await remove_role_of_all(pool.subscription_id, pool.resource_group, POWER_ON_ROLE)
            return others or (path,)
        if (found.get("properties") or {}).get("provisioningState") != "Deleting":
            await request(compute, "DELETE", path, _GROUP_VERSION)
    except MissingError:
        return ()
    return Pending(note=f"the resource group {pool.resource_group} is being deleted", after=20)


async def _remove_records(group: SpotGroup, kept: tuple[str, ...]) -> None:
    """Remove the records of the group, its own last: while that exists, the deletion is continued."""
    deps, at = dependencies(), dependencies().clock.now()
    for repository, filters in (
        (deps.spot_members, {"group_id": group.id}),
        (deps.former_members, {"group_id": group.id}),
        (deps.releases, {"spot_group_id": group.id}),
    ):
        for record_id in [each.value.id async for each in repository.each(group.tenant_id, **filters)]:
            await repository.remove(group.tenant_id, record_id)
    await deps.spot_states.remove(group.tenant_id, group.id)
    await deps.spot_decisions.remove(group.tenant_id, group.id)
    await deps.usage.delete_of(group.tenant_id, group.id)
    result = {"spotGroupId": group.id, "resourceGroupKept": bool(kept), "left": list(kept)}
    for operation in await _waiting(group):
        await succeed_operation(group.tenant_id, operation.id, result, at)
    since = group.deleting_since
    run = since.isoformat() if since else ""
    await record_audit_event(group.tenant_id, ("spotGroup", group.id), "remove", result, at=at, run=run)
    await deps.spot_groups.remove(group.tenant_id, group.id)


async def _at_step(group: SpotGroup, step: str) -> None:
    for operation in await _waiting(group):
        await begin_operation_step(group.tenant_id, operation.id, step, STEPS, percent=_PERCENT[step])


async def _waiting(group: SpotGroup) -> list[Operation]:
    """Return the operations that delete the group and have not ended."""
    return [
        stored.value
        for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING)
        async for stored in dependencies().operations.each(group.tenant_id, kind=DELETE_OPERATION, status=status.value)
        if stored.value.resource_id == group.id
    ]
